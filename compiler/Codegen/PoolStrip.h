//===- PoolStrip.h - what a max pool reads, computed in its task -*- C++ -*-===//
//
// A max pool with `resnet.strip` takes strips of rows, and computes the rows that a strip reads in the task itself, into a buffer of the
// thread's own: they are read while they are hot, and never written to memory. A row that two strips read is computed twice.
//
//===----------------------------------------------------------------------===//

#ifndef RESNETC_CODEGEN_POOLSTRIP_H
#define RESNETC_CODEGEN_POOLSTRIP_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/PatternMatch.h"

namespace mlir::resnet {

/// A pool that computes its operand itself.
struct PoolStrip {
  tensor::InsertSliceOp padded; // the operand within its pads
  Operation *producer;          // what is inserted, an elementwise op
  Value pad;
  SmallVector<Operation *> sums; // with the producer in its loop
  int64_t rows, reads; // the pool's rows of a strip, and of the operand within its pads those that they read
};

/// What `pool` computes itself; nothing where others read it too, or where it is no elementwise result of what `fuses` with it.
std::optional<PoolStrip> stripOf(linalg::GenericOp pool, llvm::function_ref<bool(OpResult, Operation *)> fuses);

/// Computes the operand of `tile`, a tile of the pool, in front of it, with the producers that fuse.
LogicalResult computeStrip(const PoolStrip &strip, linalg::GenericOp tile, IRRewriter &rewriter);

/// Erases an op that no one reads, once `forwardSizes` has asked others for its sizes, and what it alone read.
void eraseWhole(Operation *op, llvm::function_ref<void(Operation *)> forwardSizes, IRRewriter &rewriter);

} // namespace mlir::resnet

#endif // RESNETC_CODEGEN_POOLSTRIP_H
