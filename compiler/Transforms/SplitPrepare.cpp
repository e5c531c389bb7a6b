//===- SplitPrepare.cpp - what each precision alone needs prepared --------===//

#include "IR/ResnetDialect.h"
#include "Transforms/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/StringMap.h"

namespace mlir::resnet {
#define GEN_PASS_DEF_SPLITPREPARE
#include "Transforms/Passes.h.inc"

namespace {

/// Which of the two precisions a function belongs to; none where it is both's.
std::optional<StringRef> precisionOf(func::FuncOp func) {
  StringRef name = func.getName();
  if (name == kCalibrate || name.starts_with(kPlainFeatures))
    return StringRef(kPlainFeatures);
  if (seamName(name) == "features")
    return StringRef("features");
  return std::nullopt;
}

struct SplitPrepare : impl::SplitPrepareBase<SplitPrepare> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto prepare = module.lookupSymbol<func::FuncOp>("prepare");
    if (!prepare || !module.lookupSymbol(kPlainFeatures))
      return;
    markSlots();
    OpBuilder b(&getContext());
    b.setInsertionPointAfter(prepare);
    auto plain = cast<func::FuncOp>(b.clone(*prepare));
    plain.setSymName(kPlainPrepare);
    eraseWrites(prepare, kPlainFeatures);
    eraseWrites(plain, "features");
  }

  void markSlots() {
    struct Readers {
      bool narrow = false, plain = false, both = false;
    };
    llvm::StringMap<Readers> readers;
    for (auto func : getOperation().getOps<func::FuncOp>()) {
      std::optional<StringRef> of = precisionOf(func);
      func.walk([&](ReadOp read) {
        Readers &r = readers[read.getSource()];
        (!of ? r.both : *of == "features" ? r.narrow : r.plain) = true;
      });
    }
    for (auto slot : getOperation().getOps<SlotOp>()) {
      Readers r = readers.lookup(slot.getSymName());
      if (slot.getWhen() == "prepare" && !r.both && r.narrow != r.plain)
        slot.setOnly(r.narrow ? StringRef("features") : StringRef(kPlainFeatures));
    }
  }

  /// Takes out of a function what it prepares for the precision `only` alone.
  void eraseWrites(func::FuncOp prepare, StringRef only) {
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(prepare.getBody().front()))) {
      auto write = dyn_cast<WriteOp>(op);
      if (isOpTriviallyDead(&op) || (write && getOperation().lookupSymbol<SlotOp>(write.getSlot()).getOnly() == only))
        op.erase();
    }
  }
};

} // namespace
} // namespace mlir::resnet
