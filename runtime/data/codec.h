// What the JPEG and PNG readers have in common; included by them and decode.cpp
// alone.
#pragma once

#include "data/decode.h"

#include <functional>
#include <span>

namespace resnetc {

/// A file's pixels as they are stored (grey or RGB), and its EXIF orientation,
/// 1 ... 8.
struct stored_image {
  image pixels;
  int orientation = 1;
};

/// Both throw bad_image, and read the orientation only where `orientation` asks
/// for it.
stored_image decode_jpeg(std::span<const std::byte> bytes, exif orientation);
stored_image decode_png(std::span<const std::byte> bytes, exif orientation);

std::string jpeg_version();
std::string png_version();

/// Part of a JPEG in strips from top to bottom. `choose` is called once, with
/// the size and the orientation of the stored image, and gives the part of it
/// that is wanted. `take` gets images of some rows each, whose pixels are the
/// wanted ones from column `left` on; it may change them. Throws as
/// decode_jpeg.
void decode_jpeg(std::span<const std::byte> bytes, exif orientation,
                 const std::function<rectangle(int width, int height,
                                               int orientation)> &choose,
                 const std::function<void(image &strip, int left)> &take);

/// Throws bad_image for a width and height over the limit.
void check_image_size(int64_t width, int64_t height);

} // namespace resnetc
