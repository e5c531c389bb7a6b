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
constexpr int window_count(int size, int kernel, int stride, int padding) {
  int room = size + 2 * padding - kernel;
  return room < 0 ? 0 : room / stride + 1;
}

/// The shape behind a convolution or pooling with `channels` outputs.
constexpr shape window_shape(shape in, int channels, int kernel, int stride,
                             int padding) {
  return {channels, window_count(in.h, kernel, stride, padding),
          window_count(in.w, kernel, stride, padding)};
}

} // namespace resnetc

#endif
