//===- StepMemory.cpp - what a training step holds at its peak ------------===//

#include "Transforms/StepMemory.h"

#include "Conversion/ParameterLayout.h"

using namespace mlir;
using namespace mlir::resnet;

int64_t mlir::resnet::activationBytes(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type || type.getRank() < 2 || !type.isDynamicDim(0))
    return 0;
  return elementsPerImage(blockedShape(type)) * type.getElementTypeBitWidth() / 8;
}

/// Whether the lowering computes a value inside the one op that reads it.
static bool isFused(Value value) {
  return value.hasOneUse() && isa<AddOp, ReluGradOp, ScaleShiftOp>(*value.user_begin()) &&
         isa_and_nonnull<Conv2dDxOp, AddOp, ReluGradOp, ScaleShiftOp>(value.getDefiningOp());
}

StepMemory::StepMemory(func::FuncOp gradients, SoftmaxCrossEntropyOp loss) {
  llvm::DenseMap<Operation *, int64_t> positions;
  for (Operation &op : gradients.getBody().front())
    positions[&op] = length++;
  int64_t half = positions.lookup(loss);
  for (Operation &op : gradients.getBody().front()) {
    if (auto norm = dyn_cast<BatchNormBatchOp>(op))
      norms.push_back(norm);
    for (Value result : op.getResults()) {
      if (!activationBytes(result) || isFused(result))
        continue;
      Life &life = asIs[result];
      life.made = life.forward = positions.lookup(&op);
      for (Operation *user : result.getUsers()) {
        int64_t at = positions.lookup(user);
        if (at <= half) {
          life.forward = std::max(life.forward, at);
          continue;
        }
        life.first = std::min(life.first, at);
        life.last = std::max(life.last, at);
      }
    }
  }
}

bool StepMemory::isKept(Value value) const { return asIs.lookup(value).last > 0; }

void StepMemory::extend(Lives &lives, const Norms &again) const {
  // A residual is computed again in front of what reads it, which comes later in the program.
  for (BatchNormBatchOp norm : llvm::reverse(norms)) {
    int64_t at = lives.lookup(norm.getY()).first;
    if (at == kNever || !again.contains(norm))
      continue;
    for (Value operand : {norm.getX(), norm.getResidual()})
      if (auto life = lives.find(operand); operand && life != lives.end()) {
        life->second.first = std::min(life->second.first, at);
        life->second.last = std::max(life->second.last, at);
      }
  }
}

int64_t StepMemory::peak(const Norms &again) const {
  Lives lives = asIs;
  extend(lives, again);
  SmallVector<int64_t> change(length + 1);
  auto live = [&](Value value, int64_t from, int64_t to) {
    change[from] += activationBytes(value);
    change[to + 1] -= activationBytes(value);
  };
  for (const auto &[value, life] : lives) {
    bool isAgain = again.contains(value.getDefiningOp()) && value == value.getDefiningOp()->getResult(0) && life.first != kNever;
    live(value, life.made, isAgain ? life.forward : std::max(life.forward, life.last));
    if (isAgain)
      live(value, life.first, life.last);
  }
  int64_t sum = 0, most = 0;
  for (int64_t bytes : change)
    most = std::max(most, sum += bytes);
  return most;
}
