// An image in memory.
#pragma once

#include <cstdint>
#include <vector>

namespace resnetc {

/// 8-bit pixels, rows from top to bottom without padding, channels interleaved:
/// RGB (3) or grey (1).
struct image {
  int width = 0, height = 0, channels = 0;
  std::vector<uint8_t> pixels; // height * width * channels
};

} // namespace resnetc
