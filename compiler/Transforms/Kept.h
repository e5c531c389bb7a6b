//===- Kept.h - what a step keeps for its backward half --------*- C++ -*-===//

#ifndef RESNETC_TRANSFORMS_KEPT_H
#define RESNETC_TRANSFORMS_KEPT_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringMap.h"

namespace mlir::resnet {

/// Bytes an image that `gradients` computes in its forward half and reads in its backward half, by the layer whose op makes
/// them ("" for ops without a name). Parameters and the records that it gets are not kept, and vectors over channels are not counted.
llvm::StringMap<int64_t> keptBytes(func::FuncOp gradients);

} // namespace mlir::resnet

#endif // RESNETC_TRANSFORMS_KEPT_H
