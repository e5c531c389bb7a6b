//===- AbiToLLVM.cpp - fields of a call as loads --------------------------===//

#include "Codegen/Passes.h"
#include "IR/AbiDialect.h"

#include "mlir/Conversion/LLVMCommon/MemRefBuilder.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace mlir::resnet {
#define GEN_PASS_DEF_ABITOLLVM
#include "Codegen/Passes.h.inc"

namespace {

Value loadField(OpBuilder &b, Location loc, Value call, StringRef field, Type type) {
  int64_t offset = abi::lookUpField(field)->offset;
  Value address = LLVM::GEPOp::create(b, loc, call.getType(), b.getI8Type(), call, LLVM::GEPArg(static_cast<int32_t>(offset)));
  return LLVM::LoadOp::create(b, loc, type, address, /*alignment=*/8, /*isVolatile=*/false, /*isNonTemporal=*/false,
                              /*isInvariant=*/true);
}

/// The dense descriptor of a buffer.
Value describe(OpBuilder &b, Location loc, abi::BufferOp op, const LLVMTypeConverter &types) {
  auto type = cast<MemRefType>(op.getBuffer().getType());
  Value pointer = loadField(b, loc, op.getCall(), op.getField(), LLVM::LLVMPointerType::get(b.getContext()));
  auto number = [&](int64_t v) -> Value { return LLVM::ConstantOp::create(b, loc, b.getI64Type(), b.getI64IntegerAttr(v)); };
  auto descriptor = MemRefDescriptor::poison(b, loc, types.convertType(type));
  descriptor.setAllocatedPtr(b, loc, pointer);
  descriptor.setAlignedPtr(b, loc, pointer);
  descriptor.setOffset(b, loc, number(0));
  int64_t stride = 1;
  for (int64_t i = type.getRank() - 1; i >= 0; --i) {
    Value size = type.isDynamicDim(i)
                     ? UnrealizedConversionCastOp::create(b, loc, b.getI64Type(), op.getSize()).getResult(0)
                     : number(type.getDimSize(i));
    descriptor.setSize(b, loc, i, size);
    descriptor.setStride(b, loc, i, number(stride));
    stride *= type.isDynamicDim(i) ? 1 : type.getDimSize(i);
  }
  return descriptor;
}

struct AbiToLLVM : impl::AbiToLLVMBase<AbiToLLVM> {
  void runOnOperation() override {
    LLVMTypeConverter types(&getContext());
    getOperation().walk([&](Operation *op) {
      OpBuilder b(op);
      if (auto scalar = dyn_cast<abi::ScalarOp>(op)) {
        scalar.replaceAllUsesWith(loadField(b, op->getLoc(), scalar.getCall(), scalar.getField(), scalar.getType()));
        op->erase();
      } else if (isa<abi::WorkerOp>(op)) { // of a loop of one step, which became straight code: the caller is worker 0
        op->getResult(0).replaceAllUsesWith(
            UnrealizedConversionCastOp::create(
                b, op->getLoc(), b.getIndexType(),
                LLVM::ConstantOp::create(b, op->getLoc(), b.getI64Type(), b.getI64IntegerAttr(0)).getResult())
                .getResult(0));
        op->erase();
      } else if (auto buffer = dyn_cast<abi::BufferOp>(op)) {
        Value descriptor = describe(b, op->getLoc(), buffer, types);
        buffer.replaceAllUsesWith(
            UnrealizedConversionCastOp::create(b, op->getLoc(), buffer.getBuffer().getType(), descriptor).getResult(0));
        op->erase();
      }
    });
  }
};

} // namespace
} // namespace mlir::resnet
