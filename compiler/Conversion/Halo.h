//===- Halo.h - pads around activations, and who reads them -----*- C++ -*-===//

#ifndef RESNETC_CONVERSION_HALO_H
#define RESNETC_CONVERSION_HALO_H

#include "IR/ResnetDialect.h"

namespace mlir::resnet {

/// Pads around a plane, in rows and columns. Their value is zero, or the lowest number where `lowest`.
struct Halo {
  int64_t top = 0, left = 0, bottom = 0, right = 0;
  bool lowest = false;

  bool empty() const { return !top && !left && !bottom && !right; }
  bool covers(const Halo &need) const;
  void include(const Halo &need);
};

/// The halo of x that a window of `kernel` with `stride` and `padding` reads to give `outHeight` x `outWidth` outputs.
Halo windowHalo(int64_t height, int64_t width, int64_t outHeight, int64_t outWidth, int64_t kernel, int64_t stride,
                int64_t padding);

/// What tiles of Winograd's algorithm of at most cover[0] x cover[1] outputs read around a plane that gives `outHeight` x `outWidth`
/// outputs: one row and column in front, and behind it what belongs to outputs beyond the last ones, too.
Halo winogradHalo(int64_t height, int64_t width, int64_t outHeight, int64_t outWidth, ArrayRef<int64_t> cover);

/// What the stem's tiles read around an image: the window's halo and, behind it, what a vector of four channels holds beyond the last pixel's.
Halo stemHalo(int64_t height, int64_t width, int64_t outHeight, int64_t outWidth, int64_t channels);

/// The inputs i with (i + padding) mod stride = phase along one axis are i = first + q*stride, q < count. Those that window
/// tap phase + (taps-1-t)*stride of output q + t + shift reads, t < taps, make up their gradient.
struct Phase {
  int64_t phase, taps, first, count, shift;
};
SmallVector<Phase> phases(int64_t size, int64_t kernel, int64_t stride, int64_t padding);

/// The halo of an output gradient that these phases of its input's gradient read.
Halo gradientHalo(ArrayRef<Phase> rows, ArrayRef<Phase> columns, int64_t outHeight, int64_t outWidth);

/// Whether a max pool reads no number below zero, such as a convolution's with its ReLU, and keeps no winner: of its window's values as unsigned
/// integers the greatest is the maximum, zero pads do for it, and not-a-number wins.
bool poolsBits(MaxPoolOp op);

/// The halo that one reader of an activation needs around it.
Halo haloOfUse(OpOperand &use);

} // namespace mlir::resnet

#endif // RESNETC_CONVERSION_HALO_H
