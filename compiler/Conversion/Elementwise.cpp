//===- Elementwise.cpp - ops that work on each value alone ----------------===//

#include "Conversion/Lowering.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::resnet;

LogicalResult mlir::resnet::lower(ReluOp op, Lowering &l) {
  Value zero = l.constant(0);
  Destination y = l.destination(op.getY());
  l.define(op.getY(), l.elementwise(l.dense(op.getX()), y.interior, [&](OpBuilder &b, Location loc, ValueRange in) {
    return SmallVector<Value>{arith::MaximumFOp::create(b, loc, in[0], zero)};
  }), y);
  return success();
}

LogicalResult mlir::resnet::lower(AddOp op, Lowering &l) {
  Destination y = l.destination(op.getY());
  l.define(op.getY(), l.elementwise({l.dense(op.getA()), l.dense(op.getB())}, y.interior,
                                    [](OpBuilder &b, Location loc, ValueRange in) {
                                      return SmallVector<Value>{arith::AddFOp::create(b, loc, in[0], in[1])};
                                    }), y);
  return success();
}

LogicalResult mlir::resnet::lower(ScaleShiftOp op, Lowering &l) {
  SmallVector<Value> inputs{l.dense(op.getX()), l.parameter(op.getScale())};
  if (op.getShift())
    inputs.push_back(l.parameter(op.getShift()));
  Destination y = l.destination(op.getY());
  l.define(op.getY(), l.elementwise(inputs, y.interior, [](OpBuilder &b, Location loc, ValueRange in) {
    Value v = arith::MulFOp::create(b, loc, in[0], in[1]);
    if (in.size() == 4) // the output comes last
      v = arith::AddFOp::create(b, loc, in[2], v);
    return SmallVector<Value>{v};
  }), y);
  return success();
}

LogicalResult mlir::resnet::lower(ReluGradOp op, Lowering &l) {
  Value zero = l.constant(0);
  Destination dx = l.destination(op.getDx());
  l.define(op.getDx(), l.elementwise({l.dense(op.getDy()), l.dense(op.getY())}, dx.interior,
                                     [&](OpBuilder &b, Location loc, ValueRange in) {
                                       Value on = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OGT, in[1], zero);
                                       return SmallVector<Value>{arith::SelectOp::create(b, loc, on, in[0], zero)};
                                     }), dx);
  return success();
}

LogicalResult mlir::resnet::lower(AccumulateGradientOp op, Lowering &l) {
  // Gradients of weights were written where they belong by the op that computes them.
  if (isa_and_nonnull<Conv2dDwOp, LinearDwOp>(op.getGradient().getDefiningOp()))
    return success();
  Value memref = l.view(op.getParameter(), "gradients");
  Value sum = l.channelwise(l.parameter(op.getGradient()), l.tensorOf(memref, true),
                            sumBody);
  l.store(sum, memref);
  return success();
}

LogicalResult mlir::resnet::lower(WriteOp op, Lowering &l) {
  if (isa_and_nonnull<RoundOp, TransformFilterOp>(op.getValue().getDefiningOp()) ||
      isa<IntegerType>(getElementTypeOrSelf(op.getValue()))) // written by the op that computes it
    return success();
  l.store(l.parameter(op.getValue()), l.view(op.getSlot(), bufferName(l.layout.lookUp(op.getSlot()).space)));
  return success();
}
