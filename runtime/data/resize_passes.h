// The two passes of resize_bilinear, for any x86-64 and for those with AVX2;
// both give the same bytes.
#pragma once

#include "data/resize.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace resnetc {

/// Weights are fixed-point numbers of this many fractional bits.
inline constexpr int weight_bits = 22;

/// For each output along one axis: the inputs it is a weighted sum of.
struct filter_taps {
  struct range {
    int first, count;
  };
  std::vector<range> ranges;    // one an output
  std::vector<int32_t> weights; // [outputs][stride]; zero behind count
  int stride = 0;
  std::vector<int16_t> packed; // what the AVX2 pass reads; empty for the others
};

/// Whole rows to resized rows.
struct resize_passes {
  /// Bytes behind the last pixel of a row that `horizontal` may read (and
  /// ignores).
  static constexpr size_t slack = 16;
  /// Prepares taps for `horizontal`.
  void (*pack)(filter_taps &taps);
  /// Rows of `channels` interleaved channels, each with `slack` readable bytes
  /// behind it. Rows of `out` have room for `slack` bytes more than is meant.
  void (*horizontal)(const uint8_t *rows, size_t stride, int count,
                     int channels, const filter_taps &taps, uint8_t *out,
                     size_t out_stride);
  /// out[i] = rows [0, count) weighted, for `bytes` columns; `rows` points at
  /// the first one.
  void (*vertical)(const uint8_t *rows, size_t row_bytes,
                   const int32_t *weights, int count, uint8_t *out,
                   size_t bytes);
};

extern const resize_passes portable_passes, avx2_passes;

/// resize_bilinear by given passes.
image resize_bilinear(const image &source, const rectangle &from, int width,
                      int height, const rectangle &window,
                      const resize_passes &passes);

} // namespace resnetc
