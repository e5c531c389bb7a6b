//===- ResnetDialect.h - the `resnet` dialect ------------------*- C++ -*-===//

#ifndef RESNETC_IR_RESNETDIALECT_H
#define RESNETC_IR_RESNETDIALECT_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "IR/ResnetDialect.h.inc"

#define GET_OP_CLASSES
#include "IR/ResnetOps.h.inc"

namespace mlir::resnet {

/// Ends the names of @features and @logits for calls of a single image.
inline constexpr StringLiteral kSingleSuffix = "_single";

/// Where @features is of low precision: the same in float32, beside it.
inline constexpr StringLiteral kPlainFeatures = "features_f32";

/// A function's name without these endings.
inline StringRef seamName(StringRef name) {
  name.consume_back(kSingleSuffix);
  name.consume_back("_f32");
  return name;
}

} // namespace mlir::resnet

#endif // RESNETC_IR_RESNETDIALECT_H
