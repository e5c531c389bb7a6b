//===- Kernel.h - a generic op as a register-tiled kernel ------*- C++ -*-===//

#ifndef RESNETC_CODEGEN_KERNEL_H
#define RESNETC_CODEGEN_KERNEL_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/PatternMatch.h"

#include <functional>

namespace mlir::resnet {

/// What a kernel may use of the CPU.
struct KernelTarget {
  int64_t vectorBytes, registers;
  bool fma;
};

/// An op on buffers, the fills that start its sums, and the elementwise op that reads its result out of the registers.
struct Kernel {
  linalg::GenericOp root;
  SmallVector<linalg::FillOp> fills; // one an output; null: the sum goes on from what is there
  linalg::GenericOp epilogue;        // may be null
  linalg::GenericOp rowSums = nullptr; // may be null: sums along the tile's rows of what the epilogue, or else the root, gives
  Operation *scratch = nullptr;      // the allocation between root and epilogue, which the registers replace
  /// May be empty: emits what else a register tile of so many lines does at a step of its sum, such as prefetches.
  std::function<void(ValueRange loops, int64_t lines)> atStep = {};
  /// Whether the innermost of two reductions is summed by itself, and these sums then: a long sum loses fewer bits so.
  bool inBlocks = false;
  /// Whether the innermost reduction, of a few steps, is written out.
  bool writtenOut = false;
};

/// Whether a kernel's stores go past the caches: a fence must stand between them and whoever else reads them.
bool streams(const Kernel &kernel);

/// Emits loops and register tiles for the kernel before its root (or epilogue), and erases its ops.
void emitKernel(IRRewriter &rewriter, Kernel kernel, const KernelTarget &target);

} // namespace mlir::resnet

#endif // RESNETC_CODEGEN_KERNEL_H
