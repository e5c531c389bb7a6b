#include "data/resize_passes.h"

#include <algorithm>

namespace resnetc {
namespace {

uint8_t rounded(int32_t sum) {
  return static_cast<uint8_t>(
      std::clamp((sum + (1 << (weight_bits - 1))) >> weight_bits, 0, 255));
}

template <int channels>
void horizontal_of(const uint8_t *row, const filter_taps &taps, uint8_t *out) {
  const int32_t *weights = taps.weights.data();
  for (filter_taps::range range : taps.ranges) {
    int32_t sums[channels] = {};
    const uint8_t *from = row + static_cast<ptrdiff_t>(range.first) * channels;
    for (int i = 0; i < range.count; ++i)
      for (int c = 0; c < channels; ++c)
        sums[c] += from[i * channels + c] * weights[i];
    for (int c = 0; c < channels; ++c)
      *out++ = rounded(sums[c]);
    weights += taps.stride;
  }
}

void horizontal(const uint8_t *rows, size_t stride, int count, int channels,
                const filter_taps &taps, uint8_t *out, size_t out_stride) {
  for (; count > 0; --count, rows += stride, out += out_stride)
    if (channels == 3)
      horizontal_of<3>(rows, taps, out);
    else
      horizontal_of<1>(rows, taps, out);
}

void vertical(const uint8_t *rows, size_t row_bytes, const int32_t *weights,
              int count, uint8_t *out, size_t bytes) {
  constexpr size_t strip = 64; // sums that stay in registers and cache
  for (size_t begin = 0; begin < bytes; begin += strip) {
    size_t width = std::min(strip, bytes - begin);
    int32_t sums[strip] = {};
    for (int i = 0; i < count; ++i)
      for (size_t x = 0; x < width; ++x)
        sums[x] += rows[row_bytes * i + begin + x] * weights[i];
    for (size_t x = 0; x < width; ++x)
      out[begin + x] = rounded(sums[x]);
  }
}

} // namespace

const resize_passes portable_passes = {[](filter_taps &) {}, horizontal,
                                       vertical};

} // namespace resnetc
