//===- PackedDialect.cpp - several narrow numbers in one lane -------------===//

#include "IR/PackedDialect.h"

#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/IR/OpImplementation.h"

using namespace mlir;
using namespace mlir::packed;

#include "IR/PackedDialect.cpp.inc"

void PackedDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "IR/PackedOps.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// Constraints
//===----------------------------------------------------------------------===//

/// Of a strided buffer, in lanes of `count`; null where these would lie in two of them.
static MemRefType viewOfBuffer(MemRefType source, ArrayRef<int64_t> shape, Type lane, int64_t count) {
  if (source.getLayout().isIdentity())
    return MemRefType::get(shape, lane, MemRefLayoutAttrInterface(), source.getMemorySpace());
  SmallVector<int64_t> strides;
  int64_t offset;
  if (failed(source.getStridesAndOffset(strides, offset)) || strides.back() != 1)
    return nullptr;
  auto divide = [&](int64_t &n) {
    if (ShapedType::isDynamic(n))
      return true;
    bool whole = n % count == 0;
    n /= count;
    return whole;
  };
  if (!divide(offset) || !llvm::all_of(MutableArrayRef(strides).drop_back(), divide))
    return nullptr;
  return MemRefType::get(shape, lane, StridedLayoutAttr::get(source.getContext(), offset, strides), source.getMemorySpace());
}

ShapedType ViewOp::viewType(ShapedType source) {
  SmallVector<int64_t> shape(source.getShape());
  int64_t count = inLane(source.getElementType());
  if (!count || shape.empty() || ShapedType::isDynamic(shape.back()) || shape.back() % count != 0)
    return nullptr;
  shape.back() /= count;
  Type lane = IntegerType::get(source.getContext(), 32);
  if (auto buffer = dyn_cast<MemRefType>(source))
    return viewOfBuffer(buffer, shape, lane, count);
  return RankedTensorType::get(shape, lane);
}

LogicalResult ViewOp::verify() {
  // C1 to C3
  ShapedType wanted = viewType(cast<ShapedType>(getSource().getType()));
  if (!wanted)
    return emitOpError("expected a source of bf16 or i8 in whole lanes, got ") << getSource().getType();
  if (getResult().getType() != wanted)
    return emitOpError("expected a result of ") << wanted << ", got " << getResult().getType();
  return success();
}

Value ViewOp::getViewSource() { return getSource(); }

LogicalResult DotOp::verify() {
  // C1
  auto lanes = dyn_cast<VectorType>(getA().getType()), sums = dyn_cast<VectorType>(getSum().getType());
  if (static_cast<bool>(lanes) != static_cast<bool>(sums) || (lanes && lanes.getShape() != sums.getShape()))
    return emitOpError("expected as many sums as lanes, got ") << getSum().getType() << " and " << getA().getType();
  return success();
}

LogicalResult QuantizeOp::verify() {
  // C1
  auto values = dyn_cast<VectorType>(getValue().getType()), narrow = dyn_cast<VectorType>(getResult().getType());
  if (static_cast<bool>(values) != static_cast<bool>(narrow) || (values && values.getShape() != narrow.getShape()))
    return emitOpError("expected as many results as values, got ") << getResult().getType() << " and " << getValue().getType();
  return success();
}

//===----------------------------------------------------------------------===//
// Bufferization
//===----------------------------------------------------------------------===//

namespace {

using namespace bufferization;

struct ViewBuffers : BufferizableOpInterface::ExternalModel<ViewBuffers, ViewOp> {
  bool bufferizesToMemoryRead(Operation *, OpOperand &, const AnalysisState &) const { return false; }
  bool bufferizesToMemoryWrite(Operation *, OpOperand &, const AnalysisState &) const { return false; }

  AliasingValueList getAliasingValues(Operation *op, OpOperand &, const AnalysisState &) const {
    return {{op->getResult(0), BufferRelation::Unknown}};
  }

  FailureOr<BufferLikeType> getBufferType(Operation *op, Value, const BufferizationOptions &options, const BufferizationState &state,
                                          SmallVector<Value> &stack) const {
    auto source = bufferization::getBufferType(cast<ViewOp>(op).getSource(), options, state, stack);
    ShapedType view = succeeded(source) ? ViewOp::viewType(cast<ShapedType>(Type(*source))) : nullptr;
    if (!view)
      return failure();
    return cast<BufferLikeType>(Type(view));
  }

  LogicalResult bufferize(Operation *op, RewriterBase &rewriter, const BufferizationOptions &options, BufferizationState &state) const {
    FailureOr<Value> source = getBuffer(rewriter, cast<ViewOp>(op).getSource(), options, state);
    ShapedType view = succeeded(source) ? ViewOp::viewType(cast<ShapedType>(source->getType())) : nullptr;
    if (!view)
      return op->emitOpError("expected a buffer of whole lanes");
    replaceOpWithNewBufferizedOp<ViewOp>(rewriter, op, view, *source);
    return success();
  }
};

} // namespace

void mlir::packed::registerBufferization(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, PackedDialect *) { ViewOp::attachInterface<ViewBuffers>(*context); });
}

#define GET_OP_CLASSES
#include "IR/PackedOps.cpp.inc"
