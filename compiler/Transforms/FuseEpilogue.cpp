//===- FuseEpilogue.cpp - scale, shift, residual and ReLU into their producer -===//

#include "IR/ResnetDialect.h"
#include "Transforms/Passes.h"

#include "mlir/IR/PatternMatch.h"

namespace mlir::resnet {
#define GEN_PASS_DEF_FUSEEPILOGUE
#include "Transforms/Passes.h.inc"

/// The op of type `Producer` behind `value`, where `consumer` alone reads its
/// first result and both lie on the same side of the frozen prefix's end (a
/// fused op can't be split there again).
template <typename Producer>
static Producer fusible(Value value, Operation *consumer) {
  auto producer = value.getDefiningOp<Producer>();
  if (!producer || value != producer->getResult(0) || !value.hasOneUse() ||
      producer->hasAttr(kFrozenPrefix) != consumer->hasAttr(kFrozenPrefix))
    return {};
  return producer;
}

/// Moves `producer` to where `consumer` stands (the residual may be computed
/// between the two) and lets it give the result. Other readers of its further
/// results, the batch's statistics, move along.
static void replaceByProducer(Operation *consumer, Operation *producer,
                              RewriterBase &rewriter) {
  rewriter.moveOpBefore(producer, consumer);
  for (Value statistic : producer->getResults().drop_front())
    for (Operation *user : statistic.getUsers())
      if (user->isBeforeInBlock(producer))
        rewriter.moveOpAfter(user, producer);
  rewriter.replaceOp(consumer, producer->getResult(0));
}

static void fuseScaleShift(ScaleShiftOp op, RewriterBase &rewriter) {
  auto conv = fusible<Conv2dOp>(op.getX(), op);
  if (!conv || !op.getShift() || conv.getScale() || conv.getResidual() ||
      conv.getRelu())
    return;
  conv.getScaleMutable().assign(op.getScale());
  conv.getShiftMutable().assign(op.getShift());
  replaceByProducer(op, conv, rewriter);
}

template <typename Producer>
static bool fuseResidual(Value value, Value residual, AddOp op,
                         RewriterBase &rewriter) {
  auto producer = fusible<Producer>(value, op);
  if (!producer || producer.getResidual() || producer.getRelu())
    return false;
  producer.getResidualMutable().assign(residual);
  replaceByProducer(op, producer, rewriter);
  return true;
}

/// Where both sides could take the other, the first operand does: by the
/// frontend's order that is the block's main path.
static void fuseAdd(AddOp op, RewriterBase &rewriter) {
  Value a = op.getA(), b = op.getB();
  fuseResidual<Conv2dOp>(a, b, op, rewriter) ||
      fuseResidual<BatchNormBatchOp>(a, b, op, rewriter) ||
      fuseResidual<Conv2dOp>(b, a, op, rewriter) ||
      fuseResidual<BatchNormBatchOp>(b, a, op, rewriter);
}

template <typename Producer>
static bool fuseRelu(ReluOp op, RewriterBase &rewriter) {
  auto producer = fusible<Producer>(op.getX(), op);
  if (!producer || producer.getRelu())
    return false;
  producer.setRelu(true);
  replaceByProducer(op, producer, rewriter);
  return true;
}

namespace {
struct FuseEpilogue : impl::FuseEpilogueBase<FuseEpilogue> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    // Program order is the order of an epilogue, so one walk does it all.
    getOperation().walk([&](Operation *op) {
      if (auto affine = dyn_cast<ScaleShiftOp>(op))
        fuseScaleShift(affine, rewriter);
      else if (auto add = dyn_cast<AddOp>(op))
        fuseAdd(add, rewriter);
      else if (auto relu = dyn_cast<ReluOp>(op))
        fuseRelu<Conv2dOp>(relu, rewriter) ||
            fuseRelu<BatchNormBatchOp>(relu, rewriter);
    });
  }
};
} // namespace
} // namespace mlir::resnet
