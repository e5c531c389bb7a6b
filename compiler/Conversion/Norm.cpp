//===- Norm.cpp - batch norms and their gradients -------------------------===//

#include "Conversion/Lowering.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::resnet;

static Value add(OpBuilder &b, Location loc, Value x, Value y) { return arith::AddFOp::create(b, loc, x, y); }
static Value sub(OpBuilder &b, Location loc, Value x, Value y) { return arith::SubFOp::create(b, loc, x, y); }
static Value mul(OpBuilder &b, Location loc, Value x, Value y) { return arith::MulFOp::create(b, loc, x, y); }
static Value div(OpBuilder &b, Location loc, Value x, Value y) { return arith::DivFOp::create(b, loc, x, y); }

static SmallVector<Value> productBody(OpBuilder &b, Location loc, ValueRange in) { return {mul(b, loc, in[0], in[1])}; }

static Value channels(Lowering &l, int64_t count) { return l.empty({blocks(count), kBlock}); }

/// N*H*W of an activation, in the element type.
static Value valuesPerChannel(Lowering &l, Value x) {
  auto type = cast<RankedTensorType>(x.getType());
  Value plane = arith::ConstantIndexOp::create(l.b, l.loc, type.getDimSize(2) * type.getDimSize(3));
  Value count = arith::MulIOp::create(l.b, l.loc, l.batch, plane);
  count = arith::IndexCastOp::create(l.b, l.loc, l.b.getI64Type(), count);
  return arith::SIToFPOp::create(l.b, l.loc, l.element, count);
}

static Value reciprocalDeviation(Lowering &l, Value var, double eps) {
  Value epsilon = l.constant(eps), one = l.constant(1);
  return l.channelwise({var}, l.emptyLike(var), [&](OpBuilder &b, Location loc, ValueRange in) {
    return SmallVector<Value>{div(b, loc, one, math::SqrtOp::create(b, loc, add(b, loc, in[0], epsilon)))};
  });
}

LogicalResult mlir::resnet::lower(FoldBatchNormOp op, Lowering &l) {
  int64_t count = cast<RankedTensorType>(op.getScale().getType()).getDimSize(0);
  Value deviation = reciprocalDeviation(l, l.parameter(op.getVar()), op.getEps().convertToDouble());
  Value scale = l.channelwise({l.parameter(op.getWeight()), deviation}, channels(l, count),
                              productBody);
  Value shift = l.channelwise({l.parameter(op.getBias()), l.parameter(op.getMean()), scale}, channels(l, count),
                              [](OpBuilder &b, Location loc, ValueRange in) {
                                return SmallVector<Value>{sub(b, loc, in[0], mul(b, loc, in[1], in[2]))};
                              });
  l.define(op.getScale(), scale);
  l.define(op.getShift(), shift);
  return success();
}

/// The mean of each channel over the first row of the first image, seldom more than a deviation or two from that of all.
static Value pivotOf(Lowering &l, Value x) {
  auto type = cast<RankedTensorType>(x.getType());
  Maps d{l.b.getContext(), 3}; // (cb, c | w)
  AffineExpr zero = l.b.getAffineConstantExpr(0);
  Value none = l.filled(l.empty({type.getDimSize(1), kBlock}), 0);
  Value sum = l.generic({{x, d({zero, d[0], zero, d[2], d[1]})}}, {{none, d({d[0], d[1]})}},
                        {utils::IteratorType::parallel, utils::IteratorType::parallel, utils::IteratorType::reduction}, sumBody)[0];
  Value share = l.constant(1.0 / type.getDimSize(3));
  return l.channelwise({sum}, l.emptyLike(sum), [&](OpBuilder &b, Location loc, ValueRange in) {
    return SmallVector<Value>{mul(b, loc, in[0], share)};
  });
}

/// The running mean, before this batch moves it, where a convolution gives x: known before x is, so that the sums can be made where x is computed.
static Value runningMean(Lowering &l, BatchNormBatchOp op) {
  if (!op.getX().getDefiningOp<Conv2dOp>())
    return {};
  for (Operation *user : op.getMean().getUsers())
    if (auto update = dyn_cast<UpdateStatisticsOp>(user))
      return l.tensorOf(l.view(update.getRunningMean(), "stats"), false);
  return {};
}

/// mean[c] and the biased variance, of sums of x - pivot and of their squares: one pass over x, and no digits lost where the
/// mean is large beside the deviation. What a pivot d away from the mean loses is a factor of 1 + (d/deviation)^2: for the first row at most the
/// number of rows, where it is unlike all others.
static std::pair<Value, Value> statistics(Lowering &l, Value x, Value pivot, Value count) {
  SmallVector<Value> sums = l.channelSums({x, pivot}, 2, [](OpBuilder &b, Location loc, ValueRange in) {
    Value centred = sub(b, loc, in[0], in[1]);
    return SmallVector<Value>{centred, mul(b, loc, centred, centred)};
  });
  auto vector = [&](ValueRange in, Body body) { return l.channelwise(in, l.emptyLike(pivot), body); };
  Value mean = vector({pivot, sums[0]}, [&](OpBuilder &b, Location loc, ValueRange in) {
    return SmallVector<Value>{add(b, loc, in[0], div(b, loc, in[1], count))};
  });
  Value zero = l.constant(0);
  Value var = vector(sums, [&](OpBuilder &b, Location loc, ValueRange in) {
    Value centre = div(b, loc, in[0], count);
    Value around = sub(b, loc, div(b, loc, in[1], count), mul(b, loc, centre, centre));
    return SmallVector<Value>{arith::MaximumFOp::create(b, loc, around, zero)};
  });
  return {mean, var};
}

/// y = (x - mean) * scale + bias, with scale = weight / deviation; + residual where there is one, and max(y, 0) with `relu`.
template <typename Op>
static void normalize(Op op, Value x, Value mean, Value var, Lowering &l) {
  Value residual = op.getResidual() ? l.dense(op.getResidual()) : Value();
  Value deviation = reciprocalDeviation(l, var, op.getEps().convertToDouble());
  Value scale = l.channelwise({l.parameter(op.getWeight()), deviation}, l.emptyLike(mean), productBody);
  SmallVector<Value> inputs{x, mean, scale, l.parameter(op.getBias())};
  if (residual)
    inputs.push_back(residual);
  Value zero = l.constant(0);
  Destination d = l.destination(op.getY());
  Value y = l.elementwise(inputs, d.interior, [&](OpBuilder &b, Location loc, ValueRange in) {
    Value v = add(b, loc, in[3], mul(b, loc, sub(b, loc, in[0], in[1]), in[2]));
    if (residual)
      v = add(b, loc, v, in[4]);
    if (op.getRelu())
      v = arith::MaximumFOp::create(b, loc, v, zero);
    return SmallVector<Value>{v};
  });
  l.define(op.getY(), y, d);
}

LogicalResult mlir::resnet::lower(BatchNormBatchOp op, Lowering &l) {
  Value x = l.dense(op.getX());
  Value count = valuesPerChannel(l, op.getX()), pivot = runningMean(l, op);
  auto [mean, var] = statistics(l, x, pivot ? pivot : pivotOf(l, x), count);
  normalize(op, x, mean, var, l);
  l.define(op.getMean(), mean);
  l.define(op.getVar(), var);
  return success();
}

LogicalResult mlir::resnet::lower(NormalizeOp op, Lowering &l) {
  normalize(op, l.dense(op.getX()), l.parameter(op.getMean()), l.parameter(op.getVar()), l);
  return success();
}

LogicalResult mlir::resnet::lower(UpdateStatisticsOp op, Lowering &l) {
  double momentum = op.getMomentum().convertToDouble();
  Value keep = l.constant(1 - momentum), take = l.constant(momentum);
  Value count = valuesPerChannel(l, op.getX());
  Value unbias = div(l.b, l.loc, count, sub(l.b, l.loc, count, l.constant(1)));
  auto move = [&](StringRef running, Value batch, Value factor) {
    Value memref = l.view(running, "stats");
    Value moved = l.channelwise({batch}, l.tensorOf(memref, true), [&](OpBuilder &b, Location loc, ValueRange in) {
      Value fresh = factor ? mul(b, loc, in[0], factor) : in[0];
      return SmallVector<Value>{add(b, loc, mul(b, loc, keep, in[1]), mul(b, loc, take, fresh))};
    });
    l.store(moved, memref);
  };
  move(op.getRunningMean(), l.parameter(op.getMean()), Value());
  move(op.getRunningVar(), l.parameter(op.getVar()), unbias);
  return success();
}

LogicalResult mlir::resnet::lower(BatchNormSumsOp op, Lowering &l) {
  Value x = l.dense(op.getX()), dy = l.dense(op.getDy());
  Value mean = l.parameter(op.getMean());
  Value deviation = reciprocalDeviation(l, l.parameter(op.getVar()), op.getEps().convertToDouble());
  SmallVector<Value> sums = l.channelSums({x, dy, mean}, 2, [](OpBuilder &b, Location loc, ValueRange in) {
    return SmallVector<Value>{in[1], mul(b, loc, sub(b, loc, in[0], in[2]), in[1])};
  });
  Value dweight = l.channelwise({sums[1], deviation}, l.emptyLike(sums[1]), productBody);
  l.define(op.getDweight(), dweight);
  l.define(op.getDbias(), sums[0]);
  return success();
}

LogicalResult mlir::resnet::lower(BatchNormDxOp op, Lowering &l) {
  Value x = l.dense(op.getX()), dy = l.dense(op.getDy());
  Value mean = l.parameter(op.getMean());
  Value count = valuesPerChannel(l, op.getX());
  Value deviation = reciprocalDeviation(l, l.parameter(op.getVar()), op.getEps().convertToDouble());
  // dx = scale * (dy - offset - (x - mean) * slope)
  auto vector = [&](ValueRange in, Body body) { return l.channelwise(in, l.emptyLike(mean), body); };
  Value scale = vector({l.parameter(op.getWeight()), deviation}, productBody);
  Value offset = vector({l.parameter(op.getDbias())}, [&](OpBuilder &b, Location loc, ValueRange in) {
    return SmallVector<Value>{div(b, loc, in[0], count)};
  });
  Value slope = vector({l.parameter(op.getDweight()), deviation}, [&](OpBuilder &b, Location loc, ValueRange in) {
    return SmallVector<Value>{mul(b, loc, div(b, loc, in[0], count), in[1])};
  });
  Destination d = l.destination(op.getDx());
  Value dx = l.elementwise({x, dy, mean, scale, offset, slope}, d.interior, [](OpBuilder &b, Location loc, ValueRange in) {
    Value centred = mul(b, loc, sub(b, loc, in[0], in[2]), in[5]);
    return SmallVector<Value>{mul(b, loc, in[3], sub(b, loc, sub(b, loc, in[1], in[4]), centred))};
  });
  l.define(op.getDx(), dx, d);
  return success();
}
