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

/// What prepares for it, as @prepare does for @features.
inline constexpr StringLiteral kPlainPrepare = "prepare_f32";

/// Where @features is in int8: @features_f32 that counts its values, for the scales.
inline constexpr StringLiteral kCalibrate = "calibrate";

/// A function's name without these endings.
inline StringRef seamName(StringRef name) {
  name.consume_back(kSingleSuffix);
  name.consume_back("_f32");
  return name;
}

/// Whether a function of this name takes images where there is a frozen prefix.
inline bool takesImages(StringRef name) { return seamName(name) == "features" || name == kCalibrate; }

} // namespace mlir::resnet

#endif // RESNETC_IR_RESNETDIALECT_H
