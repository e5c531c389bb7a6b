//===- Recompute.cpp - activations that are not kept ----------------------===//

#include "Transforms/Passes.h"
#include "Transforms/StepMemory.h"

namespace mlir::resnet {
#define GEN_PASS_DEF_RECOMPUTE
#include "Transforms/Passes.h.inc"

namespace {

using Norms = StepMemory::Norms;

/// Takes `norm` where the peak falls by at least half of what its result holds: else the pass over memory is for nothing.
void tryOne(BatchNormBatchOp norm, const StepMemory &memory, Norms &again) {
  int64_t before = memory.peak(again);
  again.insert(norm);
  if (2 * (before - memory.peak(again)) < activationBytes(norm.getY()))
    again.erase(norm);
}

/// What is computed again. Without a residual that reads what the batch norm's own gradient keeps anyway. With one it reads
/// the residual too, often the result of another such op: first those are tried whose residual is kept or free, every second
/// of a chain, then those between, which would all be alive at once where the chain's end is read.
Norms choose(ArrayRef<BatchNormBatchOp> norms, const StepMemory &memory) {
  Norms again;
  for (BatchNormBatchOp norm : norms)
    if (!norm.getResidual())
      again.insert(norm);
  for (bool chains : {false, true})
    for (BatchNormBatchOp norm : norms) {
      if (again.contains(norm) || !memory.isKept(norm.getY()))
        continue;
      auto residual = norm.getResidual().getDefiningOp<BatchNormBatchOp>();
      if (chains || !residual || !residual.getResidual() || !again.contains(residual))
        tryOne(norm, memory, again);
    }
  return again;
}

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
      norm.getMean(), norm.getVar(), norm.getResidual(), norm.getEps(), norm.getRelu());
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
    SoftmaxCrossEntropyOp loss = *losses.begin();
    auto norms = llvm::to_vector(gradients.getOps<BatchNormBatchOp>());
    Norms again = choose(norms, StepMemory(gradients, loss));
    // A residual after what it is added to, which by then reads it behind the loss.
    for (BatchNormBatchOp norm : llvm::reverse(norms))
      if (again.contains(norm))
        recompute(norm, loss);
  }
};

} // namespace
} // namespace mlir::resnet
