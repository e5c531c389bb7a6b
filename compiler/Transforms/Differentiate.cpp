//===- Differentiate.cpp - from @forward to @gradients --------------------===//

#include "Transforms/Gradients.h"
#include "Transforms/Passes.h"

#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/TypeSwitch.h"

namespace mlir::resnet {
#define GEN_PASS_DEF_DIFFERENTIATE
#include "Transforms/Passes.h.inc"

/// PyTorch's default: what a batch counts for in the running statistics.
static constexpr double kStatisticsMomentum = 0.1;

/// Replaces a batch norm by the one that normalises by the batch and moves the
/// running statistics.
static void normaliseByBatch(BatchNormOp op, OpBuilder &b, IRMapping &map,
                             const ParameterTable &parameters) {
  Value x = map.lookup(op.getX());
  auto batch = BatchNormBatchOp::create(
      b, op.getLoc(), x, map.lookup(op.getWeight()), map.lookup(op.getBias()),
      /*residual=*/Value(), op.getEps());
  UpdateStatisticsOp::create(
      b, op.getLoc(), parameters.readBy(op.getMean()).getSymName(),
      parameters.readBy(op.getVar()).getSymName(), batch.getMean(),
      batch.getVar(), x, llvm::APFloat(kStatisticsMomentum));
  map.map(op.getY(), batch.getY());
}

/// Copies a max pool so that it keeps its winners.
static void keepWinner(MaxPoolOp op, OpBuilder &b, IRMapping &map) {
  auto y = cast<RankedTensorType>(op.getY().getType());
  auto pool = MaxPoolOp::create(b, op.getLoc(), y, y.clone(b.getI8Type()),
                                map.lookup(op.getX()), op.getKernel(),
                                op.getStride(), op.getPadding());
  map.map(op.getY(), pool.getY());
}

/// Begins @gradients with the forward program in training form; returns the
/// logits.
static Value buildForward(func::FuncOp forward, OpBuilder &b, IRMapping &map,
                          const ParameterTable &parameters) {
  Needs needs(forward, parameters);
  llvm::DenseMap<Attribute, Value>
      reads; // one read a parameter, so that its gradient is one sum
  Block &block = forward.getBody().front();
  for (Operation &op : block.without_terminator()) {
    if (auto norm = dyn_cast<BatchNormOp>(op);
        norm && norm.getBatchStatistics()) {
      normaliseByBatch(norm, b, map, parameters);
    } else if (auto pool = dyn_cast<MaxPoolOp>(op);
               pool && needs.dx(pool.getX())) {
      keepWinner(pool, b, map);
    } else if (auto read = dyn_cast<ReadOp>(op)) {
      Value &value = reads[read.getSourceAttr()];
      if (!value)
        value = b.clone(op)->getResult(0);
      map.map(read.getValue(), value);
    } else {
      b.clone(op, map);
    }
  }
  return map.lookup(block.getTerminator()->getOperand(0));
}

namespace {
/// Gradients of the loss by each value, from the logits backwards.
class ReverseWalk {
public:
  ReverseWalk(const Needs &needs, OpBuilder &builder)
      : needs(needs), builder(builder) {}

  void add(Value value, Value gradient) {
    Value &sum = gradients[value];
    sum = sum ? AddOp::create(builder, gradient.getLoc(), sum, gradient).getY()
              : gradient;
  }

  /// Visits the ops in reverse order, so that all uses of a value come before
  /// it.
  LogicalResult run(ArrayRef<Operation *> forward) {
    for (Operation *op : llvm::reverse(forward)) {
      Value dy =
          op->getNumResults() ? gradients.lookup(op->getResult(0)) : Value();
      if (!dy)
        continue;
      if (auto read = dyn_cast<ReadOp>(op)) {
        // Right behind the gradient, which then need not be kept.
        OpBuilder after(builder);
        after.setInsertionPointAfterValue(dy);
        AccumulateGradientOp::create(after, read.getLoc(), read.getSourceAttr(),
                                     dy);
        continue;
      }
      FailureOr<Contributions> contributions =
          gradientsOf(op, dy, needs, builder);
      if (failed(contributions))
        return failure();
      for (Contribution contribution : *contributions)
        add(contribution.operand, contribution.gradient);
    }
    return success();
  }

private:
  const Needs &needs;
  OpBuilder &builder;
  llvm::DenseMap<Value, Value> gradients;
};
} // namespace

/// Every trained parameter is there to be trained; a missing gradient would
/// freeze it silently.
static LogicalResult checkAllReached(ModuleOp module, func::FuncOp gradients) {
  llvm::DenseSet<StringRef> reached;
  gradients.walk(
      [&](AccumulateGradientOp op) { reached.insert(op.getParameter()); });
  if (reached.empty())
    return module.emitError(
        "trains nothing: no parameter that the logits depend on is `trained`");
  for (auto parameter : module.getOps<ParameterOp>())
    if (parameter.getTrained() && !reached.contains(parameter.getSymName()))
      return parameter.emitOpError(
          "is trained, but the logits do not depend on it");
  return success();
}

static LogicalResult buildGradients(ModuleOp module, func::FuncOp forward) {
  OpBuilder b(module.getContext());
  b.setInsertionPointAfter(forward);
  Type images = forward.getArgumentTypes()[0];
  auto labels = RankedTensorType::get(
      {cast<RankedTensorType>(images).getDimSize(0)}, b.getI64Type());
  auto gradients =
      func::FuncOp::create(b, forward.getLoc(), "gradients",
                           b.getFunctionType({images, labels}, {}));
  b.setInsertionPointToStart(gradients.addEntryBlock());

  ParameterTable parameters(module);
  IRMapping map;
  map.map(forward.getArgument(0), gradients.getArgument(0));
  Value logits = buildForward(forward, b, map, parameters);
  SmallVector<Operation *> ops;
  for (Operation &op : gradients.getBody().front())
    ops.push_back(&op);

  auto loss = SoftmaxCrossEntropyOp::create(b, forward.getLoc(), logits,
                                            gradients.getArgument(1));
  Needs needs(gradients, parameters);
  ReverseWalk walk(needs, b);
  walk.add(logits, loss.getDlogits());
  if (failed(walk.run(ops)))
    return failure();
  func::ReturnOp::create(b, forward.getLoc());
  return checkAllReached(module, gradients);
}

namespace {
struct Differentiate : impl::DifferentiateBase<Differentiate> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto forward = module.lookupSymbol<func::FuncOp>("forward");
    if (!forward || forward.getNumArguments() != 1 ||
        forward.getNumResults() != 1) {
      module.emitError("has no function @forward from images to logits");
      return signalPassFailure();
    }
    if (Operation *old = module.lookupSymbol("gradients")) {
      old->emitError("@gradients is there already");
      return signalPassFailure();
    }
    if (failed(buildGradients(module, forward)))
      return signalPassFailure();
    for (auto dropout :
         llvm::make_early_inc_range(forward.getOps<DropoutOp>())) {
      dropout.getY().replaceAllUsesWith(dropout.getX());
      dropout.erase();
    }
  }
};
} // namespace
} // namespace mlir::resnet
