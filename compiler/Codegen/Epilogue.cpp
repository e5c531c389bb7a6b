//===- Epilogue.cpp - an elementwise op on values in registers ------------===//

#include "Codegen/Epilogue.h"

#include "Codegen/BodyCloner.h"
#include "Codegen/Tile.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::resnet;

Value mlir::resnet::loadOperand(OpBuilder &b, Location loc, OpOperand &operand, AffineMap map, const Lanes &lanes, Where where) {
  if (!isa<MemRefType>(operand.get().getType()))
    return operand.get();
  SmallVector<Value> at = where(map);
  if (lanes.dim != kNone && map.isFunctionOfDim(lanes.dim))
    return vector::LoadOp::create(b, loc, VectorType::get({lanes.lanes}, getElementTypeOrSelf(operand.get())), operand.get(), at);
  return memref::LoadOp::create(b, loc, operand.get(), at);
}

void mlir::resnet::storeValue(OpBuilder &b, Location loc, Value v, Value to, ValueRange at, bool streams) {
  if (auto type = dyn_cast<VectorType>(v.getType())) {
    int64_t bytes = type.getNumElements() * type.getElementTypeBitWidth() / 8;
    vector::StoreOp::create(b, loc, v, to, at, streams, streams ? llvm::MaybeAlign(bytes) : llvm::MaybeAlign());
  } else {
    memref::StoreOp::create(b, loc, v, to, at);
  }
}

Value mlir::resnet::emitEpilogue(OpBuilder &b, linalg::GenericOp epilogue, Value scratch, Value sum, const Lanes &lanes,
                                Where where, llvm::function_ref<Value(int64_t dim)> index) {
  Location loc = epilogue.getLoc();
  SmallVector<Value> arguments;
  for (OpOperand &operand : epilogue->getOpOperands()) {
    if (operand.get() == scratch)
      arguments.push_back(sum);
    else if (!epilogue.payloadUsesValueFromOperand(&operand))
      arguments.push_back(Value());
    else
      arguments.push_back(loadOperand(b, loc, operand, epilogue.getMatchingIndexingMap(&operand), lanes, where));
  }
  Value result = BodyCloner(b, epilogue, lanes.lanes, lanes.fma, index).run(arguments)[0];
  OpOperand &to = epilogue.getDpsInitsMutable()[0];
  storeValue(b, loc, result, to.get(), where(epilogue.getMatchingIndexingMap(&to)));
  return result;
}
