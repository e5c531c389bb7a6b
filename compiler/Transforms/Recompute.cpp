//===- Recompute.cpp - activations that are not kept ----------------------===//

#include "IR/ResnetDialect.h"
#include "Transforms/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::resnet {
#define GEN_PASS_DEF_RECOMPUTE
#include "Transforms/Passes.h.inc"

namespace {

/// Gives the readers behind the loss a value of their own.
void recompute(BatchNormBatchOp norm, Operation *loss) {
  SmallVector<OpOperand *> behind;
  Operation *first = nullptr;
  for (OpOperand &use : norm.getY().getUses()) {
    Operation *user = use.getOwner();
    if (!loss->isBeforeInBlock(user))
      continue;
    behind.push_back(&use);
    if (!first || user->isBeforeInBlock(first))
      first = user;
  }
  if (behind.empty())
    return;
  OpBuilder b(first);
  auto again = NormalizeOp::create(
      b, norm.getLoc(), norm.getX(), norm.getWeight(), norm.getBias(),
      norm.getMean(), norm.getVar(), norm.getEps(), norm.getRelu());
  for (OpOperand *use : behind)
    use->set(again.getY());
}

struct Recompute : impl::RecomputeBase<Recompute> {
  void runOnOperation() override {
    auto gradients = getOperation().lookupSymbol<func::FuncOp>("gradients");
    if (!gradients)
      return;
    auto losses = gradients.getOps<SoftmaxCrossEntropyOp>();
    if (losses.empty())
      return;
    for (auto norm : gradients.getOps<BatchNormBatchOp>())
      if (norm.getRelu() && !norm.getResidual())
        recompute(norm, *losses.begin());
  }
};

} // namespace
} // namespace mlir::resnet
