//===- shape.h - shapes of activations and what a window does to them -----===//
#ifndef RESNETC_SHAPE_H
#define RESNETC_SHAPE_H

#include <cstdint>

namespace resnetc {

/// One image's activation: channels, rows, columns. A vector of features is {n,
/// 1, 1}.
struct shape {
  int c = 0, h = 0, w = 0;
  constexpr int64_t elements() const { return int64_t{c} * h * w; }
  friend constexpr bool operator==(const shape &, const shape &) = default;
};

/// Rows (or columns) left by a window: floor((size + 2*padding - kernel) /
/// stride) + 1, as in PyTorch; below 1 when the window does not fit.
constexpr int64_t window_count(int64_t size, int64_t kernel, int64_t stride,
                               int64_t padding) {
  int64_t room = size + 2 * padding - kernel;
  return room < 0 ? 0 : room / stride + 1;
}

/// The shape behind a convolution or pooling with `channels` outputs.
constexpr shape window_shape(shape in, int channels, int kernel, int stride,
                             int padding) {
  return {channels,
          static_cast<int>(window_count(in.h, kernel, stride, padding)),
          static_cast<int>(window_count(in.w, kernel, stride, padding))};
}

} // namespace resnetc

#endif
