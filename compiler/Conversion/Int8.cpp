//===- Int8.cpp - int8, four in a lane ------------------------------------===//

#include "Conversion/Lowering.h"
#include "IR/PackedDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::resnet;

static constexpr auto kParallel = utils::IteratorType::parallel;
static constexpr auto kReduction = utils::IteratorType::reduction;

namespace {

/// A weight in its blocked form, [kb][cb][r][s][c][k] or of the stem [kb][r][s][c][k], and how loops (kb, k | all others) and
/// (kb, ..., lane, k) go over it.
struct Weight {
  Weight(Lowering &l, Value tensor) : l(l), tensor(tensor), rank(cast<RankedTensorType>(tensor.getType()).getRank()) {}

  int64_t channels() const { return cast<RankedTensorType>(tensor.getType()).getDimSize(rank - 2); }
  bool stem() const { return rank == 5; }

  /// (kb, k | ...) to the weight.
  AffineMap reduced() const {
    Maps d{l.b.getContext(), rank};
    SmallVector<AffineExpr> exprs{d[0]};
    for (unsigned i = 2; i < rank; ++i)
      exprs.push_back(d[i]);
    exprs.push_back(d[1]);
    return d(exprs);
  }
  /// [kb][k] = a sum or maximum of `body` over all else.
  Value reduce(Value over, double start, Body body) const {
    Maps d{l.b.getContext(), rank};
    SmallVector<utils::IteratorType> iterators(rank, kReduction);
    iterators[0] = iterators[1] = kParallel;
    Value out = l.filled(l.empty({cast<RankedTensorType>(tensor.getType()).getDimSize(0), kBlock}), start);
    SmallVector<Operand> in{{tensor, reduced()}};
    if (over)
      in.push_back({over, d({d[0], d[1]})});
    return l.generic(in, {{out, d({d[0], d[1]})}}, iterators, body)[0];
  }

  Lowering &l;
  Value tensor;
  unsigned rank;
};

} // namespace

/// value / scale, to nearest even, as a number of the element type.
static Value rounded(OpBuilder &b, Location loc, Value value, Value scale) {
  return math::RoundEvenOp::create(b, loc, arith::DivFOp::create(b, loc, value, scale));
}

static Value shifted(OpBuilder &b, Location loc, Value byte, int64_t place) {
  Value bits = arith::ExtUIOp::create(b, loc, b.getI32Type(), byte);
  return place ? arith::ShLIOp::create(b, loc, bits, arith::ConstantIntOp::create(b, loc, place * 8, 32)).getResult() : bits;
}

/// A lane of bytes, the first one lowest.
static Value laneOf(OpBuilder &b, Location loc, ValueRange bytes) {
  Value lane;
  for (auto [place, byte] : llvm::enumerate(bytes)) {
    Value bits = shifted(b, loc, byte, place);
    lane = lane ? arith::OrIOp::create(b, loc, lane, bits).getResult() : bits;
  }
  return lane;
}

/// out[..., lane, k], or of the stem out[..., k], = the lane of weight[..., 4*lane + i, k] / scale.
static Value packQuads(Weight weight, Value scale, Value out) {
  Lowering &l = weight.l;
  unsigned rank = cast<RankedTensorType>(out.getType()).getRank();
  Maps d{l.b.getContext(), rank};
  SmallVector<Operand> in;
  for (int64_t i = 0, n = std::min(weight.channels(), packed::kQuad); i < n; ++i) {
    SmallVector<AffineExpr> exprs;
    for (unsigned e = 0; e + 1 < rank; ++e)
      exprs.push_back(d[e]);
    if (weight.stem())
      exprs.push_back(l.b.getAffineConstantExpr(i));
    else
      exprs.back() = exprs.back() * packed::kQuad + i;
    exprs.push_back(d[rank - 1]);
    in.push_back({weight.tensor, d(exprs)});
  }
  size_t count = in.size();
  in.push_back({scale, d({d[0], d[rank - 1]})});
  return l.generic(in, {{out, l.b.getMultiDimIdentityMap(rank)}}, SmallVector<utils::IteratorType>(rank, kParallel),
                   [&](OpBuilder &b, Location loc, ValueRange v) {
                     SmallVector<Value> bytes;
                     for (Value value : v.take_front(count)) {
                       Value whole = arith::FPToSIOp::create(b, loc, b.getI32Type(), rounded(b, loc, value, v[count]));
                       bytes.push_back(arith::TruncIOp::create(b, loc, b.getI8Type(), whole));
                     }
                     return SmallVector<Value>{laneOf(b, loc, bytes)};
                   },
                   {1})[0];
}

LogicalResult mlir::resnet::lower(QuantizeWeightOp op, Lowering &l) {
  Weight weight(l, l.parameter(op.getWeight()));
  Value largest = weight.reduce(Value(), 0, [](OpBuilder &b, Location loc, ValueRange in) {
    return SmallVector<Value>{arith::MaximumFOp::create(b, loc, in[1], math::AbsFOp::create(b, loc, in[0]))};
  });
  Value least = l.constant(1e-30), one = l.constant(1), most = l.constant(127); // what is less than that counts as zero
  Value scale = l.channelwise({largest}, l.emptyLike(largest), [&](OpBuilder &b, Location loc, ValueRange in) {
    Value some = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OGT, in[0], least);
    return SmallVector<Value>{arith::SelectOp::create(b, loc, some, arith::DivFOp::create(b, loc, in[0], most), one)};
  });
  l.define(op.getScale(), scale);
  if (!op.getSums().use_empty())
    l.define(op.getSums(), weight.reduce(scale, 0, [](OpBuilder &b, Location loc, ValueRange in) {
      return SmallVector<Value>{arith::AddFOp::create(b, loc, in[2], rounded(b, loc, in[0], in[1]))};
    }));
  return l.writeInto(op.getQuantized(), [&](Value slot) { return packQuads(weight, scale, slot); });
}

LogicalResult mlir::resnet::lower(FoldScalesOp op, Lowering &l) {
  Value x = l.scaleOf(op.getX()), y = op.getY() ? l.scaleOf(*op.getY()) : l.constant(1);
  SmallVector<Value> inputs{l.parameter(op.getWeightScale())};
  if (op.getScale())
    inputs.push_back(l.parameter(op.getScale()));
  Value like = inputs[0];
  Value factor = l.channelwise(inputs, l.emptyLike(like), [&](OpBuilder &b, Location loc, ValueRange in) {
    Value v = arith::MulFOp::create(b, loc, in[0], x);
    if (op.getScale())
      v = arith::MulFOp::create(b, loc, v, in[1]);
    return SmallVector<Value>{arith::DivFOp::create(b, loc, v, y)};
  });
  l.define(op.getFactor(), factor);
  inputs.clear();
  if (op.getShift())
    inputs.push_back(l.parameter(op.getShift()));
  if (op.getSums())
    inputs.append({factor, l.parameter(op.getSums())});
  Value zero = l.constant(0), half = l.constant(128);
  l.define(op.getOffset(), l.channelwise(inputs, l.emptyLike(like), [&](OpBuilder &b, Location loc, ValueRange in) {
    Value v = op.getShift() ? arith::DivFOp::create(b, loc, in[0], y).getResult() : zero;
    if (op.getSums()) {
      Value factor = in[op.getShift() ? 1 : 0], sum = in[op.getShift() ? 2 : 1];
      v = arith::SubFOp::create(b, loc, v, arith::MulFOp::create(b, loc, factor, arith::MulFOp::create(b, loc, half, sum)));
    }
    return SmallVector<Value>{v};
  }));
  return success();
}

LogicalResult mlir::resnet::lower(ScaleRatioOp op, Lowering &l) {
  Value over = op.getOver() ? l.scaleOf(*op.getOver()) : l.constant(1), under = op.getUnder() ? l.scaleOf(*op.getUnder()) : l.constant(1);
  Value ratio = arith::DivFOp::create(l.b, l.loc, over, under);
  Value out = l.empty({blocks(cast<RankedTensorType>(op.getRatio().getType()).getDimSize(0)), kBlock});
  l.define(op.getRatio(), l.channelwise({}, out, [&](OpBuilder &, Location, ValueRange) { return SmallVector<Value>{ratio}; }));
  return success();
}

/// Images with 128 added, a pixel of at most four channels in a lane: [n][rows][columns].
static void quantizeImages(QuantizeOp op, Lowering &l) {
  int64_t channels = cast<RankedTensorType>(op.getX().getType()).getDimSize(1);
  Destination d = l.laneDestination(op.getQ());
  Maps m{l.b.getContext(), 3}; // (n, h, w)
  SmallVector<Operand> in;
  for (int64_t c = 0; c < channels; ++c)
    in.push_back({l.dense(op.getX()), m({m[0], m[1], m[2] * channels + c})});
  AffineExpr first = l.b.getAffineConstantExpr(0);
  in.push_back({l.parameter(op.getFactor()), m({first, first})});
  Value half = l.constant(128);
  Value lanes = l.generic(in, {{d.interior, l.b.getMultiDimIdentityMap(3)}}, SmallVector<utils::IteratorType>(3, kParallel),
                          [&](OpBuilder &b, Location loc, ValueRange v) {
                            SmallVector<Value> bytes;
                            for (Value value : v.take_front(channels)) {
                              Value raised = arith::AddFOp::create(b, loc, half, arith::MulFOp::create(b, loc, value, v[channels]));
                              bytes.push_back(packed::QuantizeOp::create(b, loc, b.getI8Type(), raised));
                            }
                            return SmallVector<Value>{laneOf(b, loc, bytes)};
                          },
                          {1})[0];
  l.define(op.getQ(), lanes, d);
}

LogicalResult mlir::resnet::lower(QuantizeOp op, Lowering &l) {
  if (getElementTypeOrSelf(op.getQ()).isSignedInteger()) {
    if (!isImages(op.getX()) || cast<RankedTensorType>(op.getX().getType()).getDimSize(1) > packed::kQuad)
      return op.emitOpError("in si8 expected images of at most four channels");
    quantizeImages(op, l);
    return success();
  }
  Destination d = l.destination(op.getQ());
  l.define(op.getQ(), l.elementwise({l.dense(op.getX()), l.parameter(op.getFactor())}, d.interior, [&](OpBuilder &b, Location loc, ValueRange in) {
    return SmallVector<Value>{packed::QuantizeOp::create(b, loc, b.getI8Type(), arith::MulFOp::create(b, loc, in[0], in[1]))};
  }), d);
  return success();
}
