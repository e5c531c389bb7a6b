//===- Kept.cpp - what a step keeps for its backward half -----------------===//

#include "Transforms/Kept.h"

#include "Transforms/LayerName.h"
#include "Transforms/StepMemory.h"

using namespace mlir;
using namespace mlir::resnet;

llvm::StringMap<int64_t> mlir::resnet::keptBytes(func::FuncOp gradients) {
  llvm::StringMap<int64_t> kept;
  auto losses = gradients.getOps<SoftmaxCrossEntropyOp>();
  if (losses.empty())
    return kept;
  Operation *loss = *losses.begin();
  auto isBackward = [&](Operation *user) { return loss->isBeforeInBlock(user); };
  for (Operation &op : gradients.getBody().front()) {
    if (&op == loss)
      break;
    for (Value result : op.getResults())
      if (int64_t bytes = activationBytes(result); bytes && llvm::any_of(result.getUsers(), isBackward))
        kept[layerName(&op)] += bytes;
  }
  return kept;
}
