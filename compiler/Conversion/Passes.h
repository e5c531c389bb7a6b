//===- Passes.h - from the `resnet` dialect to linalg ----------*- C++ -*-===//

#ifndef RESNETC_CONVERSION_PASSES_H
#define RESNETC_CONVERSION_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace mlir::resnet {

#define GEN_PASS_DECL
#include "Conversion/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "Conversion/Passes.h.inc"

} // namespace mlir::resnet

#endif // RESNETC_CONVERSION_PASSES_H
