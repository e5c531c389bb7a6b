//===- Cut.h - where the frozen prefix ends -------------------*- C++ -*-===//

#ifndef RESNETC_TRANSFORMS_CUT_H
#define RESNETC_TRANSFORMS_CUT_H

#include "Transforms/ParameterTable.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::resnet {

/// Takes `frozen_prefix` from the last ops of `forward` that have it, where
/// records get smaller by that: the prefix may end behind any of its ops in
/// program order, and ends where the values that are read behind it are fewest
/// (of equals, at the last one). What it gives up is computed in every step, so
/// that may add 1/16 at most to the FLOPs of the step behind the whole prefix.
/// At least one op stays.
void chooseCut(func::FuncOp forward, const ParameterTable &parameters);

} // namespace mlir::resnet

#endif // RESNETC_TRANSFORMS_CUT_H
