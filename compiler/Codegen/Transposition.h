//===- Transposition.h - copies that swap rows and columns -----*- C++ -*-===//

#ifndef RESNETC_CODEGEN_TRANSPOSITION_H
#define RESNETC_CODEGEN_TRANSPOSITION_H

#include "Codegen/Kernel.h"

namespace mlir::resnet {

/// Emits a copy whose last two loops run over the columns and the rows of what it reads: squares of as many vectors as a vector has
/// lanes, transposed in registers. False, and nothing done, where the op is no such copy or its sizes are no multiples of a vector.
bool emitTransposition(IRRewriter &rewriter, linalg::GenericOp op, const KernelTarget &target);

} // namespace mlir::resnet

#endif // RESNETC_CODEGEN_TRANSPOSITION_H
