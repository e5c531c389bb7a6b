//===- Flops.cpp - what an op costs ---------------------------------------===//

#include "Transforms/Flops.h"

#include "IR/ResnetDialect.h"

using namespace mlir;

static int64_t elements(Value weight) {
  return cast<RankedTensorType>(weight.getType()).getNumElements();
}

int64_t mlir::resnet::forwardFlops(Operation *op) {
  if (auto conv = dyn_cast<Conv2dOp>(op)) {
    auto y = cast<RankedTensorType>(conv.getY().getType());
    return 2 * elements(conv.getWeight()) * y.getDimSize(2) * y.getDimSize(3);
  }
  if (auto linear = dyn_cast<LinearOp>(op))
    return 2 * elements(linear.getWeight());
  return 0;
}
