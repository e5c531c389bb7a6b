// An image in memory, and parts of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace resnetc {

/// 8-bit pixels, rows from top to bottom without padding, channels interleaved:
/// RGB (3) or grey (1).
struct image {
  int width = 0, height = 0, channels = 0;
  std::vector<uint8_t> pixels; // height * width * channels
};

/// A rectangle in pixels.
struct rectangle {
  int left = 0, top = 0, width = 0, height = 0;
};

/// Rows of pixels somewhere in memory, one below the other.
struct pixel_rows {
  const uint8_t *pixels;
  size_t stride;      // bytes from row to row
  int count;          // rows
  const uint8_t *end; // of what may be read
};

/// The rows of a part of an image.
inline pixel_rows rows_of(const image &from, const rectangle &part) {
  const size_t stride = static_cast<size_t>(from.width) * from.channels;
  return {from.pixels.data() + stride * part.top +
              static_cast<size_t>(part.left) * from.channels,
          stride, part.height, from.pixels.data() + from.pixels.size()};
}

} // namespace resnetc
