//===- Freeze.cpp - what is frozen, what each batch norm does -------------===//

#include "Transforms/Cut.h"
#include "Transforms/ParameterTable.h"
#include "Transforms/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseSet.h"

namespace mlir::resnet {
#define GEN_PASS_DEF_FREEZE
#include "Transforms/Passes.h.inc"

/// Settles whether a training step normalises by the batch, which moves the
/// running statistics.
static LogicalResult chooseStatistics(BatchNormOp norm,
                                      const ParameterTable &parameters) {
  ParameterOp weight = parameters.readBy(norm.getWeight());
  if (!weight)
    return norm.emitOpError("has a weight that is not read from a parameter");
  norm.setBatchStatistics(weight.getTrained() || norm.getPolicy() == "batch");
  if (!norm.getBatchStatistics())
    return success();
  ParameterOp count =
      parameters.named((norm.getModule() + ".num_batches_tracked").str());
  for (ParameterOp statistic : {parameters.readBy(norm.getMean()),
                                parameters.readBy(norm.getVar()), count}) {
    if (!statistic)
      return norm.emitOpError("normalises by the batch, but not all of "
                              "running_mean, running_var and "
                              "num_batches_tracked of '")
             << norm.getModule() << "' are parameters";
    statistic.setMoves(true);
  }
  return success();
}

/// Whether an op computes the same for the same image, step after step.
static bool isRepeatable(Operation &op) {
  if (auto norm = dyn_cast<BatchNormOp>(op))
    return !norm.getBatchStatistics();
  return !isa<DropoutOp>(op) && !op.hasTrait<OpTrait::IsTerminator>();
}

/// Marks the ops that depend on images and frozen parameters alone.
static void markPrefix(func::FuncOp forward, const ParameterTable &parameters) {
  llvm::DenseSet<Value> frozen;
  frozen.insert(forward.getArguments().begin(), forward.getArguments().end());
  for (Operation &op : forward.getBody().front()) {
    op.removeAttr(kFrozenPrefix);
    if (auto read = dyn_cast<ReadOp>(op)) {
      ParameterOp parameter = parameters.readBy(read.getValue());
      if (parameter && !ParameterTable::changes(parameter))
        frozen.insert(read.getValue());
    } else if (isRepeatable(op) && llvm::all_of(op.getOperands(), [&](Value v) {
                 return frozen.contains(v);
               })) {
      frozen.insert(op.result_begin(), op.result_end());
      op.setAttr(kFrozenPrefix, UnitAttr::get(op.getContext()));
    }
  }
}

namespace {
struct Freeze : impl::FreezeBase<Freeze> {
  void runOnOperation() override {
    auto forward = getOperation().lookupSymbol<func::FuncOp>("forward");
    if (!forward) {
      getOperation().emitError("has no function @forward");
      return signalPassFailure();
    }
    ParameterTable parameters(getOperation());
    WalkResult result = forward.walk([&](BatchNormOp norm) {
      return WalkResult(chooseStatistics(norm, parameters));
    });
    if (result.wasInterrupted())
      return signalPassFailure();
    markPrefix(forward, parameters);
    chooseCut(forward, parameters);
  }
};
} // namespace
} // namespace mlir::resnet
