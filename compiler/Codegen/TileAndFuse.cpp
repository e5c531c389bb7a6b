//===- TileAndFuse.cpp - parallel loops around ops ------------------------===//

#include "Codegen/Passes.h"
#include "Codegen/PoolStrip.h"
#include "Conversion/Lowering.h"
#include "IR/WinogradDialect.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SCF/Transforms/TileUsingInterface.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::resnet {
#define GEN_PASS_DEF_TILEANDFUSE
#include "Codegen/Passes.h.inc"

namespace {

/// Whether an op's values are sums over channels.
bool isSum(Operation *op) {
  auto generic = dyn_cast<linalg::GenericOp>(op);
  return isa<winograd::ConvOp, winograd::StemOp>(op) || (generic && generic.getNumReductionLoops() > 0);
}

/// Whether no reader of a value stands before `reader`.
bool readsFirst(Operation *reader, OpResult value) {
  Block *block = reader->getBlock();
  return value.getOwner()->getBlock() == block && llvm::all_of(value.getUsers(), [&](Operation *user) {
    return isa<tensor::DimOp>(user) || !block->findAncestorOpInBlock(*user)->isBeforeInBlock(reader);
  });
}

/// Fills, contractions whose only reader is the elementwise `reader`, and what a sum over rows is the first to read, are worth computing inside
/// the reader's loop; all else would be moved for nothing, and what another sum reads would be computed for each of its tiles.
bool fuses(OpResult producer, Operation *reader) {
  if (isa<linalg::FillOp>(producer.getOwner()))
    return true;
  auto op = dyn_cast<linalg::GenericOp>(reader);
  if (!op || !producer.getOwner()->hasAttr(kTileAttr))
    return false;
  if (op->hasAttr(kRowSumsAttr)) {
    // Registers hold what a contraction gives to a sum alone; Winograd's algorithm needs a place for it, which other readers make.
    bool held = isa<linalg::GenericOp>(producer.getOwner()) || (isa<winograd::ConvOp, winograd::StemOp>(producer.getOwner()) && !producer.hasOneUse());
    return held && producer.getOwner()->getNumResults() == 1 && readsFirst(reader, producer);
  }
  return isSum(producer.getOwner()) && op.getNumReductionLoops() == 0 && producer.hasOneUse() && *producer.user_begin() == reader;
}

/// Contractions that `op` alone reads.
int64_t contractions(linalg::GenericOp op) {
  return llvm::count_if(op->getOperands(), [&](Value input) {
    auto producer = dyn_cast<OpResult>(input);
    return producer && isSum(producer.getOwner()) && fuses(producer, op);
  });
}

/// Computes an elementwise op inside the elementwise op that alone reads it.
void fuseElementwise(func::FuncOp func, IRRewriter &rewriter) {
  auto ops = llvm::to_vector(func.getOps<linalg::GenericOp>());
  llvm::SmallPtrSet<Operation *, 16> gone;
  for (size_t i = 0; i < ops.size(); ++i) {
    linalg::GenericOp producer = ops[i];
    if (gone.contains(producer))
      continue;
    if (producer.getNumReductionLoops() > 0 || producer->getNumResults() != 1 || !producer->hasOneUse())
      continue;
    OpOperand &use = *producer->getResult(0).use_begin();
    auto reader = dyn_cast<linalg::GenericOp>(use.getOwner());
    if (!reader || reader.getNumReductionLoops() > 0 || !linalg::areElementwiseOpsFusable(&use) ||
        contractions(producer) + contractions(reader) > 1) // one tile holds one sum
      continue;
    rewriter.setInsertionPoint(reader);
    auto fused = linalg::fuseElementwiseOps(rewriter, &use);
    if (failed(fused))
      continue;
    for (StringRef name : {kTileAttr, kStreamAttr})
      if (Attribute kept = reader->getAttr(name))
        fused->fusedOp->setAttr(name, kept);
    gone.insert(reader);
    ops.push_back(cast<linalg::GenericOp>(fused->fusedOp));
    rewriter.replaceOp(reader, fused->replacements.lookup(reader->getResult(0)));
    rewriter.eraseOp(producer);
  }
}

/// The constant that a size does not exceed; the size itself where there is none.
OpFoldResult boundOf(OpFoldResult size) {
  auto value = dyn_cast<Value>(size);
  auto min = value ? value.getDefiningOp<affine::AffineMinOp>() : nullptr;
  if (min)
    for (AffineExpr bound : min.getMap().getResults())
      if (auto constant = dyn_cast<AffineConstantExpr>(bound))
        return Builder(min.getContext()).getIndexAttr(constant.getValue());
  return size;
}

/// A tile of a tensor without contents is one of its own: what lives for a tile only needs no place outside the loop. It has
/// the size of the largest tile, a stack's buffers being of fixed sizes.
void shrinkEmpty(func::FuncOp func, IRRewriter &rewriter) {
  SmallVector<tensor::ExtractSliceOp> slices;
  func.walk([&](tensor::ExtractSliceOp slice) {
    if (slice.getSource().getDefiningOp<tensor::EmptyOp>() && slice->getParentOfType<scf::ForallOp>())
      slices.push_back(slice);
  });
  for (tensor::ExtractSliceOp slice : slices) {
    rewriter.setInsertionPoint(slice);
    SmallVector<OpFoldResult> sizes = slice.getMixedSizes(), bounds = llvm::map_to_vector(sizes, boundOf);
    Value tile = tensor::EmptyOp::create(rewriter, slice.getLoc(), bounds, slice.getType().getElementType());
    if (bounds != sizes) {
      SmallVector<OpFoldResult> zeros(sizes.size(), rewriter.getIndexAttr(0)), ones(sizes.size(), rewriter.getIndexAttr(1));
      tile = tensor::ExtractSliceOp::create(rewriter, slice.getLoc(), slice.getType(), tile, zeros, sizes, ones);
    }
    rewriter.replaceOp(slice, tile);
  }
}

/// Whether a loop runs backwards over an operand. Upstream's tiling takes such an operand's last element for its first.
bool runsBackwards(linalg::LinalgOp op) {
  return llvm::any_of(op.getIndexingMapsArray(), [](AffineMap map) {
    bool negative = false;
    map.walkExprs([&](AffineExpr e) {
      auto constant = dyn_cast<AffineConstantExpr>(e);
      negative |= constant && constant.getValue() < 0;
    });
    return negative;
  });
}

/// Gives an op of one result a parallel loop over its first `count` dimensions, one index a tile. Each operand's dimensions
/// that these index alone are cut, all others stay whole.
void tileWholes(linalg::GenericOp op, int64_t count, IRRewriter &rewriter) {
  Location loc = op.getLoc();
  SmallVector<OpFoldResult> bounds;
  for (Range range : cast<linalg::LinalgOp>(op.getOperation()).createLoopRanges(rewriter, loc))
    if (static_cast<int64_t>(bounds.size()) < count)
      bounds.push_back(range.size);
  auto loop = scf::ForallOp::create(rewriter, loc, bounds, op.getDpsInits(), std::nullopt);
  OpFoldResult zero = rewriter.getIndexAttr(0), one = rewriter.getIndexAttr(1);
  auto cut = [&](OpOperand &operand, Value whole, auto &&use) {
    AffineMap map = op.getMatchingIndexingMap(&operand);
    SmallVector<OpFoldResult> at, size = tensor::getMixedSizes(rewriter, loc, whole), step(size.size(), one);
    for (auto [i, expr] : llvm::enumerate(map.getResults())) {
      auto dim = dyn_cast<AffineDimExpr>(expr);
      bool tiled = dim && static_cast<int64_t>(dim.getPosition()) < count;
      at.push_back(tiled ? OpFoldResult(loop.getInductionVars()[dim.getPosition()]) : zero);
      if (tiled)
        size[i] = one;
    }
    return use(at, size, step);
  };
  rewriter.setInsertionPointToStart(loop.getBody());
  SmallVector<Value> operands;
  for (OpOperand &operand : op->getOpOperands()) {
    Value whole = op.isDpsInit(&operand) ? Value(loop.getRegionIterArgs()[0]) : operand.get();
    operands.push_back(cut(operand, whole, [&](auto &at, auto &size, auto &step) -> Value {
      return tensor::ExtractSliceOp::create(rewriter, loc, whole, at, size, step);
    }));
  }
  Operation *part = clone(rewriter, op, {operands.back().getType()}, operands);
  rewriter.setInsertionPointToStart(loop.getTerminator().getBody());
  cut(op.getDpsInitsMutable()[0], loop.getRegionIterArgs()[0], [&](auto &at, auto &size, auto &step) {
    tensor::ParallelInsertSliceOp::create(rewriter, loc, part->getResult(0), loop.getRegionIterArgs()[0], at, size, step);
  });
  rewriter.replaceOp(op, loop.getResults());
}

/// Asks for an op's sizes where the tensor came from that it writes into, not of its result.
void forwardSizes(Operation *op, IRRewriter &rewriter) {
  for (Operation *user : llvm::to_vector(op->getUsers())) {
    auto dim = dyn_cast<tensor::DimOp>(user);
    if (!dim)
      continue;
    Value from = dim.getSource();
    while (true)
      if (auto writer = from.getDefiningOp<DestinationStyleOpInterface>())
        from = writer.getTiedOpOperand(cast<OpResult>(from))->get();
      else if (auto insert = from.getDefiningOp<tensor::InsertSliceOp>())
        from = insert.getDest();
      else
        break;
    rewriter.setInsertionPoint(dim);
    rewriter.replaceOp(dim, rewriter.createOrFold<tensor::DimOp>(dim.getLoc(), from, dim.getIndex()));
  }
}

/// Fills the parts of a loop's results where they are written, not the whole before the loop.
void sinkFills(scf::ForallOp loop, IRRewriter &rewriter) {
  for (OpOperand &init : loop.getOutputsMutable()) {
    auto fill = init.get().getDefiningOp<linalg::FillOp>();
    if (!fill)
      continue;
    SmallVector<Operation *> users = llvm::to_vector(loop.getTiedBlockArgument(&init).getUsers());
    auto parts = llvm::make_filter_range(users, llvm::IsaPred<tensor::ExtractSliceOp>);
    // One reads a part, one writes it back: then the part is all that the fill is for.
    if (!llvm::hasSingleElement(parts) || !llvm::all_of(users, llvm::IsaPred<tensor::ExtractSliceOp, tensor::ParallelInsertSliceOp>))
      continue;
    auto part = cast<tensor::ExtractSliceOp>(*parts.begin());
    rewriter.setInsertionPointAfter(part);
    auto filled = linalg::FillOp::create(rewriter, fill.getLoc(), fill.getInputs(), part->getResults());
    rewriter.replaceAllUsesExcept(part, filled.getResult(0), filled);
    rewriter.modifyOpInPlace(loop, [&] { init.set(fill.getOutputs()[0]); });
  }
}

/// The pool among `op` and those `inside` its loop that computes its operand there too.
std::optional<PoolStrip> stripIn(Operation *op, const SetVector<Operation *> &inside) {
  auto pool = dyn_cast<linalg::GenericOp>(op);
  for (Operation *producer : inside)
    if (producer->hasAttr(kStripAttr))
      pool = cast<linalg::GenericOp>(producer);
  return pool ? stripOf(pool, fuses) : std::nullopt;
}

LogicalResult tile(TilingInterface op, IRRewriter &rewriter) {
  auto tileOf = [](Operation *op) { return op->getAttrOfType<DenseI64ArrayAttr>(kTileAttr); };
  DenseI64ArrayAttr attr = tileOf(op);
  op->removeAttr(kTileAttr);
  rewriter.setInsertionPoint(op);
  if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op.getOperation()); linalgOp && runsBackwards(linalgOp)) {
    tileWholes(cast<linalg::GenericOp>(op.getOperation()), attr.size(), rewriter);
    return success();
  }
  SetVector<Operation *> inside;
  auto takeIn = [&](Operation *reader) {
    for (Value input : reader->getOperands())
      if (auto producer = dyn_cast<OpResult>(input); producer && fuses(producer, reader)) {
        inside.insert(producer.getOwner());
        // A sum knows best, and the reader's loops are its parallel ones. One over rows has no wishes of its own.
        if (isSum(producer.getOwner()) || (reader->hasAttr(kRowSumsAttr) && tileOf(producer.getOwner())))
          attr = tileOf(producer.getOwner());
      }
  };
  takeIn(op);
  for (size_t i = 0; op->hasAttr(kRowSumsAttr) && i < inside.size(); ++i)
    if (!isSum(inside[i]))
      takeIn(inside[i]);
  SmallVector<OpFoldResult> sizes;
  for (int64_t size : attr.asArrayRef())
    sizes.push_back(rewriter.getIndexAttr(size));
  std::optional<PoolStrip> strip = stripIn(op, inside);
  if (strip)
    sizes[2] = rewriter.getIndexAttr(strip->rows);
  // A fill that starts a sum goes where the sum goes.
  for (Operation *producer : llvm::to_vector(inside))
    for (Value input : producer->getOperands())
      if (auto fill = input.getDefiningOp<linalg::FillOp>())
        inside.insert(fill);
  DenseSet<Value> yielded; // what others read too
  for (Operation *producer : inside)
    if (op->hasAttr(kRowSumsAttr) && !isa<linalg::FillOp>(producer) &&
        llvm::any_of(producer->getUsers(), [&](Operation *user) { return user != op && !inside.contains(user); }))
      yielded.insert(producer->getResult(0));
  scf::SCFTileAndFuseOptions options;
  options.tilingOptions.setTileSizes(sizes);
  options.tilingOptions.setLoopType(scf::SCFTilingOptions::LoopType::ForallOp);
  options.setFusionControlFn(
      [&](tensor::ExtractSliceOp, OpResult producer, bool) -> std::optional<scf::SCFTileAndFuseOptions::ControlFnResult> {
        if (!inside.contains(producer.getOwner()))
          return std::nullopt;
        return scf::SCFTileAndFuseOptions::ControlFnResult{yielded.contains(producer)};
      });
  auto tiled = scf::tileConsumerAndFuseProducersUsingSCF(rewriter, op, options);
  if (failed(tiled))
    return failure();
  for (Operation *inner : tiled->tiledAndFusedOps) {
    inner->removeAttr(kTileAttr);
    if (inner->removeAttr(kStripAttr) && strip && failed(computeStrip(*strip, cast<linalg::GenericOp>(inner), rewriter)))
      return failure();
  }
  SmallVector<Value> replacements;
  for (Value result : op->getResults())
    replacements.push_back(tiled->replacements.at(result));
  rewriter.replaceOp(op, replacements);
  // Slices and sizes of what was fused are left behind without a reader. They would keep the whole alive, to be computed twice.
  for (LoopLikeOpInterface loop : tiled->loops)
    for (Operation &inner : llvm::make_early_inc_range(llvm::reverse(loop.getLoopRegions()[0]->front())))
      if (isOpTriviallyDead(&inner))
        rewriter.eraseOp(&inner);
  for (LoopLikeOpInterface loop : tiled->loops)
    sinkFills(cast<scf::ForallOp>(loop.getOperation()), rewriter);
  for (Operation *producer : tiled->fusedProducers) {
    forwardSizes(producer, rewriter);
    for (Value result : producer->getResults())
      if (Value part = tiled->replacements.lookup(result))
        rewriter.replaceAllUsesWith(result, part);
    if (isOpTriviallyDead(producer))
      rewriter.eraseOp(producer);
  }
  if (strip)
    eraseWhole(strip->padded, [&](Operation *whole) { forwardSizes(whole, rewriter); }, rewriter);
  return success();
}

struct TileAndFuse : impl::TileAndFuseBase<TileAndFuse> {
  void runOnOperation() override {
    if (getOperation().isDeclaration())
      return;
    IRRewriter rewriter(&getContext());
    fuseElementwise(getOperation(), rewriter);
    // Readers first: what they take in is gone when its turn comes.
    while (TilingInterface last = lastUntiled())
      if (failed(tile(last, rewriter))) {
        last->emitOpError("could not be tiled");
        return signalPassFailure();
      }
    shrinkEmpty(getOperation(), rewriter);
  }

  TilingInterface lastUntiled() {
    for (Operation &op : llvm::reverse(getOperation().getBody().front()))
      if (op.hasAttr(kTileAttr))
        return cast<TilingInterface>(op);
    return nullptr;
  }
};

} // namespace
} // namespace mlir::resnet
