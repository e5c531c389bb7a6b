#include "data/orientation.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace resnetc {
namespace {

/// Numbers of a TIFF file in its byte order; reads past the end give nothing.
class tiff_reader {
public:
  tiff_reader(std::span<const std::byte> data, bool big_endian)
      : data(data), big_endian(big_endian) {}

  std::optional<uint32_t> read(size_t offset, int bytes) const {
    if (offset > data.size() ||
        data.size() - offset < static_cast<size_t>(bytes))
      return std::nullopt;
    uint32_t value = 0;
    for (int i = 0; i < bytes; ++i)
      value = value << 8 | std::to_integer<uint32_t>(
                               data[offset + (big_endian ? i : bytes - 1 - i)]);
    return value;
  }

private:
  std::span<const std::byte> data;
  bool big_endian;
};

/// Bytes of one value of a TIFF type that can hold an orientation; 0 for the
/// others.
int integer_size(uint32_t type) {
  switch (type) {
  case 6: // signed byte
    return 1;
  case 3: // short, signed or not
  case 8:
    return 2;
  case 4: // long, signed or not, and offset of a directory
  case 9:
  case 13:
    return 4;
  default:
    return 0;
  }
}

/// The first value of the directory entry at `entry`; 0 for one of a type that
/// can't hold an orientation.
std::optional<int> entry_value(const tiff_reader &tiff, size_t entry) {
  int size = integer_size(tiff.read(entry + 2, 2).value_or(0));
  uint32_t count = tiff.read(entry + 4, 4).value_or(0);
  if (size == 0)
    return 0;
  if (count == 0)
    return std::nullopt;
  size_t at = entry + 8;
  if (uint64_t{count} * static_cast<uint64_t>(size) > 4)
    at = tiff.read(at, 4).value_or(0);
  std::optional<uint32_t> value = tiff.read(at, size);
  return value ? std::optional<int>(static_cast<int>(*value)) : std::nullopt;
}

template <int channels> void copy_pixel(const uint8_t *from, uint8_t *to) {
  for (int c = 0; c < channels; ++c)
    to[c] = from[c];
}

/// out(x, y) = pixel at origin + x * step_x + y * step_y, in square tiles to be
/// kind to the cache.
template <int channels>
void gather(const uint8_t *origin, ptrdiff_t step_x, ptrdiff_t step_y,
            image &out) {
  constexpr int tile = 32;
  for (int top = 0; top < out.height; top += tile)
    for (int left = 0; left < out.width; left += tile)
      for (int y = top; y < std::min(top + tile, out.height); ++y)
        for (int x = left; x < std::min(left + tile, out.width); ++x)
          copy_pixel<channels>(
              origin + x * step_x + y * step_y,
              &out.pixels[(static_cast<size_t>(y) * out.width + x) * channels]);
}

/// Where column 0 and row 0 of the upright image lie in the stored one.
struct placement {
  bool right, bottom, swapped; // the axes
};

placement placement_of(int orientation) {
  auto is_any_of = [&](auto... values) {
    return ((orientation == values) || ...);
  };
  return {is_any_of(2, 3, 7, 8), is_any_of(3, 4, 6, 7), is_any_of(5, 6, 7, 8)};
}

} // namespace

std::optional<int> exif_orientation(std::span<const std::byte> data) {
  constexpr size_t prefix = 6;
  for (int i = 0; i < 2 && data.size() >= prefix &&
                  std::memcmp(data.data(), "Exif\0\0", prefix) == 0;
       ++i)
    data = data.subspan(prefix);
  if (data.size() < 8)
    return std::nullopt;
  bool big_endian = data[0] == std::byte{'M'};
  if ((!big_endian && data[0] != std::byte{'I'}) || data[1] != data[0] ||
      (std::to_integer<int>(data[2]) + std::to_integer<int>(data[3])) != 42)
    return std::nullopt;

  tiff_reader tiff(data, big_endian);
  size_t directory = *tiff.read(4, 4);
  uint32_t entries = tiff.read(directory, 2).value_or(0);
  for (uint32_t i = 0; i < entries; ++i) {
    size_t entry = directory + 2 + size_t{i} * 12;
    if (!tiff.read(entry + 8, 4)) // the directory is cut short
      break;
    constexpr uint32_t orientation_tag = 0x0112;
    if (tiff.read(entry, 2) == orientation_tag)
      if (std::optional<int> value = entry_value(tiff, entry))
        return value;
  }
  return std::nullopt;
}

std::optional<int> xmp_orientation(std::string_view packet) {
  constexpr std::string_view name = "tiff:Orientation";
  for (size_t at = packet.find(name); at != packet.npos;
       at = packet.find(name, at + 1)) {
    std::string_view rest = packet.substr(at + name.size());
    size_t digit = rest.starts_with("=\"") ? 2
                   : rest.starts_with(">") ? 1
                                           : rest.npos;
    if (digit < rest.size() && rest[digit] >= '0' && rest[digit] <= '9')
      return rest[digit] - '0';
  }
  return std::nullopt;
}

rectangle stored_part(const rectangle &part, int width, int height,
                      int orientation) {
  placement from = placement_of(orientation);
  rectangle out = part;
  if (from.swapped)
    out = {part.top, part.left, part.height, part.width};
  if (from.right)
    out.left = width - out.left - out.width;
  if (from.bottom)
    out.top = height - out.top - out.height;
  return out;
}

image upright(image stored, int orientation) {
  if (orientation < 2 || orientation > 8)
    return stored;
  image out{stored.width, stored.height, stored.channels,
            std::vector<uint8_t>(stored.pixels.size())};
  placement from = placement_of(orientation);
  ptrdiff_t column = stored.channels, row = column * stored.width;
  const uint8_t *origin = stored.pixels.data() +
                          (from.right ? column * (stored.width - 1) : 0) +
                          (from.bottom ? row * (stored.height - 1) : 0);
  ptrdiff_t step_x = from.right ? -column : column,
            step_y = from.bottom ? -row : row;
  if (from.swapped) {
    std::swap(out.width, out.height);
    std::swap(step_x, step_y);
  }
  if (stored.channels == 3)
    gather<3>(origin, step_x, step_y, out);
  else
    gather<1>(origin, step_x, step_y, out);
  return out;
}

} // namespace resnetc
