//===- Work.cpp - which part of a step an op belongs to -------------------===//

#include "Conversion/Work.h"

#include "IR/ResnetDialect.h"
#include "Transforms/Flops.h"
#include "Transforms/LayerName.h"

#include "mlir/IR/Builders.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::resnet;

static constexpr StringLiteral kDirections[] = {"forward", "dx", "dw", "other"};

DictionaryAttr Work::toAttr(MLIRContext *context) const {
  Builder b(context);
  NamedAttrList entries;
  entries.append("name", b.getStringAttr(name));
  entries.append("direction", b.getStringAttr(kDirections[direction]));
  entries.append("flops", b.getI64IntegerAttr(flops));
  entries.append("bytes_per_image", b.getI64IntegerAttr(bytesPerImage));
  entries.append("bytes", b.getI64IntegerAttr(bytes));
  return entries.getDictionary(context);
}

Work Work::fromAttr(DictionaryAttr attr) {
  auto number = [&](StringRef name) { return attr.getAs<IntegerAttr>(name).getInt(); };
  auto *direction = llvm::find(kDirections, attr.getAs<StringAttr>("direction").getValue());
  return {attr.getAs<StringAttr>("name").getValue(), static_cast<resnetc_direction>(direction - kDirections), number("flops"),
          number("bytes_per_image"), number("bytes")};
}

/// A layer in one direction, and the bytes of the op's operands and results; a weight whose transform is an operand is not read.
static Work layerWork(Operation *op, resnetc_direction direction) {
  Work work{layerName(op), direction, directFlops(op)};
  auto add = [&](Type type) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!tensor)
      return;
    bool grows = tensor.getRank() > 0 && tensor.isDynamicDim(0);
    int64_t elements = ShapedType::getNumElements(tensor.getShape().drop_front(grows ? 1 : 0));
    (grows ? work.bytesPerImage : work.bytes) += elements * ((tensor.getElementTypeBitWidth() + 7) / 8);
  };
  auto conv = dyn_cast<Conv2dOp>(op);
  for (Value operand : op->getOperands())
    if (!conv || !conv.getFilter() || operand != conv.getWeight())
      add(operand.getType());
  llvm::for_each(op->getResultTypes(), add);
  return work;
}

Work mlir::resnet::workOf(Operation *op) {
  return llvm::TypeSwitch<Operation *, Work>(op)
      .Case<Conv2dOp, LinearOp>([](auto layer) { return layerWork(layer, RESNETC_FORWARD); })
      .Case<Conv2dDxOp, LinearDxOp>([](auto layer) { return layerWork(layer, RESNETC_DX); })
      .Case<Conv2dDwOp, LinearDwOp>([](auto layer) { return layerWork(layer, RESNETC_DW); })
      .Case<FoldBatchNormOp, BatchNormBatchOp, NormalizeOp, UpdateStatisticsOp, ScaleShiftOp>([](auto) { return Work{"batch norm"}; })
      .Case<BatchNormSumsOp, BatchNormDxOp>([](auto) { return Work{"batch norm gradient"}; })
      .Case([](ReluOp) { return Work{"ReLU"}; })
      .Case([](ReluGradOp) { return Work{"ReLU gradient"}; })
      .Case([](AddOp) { return Work{"addition"}; })
      .Case([](QuantizeOp) { return Work{"quantization"}; })
      .Case([](MaxPoolOp) { return Work{"max pool"}; })
      .Case([](MaxPoolGradOp) { return Work{"max pool gradient"}; })
      .Case([](GlobalAvgPoolOp) { return Work{"average pool"}; })
      .Case([](GlobalAvgPoolGradOp) { return Work{"average pool gradient"}; })
      .Case([](ChannelSumOp) { return Work{"bias gradient"}; })
      .Case([](DropoutOp) { return Work{"dropout"}; })
      .Case([](SoftmaxCrossEntropyOp) { return Work{"loss"}; })
      .Default([](Operation *) { return Work(); });
}

Location mlir::resnet::withWork(Location loc, const Work &work) {
  if (work.name.empty())
    return loc;
  return FusedLoc::get(loc.getContext(), {loc}, work.toAttr(loc.getContext()));
}

DictionaryAttr mlir::resnet::workAt(Location loc) {
  auto fused = loc->findInstanceOf<FusedLocWith<DictionaryAttr>>();
  return fused ? fused.getMetadata() : DictionaryAttr();
}
