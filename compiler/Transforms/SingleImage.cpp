//===- SingleImage.cpp - inference of one image, by other algorithms ------===//

#include "IR/ResnetDialect.h"
#include "Transforms/Algorithm.h"
#include "Transforms/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::resnet {
#define GEN_PASS_DEF_SINGLEIMAGE
#include "Transforms/Passes.h.inc"

/// Whether Winograd's algorithm serves a batch alone: a filter that is
/// transformed on the way, for the few tiles of one image.
static bool servesBatchesAlone(Conv2dOp conv) {
  std::optional<ArrayRef<int64_t>> cover = conv.getWinograd();
  auto weight = cast<RankedTensorType>(conv.getWeight().getType());
  return cover && !keepsFilter(weight.getDimSize(1), weight.getDimSize(0)) &&
         !prefersWinogradForOne(
             cast<RankedTensorType>(conv.getY().getType()).getShape(), *cover);
}

namespace {
struct SingleImage : impl::SingleImageBase<SingleImage> {
  void runOnOperation() override {
    for (StringRef name : {StringRef("features"), StringRef(kPlainFeatures), StringRef("logits")}) {
      auto function = getOperation().lookupSymbol<func::FuncOp>(name);
      if (!function || llvm::none_of(function.getOps<Conv2dOp>(),
                                     servesBatchesAlone))
        continue;
      OpBuilder b(function);
      b.setInsertionPointAfter(function);
      auto single = cast<func::FuncOp>(b.clone(*function));
      single.setSymName((name + kSingleSuffix).str());
      for (auto conv : single.getOps<Conv2dOp>())
        if (servesBatchesAlone(conv))
          conv.removeWinogradAttr();
    }
  }
};
} // namespace
} // namespace mlir::resnet
