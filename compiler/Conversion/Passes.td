//===- Passes.td - from the `resnet` dialect to linalg --------*- tablegen -*-===//

#ifndef RESNET_CONVERSION_PASSES_TD
#define RESNET_CONVERSION_PASSES_TD

include "mlir/Pass/PassBase.td"

def ResnetToLinalg : Pass<"resnet-to-linalg", "ModuleOp"> {
  let summary = "lower the functions of the seam to linalg on tensors in the blocked layout";
  let description = [{
    Takes the module that Split leaves. Each function becomes one of a single argument, the pointer to the call, from which it
    takes its buffers (`abi` dialect); activations become tensors in the blocked layout whose halo the producer fills. Adds
    @apply. A generic op carries `resnet.tile` (sizes of its parallel loops) and `resnet.outer` (reductions that
    go around a tile's loops) for the passes behind.

    Assumes: parameters are read by `resnet.read`; gradients of weights are accumulated.
  }];
  let dependentDialects = [
    "::mlir::abi::AbiDialect", "::mlir::arith::ArithDialect", "::mlir::bufferization::BufferizationDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::LLVM::LLVMDialect", "::mlir::math::MathDialect",
    "::mlir::memref::MemRefDialect", "::mlir::packed::PackedDialect", "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect", "::mlir::winograd::WinogradDialect"
  ];
}

#endif
