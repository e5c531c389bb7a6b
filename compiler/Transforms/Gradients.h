//===- Gradients.h - the gradient rule of each op --------------*- C++ -*-===//

#ifndef RESNETC_TRANSFORMS_GRADIENTS_H
#define RESNETC_TRANSFORMS_GRADIENTS_H

#include "Transforms/Needs.h"

namespace mlir::resnet {

/// An operand of an op and what the op adds to the gradient by it.
struct Contribution {
  Value operand, gradient;
};
using Contributions = SmallVector<Contribution, 3>;

/// Asks the rule of `op` what `dy`, the gradient of the loss by the op's first
/// result, contributes to the gradients of those operands that need one;
/// nothing is built for the others. `op` is in training form: batch norms that
/// normalise by the batch are `batch_norm_batch`, and a `max_pool` whose
/// operand needs a gradient keeps its winner. Fails with a diagnostic on an op
/// without a rule, or one that can't be differentiated as it stands.
FailureOr<Contributions> gradientsOf(Operation *op, Value dy,
                                     const Needs &needs, OpBuilder &builder);

} // namespace mlir::resnet

#endif // RESNETC_TRANSFORMS_GRADIENTS_H
