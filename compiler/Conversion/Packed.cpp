//===- Packed.cpp - bf16, two in a lane -----------------------------------===//

#include "Conversion/Lowering.h"
#include "IR/PackedDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::resnet;

Value Lowering::lanes(Value narrow) {
  Type view = packed::ViewOp::viewType(cast<ShapedType>(narrow.getType()));
  return packed::ViewOp::create(b, loc, view, narrow);
}

/// Of images, columns in front and behind: as many behind as make each row whole lanes, and as the last window's last lane reads,
/// whose second half may lie behind the window (its weight is zero).
Halo mlir::resnet::packedImageHalo(Halo halo, int64_t width, int64_t outWidth, int64_t channels, int64_t kernel, int64_t stride) {
  int64_t lanes = llvm::divideCeil(kernel * channels, packed::kPair);
  int64_t read = (outWidth - 1) * stride * channels + lanes * packed::kPair;
  auto row = [&] { return (halo.left + width + halo.right) * channels; };
  while (row() < read || row() % packed::kPair != 0)
    ++halo.right;
  return halo;
}

/// Lanes of bf16 from `low` and, where given, `high`.
static SmallVector<Value> pairBody(OpBuilder &b, Location loc, Value low, Value high, Value half) {
  auto bits = [&](Value v) -> Value {
    Value narrow = arith::TruncFOp::create(b, loc, b.getBF16Type(), v);
    return arith::ExtUIOp::create(b, loc, b.getI32Type(), arith::BitcastOp::create(b, loc, b.getI16Type(), narrow));
  };
  Value lane = bits(low);
  if (high)
    lane = arith::OrIOp::create(b, loc, arith::ShLIOp::create(b, loc, bits(high), half), lane);
  return {lane};
}

/// out[..., p, k] = the lane of in[..., 2p, k] and in[..., 2p + 1, k].
static Value packPairs(Lowering &l, Value in, Value out, Value half) {
  auto type = cast<RankedTensorType>(out.getType());
  unsigned rank = type.getRank(), pair = rank - 2;
  Maps d{l.b.getContext(), rank};
  auto at = [&](int64_t second) {
    SmallVector<AffineExpr> exprs;
    for (unsigned i = 0; i < rank; ++i)
      exprs.push_back(i == pair ? d[i] * packed::kPair + second : d[i]);
    return d(exprs);
  };
  return l.generic({{in, at(0)}, {in, at(1)}}, {{out, l.b.getMultiDimIdentityMap(rank)}},
                   SmallVector<utils::IteratorType>(rank, utils::IteratorType::parallel),
                   [&](OpBuilder &b, Location loc, ValueRange v) { return pairBody(b, loc, v[0], v[1], half); }, {1, 1})[0];
}

/// The last lane of an odd number of values, [kb][r][last][k], whose second half is zero.
static Value packLast(Lowering &l, Value in, Value out, int64_t last, Value half) {
  Maps d{l.b.getContext(), 3}; // (kb, r, k)
  auto at = [&](int64_t i) { return d({d[0], d[1], getAffineConstantExpr(i, l.b.getContext()), d[2]}); };
  return l.generic({{in, at(last * packed::kPair)}}, {{out, at(0)}},
                   SmallVector<utils::IteratorType>(3, utils::IteratorType::parallel),
                   [&](OpBuilder &b, Location loc, ValueRange v) { return pairBody(b, loc, v[0], Value(), half); })[0];
}

/// [kb][r][s][c][k] -> [kb][r][lanes of (s, c)][k], into `out`.
static Value packStem(Lowering &l, Value weight, Value out, Value half) {
  SmallVector<ReassociationIndices> groups{{0}, {1}, {2, 3}, {4}};
  Value flat = tensor::CollapseShapeOp::create(l.b, l.loc, weight, groups);
  auto shape = cast<RankedTensorType>(flat.getType()).getShape();
  int64_t whole = shape[2] / packed::kPair;
  auto part = [&](int64_t first, int64_t count, auto &&write) {
    SmallVector<OpFoldResult> offsets(4, l.b.getIndexAttr(0)), sizes, strides(4, l.b.getIndexAttr(1));
    for (int64_t n : {shape[0], shape[1], count, shape[3]})
      sizes.push_back(l.b.getIndexAttr(n));
    offsets[2] = l.b.getIndexAttr(first);
    Value slice = tensor::ExtractSliceOp::create(l.b, l.loc, out, offsets, sizes, strides);
    out = tensor::InsertSliceOp::create(l.b, l.loc, write(slice), out, offsets, sizes, strides);
  };
  if (whole > 0)
    part(0, whole, [&](Value slice) { return packPairs(l, flat, slice, half); });
  if (shape[2] % packed::kPair != 0)
    part(whole, 1, [&](Value slice) { return packLast(l, flat, slice, whole, half); });
  return out;
}

LogicalResult mlir::resnet::lower(RoundOp op, Lowering &l) {
  Value weight = l.parameter(op.getWeight());
  bool stem = cast<RankedTensorType>(weight.getType()).getRank() == 5; // as a convolution of images has it
  Value half = arith::ConstantIntOp::create(l.b, l.loc, 16, 32);
  return l.writeInto(op->getResult(0), [&](Value slot) { return stem ? packStem(l, weight, slot, half) : packPairs(l, weight, slot, half); });
}
