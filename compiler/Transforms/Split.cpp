//===- Split.cpp - from @forward and @gradients to the functions of the seam -===//

#include "Transforms/ParameterTable.h"
#include "Transforms/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/DenseMap.h"

namespace mlir::resnet {
#define GEN_PASS_DEF_SPLIT
#include "Transforms/Passes.h.inc"

//===----------------------------------------------------------------------===//
// Folded batch norms become slots
//===----------------------------------------------------------------------===//

namespace {
/// The slots of the module, with the functions that write them.
class Slots {
public:
  explicit Slots(ModuleOp module, func::FuncOp forward)
      : parameters(module), symbols(module), slotBuilder(forward) {
    prepare = createFunction("prepare", forward);
    refresh = createFunction("refresh", forward);
    slotBuilder.setInsertionPoint(prepare);
  }

  /// Replaces the folds in `function` by reads of slots. Those that training
  /// changes are left where `allowRefresh` is false: a training step needs
  /// their present values, @refresh runs before an evaluation only.
  LogicalResult replaceFolds(func::FuncOp function, bool allowRefresh);

private:
  /// What a fold is computed from: four parameters' names and eps.
  using Key = ArrayAttr;

  static func::FuncOp createFunction(StringRef name, func::FuncOp before);
  FailureOr<std::pair<Key, bool>> inspect(FoldBatchNormOp fold) const;
  std::pair<SlotOp, SlotOp> slotsFor(FoldBatchNormOp fold, Key key,
                                     bool changes);
  SlotOp createSlot(FoldBatchNormOp fold, StringRef suffix, StringRef when);

  ParameterTable parameters;
  SymbolTable symbols;
  OpBuilder slotBuilder;
  func::FuncOp prepare, refresh;
  llvm::DenseMap<Attribute, std::pair<SlotOp, SlotOp>> slots;
};
} // namespace

func::FuncOp Slots::createFunction(StringRef name, func::FuncOp before) {
  OpBuilder b(before);
  auto function =
      func::FuncOp::create(b, before.getLoc(), name, b.getFunctionType({}, {}));
  b.setInsertionPointToStart(function.addEntryBlock());
  func::ReturnOp::create(b, before.getLoc());
  return function;
}

/// The key of a fold, and whether training changes what it is computed from.
FailureOr<std::pair<Slots::Key, bool>>
Slots::inspect(FoldBatchNormOp fold) const {
  SmallVector<Attribute> key{fold.getEpsAttr()};
  bool changes = false;
  for (Value operand : fold->getOperands()) {
    ParameterOp parameter = parameters.readBy(operand);
    if (!parameter)
      return fold.emitOpError(
          "has an operand that is not read from a parameter");
    key.push_back(parameter.getSymNameAttr());
    changes |= ParameterTable::changes(parameter);
  }
  return std::make_pair(ArrayAttr::get(fold.getContext(), key), changes);
}

/// Named after the batch norm: "bn1.weight" gives "bn1.scale".
SlotOp Slots::createSlot(FoldBatchNormOp fold, StringRef suffix,
                         StringRef when) {
  StringRef module = parameters.readBy(fold.getWeight()).getSymName();
  module.consume_back(".weight");
  auto slot =
      SlotOp::create(slotBuilder, fold.getLoc(), (module + suffix).str(), when, StringAttr(),
                     fold.getScale().getType());
  symbols.insert(slot); // renames it where the name is taken
  return slot;
}

std::pair<SlotOp, SlotOp> Slots::slotsFor(FoldBatchNormOp fold, Key key,
                                          bool changes) {
  auto [entry, isNew] = slots.try_emplace(key);
  if (!isNew)
    return entry->second;
  StringRef when = changes ? "refresh" : "prepare";
  SlotOp scale = createSlot(fold, ".scale", when),
         shift = createSlot(fold, ".shift", when);
  OpBuilder b((changes ? refresh : prepare).getBody().front().getTerminator());
  IRMapping map;
  for (Value operand : fold->getOperands())
    if (!map.contains(operand))
      map.map(operand, b.clone(*operand.getDefiningOp())->getResult(0));
  auto copy = cast<FoldBatchNormOp>(b.clone(*fold, map));
  WriteOp::create(b, fold.getLoc(), scale.getSymName(), copy.getScale());
  WriteOp::create(b, fold.getLoc(), shift.getSymName(), copy.getShift());
  return entry->second = {scale, shift};
}

LogicalResult Slots::replaceFolds(func::FuncOp function, bool allowRefresh) {
  for (auto fold :
       llvm::make_early_inc_range(function.getOps<FoldBatchNormOp>())) {
    FailureOr<std::pair<Key, bool>> facts = inspect(fold);
    if (failed(facts))
      return failure();
    auto [key, changes] = *facts;
    if (changes && !allowRefresh)
      continue;
    auto [scale, shift] = slotsFor(fold, key, changes);
    OpBuilder b(fold);
    fold.getScale().replaceAllUsesWith(
        ReadOp::create(b, fold.getLoc(), scale.getType(), scale.getSymName()));
    fold.getShift().replaceAllUsesWith(
        ReadOp::create(b, fold.getLoc(), shift.getType(), shift.getSymName()));
    fold.erase();
  }
  return success();
}

//===----------------------------------------------------------------------===//
// The frozen prefix
//===----------------------------------------------------------------------===//

/// Values of a function that may be recorded: the images, then the results of
/// the prefix's ops in program order.
static SmallVector<Value> prefixValues(func::FuncOp function) {
  SmallVector<Value> values{function.getArgument(0)};
  for (Operation &op : function.getBody().front())
    if (op.hasAttr(kFrozenPrefix))
      values.append(op.result_begin(), op.result_end());
  return values;
}

static bool leavesPrefix(Value value) {
  return llvm::any_of(value.getUsers(), [](Operation *user) {
    return !user->hasAttr(kFrozenPrefix);
  });
}

static void eraseDeadOps(func::FuncOp function) {
  for (Operation &op :
       llvm::make_early_inc_range(llvm::reverse(function.getBody().front())))
    if (isOpTriviallyDead(&op))
      op.erase();
}

/// Makes @features: the prefix of `forward` alone, giving the records.
static void createFeatures(func::FuncOp forward, ArrayRef<Value> records) {
  OpBuilder b(forward);
  IRMapping map;
  auto features = cast<func::FuncOp>(b.clone(*forward, map));
  features.setSymName("features");
  Operation *end = features.getBody().front().getTerminator();
  end->setOperands(llvm::map_to_vector(
      records, [&](Value record) { return map.lookup(record); }));
  features.setFunctionType(
      b.getFunctionType(features.getArgumentTypes(), end->getOperandTypes()));
  eraseDeadOps(features);
}

/// Replaces the images by the records as arguments, and drops what computed
/// them.
static LogicalResult cutPrefix(func::FuncOp function, ArrayRef<Value> records) {
  for (auto [index, value] : llvm::enumerate(records)) {
    Value record = value;
    unsigned at = index + 1;
    if (failed(function.insertArgument(at, record.getType(), DictionaryAttr(),
                                       record.getLoc())))
      return failure();
    record.replaceAllUsesWith(function.getArgument(at));
  }
  eraseDeadOps(function);
  return function.eraseArgument(0);
}

static LogicalResult splitPrefix(func::FuncOp forward, func::FuncOp gradients) {
  SmallVector<Value> inForward = prefixValues(forward),
                     inGradients = prefixValues(gradients);
  if (!llvm::equal(
          llvm::map_range(inForward, [](Value v) { return v.getType(); }),
          llvm::map_range(inGradients, [](Value v) { return v.getType(); })))
    return gradients.emitOpError("has another frozen prefix than @forward");
  SmallVector<Value> forwardRecords, gradientsRecords;
  for (auto [a, b] : llvm::zip_equal(inForward, inGradients)) {
    if (!leavesPrefix(a) && !leavesPrefix(b))
      continue;
    forwardRecords.push_back(a);
    gradientsRecords.push_back(b);
  }
  // Where nothing but the images crosses, nothing is computed before: an image
  // is its own record.
  if (llvm::any_of(forwardRecords, [](Value record) {
        return record.getDefiningOp() != nullptr;
      })) {
    if (llvm::is_contained(forwardRecords, Value(forward.getArgument(0))))
      return forward.emitOpError("reads the images both in the frozen prefix "
                                 "and behind it; a record holds no images");
    createFeatures(forward, forwardRecords);
    if (failed(cutPrefix(forward, forwardRecords)) ||
        failed(cutPrefix(gradients, gradientsRecords)))
      return failure();
  }
  forward.setSymName("logits");
  return success();
}

namespace {
struct Split : impl::SplitBase<Split> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto forward = module.lookupSymbol<func::FuncOp>("forward");
    auto gradients = module.lookupSymbol<func::FuncOp>("gradients");
    if (!forward || forward.getNumArguments() != 1 || !gradients ||
        gradients.getNumArguments() != 2) {
      module.emitError("has no functions @forward(images) and "
                       "@gradients(images, labels) to split");
      return signalPassFailure();
    }
    Slots slots(module, forward);
    if (failed(slots.replaceFolds(forward, /*allowRefresh=*/true)) ||
        failed(slots.replaceFolds(gradients, /*allowRefresh=*/false)) ||
        failed(splitPrefix(forward, gradients)))
      return signalPassFailure();
    for (auto function : module.getOps<func::FuncOp>()) {
      eraseDeadOps(function);
      function.walk([](Operation *op) { op->removeAttr(kFrozenPrefix); });
    }
  }
};
} // namespace
} // namespace mlir::resnet
