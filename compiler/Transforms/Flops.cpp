//===- Flops.cpp - what an op costs ---------------------------------------===//

#include "Transforms/Flops.h"

#include "IR/ResnetDialect.h"

#include "llvm/ADT/TypeSwitch.h"

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

int64_t mlir::resnet::directFlops(Operation *op) {
  auto convFlops = [](Value weight, Value dy) {
    auto plane = cast<RankedTensorType>(dy.getType());
    return 2 * elements(weight) * plane.getDimSize(2) * plane.getDimSize(3);
  };
  return llvm::TypeSwitch<Operation *, int64_t>(op)
      .Case([&](Conv2dDxOp dx) { return convFlops(dx.getWeight(), dx.getDy()); })
      .Case([&](Conv2dDwOp dw) { return convFlops(dw.getDw(), dw.getDy()); })
      .Case([](LinearDxOp dx) { return 2 * elements(dx.getWeight()); })
      .Case([](LinearDwOp dw) { return 2 * elements(dw.getDw()); })
      .Default(forwardFlops);
}
