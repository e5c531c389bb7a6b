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

bool is_jpeg(std::span<const std::byte> bytes) {
  return bytes.size() >= 3 && std::memcmp(bytes.data(), "\xff\xd8\xff", 3) == 0;
}

/// `picture` with 1 channel or 3.
void convert(image &picture, int channels) {
  if (channels != 1 && channels != 3)
    throw std::invalid_argument("an image file gives 1 channel or 3");
  if (picture.channels != channels)
    picture = channels == 3 ? grey_to_rgb(picture) : rgb_to_grey(picture);
}

/// Copies part of an image to where another one has room for it.
void copy_rows(const pixel_rows &from, image &to, int row) {
  const size_t row_bytes = static_cast<size_t>(to.width) * to.channels;
  for (int y = 0; y < from.count; ++y)
    std::memcpy(&to.pixels[row_bytes * (row + y)],
                from.pixels + from.stride * y, row_bytes);
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
  if (is_jpeg(bytes))
    stored = decode_jpeg(bytes, orientation);
  else if (head.starts_with("\x89PNG\r\n\x1a\n"))
    stored = decode_png(bytes, orientation);
  else if (head.empty())
    throw bad_image("the file is empty");
  else if (std::string_view format = other_format(head); !format.empty())
    throw bad_image(fmt::format("{} file; JPEG and PNG are read", format));
  else
    throw bad_image("neither a JPEG nor a PNG file");

  image upright_image = upright(std::move(stored.pixels), stored.orientation);
  convert(upright_image, channels);
  return upright_image;
}

void decode_image(std::span<const std::byte> bytes, int channels,
                  exif orientation, image_consumer &consumer) {
  if (!is_jpeg(bytes)) {
    image whole = decode_image(bytes, channels, orientation);
    rectangle part = consumer.begin(whole.width, whole.height);
    return consumer.add(rows_of(whole, part));
  }
  rectangle part; // of the stored image
  int turn = 1, received = 0;
  image turned; // the part as it is stored, where it must be turned
  decode_jpeg(
      bytes, orientation,
      [&](int width, int height, int found) {
        turn = found >= 2 && found <= 8 ? found : 1;
        rectangle wanted = turn >= 5 ? consumer.begin(height, width)
                                     : consumer.begin(width, height);
        part = stored_part(wanted, width, height, turn);
        if (turn != 1)
          turned = {part.width, part.height, channels,
                    std::vector<uint8_t>(static_cast<size_t>(part.width) *
                                         part.height * channels)};
        return part;
      },
      [&](image &strip, int left) {
        convert(strip, channels);
        pixel_rows rows = rows_of(strip, {left, 0, part.width, strip.height});
        if (turn == 1)
          return consumer.add(rows);
        copy_rows(rows, turned, received);
        received += strip.height;
      });
  if (turn == 1)
    return;
  turned = upright(std::move(turned), turn);
  consumer.add(rows_of(turned, {0, 0, turned.width, turned.height}));
}

std::string decoder_versions() {
  return fmt::format("libjpeg {}, libpng {}", jpeg_version(), png_version());
}

} // namespace resnetc
