//===- Passes.h - from linalg to functions of the seam ---------*- C++ -*-===//

#ifndef RESNETC_CODEGEN_PASSES_H
#define RESNETC_CODEGEN_PASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Pass/Pass.h"

namespace mlir::resnet {

#define GEN_PASS_DECL
#include "Codegen/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "Codegen/Passes.h.inc"

} // namespace mlir::resnet

#endif // RESNETC_CODEGEN_PASSES_H
