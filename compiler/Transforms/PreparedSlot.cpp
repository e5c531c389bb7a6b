//===- PreparedSlot.cpp - values that @prepare computes once --------------===//

#include "Transforms/PreparedSlot.h"

using namespace mlir;
using namespace mlir::resnet;

SlotOp mlir::resnet::makePreparedSlot(SymbolTable &symbols, func::FuncOp prepare, const Twine &name, Value value) {
  OpBuilder before(prepare);
  auto slot = SlotOp::create(before, value.getLoc(), name.str(), "prepare", /*only=*/StringAttr(), cast<RankedTensorType>(value.getType()));
  symbols.insert(slot);
  OpBuilder end(prepare.getBody().front().getTerminator());
  WriteOp::create(end, value.getLoc(), slot.getSymName(), value);
  return slot;
}
