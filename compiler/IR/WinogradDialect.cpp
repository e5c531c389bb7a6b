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

Strips mlir::winograd::stripsOver(int64_t size, int64_t most) {
  auto with = [&](int64_t whole) {
    int64_t rest = std::max<int64_t>(0, size - whole * most);
    return Strips{size, most, whole, (rest + most - 2) / (most - 1)};
  };
  auto key = [](const Strips &s) { return std::tuple(s.points(), s.covered(), s.count()); };
  Strips best = with(0);
  for (int64_t whole = 1; (whole - 1) * most < size; ++whole)
    if (Strips next = with(whole); key(next) < key(best))
      best = next;
  return best;
}

/// Rows that the products of a block of strips of rows take, all points and images counted, in groups of so many tiles.
static int64_t rowsOfProducts(const Tiles &tiles, int64_t whole, int64_t shorter, int64_t images, int64_t group) {
  int64_t down = tiles.rows.shorterOne().points(), across = tiles.columns.shorterOne().points(); // of all tiles
  int64_t downMore = tiles.rows.wholeOne().points() - down, acrossMore = tiles.columns.wholeOne().points() - across;
  int64_t a = images * whole * tiles.columns.shorter, b = a + images * whole * tiles.columns.whole,
          c = b + images * shorter * tiles.columns.whole, d = c + images * shorter * tiles.columns.shorter;
  auto groups = [&](int64_t begin, int64_t end) { return begin == end ? 0 : (end + group - 1) / group - begin / group; };
  return group * (down * across * groups(0, d) + downMore * across * groups(0, b) + down * acrossMore * groups(a, c) +
                  downMore * acrossMore * groups(a, b));
}

Blocks mlir::winograd::blocksOf(const Tiles &tiles, int64_t images, bool inOne) {
  // What the second-level cache holds, transformed, beside a filter's panels; and of strips, what is as fast.
  constexpr int64_t kTiles = 49, kTilesOfStrips = 32;
  const auto &[rows, columns] = tiles;
  Blocks blocks{true, rows.whole, rows.shorter, 0, 0};
  if (!inOne && images == 1 && tiles.count() > kTiles && rows.excess() == 0) {
    auto linesOf = [&](int64_t strips) {
      int64_t lines = std::clamp<int64_t>(kTilesOfStrips / columns.count(), 1, std::max<int64_t>(1, strips));
      while (strips % lines != 0)
        --lines;
      return lines;
    };
    blocks = {false, linesOf(rows.whole), linesOf(rows.shorter), 0, 0};
  }
  int64_t least = 0;
  for (int64_t group : {7, 6, 5, 4}) {
    int64_t all = blocks.together ? rowsOfProducts(tiles, rows.whole, rows.shorter, images, group)
                                  : rowsOfProducts(tiles, blocks.whole, 0, images, group) * (rows.whole / blocks.whole) +
                                        rowsOfProducts(tiles, 0, blocks.shorter, images, group) * (rows.shorter / blocks.shorter);
    if (blocks.group == 0 || all < least) {
      blocks.group = group;
      least = all;
    }
  }
  int64_t lines = blocks.together ? rows.count() : std::max(rows.whole ? blocks.whole : 0, rows.shorter ? blocks.shorter : 0);
  blocks.groups = (images * lines * columns.count() + blocks.group - 1) / blocks.group;
  return blocks;
}

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

/// `cover` names tiles that there are matrices for.
static LogicalResult checkCover(Operation *op, ArrayRef<int64_t> cover) {
  auto among = [&](ArrayRef<int64_t> known) { return llvm::all_of(cover, [&](int64_t most) { return llvm::is_contained(known, most); }); };
  if (cover.size() == 2 && (among({4, 6}) || among({3, 5})))
    return success();
  return op->emitOpError("expected a cover of 4 or 6 outputs along both axes, or of 3 or 5");
}

LogicalResult FilterOp::verify() {
  // C2
  if (failed(checkCover(*this, getCover())))
    return failure();
  // C1
  ArrayRef<int64_t> w = shapeOf(getWeight());
  if (w.size() != 6 || w.drop_front(2) != ArrayRef<int64_t>{3, 3, kLanes, kLanes})
    return emitOpError("expected weight to be of windows of 3x3 in blocks of 32, got ") << getWeight().getType();
  return checkShape(*this, "out", getOut().getType(), {w[0], pointsOf(getCover()), w[1] * kLanes + 1, kLanes});
}

bool ConvOp::transformsFilter() { return shapeOf(getFilter()).size() == 6; }

Tiles ConvOp::getTiles() { return Tiles(shapeOf(getOut())[2], shapeOf(getOut())[3], getCover()); }

Blocks ConvOp::getBlocks() { return blocksOf(getTiles(), getImages(), transformsFilter()); }

LogicalResult ConvOp::verify() {
  // C3
  if (failed(checkCover(*this, getCover())))
    return failure();
  // C1
  ArrayRef<int64_t> out = shapeOf(getOut()), x = shapeOf(getX());
  if (out.size() != 5 || x.size() != 5)
    return emitOpError("expected x and out of rank 5, got ") << getX().getType() << " and " << getOut().getType();
  SmallVector<int64_t> filter{out[1], pointsOf(getCover()), x[1] * kLanes + 1, kLanes};
  if (transformsFilter())
    filter = {out[1], x[1], 3, 3, kLanes, kLanes};
  Tiles tiles = getTiles();
  if (failed(checkShape(*this, "x", getX().getType(), {out[0], x[1], tiles.rows.padded(), tiles.columns.padded(), kLanes})) ||
      failed(checkShape(*this, "filter", getFilter().getType(), filter)))
    return failure();
  // C2
  size_t wanted = transformsFilter() ? 3 : 2;
  if (!getScratch().empty() && (!isa<MemRefType>(getOut().getType()) || getScratch().size() != wanted))
    return emitOpError("expected ") << wanted << " buffers of scratch, and those of an op on buffers";
  return success();
}

Tiles ConvDwOp::getTiles() { return Tiles(shapeOf(getDy())[2], shapeOf(getDy())[3], kUsualCover); }

LogicalResult ConvDwOp::verify() {
  // C1
  ArrayRef<int64_t> out = shapeOf(getOut()), x = shapeOf(getX()), dy = shapeOf(getDy());
  if (out.size() != 7 || x.size() != 5 || dy.size() != 5)
    return emitOpError("expected x and dy of rank 5 and out of rank 7, got ")
           << getX().getType() << ", " << getDy().getType() << " and " << getOut().getType();
  Tiles tiles = getTiles();
  if (failed(checkShape(*this, "dy", getDy().getType(), {x[0], out[1], tiles.rows.covered(), tiles.columns.covered(), kLanes})) ||
      failed(checkShape(*this, "x", getX().getType(), {dy[0], out[2], tiles.rows.padded(), tiles.columns.padded(), kLanes})) ||
      failed(checkShape(*this, "out", getOut().getType(), {out[0], dy[1], x[1], 3, 3, kLanes, kLanes})))
    return failure();
  // C3
  int64_t rows = getRows();
  if (rows != tiles.rows.count() && (rows < 1 || tiles.rows.whole % rows != 0 || tiles.rows.shorter % rows != 0))
    return emitOpError("expected rows of tiles that are all or divide ") << tiles.rows.whole << " and " << tiles.rows.shorter << ", got " << rows;
  // C2
  if (!getScratch().empty() && (!isa<MemRefType>(getOut().getType()) || getScratch().size() != 3))
    return emitOpError("expected three buffers of scratch, and those of an op on buffers");
  return success();
}

StemTiles StemOp::getTiles() { return {shapeOf(getOut())[3], shapeOf(getWeight())[3]}; }

LogicalResult StemOp::verify() {
  // C1
  ArrayRef<int64_t> out = shapeOf(getOut()), x = shapeOf(getX()), weight = shapeOf(getWeight());
  if (out.size() != 5 || x.size() != 3 || weight.size() != 5)
    return emitOpError("expected x of rank 3, weight and out of rank 5, got ")
           << getX().getType() << ", " << getWeight().getType() << " and " << getOut().getType();
  StemTiles tiles = getTiles();
  if (tiles.channels > StemTiles::kPixel || tiles.columns < StemTiles::kOutputs)
    return emitOpError("expected at most 4 channels and at least 4 columns, got ") << tiles.channels << " and " << tiles.columns;
  if (failed(checkShape(*this, "weight", getWeight().getType(), {out[1], StemTiles::kWindow, StemTiles::kWindow, tiles.channels, kLanes})) ||
      failed(checkShape(*this, "out", getOut().getType(), {x[0], weight[0], out[2], out[3], kLanes})) ||
      failed(checkShape(*this, "x", getX().getType(), {out[0], StemTiles::rowsRead(out[2]), x[2]})))
    return failure();
  if (x[2] < tiles.rowElements())
    return emitOpError("expected rows of x of at least ") << tiles.rowElements() << " elements, got " << x[2];
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

void StemOp::getEffects(Effects &effects) {
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
  auto tile = FilterOp::create(b, loc, out.getType(), weight, out, getCoverAttr());
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

/// Rows or columns of the input of a slice of `size` outputs, which strips cover as they do the whole.
static FailureOr<OpFoldResult> inputSize(Builder &b, OpFoldResult size, int64_t most) {
  std::optional<int64_t> fixed = getConstantIntValue(size);
  if (!fixed)
    return failure();
  return OpFoldResult(b.getIndexAttr(stripsOver(*fixed, most).padded()));
}

FailureOr<TilingResult> ConvOp::getTiledImplementation(OpBuilder &b, ArrayRef<OpFoldResult> offsets, ArrayRef<OpFoldResult> sizes) {
  Location loc = getLoc();
  OpFoldResult zero = b.getIndexAttr(0);
  SmallVector<Operation *> slices;
  FailureOr<OpFoldResult> height = inputSize(b, sizes[2], getCover()[0]), width = inputSize(b, sizes[3], getCover()[1]);
  if (failed(height) || failed(width))
    return emitOpError("expected slices of one size");
  auto strided = [&](OpFoldResult at, int64_t most) {
    return affine::makeComposedFoldedAffineApply(b, loc, b.getAffineDimExpr(0) * Axis{most, most}.stride(), {at});
  };
  SmallVector<OpFoldResult> xAt{offsets[0], zero, strided(offsets[2], getCover()[0]), strided(offsets[3], getCover()[1]), zero},
      xSize{sizes[0], tensor::getMixedSize(b, loc, getX(), 1), *height, *width, b.getIndexAttr(kLanes)};
  Value x = sliceOf(b, loc, getX(), xAt, xSize, slices);
  SmallVector<OpFoldResult> filterAt{offsets[1]}, filterSize{sizes[1]};
  completeSlice(b, loc, getFilter(), filterAt, filterSize);
  Value filter = sliceOf(b, loc, getFilter(), filterAt, filterSize, slices);
  Value out = sliceOf(b, loc, getOut(), offsets, sizes, slices);
  auto tile = ConvOp::create(b, loc, out.getType(), x, filter, out, ValueRange(), getImagesAttr(), getCoverAttr());
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

SmallVector<utils::IteratorType> StemOp::getLoopIteratorTypes() {
  return SmallVector<utils::IteratorType>(5, utils::IteratorType::parallel);
}

SmallVector<Range> StemOp::getIterationDomain(OpBuilder &b) { return domainOf(b, getLoc(), getOut(), 5); }

FailureOr<TilingResult> StemOp::getTiledImplementation(OpBuilder &b, ArrayRef<OpFoldResult> offsets, ArrayRef<OpFoldResult> sizes) {
  Location loc = getLoc();
  SmallVector<Operation *> slices;
  std::optional<int64_t> rows = getConstantIntValue(sizes[2]);
  if (!rows || getConstantIntValue(sizes[3]) != getTiles().columns)
    return emitOpError("expected slices of one size and of whole rows");
  OpFoldResult first = affine::makeComposedFoldedAffineApply(b, loc, b.getAffineDimExpr(0) * StemTiles::kStride, {offsets[2]});
  SmallVector<OpFoldResult> xAt{offsets[0], first}, xSize{sizes[0], b.getIndexAttr(StemTiles::rowsRead(*rows))};
  completeSlice(b, loc, getX(), xAt, xSize);
  Value x = sliceOf(b, loc, getX(), xAt, xSize, slices);
  SmallVector<OpFoldResult> weightAt{offsets[1]}, weightSize{sizes[1]};
  completeSlice(b, loc, getWeight(), weightAt, weightSize);
  Value weight = sliceOf(b, loc, getWeight(), weightAt, weightSize, slices);
  Value out = sliceOf(b, loc, getOut(), offsets, sizes, slices);
  auto tile = StemOp::create(b, loc, out.getType(), x, weight, out, ValueRange());
  return TilingResult{{tile}, llvm::to_vector_of<Value>(tile->getResults()), slices};
}

LogicalResult StemOp::getResultTilePosition(OpBuilder &, unsigned, ArrayRef<OpFoldResult> offsets, ArrayRef<OpFoldResult> sizes,
                                            SmallVector<OpFoldResult> &resultOffsets, SmallVector<OpFoldResult> &resultSizes) {
  resultOffsets.assign(offsets.begin(), offsets.end());
  resultSizes.assign(sizes.begin(), sizes.end());
  return success();
}

FailureOr<TilingResult> StemOp::generateResultTileValue(OpBuilder &b, unsigned, ArrayRef<OpFoldResult> offsets,
                                                        ArrayRef<OpFoldResult> sizes) {
  return getTiledImplementation(b, offsets, sizes);
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
    FilterOp::create(rewriter, op->getLoc(), TypeRange(), *weight, *out, filter.getCoverAttr());
    replaceOpWithBufferizedValues(rewriter, op, *out);
    return success();
  }
};

/// A buffer of each thread's own: [points][rows][32], of an odd number of rows, so that the points do not meet in the same sets of a cache.
Value createScratch(RewriterBase &rewriter, Operation *op, int64_t points, int64_t rows) {
  auto type = MemRefType::get({points, rows | 1, kLanes}, getElementTypeOrSelf(op->getOperand(0)));
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
    Blocks task = conv.getBlocks();
    int64_t tiles = task.groups * task.group, points = productsOf(conv.getCover());
    int64_t blocks = shapeOf(conv.getX())[1], sums = 1;
    if (conv.transformsFilter()) {
      blocks = partOf(blocks);
      sums = shape[1];
    }
    SmallVector<Value> buffers{createScratch(rewriter, op, points, tiles * blocks), createScratch(rewriter, op, points, tiles * sums)};
    if (conv.transformsFilter())
      buffers.push_back(createScratch(rewriter, op, pointsOf(conv.getCover()), blocks * kLanes));
    ConvOp::create(rewriter, loc, TypeRange(), *x, *filter, *out, buffers, conv.getImagesAttr(), conv.getCoverAttr());
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
    int64_t tiles = conv.getImages() * conv.getRows() * conv.getTiles().columns.count(), points = pointsOf(kUsualCover);
    SmallVector<Value> buffers{createScratch(rewriter, op, points, tiles * shape[2]), createScratch(rewriter, op, points, tiles * shape[1]),
                               createScratch(rewriter, op, points, shape[1] * shape[2] * kLanes)};
    ConvDwOp::create(rewriter, op->getLoc(), TypeRange(), *x, *dy, *out, buffers, conv.getImagesAttr(), conv.getRowsAttr());
    replaceOpWithBufferizedValues(rewriter, op, *out);
    return success();
  }
};

struct StemBuffers : DstBufferizableOpInterfaceExternalModel<StemBuffers, StemOp> {
  bool bufferizesToMemoryRead(Operation *op, OpOperand &operand, const AnalysisState &) const {
    return !cast<StemOp>(op).isDpsInit(&operand);
  }

  LogicalResult bufferize(Operation *op, RewriterBase &rewriter, const BufferizationOptions &options, BufferizationState &state) const {
    auto stem = cast<StemOp>(op);
    FailureOr<Value> x = getBuffer(rewriter, stem.getX(), options, state), weight = getBuffer(rewriter, stem.getWeight(), options, state),
                     out = getBuffer(rewriter, stem.getOut(), options, state);
    if (failed(x) || failed(weight) || failed(out))
      return failure();
    StemTiles tiles = stem.getTiles();
    int64_t rows = shapeOf(stem.getX())[1], outBlocks = shapeOf(stem.getWeight())[0], points = StemTiles::kPoints;
    int64_t inputs = (rows * tiles.places() * StemTiles::kPixel + kLanes - 1) / kLanes;
    SmallVector<Value> buffers{createScratch(rewriter, op, points, inputs),
                               createScratch(rewriter, op, points, outBlocks * StemTiles::kWindow * tiles.channels),
                               createScratch(rewriter, op, points, outBlocks * tiles.block())};
    StemOp::create(rewriter, op->getLoc(), TypeRange(), *x, *weight, *out, buffers);
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
    StemOp::attachInterface<StemBuffers>(*context);
  });
}

#define GET_OP_CLASSES
#include "IR/WinogradOps.cpp.inc"
