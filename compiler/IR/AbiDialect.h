//===- AbiDialect.h - what emitted functions see of a call -----*- C++ -*-===//

#ifndef RESNETC_IR_ABIDIALECT_H
#define RESNETC_IR_ABIDIALECT_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include <optional>

#include "IR/AbiDialect.h.inc"

#define GET_OP_CLASSES
#include "IR/AbiOps.h.inc"

namespace mlir::abi {

enum class FieldKind { Pointer, I64, F64 };

/// A field of `resnetc_call`: its byte offset and what it holds.
struct Field {
  int64_t offset;
  FieldKind kind;
};

/// Looks up a field of `resnetc_call` by its name in C.
std::optional<Field> lookUpField(llvm::StringRef name);

} // namespace mlir::abi

#endif // RESNETC_IR_ABIDIALECT_H
