//===- PreparedSlot.h - values that @prepare computes once -----*- C++ -*-===//

#ifndef RESNETC_TRANSFORMS_PREPAREDSLOT_H
#define RESNETC_TRANSFORMS_PREPAREDSLOT_H

#include "IR/ResnetDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/SymbolTable.h"

namespace mlir::resnet {

/// A slot that @prepare writes with `value`, which stands in it. `symbols`, of the module, names it otherwise where `name` is taken.
SlotOp makePreparedSlot(SymbolTable &symbols, func::FuncOp prepare, const Twine &name, Value value);

} // namespace mlir::resnet

#endif // RESNETC_TRANSFORMS_PREPAREDSLOT_H
