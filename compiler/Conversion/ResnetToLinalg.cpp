//===- ResnetToLinalg.cpp - the functions of the seam, to linalg ----------===//

#include "Conversion/Lowering.h"
#include "Conversion/Passes.h"
#include "Conversion/Work.h"
#include "IR/AbiDialect.h"
#include "IR/PackedDialect.h"
#include "IR/WinogradDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/TypeSwitch.h"

namespace mlir::resnet {
#define GEN_PASS_DEF_RESNETTOLINALG
#include "Conversion/Passes.h.inc"

namespace {

LogicalResult lowerOp(Operation *op, Lowering &l) {
  return llvm::TypeSwitch<Operation *, LogicalResult>(op)
      .Case<ReadOp, func::ReturnOp>([](auto) { return success(); })
      .Case<Conv2dOp, Conv2dDxOp, Conv2dDwOp, TransformFilterOp, FoldBatchNormOp, BatchNormBatchOp, NormalizeOp, UpdateStatisticsOp,
            BatchNormSumsOp, BatchNormDxOp, MaxPoolOp, MaxPoolGradOp, GlobalAvgPoolOp, GlobalAvgPoolGradOp,
            LinearOp, LinearDxOp, LinearDwOp, ChannelSumOp, ReluOp, AddOp, ScaleShiftOp, ReluGradOp,
            AccumulateGradientOp, WriteOp, RoundOp, QuantizeWeightOp, FoldScalesOp, ScaleRatioOp, QuantizeOp, HistogramOp, DropoutOp, SoftmaxCrossEntropyOp>([&](auto known) { return lower(known, l); })
      .Default([](Operation *other) { return other->emitOpError("has no lowering to linalg"); });
}

/// Views of the values in [batch][record]: one a type, each a slice of every record.
SmallVector<Value> recordViews(Lowering &l, TypeRange types) {
  int64_t record = 0;
  for (Type t : types)
    record += elementsPerImage(blockedShape(t));
  Value flat = abi::BufferOp::create(l.b, l.loc, MemRefType::get({ShapedType::kDynamic, record}, l.element), l.call,
                                     "records", l.batch);
  SmallVector<Value> views;
  int64_t offset = 0;
  for (Type t : types) {
    SmallVector<int64_t> shape = blockedShape(t);
    SmallVector<int64_t> strides = computeSuffixProduct(ArrayRef(shape).drop_front());
    strides.insert(strides.begin(), record);
    views.push_back(l.viewOf(flat, offset, shape, strides));
    offset += elementsPerImage(shape);
  }
  return views;
}

Value imagesOf(Lowering &l, StringRef field, Type type) {
  auto images = cast<RankedTensorType>(type);
  SmallVector<int64_t> shape{ShapedType::kDynamic, images.getDimSize(2), images.getDimSize(3) * images.getDimSize(1)};
  return l.tensorOf(abi::BufferOp::create(l.b, l.loc, MemRefType::get(shape, l.element), l.call, field, l.batch), false);
}

void defineArguments(Lowering &l) {
  SmallVector<BlockArgument> records;
  for (BlockArgument arg : l.source.getArguments()) {
    auto type = cast<RankedTensorType>(arg.getType());
    if (isImages(arg))
      l.defineArgument(arg, imagesOf(l, takesImages(l.source.getName()) ? "images" : "records", type));
    else if (type.getElementType().isInteger())
      l.defineArgument(arg, l.tensorOf(abi::BufferOp::create(l.b, l.loc, MemRefType::get({ShapedType::kDynamic}, type.getElementType()),
                                                             l.call, "labels", l.batch),
                                       false));
    else
      records.push_back(arg);
  }
  if (records.empty())
    return;
  for (auto [arg, view] : llvm::zip_equal(records, recordViews(l, TypeRange(ValueRange(records)))))
    l.defineArgument(arg, l.tensorOf(view, false));
}

} // namespace

void storeLogits(Lowering &l, Value logits) {
  int64_t classes = cast<RankedTensorType>(logits.getType()).getDimSize(1);
  SmallVector<ReassociationIndices> groups{{0}, {1, 2}};
  Value rows = tensor::CollapseShapeOp::create(l.b, l.loc, l.dense(logits), groups);
  OpFoldResult zero = l.b.getIndexAttr(0), one = l.b.getIndexAttr(1);
  SmallVector<OpFoldResult> at{zero, zero}, size{l.batch, l.b.getIndexAttr(classes)}, step{one, one};
  rows = tensor::ExtractSliceOp::create(l.b, l.loc, rows, at, size, step);
  Value out = abi::BufferOp::create(l.b, l.loc, MemRefType::get({ShapedType::kDynamic, classes}, l.element), l.call,
                                    "logits", l.batch);
  AffineMap id = l.b.getMultiDimIdentityMap(2);
  Value copied = l.generic({{rows, id}}, {{l.tensorOf(out, true), id}},
                           SmallVector<utils::IteratorType>(2, utils::IteratorType::parallel),
                           copyBody)[0];
  l.store(copied, out);
}

namespace {

void storeResults(Lowering &l) {
  auto results = cast<func::ReturnOp>(l.source.getBody().front().getTerminator()).getOperands();
  if (results.empty())
    return;
  if (seamName(l.source.getName()) == "logits")
    return storeLogits(l, results[0]);
  for (auto [value, view] : llvm::zip_equal(results, recordViews(l, results.getTypes()))) {
    Value copied = l.elementwise(l.dense(value), l.tensorOf(view, true), copyBody);
    l.store(copied, view);
  }
}

/// Gradients are added to; a call that wants them set finds zeros.
void clearGradients(Lowering &l) {
  int64_t size = l.layout.size(Space::Trained);
  Value zero = arith::ConstantIntOp::create(l.b, l.loc, 0, 64);
  Value set = arith::CmpIOp::create(l.b, l.loc, arith::CmpIPredicate::eq, l.scalar("accumulate"), zero);
  auto branch = scf::IfOp::create(l.b, l.loc, set, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(l.b);
  l.b.setInsertionPointToStart(branch.thenBlock());
  Value flat = abi::BufferOp::create(l.b, l.loc, MemRefType::get({size / kBlock, kBlock}, l.element), l.call, "gradients", Value());
  linalg::FillOp::create(l.b, l.loc, l.constant(0), flat);
}

LogicalResult lowerFunction(func::FuncOp source, const ParameterLayout &layout, FloatType element) {
  OpBuilder b(source);
  auto type = b.getFunctionType({LLVM::LLVMPointerType::get(b.getContext())}, {});
  auto func = func::FuncOp::create(b, source.getLoc(), source.getName(), type);
  b.setInsertionPointToStart(func.addEntryBlock());
  Lowering l(source, layout, b, func.getArgument(0), element);
  if (source.getName() == "gradients")
    clearGradients(l);
  defineArguments(l);
  for (Operation &op : source.getBody().front()) {
    l.loc = withWork(op.getLoc(), workOf(&op));
    if (failed(lowerOp(&op, l)))
      return failure();
  }
  l.loc = withWork(source.getLoc(), {"results"});
  storeResults(l);
  func::ReturnOp::create(b, l.loc);
  return success();
}

struct ResnetToLinalg : impl::ResnetToLinalgBase<ResnetToLinalg> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    ParameterLayout layout(module);
    auto functions = llvm::to_vector(module.getOps<func::FuncOp>());
    FloatType element;
    for (auto op : module.getOps<ParameterOp>())
      if (auto type = dyn_cast<FloatType>(getElementTypeOrSelf(op.getType())))
        element = type;
    if (!element) {
      module.emitError("expected a parameter of a float type: the element type is its");
      return signalPassFailure();
    }
    for (func::FuncOp source : functions)
      if (failed(lowerFunction(source, layout, element)))
        return signalPassFailure();
    for (func::FuncOp source : functions)
      source.erase();
    buildApply(module, layout, element);
    // Declarations have become places in buffers.
    for (Operation &op : llvm::make_early_inc_range(*module.getBody()))
      if (isa<ParameterOp, SlotOp, ScaleOp>(op))
        op.erase();
  }
};

} // namespace
} // namespace mlir::resnet
