//===- AbiDialect.cpp - what emitted functions see of a call --------------===//

#include "IR/AbiDialect.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/IR/OpImplementation.h"
#include "resnetc/abi.h"
#include "llvm/ADT/StringSwitch.h"

#include <cstddef>

using namespace mlir;
using namespace mlir::abi;

#include "IR/AbiDialect.cpp.inc"

void AbiDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "IR/AbiOps.cpp.inc"
      >();
}

std::optional<Field> mlir::abi::lookUpField(StringRef name) {
#define FIELD(NAME, KIND)                                                                                              \
  Case(#NAME, Field{static_cast<int64_t>(offsetof(resnetc_call, NAME)), FieldKind::KIND})
  return llvm::StringSwitch<std::optional<Field>>(name)
      .FIELD(batch, I64)
      .FIELD(images, Pointer)
      .FIELD(records, Pointer)
      .FIELD(labels, Pointer)
      .FIELD(logits, Pointer)
      .FIELD(frozen, Pointer)
      .FIELD(frozen_derived, Pointer)
      .FIELD(trained, Pointer)
      .FIELD(trained_derived, Pointer)
      .FIELD(stats, Pointer)
      .FIELD(gradients, Pointer)
      .FIELD(state1, Pointer)
      .FIELD(state2, Pointer)
      .FIELD(arena, Pointer)
      .FIELD(loss, Pointer)
      .FIELD(hits, Pointer)
      .FIELD(label_smoothing, F64)
      .FIELD(loss_divisor, F64)
      .FIELD(accumulate, I64)
      .FIELD(seed, I64)
      .FIELD(step, I64)
      .FIELD(sample_ids, Pointer)
      .FIELD(dropout, I64)
      .FIELD(rows, Pointer)
      .FIELD(row_count, I64)
      .FIELD(optimizer, I64)
      .FIELD(nesterov, I64)
      .FIELD(scales, Pointer)
      .FIELD(histograms, Pointer)
      .Default(std::nullopt);
#undef FIELD
}

LogicalResult ScalarOp::verify() {
  // C1
  std::optional<Field> field = lookUpField(getField());
  bool fits = field && (field->kind == FieldKind::F64) == getValue().getType().isF64();
  if (!fits)
    return emitOpError() << "expected a number of the call of type " << getValue().getType() << ", got \"" << getField()
                         << '"';
  return success();
}

LogicalResult BufferOp::verify() {
  // C1
  std::optional<Field> field = lookUpField(getField());
  if (!field || field->kind != FieldKind::Pointer)
    return emitOpError() << "expected a pointer of the call, got \"" << getField() << '"';
  // C2
  auto type = cast<MemRefType>(getBuffer().getType());
  if (!type.getLayout().isIdentity() || type.getNumDynamicDims() > 1 ||
      (type.getNumDynamicDims() == 1 && !type.isDynamicDim(0)))
    return emitOpError() << "expected a dense type with a dynamic leading size at most, got " << type;
  if ((type.getNumDynamicDims() == 1) != static_cast<bool>(getSize()))
    return emitOpError() << "expected a size exactly where the type has a dynamic one, got " << type;
  return success();
}

#define GET_OP_CLASSES
#include "IR/AbiOps.cpp.inc"
