#include "report/json_text.h"
#include "state/atomic_file.h"
#include "state/safetensors.h"

#include <nlohmann/json.hpp>

#include <cstring>
#include <stdexcept>

namespace resnetc {

static std::size_t bytes_of(const tensor_output &tensor) {
  std::size_t bytes = size_of(tensor.dtype);
  for (std::int64_t extent : tensor.shape)
    bytes *= static_cast<std::size_t>(extent);
  return bytes;
}

/// The eight bytes of size, then the JSON padded to a multiple of eight.
static std::string
header_of(const std::vector<tensor_output> &tensors,
          const std::map<std::string, std::string> &metadata) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty())
    header["__metadata__"] = metadata;
  std::size_t position = 0;
  for (const tensor_output &tensor : tensors) {
    if (header.contains(tensor.name))
      throw std::invalid_argument("tensor '" + tensor.name +
                                  "' is to be written twice");
    const std::size_t end = position + bytes_of(tensor);
    header[tensor.name] = {{"dtype", safetensors_name(tensor.dtype)},
                           {"shape", tensor.shape},
                           {"data_offsets", {position, end}}};
    position = end;
  }
  std::string text = json_text(header);
  text.resize((text.size() + 7) / 8 * 8, ' ');
  const std::uint64_t size = text.size();
  std::string prefix(sizeof size, '\0');
  std::memcpy(prefix.data(), &size, sizeof size);
  return prefix + text;
}

void write_safetensors(const std::filesystem::path &path,
                       std::vector<tensor_output> tensors,
                       const std::map<std::string, std::string> &metadata,
                       file_ops &ops) {
  // Wide elements first, so that each tensor is aligned to its element; the
  // format's own writer does the same.
  std::vector<tensor_output> ordered;
  for (const std::size_t width : {8, 4, 2, 1})
    for (tensor_output &tensor : tensors)
      if (size_of(tensor.dtype) == width)
        ordered.push_back(std::move(tensor));
  const std::string header = header_of(ordered, metadata);
  atomic_file file(path, ops);
  file.write(header);
  for (const tensor_output &tensor : ordered)
    file.write(std::span(tensor.bytes(), bytes_of(tensor)));
  file.commit();
}

/// Row-major copy of a strided tensor.
static std::vector<std::byte> gathered(const tensor_view &view) {
  const std::size_t size = size_of(view.dtype);
  std::vector<std::byte> elements(static_cast<std::size_t>(view.count()) *
                                  size);
  std::vector<std::int64_t> index(view.shape.size());
  for (std::size_t at = 0; at < elements.size(); at += size) {
    std::int64_t position = 0;
    for (std::size_t d = 0; d < index.size(); ++d)
      position += index[d] * view.strides[d];
    std::memcpy(elements.data() + at,
                view.data + position * static_cast<std::int64_t>(size), size);
    for (std::size_t d = index.size(); d-- > 0;) {
      if (++index[d] < view.shape[d])
        break;
      index[d] = 0;
    }
  }
  return elements;
}

void write_safetensors(const std::filesystem::path &path,
                       const std::vector<tensor_view> &tensors,
                       const std::map<std::string, std::string> &metadata,
                       file_ops &ops) {
  std::vector<tensor_output> outputs;
  std::vector<std::byte> buffer;
  for (const tensor_view &view : tensors)
    outputs.push_back({view.name, view.dtype, view.shape, [&view, &buffer] {
                         if (view.contiguous())
                           return view.data;
                         buffer = gathered(view);
                         return static_cast<const std::byte *>(buffer.data());
                       }});
  write_safetensors(path, std::move(outputs), metadata, ops);
}

} // namespace resnetc
