//===- Gradients.cpp - the gradient rule of each op -----------------------===//
//
// One small function an op; `gradientsOf` at the end is the table. The formulas
// stand in the descriptions of the ops that the rules build.
//
//===----------------------------------------------------------------------===//

#include "Transforms/Gradients.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::resnet;

using Result = FailureOr<Contributions>;

static Result rule(Conv2dOp op, Value dy, const Needs &needs, OpBuilder &b) {
  if (op.getScale() || op.getResidual() || op.getRelu())
    return op.emitOpError(
        "has a fused epilogue: differentiate before --resnet-fuse-epilogue");
  Contributions to;
  if (needs.dx(op.getWeight()))
    to.push_back(
        {op.getWeight(),
         Conv2dDwOp::create(b, op.getLoc(), op.getWeight().getType(), op.getX(),
                            dy, op.getStride(), op.getPadding(),
                            /*winograd=*/DenseI64ArrayAttr())});
  if (needs.dx(op.getX()))
    to.push_back(
        {op.getX(),
         Conv2dDxOp::create(b, op.getLoc(), op.getX().getType(), dy,
                            op.getWeight(), op.getStride(), op.getPadding(),
                            /*winograd=*/DenseI64ArrayAttr())});
  return to;
}

/// Statistics are constants here, so the op is one scale and one shift.
static Result rule(BatchNormOp op, Value dy, const Needs &needs, OpBuilder &b) {
  if (op.getBatchStatistics() || needs.dx(op.getWeight()))
    return op.emitOpError("normalises by running statistics, which a trained "
                          "weight rules out: run --resnet-freeze first");
  Contributions to;
  if (needs.dx(op.getBias()))
    to.push_back(
        {op.getBias(),
         ChannelSumOp::create(b, op.getLoc(), op.getBias().getType(), dy)});
  if (needs.dx(op.getX())) {
    auto fold =
        FoldBatchNormOp::create(b, op.getLoc(), op.getWeight(), op.getBias(),
                                op.getMean(), op.getVar(), op.getEps());
    to.push_back(
        {op.getX(), ScaleShiftOp::create(b, op.getLoc(), dy, fold.getScale(),
                                         /*shift=*/Value())});
  }
  return to;
}

static Result rule(BatchNormBatchOp op, Value dy, const Needs &needs,
                   OpBuilder &b) {
  if (op.getResidual() || op.getRelu())
    return op.emitOpError(
        "has a fused epilogue: differentiate before --resnet-fuse-epilogue");
  bool dx = needs.dx(op.getX()), dweight = needs.dx(op.getWeight()),
       dbias = needs.dx(op.getBias());
  Contributions to;
  if (!dx && !dweight) {
    if (dbias)
      to.push_back(
          {op.getBias(),
           ChannelSumOp::create(b, op.getLoc(), op.getBias().getType(), dy)});
    return to;
  }
  // The batch's mean and variance depend on x, so dx needs both sums even where
  // weight and bias are frozen.
  auto sums = BatchNormSumsOp::create(b, op.getLoc(), op.getX(), dy,
                                      op.getMean(), op.getVar(), op.getEps());
  if (dweight)
    to.push_back({op.getWeight(), sums.getDweight()});
  if (dbias)
    to.push_back({op.getBias(), sums.getDbias()});
  if (dx)
    to.push_back({op.getX(), BatchNormDxOp::create(
                                 b, op.getLoc(), op.getX(), dy, op.getWeight(),
                                 op.getMean(), op.getVar(), sums.getDweight(),
                                 sums.getDbias(), op.getEps())});
  return to;
}

static Result rule(ReluOp op, Value dy, const Needs &, OpBuilder &b) {
  return Contributions{
      {op.getX(), ReluGradOp::create(b, op.getLoc(), dy, op.getY())}};
}

static Result rule(AddOp op, Value dy, const Needs &needs, OpBuilder &) {
  Contributions to;
  for (Value operand : op->getOperands())
    if (needs.dx(operand))
      to.push_back({operand, dy});
  return to;
}

static Result rule(MaxPoolOp op, Value dy, const Needs &, OpBuilder &b) {
  if (!op.getWinner())
    return op.emitOpError("keeps no winner, which its gradient needs");
  return Contributions{
      {op.getX(), MaxPoolGradOp::create(b, op.getLoc(), op.getX().getType(), dy,
                                        op.getWinner(), op.getKernel(),
                                        op.getStride(), op.getPadding())}};
}

static Result rule(GlobalAvgPoolOp op, Value dy, const Needs &, OpBuilder &b) {
  return Contributions{
      {op.getX(),
       GlobalAvgPoolGradOp::create(b, op.getLoc(), op.getX().getType(), dy)}};
}

static Result rule(LinearOp op, Value dy, const Needs &needs, OpBuilder &b) {
  Contributions to;
  if (needs.dx(op.getWeight()))
    to.push_back({op.getWeight(),
                  LinearDwOp::create(b, op.getLoc(), op.getWeight().getType(),
                                     op.getX(), dy)});
  if (needs.dx(op.getBias()))
    to.push_back(
        {op.getBias(),
         ChannelSumOp::create(b, op.getLoc(), op.getBias().getType(), dy)});
  if (needs.dx(op.getX()))
    to.push_back(
        {op.getX(), LinearDxOp::create(b, op.getLoc(), op.getX().getType(), dy,
                                       op.getWeight())});
  return to;
}

/// The mask is a function of `site` and the element's place, so the op is its
/// own gradient.
static Result rule(DropoutOp op, Value dy, const Needs &, OpBuilder &b) {
  return Contributions{
      {op.getX(),
       DropoutOp::create(b, op.getLoc(), dy, op.getRate(), op.getSite())}};
}

Result mlir::resnet::gradientsOf(Operation *op, Value dy, const Needs &needs,
                                 OpBuilder &builder) {
  return TypeSwitch<Operation *, Result>(op)
      .Case<Conv2dOp, BatchNormOp, BatchNormBatchOp, ReluOp, AddOp, MaxPoolOp,
            GlobalAvgPoolOp, LinearOp, DropoutOp>(
          [&](auto known) { return rule(known, dy, needs, builder); })
      .Default([](Operation *unknown) -> Result {
        return unknown->emitOpError(
            "has no gradient rule; add one to Transforms/Gradients.cpp");
      });
}
