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

/// Rows resized across; those without readable bytes behind them from a copy.
void resize_across(const pixel_rows &in, size_t row_bytes, int channels,
                   const filter_taps &taps, uint8_t *out, size_t out_stride,
                   const resize_passes &passes) {
  const size_t needed = row_bytes + resize_passes::slack;
  int direct = in.count;
  while (direct > 0 &&
         static_cast<size_t>(in.end - (in.pixels + in.stride * (direct - 1))) <
             needed)
    --direct;
  passes.horizontal(in.pixels, in.stride, direct, channels, taps, out,
                    out_stride);
  for (int y = direct; y < in.count; ++y) {
    std::vector<uint8_t> padded(needed);
    std::memcpy(padded.data(), in.pixels + in.stride * y, row_bytes);
    passes.horizontal(padded.data(), needed, 1, channels, taps,
                      out + out_stride * y, out_stride);
  }
}

const resize_passes &best_passes() {
  return __builtin_cpu_supports("avx2") ? avx2_passes : portable_passes;
}

} // namespace

/// The input of the second pass is a window of rows that moves down: those
/// across which the first pass went already, or, where the vertical pass is the
/// first one, the inputs themselves. So it stays small and in the cache.
struct bilinear_resize::state {
  void take(const pixel_rows &rows);
  void make_outputs();

  /// Rows that are taken at once.
  static constexpr int most_rows = 16;

  const resize_passes &passes;
  rectangle window;
  int channels;
  bool down_first;
  filter_taps across, down;
  rectangle inputs{};
  size_t in_bytes = 0, out_bytes = 0, row_stride = 0;
  int first = 0, received = 0;       // rows [first, received) of the inputs
  int capacity = 0;                  // rows
  std::unique_ptr<uint8_t[]> rows{}; // [capacity][row_stride]
  int made = 0;                      // rows that the vertical pass gave
  image out{};
  std::vector<uint8_t> narrowed{}; // a row, whole and then resized
};

bilinear_resize::bilinear_resize(const rectangle &from, int width, int height,
                                 const rectangle &window, int channels)
    : bilinear_resize(from, width, height, window, channels, best_passes()) {}

bilinear_resize::bilinear_resize(const rectangle &from, int width, int height,
                                 const rectangle &window, int channels,
                                 const resize_passes &passes)
    // Since Pillow 13 the order of the passes, and with it some rounding,
    // depends on how much each axis shrinks.
    : self(new state{
          passes, window, channels,
          from.height > height &&
              from.height - height > 2 * (from.width - width),
          triangle_taps(from.width, width, window.left, window.width),
          triangle_taps(from.height, height, window.top, window.height)}) {
  filter_taps::range columns = take_inputs(self->across),
                     rows = take_inputs(self->down);
  passes.pack(self->across);
  self->inputs = {from.left + columns.first, from.top + rows.first,
                  columns.count, rows.count};
  self->in_bytes = static_cast<size_t>(columns.count) * channels;
  self->out_bytes = static_cast<size_t>(window.width) * channels;
  self->row_stride = (self->down_first ? self->in_bytes : self->out_bytes) +
                     resize_passes::slack;
  int most_taps = 0;
  for (filter_taps::range each : self->down.ranges)
    most_taps = std::max(most_taps, each.count);
  self->capacity = most_taps + state::most_rows;
  self->rows = std::make_unique_for_overwrite<uint8_t[]>(self->row_stride *
                                                         self->capacity);
  self->out = {window.width, window.height, channels,
               std::vector<uint8_t>(self->out_bytes * window.height)};
  if (self->down_first)
    self->narrowed.resize(self->row_stride + self->out_bytes +
                          resize_passes::slack);
}

bilinear_resize::~bilinear_resize() = default;

const rectangle &bilinear_resize::inputs() const { return self->inputs; }

void bilinear_resize::state::take(const pixel_rows &in) {
  if (received - first + in.count > capacity) { // forget rows without use
    int needed = std::min(down.ranges[made].first, received);
    std::memmove(rows.get(), &rows[row_stride * (needed - first)],
                 row_stride * (received - needed));
    first = needed;
  }
  uint8_t *to = &rows[row_stride * (received - first)];
  received += in.count;
  if (!down_first)
    return resize_across(in, in_bytes, channels, across, to, row_stride,
                         passes);
  for (int y = 0; y < in.count; ++y)
    std::memcpy(to + row_stride * y, in.pixels + in.stride * y, in_bytes);
}

void bilinear_resize::state::make_outputs() {
  for (; made < window.height; ++made) {
    const filter_taps::range range = down.ranges[made];
    if (range.first + range.count > received)
      return;
    uint8_t *to = &out.pixels[out_bytes * made];
    const uint8_t *from = &rows[row_stride * (range.first - first)];
    const int32_t *weights =
        &down.weights[static_cast<size_t>(made) * down.stride];
    if (!down_first) {
      passes.vertical(from, row_stride, weights, range.count, to, out_bytes);
      continue;
    }
    uint8_t *whole = &narrowed[0], *resized = &narrowed[row_stride];
    passes.vertical(from, row_stride, weights, range.count, whole, in_bytes);
    passes.horizontal(whole, row_stride, 1, channels, across, resized,
                      out_bytes);
    std::memcpy(to, resized, out_bytes);
  }
}

void bilinear_resize::add(const pixel_rows &rows) {
  for (int y = 0; y < rows.count; y += state::most_rows) {
    self->take({rows.pixels + rows.stride * y, rows.stride,
                std::min(state::most_rows, rows.count - y), rows.end});
    self->make_outputs();
  }
}

image bilinear_resize::finish() { return std::move(self->out); }

image resize_bilinear(const image &source, const rectangle &from, int width,
                      int height, const rectangle &window) {
  return resize_bilinear(source, from, width, height, window, best_passes());
}

image resize_bilinear(const image &source, const rectangle &from, int width,
                      int height, const rectangle &window,
                      const resize_passes &passes) {
  bilinear_resize resize(from, width, height, window, source.channels, passes);
  resize.add(rows_of(source, resize.inputs()));
  return resize.finish();
}

} // namespace resnetc
