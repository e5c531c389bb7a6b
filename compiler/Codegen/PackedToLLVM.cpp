//===- PackedToLLVM.cpp - lanes of narrow numbers as instructions ---------===//

#include "Codegen/Passes.h"
#include "IR/PackedDialect.h"

#include "mlir/Conversion/LLVMCommon/MemRefBuilder.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace mlir::resnet {
#define GEN_PASS_DEF_PACKEDTOLLVM
#include "Codegen/Passes.h.inc"

namespace {

/// The descriptor of a buffer's view in lanes.
Value describe(OpBuilder &b, packed::ViewOp op, const LLVMTypeConverter &types) {
  Location loc = op.getLoc();
  auto type = cast<MemRefType>(op.getResult().getType());
  Value given = UnrealizedConversionCastOp::create(b, loc, types.convertType(op.getSource().getType()), op.getSource()).getResult(0);
  MemRefDescriptor source(given);
  auto number = [&](int64_t v) -> Value { return LLVM::ConstantOp::create(b, loc, b.getI64Type(), b.getI64IntegerAttr(v)); };
  Value count = number(packed::inLane(getElementTypeOrSelf(op.getSource())));
  auto counted = [&](Value v) -> Value { return LLVM::UDivOp::create(b, loc, v, count); };
  auto view = MemRefDescriptor::poison(b, loc, types.convertType(type));
  view.setAllocatedPtr(b, loc, source.allocatedPtr(b, loc));
  view.setAlignedPtr(b, loc, source.alignedPtr(b, loc));
  view.setOffset(b, loc, counted(source.offset(b, loc)));
  for (int64_t i = 0, last = type.getRank() - 1; i <= last; ++i) {
    view.setSize(b, loc, i, i == last ? number(type.getDimSize(i)) : source.size(b, loc, i));
    view.setStride(b, loc, i, i == last ? number(1) : counted(source.stride(b, loc, i)));
  }
  return view;
}

/// vdpbf16ps or vpdpbusd of as many lanes as a register has.
Value multiply(OpBuilder &b, packed::DotOp op) {
  Location loc = op.getLoc();
  auto type = dyn_cast<VectorType>(op.getSum().getType());
  int64_t bits = type ? type.getNumElements() * 32 : 0;
  if (bits != 128 && bits != 256 && bits != 512) {
    op.emitOpError("expected a vector of 4, 8 or 16 lanes, got ") << op.getSum().getType();
    return nullptr;
  }
  bool bytes = type.getElementType().isInteger();
  Type number = bytes ? Type(b.getI8Type()) : b.getBF16Type();
  auto narrow = VectorType::get({type.getNumElements() * packed::inLane(number)}, number);
  Value x = LLVM::BitcastOp::create(b, loc, narrow, op.getA()), y = LLVM::BitcastOp::create(b, loc, narrow, op.getB());
  auto name = b.getStringAttr((bytes ? "llvm.x86.avx512.vpdpbusd." : "llvm.x86.avx512bf16.dpbf16ps.") + Twine(bits));
  return LLVM::CallIntrinsicOp::create(b, loc, type, name, ValueRange{op.getSum(), x, y}).getResults();
}

/// Of negative numbers and not-a-numbers a maximum makes zeros; what a 32-bit integer does not hold is converted to 2^31, which is above 255, too.
Value quantize(OpBuilder &b, packed::QuantizeOp op) {
  Location loc = op.getLoc();
  auto alike = [&](Type element) -> Type {
    auto type = dyn_cast<VectorType>(op.getValue().getType());
    return type ? Type(type.clone(element)) : element;
  };
  auto constant = [&](Type type, TypedAttr value) -> Value {
    auto vector = dyn_cast<VectorType>(type);
    return LLVM::ConstantOp::create(b, loc, type, vector ? TypedAttr(DenseElementsAttr::get(vector, Attribute(value))) : value);
  };
  Type wide = alike(b.getI32Type()), real = op.getValue().getType();
  Value v = LLVM::MaxNumOp::create(b, loc, op.getValue(), constant(real, b.getF32FloatAttr(0)));
  v = LLVM::LrintOp::create(b, loc, wide, v);
  v = LLVM::UMinOp::create(b, loc, v, constant(wide, b.getI32IntegerAttr(255)));
  return LLVM::TruncOp::create(b, loc, op.getResult().getType(), v);
}

struct PackedToLLVM : impl::PackedToLLVMBase<PackedToLLVM> {
  void runOnOperation() override {
    LLVMTypeConverter types(&getContext());
    WalkResult result = getOperation().walk([&](Operation *op) {
      OpBuilder b(op);
      if (auto view = dyn_cast<packed::ViewOp>(op)) {
        Value descriptor = describe(b, view, types);
        view.replaceAllUsesWith(
            UnrealizedConversionCastOp::create(b, op->getLoc(), view.getResult().getType(), descriptor).getResult(0));
        op->erase();
      } else if (auto dot = dyn_cast<packed::DotOp>(op)) {
        Value sum = multiply(b, dot);
        if (!sum)
          return WalkResult::interrupt();
        dot.replaceAllUsesWith(sum);
        op->erase();
      } else if (auto narrow = dyn_cast<packed::QuantizeOp>(op)) {
        narrow.replaceAllUsesWith(quantize(b, narrow));
        op->erase();
      }
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};

} // namespace
} // namespace mlir::resnet
