#include "data/codec.h"
#include "data/orientation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>

#include <png.h>

namespace resnetc {
namespace {

/// One decoder. libpng's errors arrive in `on_error`, which jumps to the setjmp
/// of the function that runs; those functions hold nothing that needs a
/// destructor.
struct png_reader {
  explicit png_reader(std::span<const std::byte> bytes);
  ~png_reader() { png_destroy_read_struct(&png, &info, nullptr); }
  png_reader(const png_reader &) = delete;
  png_reader &operator=(const png_reader &) = delete;

  bool read_header();
  bool read_rows(png_bytepp rows);
  bool read_rest();

  png_structp png = nullptr;
  png_infop info = nullptr;
  std::span<const std::byte> left; // what libpng hasn't asked for yet
  char message[200] = "out of memory";
};

void on_error(png_structp png, png_const_charp text) {
  auto &reader = *static_cast<png_reader *>(png_get_error_ptr(png));
  std::snprintf(reader.message, sizeof reader.message, "%s", text);
  png_longjmp(png, 1);
}

void read_bytes(png_structp png, png_bytep out, size_t count) {
  auto &reader = *static_cast<png_reader *>(png_get_io_ptr(png));
  if (count > reader.left.size())
    png_error(png, "the file is cut short");
  std::memcpy(out, reader.left.data(), count);
  reader.left = reader.left.subspan(count);
}

png_reader::png_reader(std::span<const std::byte> bytes) : left(bytes) {
  png = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, on_error,
                               [](png_structp, png_const_charp) {});
  if (png)
    info = png_create_info_struct(png);
}

bool png_reader::read_header() {
  if (!info || setjmp(png_jmpbuf(png)))
    return false;
  png_set_read_fn(png, this, read_bytes);
  png_set_user_limits(png, PNG_UINT_31_MAX,
                      PNG_UINT_31_MAX); // ours is on their product
  png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER,
                              reinterpret_cast<png_const_bytep>("iCCP"), 1);
  png_read_info(png, info);
  return true;
}

bool png_reader::read_rows(png_bytepp rows) {
  if (setjmp(png_jmpbuf(png)))
    return false;
  png_read_image(png, rows);
  return true;
}

bool png_reader::read_rest() {
  if (setjmp(png_jmpbuf(png)))
    return false;
  png_read_end(png, info);
  return true;
}

/// Samples become bytes (palette indices and small greys unscaled) and alpha
/// goes.
bool set_transforms(png_reader &reader) {
  if (setjmp(png_jmpbuf(reader.png)))
    return false;
  png_set_packing(reader.png);
  png_set_strip_16(reader.png);
  png_set_strip_alpha(reader.png);
  png_set_interlace_handling(reader.png);
  png_read_update_info(reader.png, reader.info);
  return true;
}

image palette_to_rgb(const image &indices, png_const_colorp palette, int size) {
  image out{indices.width, indices.height, 3,
            std::vector<uint8_t>(indices.pixels.size() * 3)};
  uint8_t *to = out.pixels.data();
  for (uint8_t index : indices.pixels) {
    png_color colour = index < size
                           ? palette[index]
                           : png_color{}; // black beyond the palette, as Pillow
    *to++ = colour.red;
    *to++ = colour.green;
    *to++ = colour.blue;
  }
  return out;
}

/// What ImageMagick writes: three lines of heading, then the bytes in
/// hexadecimal.
std::vector<std::byte> raw_profile(std::string_view text) {
  for (int line = 0; line < 3; ++line) {
    size_t end = text.find('\n');
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  std::string digits;
  std::ranges::copy_if(text, std::back_inserter(digits),
                       [](unsigned char c) { return std::isxdigit(c); });
  std::vector<std::byte> bytes;
  for (size_t i = 0; i + 1 < digits.size(); i += 2)
    bytes.push_back(
        static_cast<std::byte>(std::stoi(digits.substr(i, 2), nullptr, 16)));
  return bytes;
}

/// As Pillow: the eXIf chunk, else a raw profile; XMP counts where that names
/// no orientation.
int stored_orientation(const png_reader &reader) {
  std::vector<std::byte> profile;
  std::string_view xmp_packet;
  png_textp texts = nullptr;
  int count = 0;
  png_get_text(reader.png, reader.info, &texts, &count);
  for (int i = 0; i < count; ++i) {
    std::string_view key = texts[i].key;
    std::string_view text(texts[i].text,
                          std::max(texts[i].text_length, texts[i].itxt_length));
    if (key == "Raw profile type exif")
      profile = raw_profile(text);
    else if (key == "XML:com.adobe.xmp")
      xmp_packet = text;
  }
  png_uint_32 size = 0;
  png_bytep data = nullptr;
  std::span<const std::byte> exif_data(profile);
  if (png_get_eXIf_1(reader.png, reader.info, &size, &data))
    exif_data = std::as_bytes(std::span(data, size));
  std::optional<int> found = exif_orientation(exif_data);
  return found ? *found : xmp_orientation(xmp_packet).value_or(1);
}

} // namespace

stored_image decode_png(std::span<const std::byte> bytes, exif orientation) {
  png_reader reader(bytes);
  auto require = [&](bool done) {
    if (!done)
      throw bad_image(fmt::format("not a readable PNG: {}", reader.message));
  };
  require(reader.read_header());
  int64_t width = png_get_image_width(reader.png, reader.info),
          height = png_get_image_height(reader.png, reader.info);
  check_image_size(width, height);
  int depth = png_get_bit_depth(reader.png, reader.info),
      colours = png_get_color_type(reader.png, reader.info);
  require(set_transforms(reader));

  stored_image out;
  image &pixels = out.pixels;
  pixels = {static_cast<int>(width),
            static_cast<int>(height),
            png_get_channels(reader.png, reader.info),
            {}};
  size_t row_bytes = png_get_rowbytes(reader.png, reader.info);
  pixels.pixels.resize(row_bytes * height);
  std::vector<png_bytep> rows(height);
  for (int64_t y = 0; y < height; ++y)
    rows[y] = &pixels.pixels[row_bytes * y];
  require(reader.read_rows(rows.data()));

  if (colours == PNG_COLOR_TYPE_PALETTE) {
    png_colorp palette = nullptr;
    int size = 0;
    png_get_PLTE(reader.png, reader.info, &palette, &size);
    pixels = palette_to_rgb(pixels, palette, size);
  } else if (depth < 8) {
    for (uint8_t &grey : pixels.pixels)
      grey = static_cast<uint8_t>(grey * 255 / ((1 << depth) - 1));
  }
  if (orientation == exif::honour) {
    reader.read_rest(); // EXIF may stand behind the pixels; broken chunks there
                        // harm nothing
    out.orientation = stored_orientation(reader);
  }
  return out;
}

std::string png_version() { return PNG_LIBPNG_VER_STRING; }

} // namespace resnetc
