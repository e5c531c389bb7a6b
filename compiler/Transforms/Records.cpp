//===- Records.cpp - what is kept of an image -----------------------------===//

#include "Transforms/Records.h"

#include "Conversion/ParameterLayout.h"
#include "IR/ResnetDialect.h"
#include "Transforms/Flops.h"
#include "Transforms/LayerName.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;
using namespace mlir::resnet;

/// By torchvision's names. An op that owns no tensor goes by what it reads.
static std::string layerOf(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op)
    return "the input";
  if (isa<GlobalAvgPoolOp>(op))
    return "avgpool";
  if (isa<MaxPoolOp>(op))
    return "maxpool";
  StringRef name = layerName(op);
  if (name.empty() && op->getNumOperands())
    return layerOf(op->getOperand(0));
  auto conv = dyn_cast<Conv2dOp>(op);
  if (conv && conv.getResidual()) { // "layer3.1.conv2" gives what layer3.1 does
    auto [stage, rest] = name.split('.');
    return (stage + "." + rest.split('.').first).str();
  }
  return name.str();
}

std::vector<Record> mlir::resnet::recordsOf(func::FuncOp features) {
  std::vector<Record> records;
  if (features)
    for (Value value :
         features.getBody().front().getTerminator()->getOperands())
      records.push_back(
          {layerOf(value), elementsPerImage(blockedShape(value.getType()))});
  return records;
}

llvm::StringSet<> mlir::resnet::layersOf(func::FuncOp features) {
  llvm::StringSet<> layers;
  if (features)
    features.walk([&](Operation *op) {
      if (forwardFlops(op))
        layers.insert(layerName(op));
    });
  return layers;
}
