//===- TileAndFuse.cpp - parallel loops around ops ------------------------===//

#include "Codegen/Passes.h"
#include "Conversion/Lowering.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SCF/Transforms/TileUsingInterface.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Tensor/Transforms/Transforms.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::resnet {
#define GEN_PASS_DEF_TILEANDFUSE
#include "Codegen/Passes.h.inc"

namespace {

/// Contractions and fills with one reader are worth computing inside the reader's loop; all else would be moved for nothing.
bool fuses(OpResult producer) {
  if (isa<linalg::FillOp>(producer.getOwner()))
    return true;
  auto generic = dyn_cast<linalg::GenericOp>(producer.getOwner());
  return generic && generic.getNumReductionLoops() > 0 && generic->hasAttr(kTileAttr) && producer.hasOneUse();
}

LogicalResult tile(linalg::LinalgOp op, IRRewriter &rewriter) {
  SmallVector<OpFoldResult> sizes;
  for (int64_t size : op->getAttrOfType<DenseI64ArrayAttr>(kTileAttr).asArrayRef())
    sizes.push_back(rewriter.getIndexAttr(size));
  op->removeAttr(kTileAttr);
  scf::SCFTileAndFuseOptions options;
  options.tilingOptions.setTileSizes(sizes);
  options.tilingOptions.setLoopType(scf::SCFTilingOptions::LoopType::ForallOp);
  options.setFusionControlFn(
      [](tensor::ExtractSliceOp, OpResult producer, bool) -> std::optional<scf::SCFTileAndFuseOptions::ControlFnResult> {
        if (!fuses(producer))
          return std::nullopt;
        return scf::SCFTileAndFuseOptions::ControlFnResult{};
      });
  rewriter.setInsertionPoint(op);
  auto tiled = scf::tileConsumerAndFuseProducersUsingSCF(rewriter, cast<TilingInterface>(op.getOperation()), options);
  if (failed(tiled))
    return failure();
  for (Operation *inner : tiled->tiledAndFusedOps)
    inner->removeAttr(kTileAttr);
  SmallVector<Value> replacements;
  for (Value result : op->getResults())
    replacements.push_back(tiled->replacements.at(result));
  rewriter.replaceOp(op, replacements);
  for (Operation *producer : tiled->fusedProducers)
    if (isOpTriviallyDead(producer))
      rewriter.eraseOp(producer);
  return success();
}

struct TileAndFuse : impl::TileAndFuseBase<TileAndFuse> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    // Readers first: what they take in is gone when its turn comes.
    while (true) {
      linalg::LinalgOp last;
      getOperation().walk([&](linalg::LinalgOp op) {
        if (op->hasAttr(kTileAttr))
          last = op;
      });
      if (!last)
        break;
      if (failed(tile(last, rewriter))) {
        last->emitOpError("could not be tiled");
        return signalPassFailure();
      }
    }
    RewritePatternSet patterns(&getContext());
    tensor::populateFoldTensorEmptyPatterns(patterns);
    affine::AffineApplyOp::getCanonicalizationPatterns(patterns, &getContext());
    tensor::ExtractSliceOp::getCanonicalizationPatterns(patterns, &getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
} // namespace mlir::resnet
