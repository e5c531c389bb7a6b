//===- WinogradDialect.cpp - convolutions by Winograd's algorithm ---------===//

#include "IR/WinogradDialect.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/DstBufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/IR/OpImplementation.h"

using namespace mlir;
using namespace mlir::winograd;

#include "IR/WinogradDialect.cpp.inc"

void WinogradDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "IR/WinogradOps.cpp.inc"
      >();
}

static constexpr int64_t kLanes = 32;

int64_t mlir::winograd::partOf(int64_t channelBlocks) {
  int64_t part = 4; // 590 KB of 32 output channels in float32
  while (channelBlocks % part != 0)
    --part;
  return part;
}

//===----------------------------------------------------------------------===//
// Constraints
//===----------------------------------------------------------------------===//

static LogicalResult checkShape(Operation *op, StringRef name, Type got, ArrayRef<int64_t> wanted) {
  ArrayRef<int64_t> shape = cast<ShapedType>(got).getShape();
  if (shape == wanted)
    return success();
  auto text = [](ArrayRef<int64_t> sizes) {
    return llvm::join(llvm::map_range(sizes, [](int64_t n) { return ShapedType::isDynamic(n) ? "?" : std::to_string(n); }), "x");
  };
  return op->emitOpError() << "expected " << name << " of " << text(wanted) << ", got " << text(shape);
}

static ArrayRef<int64_t> shapeOf(Value v) { return cast<ShapedType>(v.getType()).getShape(); }

LogicalResult FilterOp::verify() {
  // C1
  ArrayRef<int64_t> w = shapeOf(getWeight());
  if (w.size() != 6 || w.drop_front(2) != ArrayRef<int64_t>{3, 3, kLanes, kLanes})
    return emitOpError("expected weight to be of windows of 3x3 in blocks of 32, got ") << getWeight().getType();
  return checkShape(*this, "out", getOut().getType(), {w[0], kPoints, w[1] * kLanes + 1, kLanes});
}

bool ConvOp::transformsFilter() { return shapeOf(getFilter()).size() == 6; }

LogicalResult ConvOp::verify() {
  // C1
  ArrayRef<int64_t> out = shapeOf(getOut()), x = shapeOf(getX());
  if (out.size() != 5 || x.size() != 5)
    return emitOpError("expected x and out of rank 5, got ") << getX().getType() << " and " << getOut().getType();
  SmallVector<int64_t> filter{out[1], kPoints, x[1] * kLanes + 1, kLanes};
  if (transformsFilter())
    filter = {out[1], x[1], 3, 3, kLanes, kLanes};
  if (failed(checkShape(*this, "x", getX().getType(), {out[0], x[1], paddedSize(out[2]), paddedSize(out[3]), kLanes})) ||
      failed(checkShape(*this, "filter", getFilter().getType(), filter)))
    return failure();
  // C2
  size_t wanted = transformsFilter() ? 3 : 2;
  if (!getScratch().empty() && (!isa<MemRefType>(getOut().getType()) || getScratch().size() != wanted))
    return emitOpError("expected ") << wanted << " buffers of scratch, and those of an op on buffers";
  return success();
}

LogicalResult ConvDwOp::verify() {
  // C1
  ArrayRef<int64_t> out = shapeOf(getOut()), x = shapeOf(getX()), dy = shapeOf(getDy());
  if (out.size() != 7 || x.size() != 5 || dy.size() != 5)
    return emitOpError("expected x and dy of rank 5 and out of rank 7, got ")
           << getX().getType() << ", " << getDy().getType() << " and " << getOut().getType();
  if (failed(checkShape(*this, "dy", getDy().getType(), {x[0], out[1], x[2] - 2, x[3] - 2, kLanes})) ||
      failed(checkShape(*this, "x", getX().getType(), {dy[0], out[2], paddedSize(dy[2]), paddedSize(dy[3]), kLanes})) ||
      failed(checkShape(*this, "out", getOut().getType(), {out[0], dy[1], x[1], 3, 3, kLanes, kLanes})))
    return failure();
  // C2
  if (!getScratch().empty() && (!isa<MemRefType>(getOut().getType()) || getScratch().size() != 3))
    return emitOpError("expected three buffers of scratch, and those of an op on buffers");
  return success();
}

//===----------------------------------------------------------------------===//
// Effects
//===----------------------------------------------------------------------===//

using Effects = SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>;

static void addEffects(DestinationStyleOpInterface op, Effects &effects) {
  for (OpOperand &operand : op->getOpOperands()) {
    if (!isa<MemRefType>(operand.get().getType()))
      continue;
    if (!op.isDpsInit(&operand))
      effects.emplace_back(MemoryEffects::Read::get(), &operand, SideEffects::DefaultResource::get());
    else
      effects.emplace_back(MemoryEffects::Write::get(), &operand, SideEffects::DefaultResource::get());
  }
}

void FilterOp::getEffects(Effects &effects) { addEffects(*this, effects); }

static void addScratch(MutableOperandRange scratch, Effects &effects) {
  for (OpOperand &operand : scratch)
    effects.emplace_back(MemoryEffects::Write::get(), &operand, SideEffects::DefaultResource::get());
}

void ConvOp::getEffects(Effects &effects) {
  addEffects(*this, effects);
  addScratch(getScratchMutable(), effects);
}

void ConvDwOp::getEffects(Effects &effects) {
  addEffects(*this, effects);
  addScratch(getScratchMutable(), effects);
}

//===----------------------------------------------------------------------===//
// Tiling
//===----------------------------------------------------------------------===//

static SmallVector<Range> domainOf(OpBuilder &b, Location loc, Value out, int64_t rank) {
  SmallVector<Range> domain;
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(b, loc, out);
  for (OpFoldResult size : ArrayRef(sizes).take_front(rank))
    domain.push_back({b.getIndexAttr(0), size, b.getIndexAttr(1)});
  return domain;
}

static Value sliceOf(OpBuilder &b, Location loc, Value tensor, ArrayRef<OpFoldResult> offsets, ArrayRef<OpFoldResult> sizes,
                     SmallVectorImpl<Operation *> &slices) {
  SmallVector<OpFoldResult> ones(offsets.size(), b.getIndexAttr(1));
  auto slice = tensor::ExtractSliceOp::create(b, loc, tensor, offsets, sizes, ones);
  slices.push_back(slice);
  return slice;
}

/// The first sizes and offsets as given, the others whole.
static void completeSlice(OpBuilder &b, Location loc, Value tensor, SmallVectorImpl<OpFoldResult> &offsets,
                          SmallVectorImpl<OpFoldResult> &sizes) {
  SmallVector<OpFoldResult> whole = tensor::getMixedSizes(b, loc, tensor);
  for (OpFoldResult size : ArrayRef(whole).drop_front(sizes.size())) {
    offsets.push_back(b.getIndexAttr(0));
    sizes.push_back(size);
  }
}

SmallVector<utils::IteratorType> FilterOp::getLoopIteratorTypes() { return {utils::IteratorType::parallel}; }

SmallVector<Range> FilterOp::getIterationDomain(OpBuilder &b) { return domainOf(b, getLoc(), getOut(), 1); }

FailureOr<TilingResult> FilterOp::getTiledImplementation(OpBuilder &b, ArrayRef<OpFoldResult> offsets,
                                                         ArrayRef<OpFoldResult> sizes) {
  Location loc = getLoc();
  SmallVector<Operation *> slices;
  auto cut = [&](Value whole) {
    SmallVector<OpFoldResult> at{offsets[0]}, size{sizes[0]};
    completeSlice(b, loc, whole, at, size);
    return sliceOf(b, loc, whole, at, size, slices);
  };
  Value weight = cut(getWeight()), out = cut(getOut());
  auto tile = FilterOp::create(b, loc, out.getType(), weight, out);
  return TilingResult{{tile}, llvm::to_vector_of<Value>(tile->getResults()), slices};
}

LogicalResult FilterOp::getResultTilePosition(OpBuilder &b, unsigned, ArrayRef<OpFoldResult> offsets, ArrayRef<OpFoldResult> sizes,
                                              SmallVector<OpFoldResult> &resultOffsets, SmallVector<OpFoldResult> &resultSizes) {
  resultOffsets.assign({offsets[0]});
  resultSizes.assign({sizes[0]});
  completeSlice(b, getLoc(), getOut(), resultOffsets, resultSizes);
  return success();
}

FailureOr<TilingResult> FilterOp::generateResultTileValue(OpBuilder &b, unsigned, ArrayRef<OpFoldResult> offsets,
                                                          ArrayRef<OpFoldResult> sizes) {
  return getTiledImplementation(b, offsets.take_front(1), sizes.take_front(1));
}

SmallVector<utils::IteratorType> ConvOp::getLoopIteratorTypes() {
  return SmallVector<utils::IteratorType>(5, utils::IteratorType::parallel);
}

SmallVector<Range> ConvOp::getIterationDomain(OpBuilder &b) { return domainOf(b, getLoc(), getOut(), 5); }

/// Rows or columns of the input of a slice of `size` outputs: it begins where the slice does, which is at a tile's edge.
static OpFoldResult inputSize(OpBuilder &b, Location loc, OpFoldResult size) {
  AffineExpr s = b.getAffineSymbolExpr(0);
  return affine::makeComposedFoldedAffineApply(b, loc, s.ceilDiv(kOutputs) * kOutputs + 2, size);
}

FailureOr<TilingResult> ConvOp::getTiledImplementation(OpBuilder &b, ArrayRef<OpFoldResult> offsets, ArrayRef<OpFoldResult> sizes) {
  Location loc = getLoc();
  OpFoldResult zero = b.getIndexAttr(0);
  SmallVector<Operation *> slices;
  SmallVector<OpFoldResult> xAt{offsets[0], zero, offsets[2], offsets[3], zero},
      xSize{sizes[0], tensor::getMixedSize(b, loc, getX(), 1), inputSize(b, loc, sizes[2]), inputSize(b, loc, sizes[3]),
            b.getIndexAttr(kLanes)};
  Value x = sliceOf(b, loc, getX(), xAt, xSize, slices);
  SmallVector<OpFoldResult> filterAt{offsets[1]}, filterSize{sizes[1]};
  completeSlice(b, loc, getFilter(), filterAt, filterSize);
  Value filter = sliceOf(b, loc, getFilter(), filterAt, filterSize, slices);
  Value out = sliceOf(b, loc, getOut(), offsets, sizes, slices);
  auto tile = ConvOp::create(b, loc, out.getType(), x, filter, out, ValueRange(), getImagesAttr());
  return TilingResult{{tile}, llvm::to_vector_of<Value>(tile->getResults()), slices};
}

LogicalResult ConvOp::getResultTilePosition(OpBuilder &, unsigned, ArrayRef<OpFoldResult> offsets, ArrayRef<OpFoldResult> sizes,
                                            SmallVector<OpFoldResult> &resultOffsets, SmallVector<OpFoldResult> &resultSizes) {
  resultOffsets.assign(offsets.begin(), offsets.end());
  resultSizes.assign(sizes.begin(), sizes.end());
  return success();
}

FailureOr<TilingResult> ConvOp::generateResultTileValue(OpBuilder &b, unsigned, ArrayRef<OpFoldResult> offsets,
                                                        ArrayRef<OpFoldResult> sizes) {
  return getTiledImplementation(b, offsets, sizes);
}

SmallVector<utils::IteratorType> ConvDwOp::getLoopIteratorTypes() {
  return SmallVector<utils::IteratorType>(2, utils::IteratorType::parallel);
}

SmallVector<Range> ConvDwOp::getIterationDomain(OpBuilder &b) { return domainOf(b, getLoc(), getOut(), 2); }

FailureOr<TilingResult> ConvDwOp::getTiledImplementation(OpBuilder &b, ArrayRef<OpFoldResult> offsets,
                                                         ArrayRef<OpFoldResult> sizes) {
  if (getConstantIntValue(sizes[0]) != 1)
    return emitOpError("expected tiles of one part");
  Location loc = getLoc();
  OpFoldResult zero = b.getIndexAttr(0);
  SmallVector<Operation *> slices;
  // Images of the part: the last ones may have fewer, or none.
  OpFoldResult images = tensor::getMixedSize(b, loc, getX(), 0);
  AffineExpr n = b.getAffineSymbolExpr(0), part = b.getAffineDimExpr(0);
  AffineExpr share = n.ceilDiv(shapeOf(getOut())[0]);
  auto bound = [&](AffineExpr e) {
    return affine::makeComposedFoldedAffineMin(b, loc, AffineMap::get(1, 1, {e, n}, b.getContext()), {offsets[0], images});
  };
  OpFoldResult begin = bound(part * share), end = bound((part + 1) * share);
  AffineExpr first = b.getAffineSymbolExpr(0), last = b.getAffineSymbolExpr(1);
  OpFoldResult count = affine::makeComposedFoldedAffineApply(b, loc, last - first, {begin, end});
  auto imagesOf = [&](Value whole, OpFoldResult blockAt, OpFoldResult blockCount) {
    SmallVector<OpFoldResult> at{begin, blockAt}, size{count, blockCount};
    completeSlice(b, loc, whole, at, size);
    return sliceOf(b, loc, whole, at, size, slices);
  };
  Value x = imagesOf(getX(), zero, tensor::getMixedSize(b, loc, getX(), 1)), dy = imagesOf(getDy(), offsets[1], sizes[1]);
  SmallVector<OpFoldResult> outAt(offsets), outSize(sizes);
  completeSlice(b, loc, getOut(), outAt, outSize);
  Value out = sliceOf(b, loc, getOut(), outAt, outSize, slices);
  auto tile = ConvDwOp::create(b, loc, out.getType(), x, dy, out, ValueRange(), getImagesAttr(), getRowsAttr());
  return TilingResult{{tile}, llvm::to_vector_of<Value>(tile->getResults()), slices};
}

LogicalResult ConvDwOp::getResultTilePosition(OpBuilder &b, unsigned, ArrayRef<OpFoldResult> offsets, ArrayRef<OpFoldResult> sizes,
                                              SmallVector<OpFoldResult> &resultOffsets, SmallVector<OpFoldResult> &resultSizes) {
  resultOffsets.assign(offsets.begin(), offsets.end());
  resultSizes.assign(sizes.begin(), sizes.end());
  completeSlice(b, getLoc(), getOut(), resultOffsets, resultSizes);
  return success();
}

FailureOr<TilingResult> ConvDwOp::generateResultTileValue(OpBuilder &b, unsigned, ArrayRef<OpFoldResult> offsets,
                                                          ArrayRef<OpFoldResult> sizes) {
  return getTiledImplementation(b, offsets.take_front(2), sizes.take_front(2));
}

//===----------------------------------------------------------------------===//
// Bufferization
//===----------------------------------------------------------------------===//

namespace {

using namespace bufferization;

struct FilterBuffers : DstBufferizableOpInterfaceExternalModel<FilterBuffers, FilterOp> {
  bool bufferizesToMemoryRead(Operation *op, OpOperand &operand, const AnalysisState &) const {
    return !cast<FilterOp>(op).isDpsInit(&operand);
  }

  LogicalResult bufferize(Operation *op, RewriterBase &rewriter, const BufferizationOptions &options, BufferizationState &state) const {
    auto filter = cast<FilterOp>(op);
    FailureOr<Value> weight = getBuffer(rewriter, filter.getWeight(), options, state),
                     out = getBuffer(rewriter, filter.getOut(), options, state);
    if (failed(weight) || failed(out))
      return failure();
    FilterOp::create(rewriter, op->getLoc(), TypeRange(), *weight, *out);
    replaceOpWithBufferizedValues(rewriter, op, *out);
    return success();
  }
};

/// A buffer of each thread's own: [36][rows][32], of an odd number of rows, so that the 36 do not meet in the same sets of a cache.
Value createScratch(RewriterBase &rewriter, Operation *op, int64_t rows) {
  auto type = MemRefType::get({kPoints, rows | 1, kLanes}, getElementTypeOrSelf(op->getOperand(0)));
  auto alloc = memref::AllocOp::create(rewriter, op->getLoc(), type);
  alloc->setAttr(kPerThreadAttr, rewriter.getUnitAttr());
  return alloc;
}

struct ConvBuffers : DstBufferizableOpInterfaceExternalModel<ConvBuffers, ConvOp> {
  bool bufferizesToMemoryRead(Operation *op, OpOperand &operand, const AnalysisState &) const {
    return !cast<ConvOp>(op).isDpsInit(&operand);
  }

  LogicalResult bufferize(Operation *op, RewriterBase &rewriter, const BufferizationOptions &options, BufferizationState &state) const {
    auto conv = cast<ConvOp>(op);
    Location loc = op->getLoc();
    FailureOr<Value> x = getBuffer(rewriter, conv.getX(), options, state), filter = getBuffer(rewriter, conv.getFilter(), options, state),
                     out = getBuffer(rewriter, conv.getOut(), options, state);
    if (failed(x) || failed(filter) || failed(out))
      return failure();
    ArrayRef<int64_t> shape = shapeOf(conv.getOut());
    int64_t tilesOfOne = tilesAlong(shape[2]) * tilesAlong(shape[3]);
    int64_t tiles = groupsOf(conv.getImages(), tilesOfOne) * groupOf(conv.getImages(), tilesOfOne);
    int64_t blocks = shapeOf(conv.getX())[1], sums = 1;
    if (conv.transformsFilter()) {
      blocks = partOf(blocks);
      sums = shape[1];
    }
    SmallVector<Value> buffers{createScratch(rewriter, op, tiles * blocks), createScratch(rewriter, op, tiles * sums)};
    if (conv.transformsFilter())
      buffers.push_back(createScratch(rewriter, op, blocks * kLanes));
    ConvOp::create(rewriter, loc, TypeRange(), *x, *filter, *out, buffers, conv.getImagesAttr());
    replaceOpWithBufferizedValues(rewriter, op, *out);
    return success();
  }
};

struct ConvDwBuffers : DstBufferizableOpInterfaceExternalModel<ConvDwBuffers, ConvDwOp> {
  bool bufferizesToMemoryRead(Operation *op, OpOperand &operand, const AnalysisState &) const {
    return !cast<ConvDwOp>(op).isDpsInit(&operand);
  }

  LogicalResult bufferize(Operation *op, RewriterBase &rewriter, const BufferizationOptions &options, BufferizationState &state) const {
    auto conv = cast<ConvDwOp>(op);
    FailureOr<Value> x = getBuffer(rewriter, conv.getX(), options, state), dy = getBuffer(rewriter, conv.getDy(), options, state),
                     out = getBuffer(rewriter, conv.getOut(), options, state);
    if (failed(x) || failed(dy) || failed(out))
      return failure();
    ArrayRef<int64_t> shape = shapeOf(conv.getOut());
    int64_t tiles = conv.getImages() * conv.getRows() * tilesAlong(shapeOf(conv.getDy())[3]);
    SmallVector<Value> buffers{createScratch(rewriter, op, tiles * shape[2]), createScratch(rewriter, op, tiles * shape[1]),
                               createScratch(rewriter, op, shape[1] * shape[2] * kLanes)};
    ConvDwOp::create(rewriter, op->getLoc(), TypeRange(), *x, *dy, *out, buffers, conv.getImagesAttr(), conv.getRowsAttr());
    replaceOpWithBufferizedValues(rewriter, op, *out);
    return success();
  }
};

} // namespace

void mlir::winograd::registerBufferization(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, WinogradDialect *) {
    FilterOp::attachInterface<FilterBuffers>(*context);
    ConvOp::attachInterface<ConvBuffers>(*context);
    ConvDwOp::attachInterface<ConvDwBuffers>(*context);
  });
}

#define GET_OP_CLASSES
#include "IR/WinogradOps.cpp.inc"
