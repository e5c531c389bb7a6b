//===- Epilogue.h - an elementwise op on values in registers ----*- C++ -*-===//

#ifndef RESNETC_CODEGEN_EPILOGUE_H
#define RESNETC_CODEGEN_EPILOGUE_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace mlir::resnet {

/// `lanes` values along loop `dim` of an op (kNone: one value). `fma`: contract a*b + c.
struct Lanes {
  int64_t dim, lanes;
  bool fma;
};

/// Gives the indices of an operand by its map.
using Where = llvm::function_ref<SmallVector<Value>(AffineMap)>;

/// An operand's value: of a buffer a vector where it varies along the lanes, else a scalar.
Value loadOperand(OpBuilder &b, Location loc, OpOperand &operand, AffineMap map, const Lanes &lanes, Where where);

/// Stores a vector or a scalar; a vector past the caches with `streams`, where the buffer begins at a multiple of its size.
void storeValue(OpBuilder &b, Location loc, Value v, Value to, ValueRange at, bool streams = false);

/// Computes an elementwise op where its input `scratch` is `sum`, and stores the result. `index` gives the value of a loop.
Value emitEpilogue(OpBuilder &b, linalg::GenericOp epilogue, Value scratch, Value sum, const Lanes &lanes, Where where,
                  llvm::function_ref<Value(int64_t dim)> index);

} // namespace mlir::resnet

#endif // RESNETC_CODEGEN_EPILOGUE_H
