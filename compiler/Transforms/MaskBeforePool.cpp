//===- MaskBeforePool.cpp - a ReLU's gradient on a pool's side -------------===//

#include "IR/ResnetDialect.h"
#include "Transforms/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::resnet {
#define GEN_PASS_DEF_MASKBEFOREPOOL
#include "Transforms/Passes.h.inc"

namespace {

/// The pool behind `y` whose winners these are.
MaxPoolOp poolOf(Value y, Value winner) {
  for (Operation *user : y.getUsers())
    if (auto pool = dyn_cast<MaxPoolOp>(user); pool && pool.getWinner() == winner)
      return pool;
  return {};
}

/// relu_grad(max_pool_grad(dy, winner), y) is max_pool_grad(relu_grad(dy, max_pool(y)), winner): what a window's winner is, is what the pool gave.
void swap(ReluGradOp mask) {
  auto routed = mask.getDy().getDefiningOp<MaxPoolGradOp>();
  MaxPoolOp pool = routed && routed->hasOneUse() ? poolOf(mask.getY(), routed.getWinner()) : MaxPoolOp();
  if (!pool)
    return;
  OpBuilder b(routed);
  auto masked = ReluGradOp::create(b, mask.getLoc(), routed.getDy(), pool.getY());
  routed.getDyMutable().assign(masked.getDx());
  mask.replaceAllUsesWith(routed.getDx());
  mask.erase();
}

struct MaskBeforePool : impl::MaskBeforePoolBase<MaskBeforePool> {
  void runOnOperation() override {
    SmallVector<ReluGradOp> masks;
    getOperation().walk([&](ReluGradOp mask) { masks.push_back(mask); });
    for (ReluGradOp mask : masks)
      swap(mask);
  }
};

} // namespace
} // namespace mlir::resnet
