#include "data/decode.h"

#include "data/codec.h"
#include "data/orientation.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace resnetc {
namespace {

/// Pillow's luma: ITU-R 601-2 in 16-bit fixed point, rounded.
image rgb_to_grey(const image &rgb) {
  image grey{rgb.width, rgb.height, 1,
             std::vector<uint8_t>(rgb.pixels.size() / 3)};
  const uint8_t *from = rgb.pixels.data();
  for (uint8_t &value : grey.pixels) {
    value = static_cast<uint8_t>(
        (from[0] * 19595u + from[1] * 38470u + from[2] * 7471u + 0x8000u) >>
        16);
    from += 3;
  }
  return grey;
}

image grey_to_rgb(const image &grey) {
  image rgb{grey.width, grey.height, 3,
            std::vector<uint8_t>(grey.pixels.size() * 3)};
  uint8_t *to = rgb.pixels.data();
  for (uint8_t value : grey.pixels) {
    to[0] = to[1] = to[2] = value;
    to += 3;
  }
  return rgb;
}

/// Names the format of a file that is neither JPEG nor PNG, where it is a
/// well-known one.
std::string_view other_format(std::string_view head) {
  if (head.starts_with("GIF8"))
    return "a GIF";
  if (head.starts_with("BM"))
    return "a BMP";
  if (head.starts_with("RIFF") && head.substr(8).starts_with("WEBP"))
    return "a WebP";
  if (head.starts_with("II*") || head.starts_with(std::string_view("MM\0*", 4)))
    return "a TIFF";
  if (head.size() >= 8 && (head.substr(4).starts_with("ftyphei") ||
                           head.substr(4).starts_with("ftypmif1")))
    return "a HEIC";
  return {};
}

} // namespace

void check_image_size(int64_t width, int64_t height) {
  if (width * height > max_image_pixels)
    throw bad_image(fmt::format("{}x{} pixels; at most {} are read", width,
                                height, max_image_pixels));
}

image decode_image(std::span<const std::byte> bytes, int channels,
                   exif orientation) {
  std::string_view head(reinterpret_cast<const char *>(bytes.data()),
                        std::min<size_t>(bytes.size(), 16));
  stored_image stored;
  if (head.starts_with("\xff\xd8\xff"))
    stored = decode_jpeg(bytes, orientation);
  else if (head.starts_with("\x89PNG\r\n\x1a\n"))
    stored = decode_png(bytes, orientation);
  else if (head.empty())
    throw bad_image("the file is empty");
  else if (std::string_view format = other_format(head); !format.empty())
    throw bad_image(fmt::format("{} file; JPEG and PNG are read", format));
  else
    throw bad_image("neither a JPEG nor a PNG file");

  if (channels != 1 && channels != 3)
    throw std::invalid_argument("an image file gives 1 channel or 3");
  image upright_image = upright(std::move(stored.pixels), stored.orientation);
  if (upright_image.channels == channels)
    return upright_image;
  return channels == 3 ? grey_to_rgb(upright_image)
                       : rgb_to_grey(upright_image);
}

std::string decoder_versions() {
  return fmt::format("libjpeg {}, libpng {}", jpeg_version(), png_version());
}

} // namespace resnetc
