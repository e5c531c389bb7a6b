//===- Needs.h - which gradients are needed --------------------*- C++ -*-===//

#ifndef RESNETC_TRANSFORMS_NEEDS_H
#define RESNETC_TRANSFORMS_NEEDS_H

#include "Transforms/ParameterTable.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseSet.h"

namespace mlir::resnet {

/// Two facts about a forward program, of which all pruning follows: an
/// activation needs its gradient (needs_dx) where something trained lies
/// upstream, a parameter (needs_dw) where it is itself trained. A frozen layer
/// between trained ones so has dx without dw, and what lies before the first
/// trained layer has neither.
class Needs {
public:
  /// Walks the one block of `forward`; later changes to it are not seen.
  Needs(func::FuncOp forward, const ParameterTable &parameters);

  /// Whether the gradient of the loss by this value is needed; for a value read
  /// from a parameter this is needs_dw.
  bool dx(Value value) const { return values.contains(value); }

  /// Whether the gradient by this parameter is needed: it is trained and the
  /// program reads it.
  bool dw(ParameterOp parameter) const { return trained.contains(parameter); }

private:
  llvm::DenseSet<Value> values;
  llvm::DenseSet<Operation *> trained;
};

} // namespace mlir::resnet

#endif // RESNETC_TRANSFORMS_NEEDS_H
