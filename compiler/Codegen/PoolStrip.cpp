//===- PoolStrip.cpp - what a max pool reads, computed in its task --------===//

#include "Codegen/PoolStrip.h"

#include "Conversion/Lowering.h"
#include "IR/WinogradDialect.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/Transforms/Transforms.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace mlir::resnet;

using Fuses = llvm::function_ref<bool(OpResult, Operation *)>;

static constexpr int64_t kRows = 2, kColumns = 3; // dimensions of an activation

/// What is computed with `op` in its loop: sums, and the fills that start them.
static SmallVector<OpResult> producersOf(Operation *op, Fuses fuses) {
  SmallVector<OpResult> producers;
  for (Value input : op->getOperands())
    if (auto producer = dyn_cast<OpResult>(input); producer && fuses(producer, op))
      producers.push_back(producer);
  return producers;
}

std::optional<PoolStrip> mlir::resnet::stripOf(linalg::GenericOp pool, Fuses fuses) {
  auto sizes = pool->getAttrOfType<DenseI64ArrayAttr>(kStripAttr);
  auto padded = sizes ? pool.getDpsInputs()[0].getDefiningOp<tensor::InsertSliceOp>() : nullptr;
  auto around = padded ? padded.getDest().getDefiningOp<tensor::InsertSliceOp>() : nullptr;
  auto fill = around ? around.getSource().getDefiningOp<linalg::FillOp>() : nullptr;
  auto producer = fill ? padded.getSource().getDefiningOp<linalg::GenericOp>() : nullptr;
  auto alone = [](Value v, Operation *reader) {
    return llvm::all_of(v.getUsers(), [&](Operation *user) { return user == reader || isa<tensor::DimOp>(user); });
  };
  if (!producer || producer->getNumResults() != 1 || producer.getNumReductionLoops() > 0 || !alone(padded.getResult(), pool) ||
      !alone(producer->getResult(0), padded) || producersOf(producer, fuses).empty())
    return std::nullopt;
  SmallVector<Operation *> sums = llvm::map_to_vector(producersOf(producer, fuses), [](OpResult sum) { return sum.getOwner(); });
  return PoolStrip{padded, producer, fill.getInputs()[0], sums, sizes[0], sizes[1]};
}

namespace {

/// The operand's rows of one strip.
class StripBuilder {
public:
  StripBuilder(PoolStrip strip, tensor::ExtractSliceOp read, IRRewriter &b) : strip(strip), read(read), b(b), loc(read.getLoc()) {
    b.setInsertionPoint(read);
    auto at = strip.padded.getStaticOffsets(), size = strip.padded.getStaticSizes();
    top = at[kRows], left = at[kColumns], height = size[kRows], width = size[kColumns];
    // Rows are counted from the strip's first one, which may be a pad; `first` is counted in the plane.
    OpFoldResult begin = read.getMixedOffsets()[kRows];
    AffineExpr d0 = b.getAffineDimExpr(0), d1 = b.getAffineDimExpr(1), d2 = b.getAffineDimExpr(2), none = b.getAffineConstantExpr(0);
    rows = read.getMixedSizes()[kRows];
    first = affine::makeComposedFoldedAffineMax(b, loc, map(1, {d0 - top, none}), {begin});
    before = affine::makeComposedFoldedAffineApply(b, loc, map(2, {d0 + top - d1}), {first, begin});
    count = affine::makeComposedFoldedAffineMin(
        b, loc, map(3, {b.getAffineConstantExpr(strip.reads), d0 + d1 - d2 - top, height - d2}), {begin, rows, first});
  }

  LogicalResult build(linalg::GenericOp tile) {
    ArrayRef<int64_t> whole = strip.padded.getType().getShape();
    auto type = MemRefType::get({1, 1, strip.reads, whole[kColumns], whole.back()}, strip.padded.getType().getElementType());
    auto buffer = memref::AllocOp::create(b, loc, type);
    buffer->setAttr(winograd::kPerThreadAttr, b.getUnitAttr());
    part = bufferization::ToTensorOp::create(b, loc, RankedTensorType::get(type.getShape(), type.getElementType()), buffer,
                                             /*restrict=*/true, /*writable=*/true);
    if (getConstantIntValue(rows) != strip.reads)
      part = slice(part, attr(0), rows, attr(0), attr(whole[kColumns]));
    fillPads(whole);
    if (failed(compute()))
      return failure();
    tile.getDpsInputOperand(0)->set(part);
    return success();
  }

private:
  OpFoldResult attr(int64_t v) { return b.getIndexAttr(v); }
  AffineMap map(unsigned dims, ArrayRef<AffineExpr> exprs) { return AffineMap::get(dims, 0, exprs, b.getContext()); }

  struct Region {
    SmallVector<OpFoldResult> at, sizes, steps;
  };
  Region region(OpFoldResult row, OpFoldResult rowCount, OpFoldResult column, OpFoldResult columnCount) {
    int64_t lanes = strip.padded.getType().getShape().back();
    return {{attr(0), attr(0), row, column, attr(0)},
            {attr(1), attr(1), rowCount, columnCount, attr(lanes)},
            SmallVector<OpFoldResult>(5, attr(1))};
  }
  Value slice(Value from, OpFoldResult row, OpFoldResult rowCount, OpFoldResult column, OpFoldResult columnCount) {
    Region r = region(row, rowCount, column, columnCount);
    return tensor::ExtractSliceOp::create(b, loc, from, r.at, r.sizes, r.steps);
  }
  void insert(Value v, OpFoldResult row, OpFoldResult rowCount, OpFoldResult column, OpFoldResult columnCount) {
    Region r = region(row, rowCount, column, columnCount);
    part = tensor::InsertSliceOp::create(b, loc, v, part, r.at, r.sizes, r.steps);
  }

  void fillPads(ArrayRef<int64_t> whole) {
    auto fill = [&](OpFoldResult row, OpFoldResult rowCount, int64_t column, int64_t columnCount) {
      Value to = slice(part, row, rowCount, attr(column), attr(columnCount));
      auto filled = linalg::FillOp::create(b, loc, strip.pad, to);
      insert(filled.getResult(0), row, rowCount, attr(column), attr(columnCount));
    };
    AffineExpr d0 = b.getAffineDimExpr(0), d1 = b.getAffineDimExpr(1), d2 = b.getAffineDimExpr(2);
    int64_t right = left + width;
    if (top > 0)
      fill(attr(0), before, 0, whole[kColumns]);
    if (top + height < whole[kRows])
      fill(affine::makeComposedFoldedAffineApply(b, loc, map(2, {d0 + d1}), {before, count}),
           affine::makeComposedFoldedAffineApply(b, loc, map(3, {d0 - d1 - d2}), {rows, before, count}), 0, whole[kColumns]);
    if (left > 0)
      fill(before, count, 0, left);
    if (right < whole[kColumns])
      fill(before, count, right, whole[kColumns] - right);
  }

  /// The producer's part, and what that reads of others.
  LogicalResult compute() {
    llvm::SmallSetVector<OpResult, 4> inside;
    for (Operation *sum : strip.sums) {
      inside.insert(sum->getResult(0));
      for (Value input : sum->getOperands())
        if (input.getDefiningOp<linalg::FillOp>())
          inside.insert(cast<OpResult>(input));
    }
    Region here = region(first, count, attr(0), attr(width));
    here.at[0] = read.getMixedOffsets()[0];
    here.at[1] = read.getMixedOffsets()[1];
    auto wanted = tensor::ExtractSliceOp::create(b, loc, strip.producer->getResult(0), here.at, here.sizes, here.steps);
    Operation *tile = fuse(wanted, inside);
    if (!tile)
      return failure();
    b.setInsertionPoint(tile);
    Value to = slice(part, before, count, attr(left), attr(width));
    cast<DestinationStyleOpInterface>(tile).getDpsInitsMutable()[0].set(to);
    tile->getResult(0).setType(cast<RankedTensorType>(to.getType()));
    b.setInsertionPoint(read);
    insert(tile->getResult(0), before, count, attr(left), attr(width));
    return success();
  }

  /// Computes a slice of a result in place of it, and the slices of those `inside` that it reads.
  Operation *fuse(tensor::ExtractSliceOp wanted, const llvm::SmallSetVector<OpResult, 4> &inside) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPoint(wanted);
    auto tiled = tensor::replaceExtractSliceWithTiledProducer(b, wanted, cast<OpResult>(wanted.getSource()));
    if (failed(tiled) || tiled->tiledOps.size() != 1)
      return nullptr;
    b.replaceOp(wanted, tiled->tiledValues);
    Operation *tile = tiled->tiledOps[0];
    tile->removeAttr(kTileAttr);
    for (Value input : llvm::to_vector(tile->getOperands()))
      if (auto slice = input.getDefiningOp<tensor::ExtractSliceOp>())
        if (auto producer = dyn_cast<OpResult>(slice.getSource()); producer && inside.contains(producer) && !fuse(slice, inside))
          return nullptr;
    return tile;
  }

  PoolStrip strip;
  tensor::ExtractSliceOp read;
  IRRewriter &b;
  Location loc;
  int64_t top, left, height, width;
  OpFoldResult rows, first, before, count; // rows of the strip; of the plane: the first one, the pads before it, how many
  Value part;
};

} // namespace

LogicalResult mlir::resnet::computeStrip(const PoolStrip &strip, linalg::GenericOp tile, IRRewriter &rewriter) {
  auto read = tile.getDpsInputs()[0].getDefiningOp<tensor::ExtractSliceOp>();
  if (!read)
    return failure();
  if (failed(StripBuilder(strip, read, rewriter).build(tile)))
    return failure();
  rewriter.eraseOp(read);
  return success();
}

void mlir::resnet::eraseWhole(Operation *op, llvm::function_ref<void(Operation *)> forwardSizes, IRRewriter &rewriter) {
  SetVector<Operation *> unread;
  unread.insert(op);
  while (!unread.empty()) {
    Operation *whole = unread.pop_back_val();
    forwardSizes(whole);
    if (!isOpTriviallyDead(whole))
      continue;
    for (Value operand : whole->getOperands())
      if (Operation *def = operand.getDefiningOp())
        unread.insert(def);
    rewriter.eraseOp(whole);
  }
}
