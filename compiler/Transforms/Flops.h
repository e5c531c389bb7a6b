//===- Flops.h - what an op costs -----------------------------*- C++ -*-===//

#ifndef RESNETC_TRANSFORMS_FLOPS_H
#define RESNETC_TRANSFORMS_FLOPS_H

#include "mlir/IR/Operation.h"

namespace mlir::resnet {

/// Of one image: 2 x multiply-adds of a `conv2d` or `linear`, 0 for any other
/// op. Each gradient, by input or by weight, costs as many.
int64_t forwardFlops(Operation *op);

/// The same of one of these or of its gradient by input or by weight, whatever
/// the algorithm.
int64_t directFlops(Operation *op);

} // namespace mlir::resnet

#endif // RESNETC_TRANSFORMS_FLOPS_H
