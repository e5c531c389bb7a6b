#include "data/decode.h"

#include "data/codec.h"
#include "data/orientation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

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

std::vector<std::byte> read_image_file(const std::string &path) {
  auto fail = [](int error) { throw bad_image(std::strerror(error)); };
  struct descriptor {
    int value;
    ~descriptor() {
      if (value >= 0)
        ::close(value);
    }
  } file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  struct stat status;
  if (file.value < 0 || ::fstat(file.value, &status) != 0)
    fail(errno);
  if (!S_ISREG(status.st_mode))
    throw bad_image("not a regular file");

  std::vector<std::byte> bytes(static_cast<size_t>(status.st_size));
  size_t done = 0;
  while (done < bytes.size()) {
    ssize_t count =
        ::read(file.value, bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno != EINTR)
      fail(errno); // O_NONBLOCK above only keeps a pipe from blocking the open
    if (count == 0)
      break; // it shrank meanwhile: the decoder will find it cut short
    done += count > 0 ? static_cast<size_t>(count) : 0;
  }
  bytes.resize(done);
  return bytes;
}

} // namespace resnetc
