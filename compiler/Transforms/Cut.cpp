//===- Cut.cpp - where the frozen prefix ends -----------------------------===//

#include "Transforms/Cut.h"

#include "Conversion/ParameterLayout.h"
#include "Transforms/Flops.h"
#include "Transforms/Needs.h"
#include "Transforms/Passes.h"

using namespace mlir;
using namespace mlir::resnet;

/// The largest share of a step's FLOPs that a smaller record may cost.
static constexpr int64_t kShare = 16;

static bool leavesPrefix(Value value) {
  return llvm::any_of(value.getUsers(), [](Operation *user) {
    return !user->hasAttr(kFrozenPrefix);
  });
}

/// Elements of one image that are recorded where the prefix is as it is marked.
static int64_t recordSize(ArrayRef<Operation *> prefix) {
  int64_t size = 0;
  for (Operation *op : prefix)
    for (Value result : op->getResults())
      if (leavesPrefix(result))
        size += elementsPerImage(blockedShape(result.getType()));
  return size;
}

/// FLOPs of one image in a training step from the records on.
static int64_t stepFlops(func::FuncOp forward, const Needs &needs) {
  int64_t flops = 0;
  for (Operation &op : forward.getBody().front())
    if (int64_t once = forwardFlops(&op); once && !op.hasAttr(kFrozenPrefix))
      flops += once * (1 + needs.dx(op.getOperand(0)) + // by the input
                       needs.dx(op.getOperand(1)));     // by the weight
  return flops;
}

void mlir::resnet::chooseCut(func::FuncOp forward,
                             const ParameterTable &parameters) {
  SmallVector<Operation *> prefix;
  for (Operation &op : forward.getBody().front())
    if (op.hasAttr(kFrozenPrefix))
      prefix.push_back(&op);
  if (prefix.empty())
    return;
  int64_t allowed = stepFlops(forward, Needs(forward, parameters)) / kShare;
  size_t best = prefix.size();
  int64_t smallest = recordSize(prefix), lost = 0;
  for (size_t end = prefix.size() - 1; end > 0; --end) {
    prefix[end]->removeAttr(kFrozenPrefix);
    lost += forwardFlops(prefix[end]);
    if (lost > allowed || leavesPrefix(forward.getArgument(0)))
      break;
    int64_t size = recordSize(ArrayRef(prefix).take_front(end));
    if (size < smallest) {
      smallest = size;
      best = end;
    }
  }
  auto unit = UnitAttr::get(forward.getContext());
  for (Operation *op : ArrayRef(prefix).take_front(best))
    op->setAttr(kFrozenPrefix, unit);
}
