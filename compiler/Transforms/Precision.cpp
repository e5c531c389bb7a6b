//===- Precision.cpp - which convolutions compute in bf16 -----------------===//

#include "Transforms/Precision.h"

#include "Conversion/ParameterLayout.h"
#include "IR/ResnetDialect.h"
#include "Transforms/LayerName.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace mlir::resnet;

bool mlir::resnet::bf16BeatsWinograd(const ConvolutionShape &shape) {
  return kBf16Gain * kBf16Yield > winogradGain(shape) * kWinogradYield;
}

static std::string reasonFor(Conv2dOp op, bool bf16) {
  auto y = cast<RankedTensorType>(op.getY().getType());
  if (bf16)
    return "two products in place of one";
  if (!op.getWinograd())
    return "a pixel's step is an odd number of values, which pairs do not fit";
  ConvolutionShape shape{0, 0, y.getDimSize(2), y.getDimSize(3), 3, 1, 1};
  if (bf16BeatsWinograd(shape))
    return "--conv=winograd leaves it no other";
  return llvm::formatv("Winograd's algorithm saves more: {0:f2} products in "
                       "place of one",
                       winogradGain(shape));
}

std::vector<LayerPrecision>
mlir::resnet::precisionsOf(func::FuncOp features) {
  std::vector<LayerPrecision> layers;
  if (features)
    features.walk([&](Conv2dOp op) {
      bool bf16 = getElementTypeOrSelf(op.getWeight()).isBF16();
      layers.push_back({layerName(op).str(), bf16, reasonFor(op, bf16)});
    });
  return layers;
}
