//===- Needs.cpp - which gradients are needed -----------------------------===//

#include "Transforms/Needs.h"

using namespace mlir;
using namespace mlir::resnet;

Needs::Needs(func::FuncOp forward, const ParameterTable &parameters) {
  for (Operation &op : forward.getBody().front()) {
    if (auto read = dyn_cast<ReadOp>(op)) {
      ParameterOp parameter = parameters.readBy(read.getValue());
      if (!parameter || !parameter.getTrained())
        continue;
      trained.insert(parameter);
      values.insert(read.getValue());
    } else if (llvm::any_of(op.getOperands(), [&](Value operand) {
                 return values.contains(operand);
               })) {
      values.insert(op.result_begin(), op.result_end());
    }
  }
}
