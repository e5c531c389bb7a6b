#include "data/codec.h"
#include "data/orientation.h"

#include <fmt/format.h>

#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <string_view>

#include <jpeglib.h>

namespace resnetc {
namespace {

/// A progressive file of more scans is refused: a few kilobytes of empty ones
/// could keep a decoder busy for hours.
constexpr int max_scans = 100;

/// One decoder. libjpeg's errors arrive in `fail`, which jumps to the setjmp of
/// the function that runs; those functions hold nothing that needs a
/// destructor.
struct jpeg_reader {
  explicit jpeg_reader(std::span<const std::byte> bytes);
  ~jpeg_reader() { jpeg_destroy_decompress(&info); }
  jpeg_reader(const jpeg_reader &) = delete;
  jpeg_reader &operator=(const jpeg_reader &) = delete;

  bool read_header();
  bool start();
  bool crop(int left, int width);
  bool skip_rows(int count);
  bool read_rows(uint8_t *out, size_t row_bytes, int count);

  int first_column = 0; // of the rows read

  jpeg_decompress_struct info{};
  jpeg_error_mgr errors{};
  jpeg_source_mgr source{};
  jpeg_progress_mgr progress{};
  std::jmp_buf failed;
  char message[JMSG_LENGTH_MAX] = "";
};

[[noreturn]] void fail(jpeg_reader &reader) { std::longjmp(reader.failed, 1); }

jpeg_reader &reader_of(j_common_ptr info) {
  return *static_cast<jpeg_reader *>(info->client_data);
}

void on_error(j_common_ptr info) {
  jpeg_reader &reader = reader_of(info);
  info->err->format_message(info, reader.message);
  fail(reader);
}

void check_scans(j_common_ptr info) {
  jpeg_reader &reader = reader_of(info);
  if (reader.info.input_scan_number <= max_scans)
    return;
  std::snprintf(reader.message, sizeof reader.message, "more than %d scans",
                max_scans);
  fail(reader);
}

/// Called when the bytes in memory are used up: where libjpeg's own sources
/// warn and invent an end of the image.
boolean on_end_of_data(j_decompress_ptr info) {
  jpeg_reader &reader = reader_of(reinterpret_cast<j_common_ptr>(info));
  std::snprintf(reader.message, sizeof reader.message, "the file is cut short");
  fail(reader);
}

void skip(j_decompress_ptr info, long count) {
  if (count <= 0)
    return;
  if (static_cast<size_t>(count) > info->src->bytes_in_buffer)
    on_end_of_data(info);
  info->src->next_input_byte += count;
  info->src->bytes_in_buffer -= static_cast<size_t>(count);
}

jpeg_reader::jpeg_reader(std::span<const std::byte> bytes) {
  info.err = jpeg_std_error(&errors);
  errors.error_exit = on_error;
  errors.emit_message = [](j_common_ptr, int) {
  }; // warnings: Pillow says nothing either
  errors.output_message = [](j_common_ptr) {};
  source.init_source = [](j_decompress_ptr) {};
  source.fill_input_buffer = on_end_of_data;
  source.skip_input_data = skip;
  source.resync_to_restart = jpeg_resync_to_restart;
  source.term_source = [](j_decompress_ptr) {};
  source.next_input_byte = reinterpret_cast<const JOCTET *>(bytes.data());
  source.bytes_in_buffer = bytes.size();
  progress.progress_monitor = check_scans;
}

bool jpeg_reader::read_header() {
  if (setjmp(failed))
    return false;
  info.client_data = this;
  jpeg_create_decompress(&info); // keeps err and client_data
  info.src = &source;
  info.progress = &progress;
  jpeg_save_markers(&info, JPEG_APP0 + 1, 0xffff);
  jpeg_read_header(&info, TRUE);
  return true;
}

bool jpeg_reader::start() {
  if (setjmp(failed))
    return false;
  info.out_color_space = info.num_components == 1   ? JCS_GRAYSCALE
                         : info.num_components == 3 ? JCS_RGB
                                                    : JCS_CMYK;
  jpeg_start_decompress(&info);
  return true;
}

/// Leaves out columns that are far from those wanted, and gives where the rows
/// begin that libjpeg makes from now on. Chroma is interpolated between
/// neighbours, so a whole MCU stays on either side: the pixels that count are
/// those of the whole image.
bool jpeg_reader::crop(int left, int width) {
  if (setjmp(failed))
    return false;
  const int margin = DCTSIZE * info.max_h_samp_factor,
            image_width = static_cast<int>(info.output_width),
            end = std::min(left + width + margin, image_width);
  JDIMENSION begin = std::max(left - margin, 0), count = end - begin;
  if (count < info.output_width)
    jpeg_crop_scanline(&info, &begin, &count); // moves begin to an MCU
  else
    begin = 0;
  first_column = static_cast<int>(begin);
  return true;
}

bool jpeg_reader::skip_rows(int count) {
  if (setjmp(failed))
    return false;
  if (count > 0)
    jpeg_skip_scanlines(&info, count);
  return true;
}

bool jpeg_reader::read_rows(uint8_t *out, size_t row_bytes, int count) {
  if (setjmp(failed))
    return false;
  const JDIMENSION begin = info.output_scanline, end = begin + count;
  while (info.output_scanline < end) {
    constexpr JDIMENSION most =
        4; // as many rows as libjpeg may have ready at once
    JSAMPROW rows[most];
    JDIMENSION now = std::min(most, end - info.output_scanline);
    for (JDIMENSION i = 0; i < now; ++i)
      rows[i] = out + row_bytes * (info.output_scanline - begin + i);
    jpeg_read_scanlines(&info, rows, now);
  }
  // What is behind the last row doesn't matter, a missing end marker neither,
  // as long as there are bytes for libjpeg to look ahead at: as in Pillow.
  return true;
}

/// Adobe's convention, with or without its marker: values are stored inverted.
image cmyk_to_rgb(const image &cmyk) {
  image rgb{cmyk.width, cmyk.height, 3,
            std::vector<uint8_t>(cmyk.pixels.size() / 4 * 3)};
  uint8_t *to = rgb.pixels.data();
  for (size_t i = 0; i < cmyk.pixels.size(); i += 4)
    for (int c = 0; c < 3; ++c) {
      unsigned product = cmyk.pixels[i + c] * cmyk.pixels[i + 3] + 128u;
      *to++ = static_cast<uint8_t>((product + (product >> 8)) >>
                                   8); // product / 255, rounded
    }
  return rgb;
}

/// As Pillow: EXIF segments are joined; XMP (the last of its kind) counts where
/// EXIF names no orientation.
int stored_orientation(const jpeg_decompress_struct &info) {
  constexpr std::string_view exif_name("Exif\0\0", 6),
      xmp_name("http://ns.adobe.com/xap/1.0/\0", 29);
  std::vector<std::byte> exif_data;
  std::string_view xmp_packet;
  for (jpeg_saved_marker_ptr marker = info.marker_list; marker;
       marker = marker->next) {
    std::string_view data(reinterpret_cast<const char *>(marker->data),
                          marker->data_length);
    auto bytes = std::as_bytes(std::span(data));
    if (data.starts_with(exif_name))
      exif_data.insert(exif_data.end(),
                       bytes.begin() +
                           (exif_data.empty() ? 0 : exif_name.size()),
                       bytes.end());
    else if (data.starts_with(xmp_name))
      xmp_packet = data.substr(xmp_name.size());
  }
  std::optional<int> found = exif_orientation(exif_data);
  return found ? *found : xmp_orientation(xmp_packet).value_or(1);
}

void require(const jpeg_reader &reader, bool done) {
  if (!done)
    throw bad_image(fmt::format("not a readable JPEG: {}", reader.message));
}

/// Reads the header and prepares for rows.
void open(jpeg_reader &reader) {
  require(reader, reader.read_header());
  check_image_size(reader.info.image_width, reader.info.image_height);
  int components = reader.info.num_components;
  if (components != 1 && components != 3 && components != 4)
    throw bad_image(fmt::format(
        "a JPEG of {} colour components; 1, 3 or 4 can be read", components));
  require(reader, reader.start());
}

/// Whether pixels can be computed by themselves. Coefficients that a
/// progressive file never sent are guessed from blocks around, and libjpeg's
/// guesses for a part are others than for the whole.
bool can_crop(const jpeg_decompress_struct &info) {
  if (!info.coef_bits)
    return true;
  const int *bits = info.coef_bits[0];
  return std::all_of(bits, bits + info.num_components * DCTSIZE2,
                     [](int bit) { return bit == 0; });
}

} // namespace

stored_image decode_jpeg(std::span<const std::byte> bytes, exif orientation) {
  jpeg_reader reader(bytes);
  open(reader);
  stored_image out;
  out.pixels = {static_cast<int>(reader.info.output_width),
                static_cast<int>(reader.info.output_height),
                reader.info.num_components,
                {}};
  size_t row_bytes =
      static_cast<size_t>(out.pixels.width) * out.pixels.channels;
  out.pixels.pixels.resize(row_bytes * out.pixels.height);
  if (orientation == exif::honour)
    out.orientation = stored_orientation(reader.info);
  require(reader, reader.read_rows(out.pixels.pixels.data(), row_bytes,
                                   out.pixels.height));
  if (out.pixels.channels == 4)
    out.pixels = cmyk_to_rgb(out.pixels);
  return out;
}

std::string jpeg_version() {
  return fmt::format("{}", LIBJPEG_TURBO_VERSION_NUMBER);
}

void decode_jpeg(std::span<const std::byte> bytes, exif orientation,
                 const std::function<rectangle(int width, int height,
                                               int orientation)> &choose,
                 const std::function<void(image &strip, int left)> &take) {
  jpeg_reader reader(bytes);
  open(reader);
  const int width = static_cast<int>(reader.info.output_width),
            height = static_cast<int>(reader.info.output_height),
            components = reader.info.num_components;
  const rectangle part =
      choose(width, height,
             orientation == exif::honour ? stored_orientation(reader.info) : 1);
  const bool cropped = can_crop(reader.info);
  if (cropped)
    require(reader,
            reader.crop(part.left, part.width) && reader.skip_rows(part.top));

  const int read_width = static_cast<int>(reader.info.output_width);
  const size_t row_bytes = static_cast<size_t>(read_width) * components;
  constexpr int strip_rows = 16; // an MCU's
  image strip;
  auto read_strip = [&](int rows) {
    strip.width = read_width;
    strip.height = rows;
    strip.channels = components;
    strip.pixels.resize(row_bytes * rows);
    require(reader, reader.read_rows(strip.pixels.data(), row_bytes, rows));
    if (components == 4)
      strip = cmyk_to_rgb(strip);
  };
  for (int y = cropped ? part.top : 0; y < part.top; ++y)
    read_strip(1);
  for (int y = 0; y < part.height; y += strip_rows) {
    read_strip(std::min(strip_rows, part.height - y));
    take(strip, part.left - reader.first_column);
  }
  // The data of the other rows is read too, so that damage is found there. What
  // jpeg_skip_scanlines skips to the very end of the image it doesn't read.
  if (int rest = height - (part.top + part.height); rest > 0) {
    require(reader, reader.skip_rows(rest - 1));
    read_strip(1);
  }
}

} // namespace resnetc
