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

/// The inputs that taps read; makes the taps relative to the first of them.
filter_taps::range take_inputs(filter_taps &taps) {
  filter_taps::range last = taps.ranges.back();
  int first = taps.ranges.front().first;
  for (filter_taps::range &each : taps.ranges)
    each.first -= first;
  return {first, last.first + last.count - first};
}

/// Rows of pixels somewhere in memory.
struct plane {
  const uint8_t *rows;
  size_t stride;    // bytes from row to row
  size_t row_bytes; // of them, pixels
  int count;
  const uint8_t *end; // of what may be read
};

void resize_across(const plane &in, int channels, const filter_taps &taps,
                   uint8_t *out, size_t out_stride,
                   const resize_passes &passes) {
  std::vector<uint8_t> padded;
  for (int y = 0; y < in.count; ++y) {
    const uint8_t *row = in.rows + in.stride * y;
    if (static_cast<size_t>(in.end - row) <
        in.row_bytes + resize_passes::slack) {
      padded.assign(in.row_bytes + resize_passes::slack, 0);
      std::memcpy(padded.data(), row, in.row_bytes);
      row = padded.data();
    }
    passes.horizontal(row, channels, taps, out + out_stride * y);
  }
}

void resize_down(const plane &in, const filter_taps &taps, uint8_t *out,
                 size_t out_stride, const resize_passes &passes) {
  for (size_t y = 0; y < taps.ranges.size(); ++y)
    passes.vertical(in.rows + in.stride * taps.ranges[y].first, in.stride,
                    &taps.weights[y * taps.stride], taps.ranges[y].count,
                    out + out_stride * y, in.row_bytes);
}

const resize_passes &best_passes() {
  return __builtin_cpu_supports("avx2") ? avx2_passes : portable_passes;
}

} // namespace

image resize_bilinear(const image &source, const rectangle &from, int width,
                      int height, const rectangle &window) {
  return resize_bilinear(source, from, width, height, window, best_passes());
}

image resize_bilinear(const image &source, const rectangle &from, int width,
                      int height, const rectangle &window,
                      const resize_passes &passes) {
  filter_taps across =
      triangle_taps(from.width, width, window.left, window.width);
  filter_taps down =
      triangle_taps(from.height, height, window.top, window.height);
  filter_taps::range columns = take_inputs(across), rows = take_inputs(down);
  passes.pack(across);

  const size_t channels = source.channels, stride = source.width * channels,
               out_bytes = window.width * channels;
  const plane in = {source.pixels.data() + stride * (from.top + rows.first) +
                        channels * (from.left + columns.first),
                    stride, channels * columns.count, rows.count,
                    source.pixels.data() + source.pixels.size()};
  image out{
      window.width, window.height, source.channels,
      std::vector<uint8_t>(out_bytes * window.height + resize_passes::slack)};
  // Since Pillow 13 the order of the passes, and with it some rounding, depends
  // on how much each axis shrinks.
  if (from.height > height && from.height - height > 2 * (from.width - width)) {
    const size_t middle_stride = in.row_bytes + resize_passes::slack;
    std::vector<uint8_t> middle(middle_stride * window.height);
    resize_down(in, down, middle.data(), middle_stride, passes);
    const plane resized = {middle.data(), middle_stride, in.row_bytes,
                           window.height, middle.data() + middle.size()};
    resize_across(resized, source.channels, across, out.pixels.data(),
                  out_bytes, passes);
  } else {
    const size_t middle_stride = out_bytes + resize_passes::slack;
    std::vector<uint8_t> middle(middle_stride * rows.count);
    resize_across(in, source.channels, across, middle.data(), middle_stride,
                  passes);
    const plane resized = {middle.data(), middle_stride, out_bytes, rows.count,
                           middle.data() + middle.size()};
    resize_down(resized, down, out.pixels.data(), out_bytes, passes);
  }
  out.pixels.resize(out_bytes * window.height);
  return out;
}

} // namespace resnetc
