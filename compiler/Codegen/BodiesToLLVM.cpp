//===- BodiesToLLVM.cpp - a function's body, at once ----------------------===//

#include "Codegen/Passes.h"

#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/IndexToLLVM/IndexToLLVM.h"
#include "mlir/Conversion/LLVMCommon/ConversionTarget.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/MemRefToLLVM/MemRefToLLVM.h"
#include "mlir/Conversion/VectorToLLVM/ConvertVectorToLLVM.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Vector/Transforms/LoweringPatterns.h"

namespace mlir::resnet {
#define GEN_PASS_DEF_BODIESTOLLVM
#include "Codegen/Passes.h.inc"

namespace {

/// What all functions are converted by, from several threads.
struct Rules {
  explicit Rules(MLIRContext *context) : types(context), target(*context) {
    RewritePatternSet set(context);
    vector::populateVectorBroadcastLoweringPatterns(set);
    populateVectorToLLVMConversionPatterns(types, set);
    populateMathToLLVMConversionPatterns(types, set);
    arith::populateCeilFloorDivExpandOpsPatterns(set);
    arith::populateArithToLLVMConversionPatterns(types, set);
    index::populateIndexToLLVMConversionPatterns(types, set);
    populateFinalizeMemRefToLLVMConversionPatterns(types, set);
    cf::populateControlFlowToLLVMConversionPatterns(types, set);
    patterns = std::move(set);
    target.addLegalOp<UnrealizedConversionCastOp>();
  }

  LLVMTypeConverter types;
  LLVMConversionTarget target;
  FrozenRewritePatternSet patterns;
};

struct BodiesToLLVM : impl::BodiesToLLVMBase<BodiesToLLVM> {
  LogicalResult initialize(MLIRContext *context) override {
    rules = std::make_shared<Rules>(context);
    return success();
  }

  void runOnOperation() override {
    if (!getOperation().isExternal() && failed(applyPartialConversion(getOperation(), rules->target, rules->patterns)))
      signalPassFailure();
  }

  std::shared_ptr<Rules> rules;
};

} // namespace
} // namespace mlir::resnet
