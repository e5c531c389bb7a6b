//===- Winograd.h - loops of Winograd's algorithm --------------*- C++ -*-===//

#ifndef RESNETC_CODEGEN_WINOGRAD_H
#define RESNETC_CODEGEN_WINOGRAD_H

#include "Codegen/Kernel.h"
#include "IR/WinogradDialect.h"

namespace mlir::resnet {

/// Emits loops for an op on buffers in its place. `epilogue` (may be null) is the elementwise op that alone reads the sums: it is
/// computed on them while they are in registers, and erased with their buffer.
void emitFilter(IRRewriter &rewriter, winograd::FilterOp op, const KernelTarget &target);
void emitConv(IRRewriter &rewriter, winograd::ConvOp op, linalg::GenericOp epilogue, const KernelTarget &target);
void emitStem(IRRewriter &rewriter, winograd::StemOp op, linalg::GenericOp epilogue, const KernelTarget &target);
void emitConvDw(IRRewriter &rewriter, winograd::ConvDwOp op, const KernelTarget &target);

} // namespace mlir::resnet

#endif // RESNETC_CODEGEN_WINOGRAD_H
