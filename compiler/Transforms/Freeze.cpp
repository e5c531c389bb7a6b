//===- Freeze.cpp - what is frozen, what each batch norm does --------------===//

#include "IR/ResnetDialect.h"
#include "Transforms/Passes.h"

namespace mlir::resnet {
#define GEN_PASS_DEF_FREEZE
#include "Transforms/Passes.h.inc"

namespace {
struct Freeze : impl::FreezeBase<Freeze> {
  void runOnOperation() override {}
};
} // namespace
} // namespace mlir::resnet
