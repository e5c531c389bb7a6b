#include "state/safetensors.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <limits>
#include <optional>
#include <set>

namespace resnetc {
namespace {

using json = nlohmann::json;

constexpr std::uint64_t header_limit = 100'000'000; // the format's own
constexpr std::size_t prefix_size = 8;

std::uint64_t header_size(std::span<const std::byte> bytes) {
  std::uint64_t size;
  std::memcpy(&size, bytes.data(), sizeof size);
  return size;
}

/// Parses the header; JSON itself leaves open what a key given twice means, so
/// it is refused here.
class header_parser {
public:
  explicit header_parser(const mapped_file &file) : file(file) {}

  json parse(std::string_view text) {
    // The parser takes a zero byte for the end and would leave the rest unread.
    if (text.find('\0') != text.npos)
      throw file_error(file.path(),
                       "its header is no JSON: it has a zero byte");
    try {
      return json::parse(
          text.begin(), text.end(),
          [this](int depth, json::parse_event_t event, json &parsed) {
            check(depth, event, parsed);
            return true;
          });
    } catch (const json::exception &error) {
      throw file_error(file.path(),
                       std::string("its header is no JSON: ") + error.what());
    }
  }

private:
  // {name: {"shape": [..]}}: what starts at depth 2 is the innermost; a key
  // counts its own object.
  void check(int depth, json::parse_event_t event, json &parsed) {
    using type = json::parse_event_t;
    if (depth > 2 &&
        (event == type::object_start || event == type::array_start))
      throw file_error(file.path(), "its header nests too deep");
    if (event == type::object_start)
      keys[depth].clear();
    if (event == type::key &&
        !keys[depth - 1].insert(parsed.get<std::string>()).second)
      throw file_error(file.path(), "its header has the key '" +
                                        parsed.get<std::string>() + "' twice");
  }

  const mapped_file &file;
  std::set<std::string> keys[3];
};

struct placed_tensor {
  tensor_view view;
  std::uint64_t begin = 0, end = 0; ///< bytes, from the header's end
};

[[noreturn]] void fail(const mapped_file &file, const std::string &name,
                       const std::string &message) {
  throw file_error(file.path(), "tensor '" + name + "' " + message);
}

std::vector<std::int64_t> shape_from(const mapped_file &file,
                                     const std::string &name,
                                     const json &entry) {
  std::vector<std::int64_t> shape;
  if (!entry.is_array())
    fail(file, name, "has no shape");
  for (const json &extent : entry) {
    // An unsigned number up to 2^63 - 1: nothing else is a size.
    if (!extent.is_number_unsigned() || extent.get<std::uint64_t>() >> 63)
      fail(file, name, "has a shape with the entry " + extent.dump());
    shape.push_back(extent.get<std::int64_t>());
  }
  return shape;
}

placed_tensor tensor_from(const mapped_file &file, const std::string &name,
                          const json &entry) {
  if (!entry.is_object() || entry.size() != 3 || !entry.contains("dtype") ||
      !entry.contains("shape") || !entry.contains("data_offsets"))
    fail(file, name, "has other keys than dtype, shape and data_offsets");
  const json &offsets = entry["data_offsets"];
  if (!offsets.is_array() || offsets.size() != 2 ||
      !offsets[0].is_number_unsigned() || !offsets[1].is_number_unsigned())
    fail(file, name, "has data_offsets other than two sizes");
  placed_tensor tensor;
  tensor.begin = offsets[0].get<std::uint64_t>();
  tensor.end = offsets[1].get<std::uint64_t>();
  const auto *type =
      std::find_if(std::begin(element_types), std::end(element_types),
                   [&](element_type known) {
                     return entry["dtype"] == safetensors_name(known);
                   });
  if (type == std::end(element_types))
    fail(file, name,
         "has the element type " + entry["dtype"].dump() +
             ", expected F64, F32, F16, BF16, I64, I32, I16, I8, U8 or BOOL");
  tensor.view.name = name;
  tensor.view.dtype = *type;
  tensor.view.shape = shape_from(file, name, entry["shape"]);
  return tensor;
}

/// None where the product overflows.
std::optional<std::uint64_t> bytes_of(const tensor_view &view) {
  std::uint64_t bytes = size_of(view.dtype);
  for (std::int64_t extent : view.shape)
    // An extent of 0 must not hide that the others overflow.
    if (__builtin_mul_overflow(
            bytes, static_cast<std::uint64_t>(extent == 0 ? 1 : extent),
            &bytes) ||
        bytes > std::numeric_limits<std::int64_t>::max())
      return std::nullopt;
  bool empty = std::ranges::find(view.shape, 0) != view.shape.end();
  return empty ? 0 : bytes;
}

/// The tensors must cover [0, size) in order, without holes and overlaps; an
/// empty one lies between two others.
void check_places(const mapped_file &file,
                  const std::vector<placed_tensor> &tensors,
                  std::uint64_t size) {
  std::uint64_t position = 0;
  for (const placed_tensor &tensor : tensors) {
    const std::string &name = tensor.view.name;
    if (tensor.begin != position || tensor.end < tensor.begin)
      fail(file, name,
           fmt::format("lies at bytes {} to {}, expected to begin at {}: "
                       "tensors must follow each other without holes and "
                       "overlaps",
                       tensor.begin, tensor.end, position));
    const std::optional<std::uint64_t> bytes = bytes_of(tensor.view);
    if (bytes != tensor.end - tensor.begin)
      fail(file, name,
           fmt::format("of shape {} and type {} has {} bytes, expected {}",
                       shape_text(tensor.view.shape),
                       name_of(tensor.view.dtype), tensor.end - tensor.begin,
                       bytes ? std::to_string(*bytes) : "fewer than 2^64"));
    position = tensor.end;
  }
  if (position != size)
    throw file_error(
        file.path(),
        fmt::format("has {} bytes of tensors, expected {}: {}", size, position,
                    size < position ? "it was cut short; download it again"
                                    : "the rest belongs to no tensor"));
}

} // namespace

std::string safetensors_name(element_type type) {
  std::string name = name_of(type);
  for (char &c : name)
    c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

bool looks_like_safetensors(std::span<const std::byte> bytes) {
  return bytes.size() > prefix_size && bytes[prefix_size] == std::byte{'{'};
}

tensor_listing read_safetensors(const mapped_file &file) {
  const std::span<const std::byte> bytes = file.bytes();
  if (!looks_like_safetensors(bytes))
    throw file_error(file.path(), "is no safetensors file");
  const std::uint64_t size = header_size(bytes);
  if (size > header_limit || size > bytes.size() - prefix_size)
    throw file_error(
        file.path(),
        fmt::format(
            "has a header of {} bytes, expected at most "
            "{}: it is no safetensors file or was cut "
            "short",
            size,
            std::min<std::uint64_t>(header_limit, bytes.size() - prefix_size)));
  const json header = header_parser(file).parse(
      {reinterpret_cast<const char *>(bytes.data()) + prefix_size,
       static_cast<std::size_t>(size)});
  tensor_listing listing;
  std::vector<placed_tensor> placed;
  for (const auto &[name, entry] : header.items()) {
    if (name != "__metadata__") {
      placed.push_back(tensor_from(file, name, entry));
      continue;
    }
    if (!entry.is_object())
      throw file_error(file.path(), "its __metadata__ is no object");
    for (const auto &[key, value] : entry.items()) {
      if (!value.is_string())
        throw file_error(file.path(),
                         "its __metadata__ has no text for '" + key + "'");
      listing.metadata[key] = value.get<std::string>();
    }
  }
  std::sort(placed.begin(), placed.end(),
            [](const placed_tensor &a, const placed_tensor &b) {
              return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
            });
  const std::span<const std::byte> data = bytes.subspan(prefix_size + size);
  check_places(file, placed, data.size());
  for (placed_tensor &tensor : placed) {
    tensor.view.data = data.data() + tensor.begin;
    tensor.view.strides = contiguous_strides(tensor.view.shape);
    listing.tensors.push_back(std::move(tensor.view));
  }
  return listing;
}

} // namespace resnetc
