//===- Passes.h - passes within the `resnet` dialect -----------*- C++ -*-===//

#ifndef RESNETC_TRANSFORMS_PASSES_H
#define RESNETC_TRANSFORMS_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace mlir::resnet {

/// Unit attribute of the ops that depend on images and frozen parameters alone:
/// set by Freeze, gone after Split.
inline constexpr llvm::StringLiteral kFrozenPrefix = "frozen_prefix";

#define GEN_PASS_DECL
#include "Transforms/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "Transforms/Passes.h.inc"

} // namespace mlir::resnet

#endif // RESNETC_TRANSFORMS_PASSES_H
