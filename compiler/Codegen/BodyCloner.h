//===- BodyCloner.h - the region of a generic op, in vectors ----*- C++ -*-===//

#ifndef RESNETC_CODEGEN_BODYCLONER_H
#define RESNETC_CODEGEN_BODYCLONER_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace mlir::resnet {

/// Clones the region of a generic op for one row and one vector of a tile. Values stay scalar while all they depend on is
/// the same in every lane.
class BodyCloner {
public:
  /// `index` gives the value of a loop; `fma`: contract a*b + c.
  BodyCloner(OpBuilder &b, linalg::GenericOp op, int64_t lanes, bool fma, llvm::function_ref<Value(int64_t dim)> index)
      : b(b), op(op), lanes(lanes), fma(fma), index(index) {}

  /// `arguments` of the body (scalars where uniform) to what it yields, in vectors.
  SmallVector<Value> run(ArrayRef<Value> arguments);

private:
  Value vector(Value v);
  Value lookUp(Value v);
  bool contracted(Operation &inner);
  void clone(Operation &inner);

  OpBuilder &b;
  linalg::GenericOp op;
  int64_t lanes;
  bool fma;
  llvm::function_ref<Value(int64_t)> index;
  DenseMap<Value, Value> map;
};

} // namespace mlir::resnet

#endif // RESNETC_CODEGEN_BODYCLONER_H
