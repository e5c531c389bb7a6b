//===- ChoosePrecision.cpp - what the frozen prefix computes in bf16 ------===//

#include "Conversion/ParameterLayout.h"
#include "IR/PackedDialect.h"
#include "IR/ResnetDialect.h"
#include "Transforms/Passes.h"
#include "Transforms/Precision.h"
#include "Transforms/PreparedSlot.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringMap.h"

namespace mlir::resnet {
#define GEN_PASS_DEF_CHOOSEPRECISION
#include "Transforms/Passes.h.inc"

namespace {

/// A type as it is, in bf16.
RankedTensorType narrowed(Type type) {
  return cast<RankedTensorType>(type).clone(BFloat16Type::get(type.getContext()));
}

bool isNarrow(Value v) { return getElementTypeOrSelf(v).isBF16(); }

/// Whether pixels of the input begin at whole pairs: those in blocks of
/// channels do, those of images where a step of the window is an even number
/// of values.
bool fitsPairs(Conv2dOp op) {
  auto x = cast<RankedTensorType>(op.getX().getType());
  return !isImages(op.getX()) ||
         op.getStride() * x.getDimSize(1) % packed::kPair == 0;
}

/// The slots with what frozen weights are in bf16, written by @prepare.
class RoundedWeights {
public:
  explicit RoundedWeights(ModuleOp module)
      : symbols(module),
        prepare(module.lookupSymbol<func::FuncOp>("prepare")) {}

  /// The slot of the weight that `read` reads.
  SlotOp slotFor(ReadOp read) {
    SlotOp &slot = slots[read.getSource()];
    if (slot)
      return slot;
    Location loc = read.getLoc();
    OpBuilder b(prepare.getBody().front().getTerminator());
    Value weight =
        ReadOp::create(b, loc, read.getType(), read.getSourceAttr());
    Value rounded = RoundOp::create(b, loc, narrowed(read.getType()), weight);
    return slot = makePreparedSlot(symbols, prepare,
                                   read.getSource() + ".bf16", rounded);
  }

private:
  SymbolTable symbols;
  func::FuncOp prepare;
  llvm::StringMap<SlotOp> slots;
};

struct ChoosePrecision : impl::ChoosePrecisionBase<ChoosePrecision> {
  using ChoosePrecisionBase::ChoosePrecisionBase;

  void runOnOperation() override {
    if (precision != "f32" && precision != "bf16") {
      getOperation().emitError("precision takes \"f32\" or \"bf16\", got \"")
          << precision << '"';
      return signalPassFailure();
    }
    if (!llvm::is_contained({"auto", "direct"}, conv) &&
        !StringRef(conv).starts_with("winograd")) {
      getOperation().emitError(
          "conv takes \"auto\", \"direct\" or \"winograd\", got \"")
          << conv << '"';
      return signalPassFailure();
    }
    auto features = getOperation().lookupSymbol<func::FuncOp>("features");
    if (precision == "f32" || !features)
      return;
    OpBuilder b(&getContext());
    b.setInsertionPointAfter(features);
    cast<func::FuncOp>(b.clone(*features)).setSymName(kPlainFeatures);
    RoundedWeights weights(getOperation());
    for (auto conv : llvm::make_early_inc_range(features.getOps<Conv2dOp>()))
      if (takesBf16(conv))
        narrow(conv, weights);
    for (Operation &op : llvm::reverse(features.getBody().front()))
      if (isa<Conv2dOp, MaxPoolOp>(op) && storesBf16(op.getResult(0)))
        op.getResult(0).setType(narrowed(op.getResult(0).getType()));
  }

  bool takesBf16(Conv2dOp op) const {
    if (!fitsPairs(op) || !op.getWeight().getDefiningOp<ReadOp>())
      return false;
    std::optional<ArrayRef<int64_t>> cover = op.getWinograd();
    return !cover ||
           (conv == "auto" && bf16BeatsWinograd(convolutionShape(op), {(*cover)[0], (*cover)[1]}));
  }

  static void narrow(Conv2dOp op, RoundedWeights &weights) {
    auto read = op.getWeight().getDefiningOp<ReadOp>();
    SlotOp slot = weights.slotFor(read);
    OpBuilder b(op);
    Value rounded = ReadOp::create(b, read.getLoc(), slot.getType(), slot.getSymName());
    op.getWeightMutable().assign(rounded);
    op.removeWinogradAttr();
    if (read->use_empty())
      read.erase();
  }

  /// Whether it costs no reader anything to find the value in bf16, and helps
  /// one: a convolution in bf16 rounds what it reads, and a maximum of rounded
  /// values is the rounded maximum. Residuals are read with one more
  /// instruction. Records are float32.
  static bool storesBf16(Value v) {
    bool rounds = false;
    for (OpOperand &use : v.getUses()) {
      auto conv = dyn_cast<Conv2dOp>(use.getOwner());
      auto pool = dyn_cast<MaxPoolOp>(use.getOwner());
      bool input = conv && use.get() == conv.getX();
      if ((!conv && !pool) || (input && !isNarrow(conv.getWeight())) ||
          (pool && (pool.getWinner() || !isNarrow(pool.getY()))))
        return false;
      rounds |= input || pool;
    }
    return rounds;
  }
};

} // namespace
} // namespace mlir::resnet
