//===- PrepareFilters.cpp - frozen filters are transformed once -----------===//

#include "IR/WinogradDialect.h"
#include "Transforms/Algorithm.h"
#include "Transforms/ParameterTable.h"
#include "Transforms/Passes.h"
#include "Transforms/PreparedSlot.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"

namespace mlir::resnet {
#define GEN_PASS_DEF_PREPAREFILTERS
#include "Transforms/Passes.h.inc"

namespace {
struct PrepareFilters : impl::PrepareFiltersBase<PrepareFilters> {
  void runOnOperation() override {
    auto prepare = getOperation().lookupSymbol<func::FuncOp>("prepare");
    if (!prepare)
      return;
    ParameterTable parameters(getOperation());
    SymbolTable symbols(getOperation());
    llvm::StringMap<SlotOp> slots; // by parameter
    getOperation().walk([&](Conv2dOp conv) {
      ParameterOp weight = parameters.readBy(conv.getWeight());
      if (!conv.getWinograd() || winograd::isStem(*conv.getWinograd()) ||
          !weight || ParameterTable::changes(weight) ||
          !keepsFilter(cast<RankedTensorType>(weight.getType()).getDimSize(1),
                       cast<RankedTensorType>(weight.getType()).getDimSize(0)))
        return;
      SlotOp &slot = slots[weight.getSymName()];
      if (!slot)
        slot = createSlot(conv, weight.getSymName(), prepare, symbols);
      OpBuilder b(conv);
      conv.getFilterMutable().assign(ReadOp::create(
          b, conv.getLoc(), slot.getType(), slot.getSymName()));
    });
  }

  /// Named after the layer: "layer1.0.conv1.weight" gives
  /// "layer1.0.conv1.filter".
  static SlotOp createSlot(Conv2dOp conv, StringRef name, func::FuncOp prepare,
                           SymbolTable &symbols) {
    auto weight = cast<RankedTensorType>(conv.getWeight().getType());
    ArrayRef<int64_t> cover = *conv.getWinograd();
    RankedTensorType type =
        weight.clone({weight.getDimSize(0), weight.getDimSize(1), cover[0] + 2,
                      cover[1] + 2});
    name.consume_back(".weight");
    OpBuilder b(prepare.getBody().front().getTerminator());
    Value read = b.clone(*conv.getWeight().getDefiningOp())->getResult(0);
    Value filter = TransformFilterOp::create(b, conv.getLoc(), type, read);
    return makePreparedSlot(symbols, prepare, name + ".filter", filter);
  }
};
} // namespace
} // namespace mlir::resnet
