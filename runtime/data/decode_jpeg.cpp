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
  bool read_rows(uint8_t *out, size_t row_bytes);

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

bool jpeg_reader::read_rows(uint8_t *out, size_t row_bytes) {
  if (setjmp(failed))
    return false;
  while (info.output_scanline < info.output_height) {
    constexpr JDIMENSION most =
        4; // as many rows as libjpeg may have ready at once
    JSAMPROW rows[most];
    JDIMENSION count =
        std::min(most, info.output_height - info.output_scanline);
    for (JDIMENSION i = 0; i < count; ++i)
      rows[i] = out + row_bytes * (info.output_scanline + i);
    jpeg_read_scanlines(&info, rows, count);
  }
  // What is behind the last row doesn't matter, a missing end marker neither, as
  // long as there are bytes for libjpeg to look ahead at: as in Pillow.
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

} // namespace

stored_image decode_jpeg(std::span<const std::byte> bytes, exif orientation) {
  jpeg_reader reader(bytes);
  auto require = [&](bool done) {
    if (!done)
      throw bad_image(fmt::format("not a readable JPEG: {}", reader.message));
  };
  require(reader.read_header());
  check_image_size(reader.info.image_width, reader.info.image_height);
  int components = reader.info.num_components;
  if (components != 1 && components != 3 && components != 4)
    throw bad_image(fmt::format(
        "a JPEG of {} colour components; 1, 3 or 4 can be read", components));
  require(reader.start());

  stored_image out;
  out.pixels = {static_cast<int>(reader.info.output_width),
                static_cast<int>(reader.info.output_height),
                components,
                {}};
  size_t row_bytes = static_cast<size_t>(out.pixels.width) * components;
  out.pixels.pixels.resize(row_bytes * out.pixels.height);
  if (orientation == exif::honour)
    out.orientation = stored_orientation(reader.info);
  require(reader.read_rows(out.pixels.pixels.data(), row_bytes));
  if (components == 4)
    out.pixels = cmyk_to_rgb(out.pixels);
  return out;
}

std::string jpeg_version() {
  return fmt::format("{}", LIBJPEG_TURBO_VERSION_NUMBER);
}

} // namespace resnetc
