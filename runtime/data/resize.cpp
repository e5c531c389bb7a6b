#include "data/resize.h"

#include "data/resize_passes.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace resnetc {
namespace {

/// Taps of outputs [begin, begin + count) when `input` pixels become `output`;
/// operation for operation Pillow's precompute_coeffs and normalize_coeffs_8bpc
/// (src/libImaging/Resample.c) with the triangle filter.
filter_taps triangle_taps(int input, int output, int begin, int count) {
  double scale = static_cast<double>(input) / output;
  double filter_scale = std::max(scale, 1.0), support = filter_scale,
         inverse = 1.0 / filter_scale;
  filter_taps taps;
  taps.stride = static_cast<int>(std::ceil(support)) * 2 + 1;
  taps.weights.resize(static_cast<size_t>(count) * taps.stride);
  std::vector<double> exact(taps.stride);
  for (int i = 0; i < count; ++i) {
    double center = (begin + i + 0.5) * scale;
    int first = std::max(static_cast<int>(center - support + 0.5), 0);
    int taken =
        std::min(static_cast<int>(center + support + 0.5), input) - first;
    double sum = 0;
    for (int j = 0; j < taken; ++j) {
      exact[j] =
          std::max(1.0 - std::abs((j + first - center + 0.5) * inverse), 0.0);
      sum += exact[j];
    }
    for (int j = 0; j < taken; ++j) {
      double weight = sum != 0 ? exact[j] / sum : exact[j];
      taps.weights[static_cast<size_t>(i) * taps.stride + j] =
          static_cast<int32_t>(0.5 + weight * (1 << weight_bits));
    }
    taps.ranges.push_back({first, taken});
  }
  return taps;
}

/// The rows that vertical taps read.
filter_taps::range rows_read(const filter_taps &taps) {
  int first = taps.ranges.front().first;
  return {first, taps.ranges.back().first + taps.ranges.back().count - first};
}

const resize_passes &best_passes() {
  return __builtin_cpu_supports("avx2") ? avx2_passes : portable_passes;
}

} // namespace

image resize_bilinear(const image &source, const rectangle &from, int width,
                      int height, const rectangle &window) {
  const resize_passes &passes = best_passes();
  filter_taps across =
      triangle_taps(from.width, width, window.left, window.width);
  filter_taps down =
      triangle_taps(from.height, height, window.top, window.height);
  passes.pack(across);
  filter_taps::range read = rows_read(down);

  const size_t channels = source.channels,
               source_bytes = source.width * channels,
               from_bytes = from.width * channels;
  const size_t out_bytes = window.width * channels,
               middle_bytes = out_bytes + resize_passes::slack;
  std::vector<uint8_t> middle(middle_bytes * read.count), padded;
  const uint8_t *end = source.pixels.data() + source.pixels.size();
  for (int y = 0; y < read.count; ++y) {
    const uint8_t *row = source.pixels.data() +
                         source_bytes * (from.top + read.first + y) +
                         static_cast<size_t>(from.left) * channels;
    if (static_cast<size_t>(end - row) <
        from_bytes +
            resize_passes::slack) { // the last rows: nothing behind to read
      padded.assign(from_bytes + resize_passes::slack, 0);
      std::memcpy(padded.data(), row, from_bytes);
      row = padded.data();
    }
    passes.horizontal(row, source.channels, across, &middle[middle_bytes * y]);
  }

  image out{window.width, window.height, source.channels,
            std::vector<uint8_t>(out_bytes * window.height)};
  for (int y = 0; y < window.height; ++y) {
    filter_taps::range range = down.ranges[y];
    passes.vertical(&middle[middle_bytes * (range.first - read.first)],
                    middle_bytes,
                    &down.weights[static_cast<size_t>(y) * down.stride],
                    range.count, &out.pixels[out_bytes * y], out_bytes);
  }
  return out;
}

} // namespace resnetc
