//===- Precision.cpp - which convolutions compute in what -----------------===//

#include "Transforms/Precision.h"

#include "Conversion/ParameterLayout.h"
#include "IR/ResnetDialect.h"
#include "Transforms/LayerName.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace mlir::resnet;

bool mlir::resnet::bf16BeatsWinograd(const ConvolutionShape &shape,
                                     Cover cover) {
  return kBf16Gain * kBf16Yield > winogradGain(shape, cover) * kWinogradYield;
}

/// Whether an activation is never negative.
static bool isPositive(Value v) {
  Operation *op = v.getDefiningOp();
  if (auto conv = dyn_cast_or_null<Conv2dOp>(op))
    return conv.getRelu();
  if (auto pool = dyn_cast_or_null<MaxPoolOp>(op))
    return isPositive(pool.getX());
  if (auto sum = dyn_cast_or_null<AddOp>(op))
    return isPositive(sum.getA()) && isPositive(sum.getB());
  return isa_and_nonnull<ReluOp>(op);
}

std::string mlir::resnet::whyNotInt8(Conv2dOp op) {
  constexpr int64_t kImageChannels = 4, kMost = std::numeric_limits<int32_t>::max() / (255 * 127);
  auto weight = cast<RankedTensorType>(op.getWeight().getType());
  if (isImages(op.getX()) && weight.getDimSize(1) > kImageChannels)
    return "a lane holds pixels of four channels";
  if (!isImages(op.getX()) && !isPositive(op.getX()))
    return "its input may be negative";
  if (weight.getNumElements() / weight.getDimSize(0) > kMost)
    return "32 bits do not hold its sums";
  return op.getWeight().getDefiningOp<ReadOp>() ? "" : "its weight is no parameter";
}

static std::string whyNotBf16(Conv2dOp op) {
  std::optional<ArrayRef<int64_t>> winograd = op.getWinograd();
  if (!winograd)
    return "a pixel's step is an odd number of values, which pairs do not fit";
  ConvolutionShape shape = convolutionShape(op);
  Cover cover{(*winograd)[0], (*winograd)[1]};
  if (bf16BeatsWinograd(shape, cover))
    return "--conv=winograd leaves it no other";
  return llvm::formatv("Winograd's algorithm saves more: {0:f2} products in "
                       "place of one",
                       winogradGain(shape, cover));
}

static LayerPrecision precisionOf(Conv2dOp op, StringRef precision) {
  std::string layer = layerName(op).str();
  Type weight = getElementTypeOrSelf(op.getWeight());
  if (weight.isBF16())
    return {layer, "bf16", "two products in place of one"};
  if (weight.isSignedInteger())
    return {layer, "int8", "four products in place of one"};
  return {layer, "f32", precision == "int8" ? whyNotInt8(op) : whyNotBf16(op)};
}

std::vector<LayerPrecision> mlir::resnet::precisionsOf(func::FuncOp features, StringRef precision) {
  std::vector<LayerPrecision> layers;
  if (features)
    features.walk([&](Conv2dOp op) { layers.push_back(precisionOf(op, precision)); });
  return layers;
}
