//===- VerifySplit.cpp - the invariant after Transforms -------------------===//

#include "Transforms/ParameterTable.h"
#include "Transforms/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringSwitch.h"

namespace mlir::resnet {
#define GEN_PASS_DEF_VERIFYSPLIT
#include "Transforms/Passes.h.inc"

namespace {
enum class Role { Prepare, Refresh, Features, Gradients, Logits, Unknown };
} // namespace

static Role roleOf(func::FuncOp function) {
  return llvm::StringSwitch<Role>(seamName(function.getSymName()))
      .Case("prepare", Role::Prepare)
      .Case("refresh", Role::Refresh)
      .Cases({"features", kCalibrate}, Role::Features)
      .Case("gradients", Role::Gradients)
      .Case("logits", Role::Logits)
      .Default(Role::Unknown);
}

/// The ops that each function may hold.
static bool isAllowed(Operation &op, Role role) {
  if (isa<ReadOp, func::ReturnOp>(op))
    return true;
  if (role == Role::Prepare || role == Role::Refresh)
    return isa<FoldBatchNormOp, WriteOp>(op) ||
           (role == Role::Prepare && isa<TransformFilterOp, RoundOp, QuantizeWeightOp, FoldScalesOp, ScaleRatioOp>(op));
  if (isa<QuantizeOp, HistogramOp>(op))
    return role == Role::Features;
  if (auto pool = dyn_cast<MaxPoolOp>(op); pool && pool.getWinner())
    return role == Role::Gradients;
  if (isa<Conv2dOp, ScaleShiftOp, ReluOp, AddOp, MaxPoolOp, GlobalAvgPoolOp,
          LinearOp>(op))
    return true;
  return role == Role::Gradients &&
         isa<FoldBatchNormOp, BatchNormBatchOp, NormalizeOp, UpdateStatisticsOp, DropoutOp,
             SoftmaxCrossEntropyOp, Conv2dDxOp, Conv2dDwOp, ReluGradOp,
             BatchNormSumsOp, BatchNormDxOp, ChannelSumOp, MaxPoolGradOp,
             GlobalAvgPoolGradOp, LinearDxOp, LinearDwOp, AccumulateGradientOp>(
             op);
}

/// What each function may read: what training changes is seen by neither
/// @prepare nor @features, and by @gradients never through a slot, which would
/// be stale, nor as a running statistic, which it moves.
static LogicalResult checkRead(ReadOp read, Role role,
                               const SymbolTable &symbols) {
  Operation *source = symbols.lookup(read.getSource());
  bool changes = false, isSlot = false;
  if (auto slot = dyn_cast<SlotOp>(source)) {
    isSlot = true;
    changes = slot.getWhen() == "refresh";
  } else if (auto parameter = dyn_cast<ParameterOp>(source)) {
    changes = role == Role::Gradients ? parameter.getMoves()
                                      : ParameterTable::changes(parameter);
  }
  if (isSlot && (role == Role::Prepare || role == Role::Refresh))
    return read.emitOpError("of slot @")
           << read.getSource() << " where slots are only written";
  if (changes && role != Role::Refresh && role != Role::Logits)
    return read.emitOpError("of @")
           << read.getSource()
           << ", which training changes, outside @refresh and @logits";
  return success();
}

namespace {
struct VerifySplit : impl::VerifySplitBase<VerifySplit> {
  void runOnOperation() override {
    if (failed(checkModule()) || failed(checkRecords()) ||
        failed(checkSlots()) || failed(checkTrained()) || failed(checkLoss()))
      signalPassFailure();
  }

private:
  LogicalResult checkModule();
  LogicalResult checkFunction(func::FuncOp function,
                              const SymbolTable &symbols);
  LogicalResult checkCopy(func::FuncOp copy);
  LogicalResult checkRecords();
  LogicalResult checkSlots();
  LogicalResult checkTrained();
  LogicalResult checkLoss();

  func::FuncOp function(StringRef name) {
    return getOperation().lookupSymbol<func::FuncOp>(name);
  }
};
} // namespace

LogicalResult VerifySplit::checkModule() {
  SymbolTable symbols(getOperation());
  for (StringRef name : {"prepare", "refresh", "gradients", "logits"})
    if (!function(name))
      return getOperation().emitError("has no function @") << name;
  for (Operation &op : *getOperation().getBody()) {
    if (isa<ParameterOp, SlotOp, ScaleOp>(op))
      continue;
    auto func = dyn_cast<func::FuncOp>(op);
    if (!func || roleOf(func) == Role::Unknown || !func.getBody().hasOneBlock())
      return op.emitOpError("is neither a parameter, a slot, a scale nor a function of "
                            "the seam with one block");
    if (failed(checkFunction(func, symbols)) || failed(checkCopy(func)))
      return failure();
  }
  return success();
}

LogicalResult VerifySplit::checkFunction(func::FuncOp function,
                                         const SymbolTable &symbols) {
  Role role = roleOf(function);
  for (Operation &op : function.getBody().front()) {
    if (!isAllowed(op, role))
      return op.emitOpError("must not be in @")
             << function.getSymName() << " after --resnet-split";
    if (isOpTriviallyDead(&op))
      return op.emitOpError("computes what no one reads");
    if (op.hasAttr(kFrozenPrefix))
      return op.emitOpError("is still marked ") << kFrozenPrefix;
    if (auto read = dyn_cast<ReadOp>(op);
        read && failed(checkRead(read, role, symbols)))
      return failure();
  }
  return success();
}

/// A copy, for one image or in another precision, stands in for the function it
/// is named after.
LogicalResult VerifySplit::checkCopy(func::FuncOp copy) {
  StringRef of = seamName(copy.getSymName());
  if (copy.getSymName() == of)
    return success();
  func::FuncOp original = function(of);
  Role role = roleOf(copy);
  if (!original || (role != Role::Features && role != Role::Logits && copy.getSymName() != kPlainPrepare))
    return copy.emitOpError("is a copy of @")
           << of << "; only @features, @logits and @prepare have copies, beside them";
  if (copy.getFunctionType() != original.getFunctionType())
    return copy.emitOpError("is of type ")
           << copy.getFunctionType() << ", expected that of @" << of << ", "
           << original.getFunctionType();
  return success();
}

/// @features gives what @logits and @gradients take; without it they take the
/// images.
LogicalResult VerifySplit::checkRecords() {
  func::FuncOp features = function("features"), logits = function("logits"),
               gradients = function("gradients");
  ArrayRef<Type> records = logits.getArgumentTypes();
  if (features && features.getResultTypes() != records)
    return features.emitOpError("gives other records than @logits takes");
  if (gradients.getArgumentTypes().empty() ||
      gradients.getArgumentTypes().drop_back() != records)
    return gradients.emitOpError("takes other records than @logits");
  if (gradients.getNumResults() != 0 || logits.getNumResults() != 1)
    return gradients.emitOpError("must give nothing, and @logits one tensor");
  return success();
}

/// Each slot is written once, by the function that it names, and by @prepare_f32
/// unless @features alone reads it.
LogicalResult VerifySplit::checkSlots() {
  struct Writer {
    StringRef name, foreign; ///< a function, and that one of the features whose own slots it does not write
    llvm::StringMap<int> writes;
  };
  Writer writers[] = {{"prepare", kPlainFeatures, {}}, {"refresh", "", {}}, {kPlainPrepare, "features", {}}};
  for (Writer &writer : writers)
    if (func::FuncOp from = function(writer.name))
      for (auto write : from.getOps<WriteOp>()) {
        auto slot = getOperation().lookupSymbol<SlotOp>(write.getSlot());
        if (slot.getWhen() != seamName(writer.name) || slot.getOnly() == writer.foreign)
          return write.emitOpError("to a slot of @") << slot.getOnly().value_or(slot.getWhen()) << " in @" << writer.name;
        ++writer.writes[write.getSlot()];
      }
  for (Writer &writer : writers)
    if (function(writer.name)) // @prepare_f32 stands beside another precision alone
      for (auto slot : getOperation().getOps<SlotOp>())
        if (slot.getWhen() == seamName(writer.name) && slot.getOnly() != writer.foreign)
          if (int count = writer.writes.lookup(slot.getSymName()); count != 1)
            return slot.emitOpError("must be written once in @") << writer.name << ", got " << count;
  return success();
}

/// Each trained parameter gets one gradient, no other gets any.
LogicalResult VerifySplit::checkTrained() {
  llvm::StringMap<int> gradients;
  for (auto op : function("gradients").getOps<AccumulateGradientOp>())
    ++gradients[op.getParameter()];
  for (auto parameter : getOperation().getOps<ParameterOp>())
    if (int count = gradients.lookup(parameter.getSymName());
        count != int(parameter.getTrained()))
      return parameter.emitOpError("gets ")
             << count << " gradients, expected " << int(parameter.getTrained());
  return success();
}

/// One loss is what a call has room for.
LogicalResult VerifySplit::checkLoss() {
  auto losses = function("gradients").getOps<SoftmaxCrossEntropyOp>();
  if (auto count = std::distance(losses.begin(), losses.end()); count != 1)
    return function("gradients").emitOpError("must hold one softmax_cross_entropy, got ") << count;
  return success();
}
} // namespace mlir::resnet
