//===- FoldBatchNorm.cpp - batch norms on running statistics, as scale and shift -===//

#include "IR/ResnetDialect.h"
#include "Transforms/Passes.h"

#include "mlir/IR/Dominance.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/CSE.h"

namespace mlir::resnet {
#define GEN_PASS_DEF_FOLDBATCHNORM
#include "Transforms/Passes.h.inc"

static void fold(BatchNormOp op, RewriterBase &rewriter) {
  rewriter.setInsertionPoint(op);
  auto fold = FoldBatchNormOp::create(rewriter, op.getLoc(), op.getWeight(),
                                      op.getBias(), op.getMean(), op.getVar(),
                                      op.getEps());
  auto affine = ScaleShiftOp::create(rewriter, op.getLoc(), op.getX(),
                                     fold.getScale(), fold.getShift());
  if (Attribute prefix = op->getAttr(kFrozenPrefix))
    affine->setAttr(kFrozenPrefix, prefix);
  rewriter.replaceOp(op, affine);
}

namespace {
struct FoldBatchNorm : impl::FoldBatchNormBase<FoldBatchNorm> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    getOperation().walk([&](BatchNormOp op) { fold(op, rewriter); });
    // Gradients by the input brought folds of their own.
    DominanceInfo dominance(getOperation());
    eliminateCommonSubExpressions(rewriter, dominance, getOperation());
  }
};
} // namespace
} // namespace mlir::resnet
