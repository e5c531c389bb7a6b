//===- Pool.cpp - pooling and its gradients -------------------------------===//

#include "Conversion/Lowering.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include <limits>

using namespace mlir;
using namespace mlir::resnet;

static constexpr auto kParallel = utils::IteratorType::parallel;
static constexpr auto kReduction = utils::IteratorType::reduction;

/// (n, cb, h, w, c | r, s), for windows.
static SmallVector<utils::IteratorType> windowIterators() {
  SmallVector<utils::IteratorType> iterators(5, kParallel);
  iterators.append(2, kReduction);
  return iterators;
}

/// `from` + the window position `step` * dims (r, s) as an i8.
static Value position(OpBuilder &b, Location loc, int64_t kernel, int64_t row, int64_t column, int64_t step) {
  Value r = linalg::IndexOp::create(b, loc, 5), s = linalg::IndexOp::create(b, loc, 6);
  auto constant = [&](int64_t v) { return arith::ConstantIndexOp::create(b, loc, v).getResult(); };
  Value at = arith::AddIOp::create(b, loc, arith::MulIOp::create(b, loc, r, constant(step * kernel)),
                                   arith::MulIOp::create(b, loc, s, constant(step)));
  at = arith::AddIOp::create(b, loc, at, constant(row * kernel + column));
  return arith::IndexCastOp::create(b, loc, b.getI8Type(), at);
}

/// The greater of two as unsigned integers.
static Value greaterBits(OpBuilder &b, Location loc, Value v, Value w) {
  if (v.getType().isInteger())
    return arith::MaxUIOp::create(b, loc, v, w);
  Type bits = b.getIntegerType(v.getType().getIntOrFloatBitWidth());
  auto of = [&](Value f) { return arith::BitcastOp::create(b, loc, bits, f).getResult(); };
  return arith::BitcastOp::create(b, loc, v.getType(), arith::MaxUIOp::create(b, loc, of(v), of(w)));
}

/// Rows of a pool's task that computes the stem itself, for one block of channels: few enough that those of the stem stay in a second-level
/// cache of 1 MB, and many, since neighbours both compute a row. A plane has a few tasks, for a single image's sake.
static int64_t stripRows(int64_t rows, int64_t kernel, int64_t stride, int64_t rowBytes) {
  constexpr int64_t kStripBytes = 448 << 10, kStrips = 4, kLeast = 7;
  int64_t most = std::max<int64_t>(1, (kStripBytes / rowBytes - kernel) / stride + 1);
  return std::min(most, std::max(kLeast, llvm::divideCeilSigned(rows, kStrips)));
}

/// Whether a pool alone reads the stem, and that can be computed by strips: one at an edge has fewer rows than the others, and Winograd's
/// algorithm takes slices of one size.
static bool stripsStem(MaxPoolOp op) {
  auto conv = op.getX().getDefiningOp<Conv2dOp>();
  return conv && readsImages(conv) && !conv.getWinograd() && op.getX().hasOneUse();
}

LogicalResult mlir::resnet::lower(MaxPoolOp op, Lowering &l) {
  auto in = cast<RankedTensorType>(op.getX().getType()), out = cast<RankedTensorType>(op.getY().getType());
  int64_t kernel = op.getKernel(), stride = op.getStride();
  Halo halo = windowHalo(in.getDimSize(2), in.getDimSize(3), out.getDimSize(2), out.getDimSize(3), kernel, stride,
                         op.getPadding());
  bool bits = poolsBits(op);
  halo.lowest = !bits;
  Value x = l.padded(op.getX(), halo);
  Maps d{l.b.getContext(), 7};
  AffineMap at = d({d[0], d[1], d[2], d[3], d[4]});
  Operand input{x, d({d[0], d[1], d[2] * stride + d[5], d[3] * stride + d[6], d[4]})};
  Type element = getElementTypeOrSelf(x);
  // Gives the loops their bounds, and lanes of its size: 32 bytes are half a register.
  Operand window{l.empty({kernel, kernel}, bits ? l.b.getIntegerType(std::max(16u, element.getIntOrFloatBitWidth())) : Type()), d({d[5], d[6]})};
  Destination y = l.destination(op.getY());
  // A maximum of bf16 is one of them, and rounded for nothing; in the element type it is one instruction.
  bool narrow = element.isBF16() && !bits;
  Value whole = narrow ? l.empty(cast<RankedTensorType>(y.interior.getType()).getShape()) : y.interior;
  Value lowest = l.filled(whole, bits ? 0 : -std::numeric_limits<double>::infinity());
  if (!op.getWinner()) {
    Value v = l.generic({input, window}, {{lowest, at}}, windowIterators(),
                        [&](OpBuilder &b, Location loc, ValueRange in) {
                          if (bits)
                            return SmallVector<Value>{greaterBits(b, loc, in[2], in[0])};
                          Value taken = narrow ? arith::ExtFOp::create(b, loc, l.element, in[0]) : in[0];
                          return SmallVector<Value>{arith::MaximumFOp::create(b, loc, in[2], taken)};
                        },
                        {1, 1, 1})[0];
    if (stripsStem(op)) {
      auto padded = cast<RankedTensorType>(x.getType());
      int64_t rowBytes = padded.getDimSize(3) * kBlock * (padded.getElementTypeBitWidth() / 8);
      int64_t rows = std::min(out.getDimSize(2), stripRows(out.getDimSize(2), kernel, stride, rowBytes));
      v.getDefiningOp()->setAttr(kStripAttr, l.b.getDenseI64ArrayAttr({rows, (rows - 1) * stride + kernel}));
    }
    if (narrow)
      v = l.elementwise(v, y.interior, copyBody);
    l.define(op.getY(), v, y);
    return success();
  }
  Destination w = l.destination(op.getWinner());
  auto both = l.generic({input, window}, {{lowest, at}, {l.filled(w.interior, 0), at}}, windowIterators(),
                        [&](OpBuilder &b, Location loc, ValueRange in) {
                          // Not-a-number wins, as in PyTorch; the first of equals stays.
                          Value greater = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OGT, in[0], in[2]);
                          Value nan = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::UNO, in[0], in[0]);
                          Value wins = arith::OrIOp::create(b, loc, greater, nan);
                          Value here = position(b, loc, kernel, 0, 0, 1);
                          return SmallVector<Value>{arith::SelectOp::create(b, loc, wins, in[0], in[2]),
                                                    arith::SelectOp::create(b, loc, wins, here, in[3])};
                        },
                        {1, 1, 1});
  l.define(op.getY(), both[0], y);
  l.define(op.getWinner(), both[1], w);
  return success();
}

LogicalResult mlir::resnet::lower(MaxPoolGradOp op, Lowering &l) {
  auto in = cast<RankedTensorType>(op.getDx().getType()), out = cast<RankedTensorType>(op.getDy().getType());
  int64_t kernel = op.getKernel(), stride = op.getStride();
  SmallVector<Phase> rows = phases(in.getDimSize(2), kernel, stride, op.getPadding());
  SmallVector<Phase> columns = phases(in.getDimSize(3), kernel, stride, op.getPadding());
  Halo halo = gradientHalo(rows, columns, out.getDimSize(2), out.getDimSize(3));
  Value dy = l.padded(op.getDy(), halo), winner = l.padded(op.getWinner(), halo);
  Destination d = l.destination(op.getDx());
  Value dx = d.interior, zero = l.constant(0);
  for (const Phase &ph : rows)
    for (const Phase &pw : columns) {
      Strided part(l, dx, ph.first, pw.first, ph.count, pw.count, stride);
      if (!ph.taps || !pw.taps) {
        dx = part.insert(l.filled(part.slice, 0, {1, 1, 1}));
        continue;
      }
      Maps d7{l.b.getContext(), 7};
      AffineMap read = d7({d7[0], d7[1], d7[2] + d7[5] + (ph.shift + halo.top), d7[3] + d7[6] + (pw.shift + halo.left), d7[4]});
      Operand window{l.empty({ph.taps, pw.taps}), d7({d7[5], d7[6]})};
      Value v = l.generic({{dy, read}, {winner, read}, window},
                          {{l.filled(part.slice, 0), d7({d7[0], d7[1], d7[2], d7[3], d7[4]})}}, windowIterators(),
                          [&](OpBuilder &b, Location loc, ValueRange in) {
                            Value here = position(b, loc, kernel, ph.phase + (ph.taps - 1) * stride,
                                                  pw.phase + (pw.taps - 1) * stride, -stride);
                            Value won = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, in[1], here);
                            Value share = arith::SelectOp::create(b, loc, won, in[0], zero);
                            return SmallVector<Value>{arith::AddFOp::create(b, loc, in[3], share)};
                          },
                          {1, 1, 1})[0];
      dx = part.insert(v);
    }
  l.define(op.getDx(), dx, d);
  return success();
}

LogicalResult mlir::resnet::lower(GlobalAvgPoolOp op, Lowering &l) {
  auto in = cast<RankedTensorType>(op.getX().getType());
  Value share = l.constant(1.0 / (in.getDimSize(2) * in.getDimSize(3)));
  Maps d{l.b.getContext(), 5}; // (n, cb, c | h, w)
  Destination y = l.destination(op.getY());
  Value sum = l.generic({{l.dense(op.getX()), d({d[0], d[1], d[3], d[4], d[2]})}},
                        {{l.filled(l.emptyLike(y.interior), 0), d({d[0], d[1], d[2]})}},
                        {kParallel, kParallel, kParallel, kReduction, kReduction},
                        sumBody,
                        {1, 1})[0];
  Value mean = l.elementwise(sum, y.interior, [&](OpBuilder &b, Location loc, ValueRange in) {
    return SmallVector<Value>{arith::MulFOp::create(b, loc, in[0], share)};
  });
  l.define(op.getY(), mean, y);
  return success();
}

LogicalResult mlir::resnet::lower(GlobalAvgPoolGradOp op, Lowering &l) {
  auto out = cast<RankedTensorType>(op.getDx().getType());
  Value share = l.constant(1.0 / (out.getDimSize(2) * out.getDimSize(3)));
  Maps d{l.b.getContext(), 5};
  Destination dx = l.destination(op.getDx());
  Value v = l.generic({{l.dense(op.getDy()), d({d[0], d[1], d[4]})}}, {{dx.interior, d({d[0], d[1], d[2], d[3], d[4]})}},
                      SmallVector<utils::IteratorType>(5, kParallel),
                      [&](OpBuilder &b, Location loc, ValueRange in) {
                        return SmallVector<Value>{arith::MulFOp::create(b, loc, in[0], share)};
                      },
                      {1, 1, 1})[0];
  l.define(op.getDx(), v, dx);
  return success();
}
