//===- StepMemory.h - what a training step holds at its peak ---*- C++ -*-===//

#ifndef RESNETC_TRANSFORMS_STEPMEMORY_H
#define RESNETC_TRANSFORMS_STEPMEMORY_H

#include "IR/ResnetDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"

namespace mlir::resnet {

/// Bytes an image of an activation in its blocked form, without pads; 0 for anything else.
int64_t activationBytes(Value value);

/// When the activations of @gradients live, and so what a step holds of each image: an activation lives from its op to its last
/// reader, and one that is computed again behind the loss does not live between its last reader before the loss and its first
/// behind it. What fuses into its only reader takes nothing.
class StepMemory {
public:
  using Norms = llvm::SmallDenseSet<Operation *>;

  /// `loss` splits the one block of `gradients` into its halves. Later changes to the function are not seen.
  StepMemory(func::FuncOp gradients, SoftmaxCrossEntropyOp loss);

  /// The most bytes an image that live at one time where the results of `again` (BatchNormBatchOps) are computed again behind
  /// the loss: each in front of its first reader there, from its input and its residual, which live until then.
  int64_t peak(const Norms &again) const;

  /// Whether an activation is read behind the loss.
  bool isKept(Value value) const;

private:
  static constexpr int64_t kNever = INT64_MAX;

  /// Positions in the block: of its op, of its last reader before the loss, of its first and last behind it.
  struct Life {
    int64_t made = 0, forward = 0, first = kNever, last = 0;
  };
  using Lives = llvm::DenseMap<Value, Life>;

  /// Adds the reads of what is computed again.
  void extend(Lives &lives, const Norms &again) const;

  SmallVector<BatchNormBatchOp> norms;
  Lives asIs;
  int64_t length = 0;
};

} // namespace mlir::resnet

#endif // RESNETC_TRANSFORMS_STEPMEMORY_H
