//===- Halo.cpp - pads around activations, and who reads them ---------------===//

#include "Conversion/Halo.h"

#include "IR/WinogradDialect.h"

using namespace mlir;
using namespace mlir::resnet;

bool Halo::covers(const Halo &need) const {
  return need.empty() || (lowest == need.lowest && top >= need.top && left >= need.left && bottom >= need.bottom &&
                          right >= need.right);
}

void Halo::include(const Halo &need) {
  if (need.empty())
    return;
  // Zero pads win where readers disagree: the other one makes its own copy.
  if (empty())
    lowest = need.lowest;
  lowest = lowest && need.lowest;
  top = std::max(top, need.top);
  left = std::max(left, need.left);
  bottom = std::max(bottom, need.bottom);
  right = std::max(right, need.right);
}

Halo mlir::resnet::windowHalo(int64_t height, int64_t width, int64_t outHeight, int64_t outWidth, int64_t kernel,
                              int64_t stride, int64_t padding) {
  auto behind = [&](int64_t size, int64_t out) {
    return std::max<int64_t>(0, (out - 1) * stride + kernel - padding - size);
  };
  return {padding, padding, behind(height, outHeight), behind(width, outWidth)};
}

SmallVector<Phase> mlir::resnet::phases(int64_t size, int64_t kernel, int64_t stride, int64_t padding) {
  SmallVector<Phase> result;
  for (int64_t phase = 0; phase < stride; ++phase) {
    int64_t taps = phase < kernel ? (kernel - phase + stride - 1) / stride : 0;
    int64_t first = ((phase - padding) % stride + stride) % stride;
    if (first >= size)
      continue;
    int64_t count = (size - first + stride - 1) / stride;
    result.push_back({phase, taps, first, count, (first + padding - phase) / stride - (taps - 1)});
  }
  return result;
}

Halo mlir::resnet::gradientHalo(ArrayRef<Phase> rows, ArrayRef<Phase> columns, int64_t outHeight, int64_t outWidth) {
  auto reach = [](ArrayRef<Phase> phases, int64_t size, int64_t &before, int64_t &behind) {
    for (const Phase &p : phases) {
      if (p.taps == 0)
        continue;
      before = std::max(before, -p.shift);
      behind = std::max(behind, p.shift + p.count + p.taps - 1 - size);
    }
  };
  Halo halo;
  reach(rows, outHeight, halo.top, halo.bottom);
  reach(columns, outWidth, halo.left, halo.right);
  return halo;
}

Halo mlir::resnet::winogradHalo(int64_t height, int64_t width, int64_t outHeight, int64_t outWidth, ArrayRef<int64_t> cover) {
  winograd::Tiles tiles(outHeight, outWidth, cover);
  auto behind = [](const winograd::Strips &strips, int64_t size) { return strips.padded() - 1 - size; };
  return {1, 1, behind(tiles.rows, height), behind(tiles.columns, width)};
}

bool mlir::resnet::poolsBits(MaxPoolOp op) {
  auto conv = op.getX().getDefiningOp<Conv2dOp>();
  return !op.getWinner() && (isa<IntegerType>(getElementTypeOrSelf(op.getX())) || (conv && conv.getRelu()));
}

Halo mlir::resnet::stemHalo(int64_t height, int64_t width, int64_t outHeight, int64_t outWidth, int64_t channels) {
  using Tiles = winograd::StemTiles;
  Halo halo = windowHalo(height, width, outHeight, outWidth, Tiles::kWindow, Tiles::kStride, Tiles::kPadding);
  halo.right += (Tiles::kPixel - 1) / channels;
  return halo;
}

Halo mlir::resnet::haloOfUse(OpOperand &use) {
  auto shape = [](Value v) { return cast<RankedTensorType>(v.getType()); };
  auto window = [&](Value x, Value y, int64_t kernel, int64_t stride, int64_t padding) {
    return windowHalo(shape(x).getDimSize(2), shape(x).getDimSize(3), shape(y).getDimSize(2), shape(y).getDimSize(3),
                      kernel, stride, padding);
  };
  Operation *op = use.getOwner();
  auto tiles = [&](Value x, Value y, ArrayRef<int64_t> cover) {
    return winogradHalo(shape(x).getDimSize(2), shape(x).getDimSize(3), shape(y).getDimSize(2), shape(y).getDimSize(3), cover);
  };
  if (auto conv = dyn_cast<Conv2dOp>(op); conv && use.getOperandNumber() == 0)
    return conv.getWinograd() && !winograd::isStem(*conv.getWinograd()) ? tiles(conv.getX(), conv.getY(), *conv.getWinograd()) : window(conv.getX(), conv.getY(), shape(conv.getWeight()).getDimSize(2), conv.getStride(), conv.getPadding());
  if (auto dw = dyn_cast<Conv2dDwOp>(op); dw && dw.getWinograd()) {
    Halo halo = tiles(dw.getX(), dw.getDy(), *dw.getWinograd());
    return use.getOperandNumber() == 0 ? halo : Halo{0, 0, halo.bottom - 1, halo.right - 1};
  }
  if (auto dw = dyn_cast<Conv2dDwOp>(op); dw && use.getOperandNumber() == 0)
    return window(dw.getX(), dw.getDy(), shape(dw.getDw()).getDimSize(2), dw.getStride(), dw.getPadding());
  auto gradient = [&](Value dy, Value dx, int64_t kernel, int64_t stride, int64_t padding) {
    return gradientHalo(phases(shape(dx).getDimSize(2), kernel, stride, padding),
                        phases(shape(dx).getDimSize(3), kernel, stride, padding), shape(dy).getDimSize(2),
                        shape(dy).getDimSize(3));
  };
  if (auto dx = dyn_cast<Conv2dDxOp>(op); dx && use.getOperandNumber() == 0)
    return dx.getWinograd() ? tiles(dx.getDy(), dx.getDx(), *dx.getWinograd()) : gradient(dx.getDy(), dx.getDx(), shape(dx.getWeight()).getDimSize(2), dx.getStride(), dx.getPadding());
  if (auto pool = dyn_cast<MaxPoolOp>(op)) {
    Halo halo = window(pool.getX(), pool.getY(), pool.getKernel(), pool.getStride(), pool.getPadding());
    halo.lowest = !poolsBits(pool);
    return halo;
  }
  if (auto pool = dyn_cast<MaxPoolGradOp>(op))
    return gradient(pool.getDy(), pool.getDx(), pool.getKernel(), pool.getStride(), pool.getPadding());
  return {};
}
