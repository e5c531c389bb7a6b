//===- Kept.cpp - what a step keeps for its backward half -----------------===//

#include "Transforms/Kept.h"

#include "Conversion/ParameterLayout.h"
#include "IR/ResnetDialect.h"
#include "Transforms/LayerName.h"

using namespace mlir;
using namespace mlir::resnet;

/// Bytes an image of an activation in its blocked form; 0 for anything else.
static int64_t bytesOf(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type || type.getRank() < 2 || !type.isDynamicDim(0))
    return 0;
  return elementsPerImage(blockedShape(type)) * type.getElementTypeBitWidth() / 8;
}

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
      if (int64_t bytes = bytesOf(result); bytes && llvm::any_of(result.getUsers(), isBackward))
        kept[layerName(&op)] += bytes;
  }
  return kept;
}
