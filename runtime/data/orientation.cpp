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

image upright(image stored, int orientation) {
  if (orientation < 2 || orientation > 8)
    return stored;
  image out{stored.width, stored.height, stored.channels,
            std::vector<uint8_t>(stored.pixels.size())};
  // Where column 0 and row 0 of the result lie: orientations 5 ... 8 swap the
  // axes.
  bool swapped = orientation >= 5;
  bool from_right = orientation == 2 || orientation == 3 || orientation == 7 ||
                    orientation == 8;
  bool from_bottom = orientation == 3 || orientation == 4 || orientation == 6 ||
                     orientation == 7;
  ptrdiff_t column = stored.channels, row = column * stored.width;
  const uint8_t *origin = stored.pixels.data() +
                          (from_right ? column * (stored.width - 1) : 0) +
                          (from_bottom ? row * (stored.height - 1) : 0);
  ptrdiff_t step_x = from_right ? -column : column,
            step_y = from_bottom ? -row : row;
  if (swapped) {
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
