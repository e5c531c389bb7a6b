//===- BodyCloner.cpp - the region of a generic op, in vectors --------------===//

#include "Codegen/BodyCloner.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::resnet;

SmallVector<Value> BodyCloner::run(ArrayRef<Value> arguments) {
  Block *body = op.getBlock();
  for (auto [arg, value] : llvm::zip_equal(body->getArguments(), arguments))
    map[arg] = value;
  for (Operation &inner : body->without_terminator())
    clone(inner);
  SmallVector<Value> results;
  for (Value v : body->getTerminator()->getOperands())
    results.push_back(vector(lookUp(v)));
  return results;
}

Value BodyCloner::vector(Value v) {
  if (lanes == 1 || isa<VectorType>(v.getType()))
    return v;
  return vector::BroadcastOp::create(b, v.getLoc(), VectorType::get({lanes}, v.getType()), v);
}

Value BodyCloner::lookUp(Value v) {
  auto it = map.find(v);
  return it == map.end() ? v : it->second; // values from outside are the same in every lane
}

/// a*b + c in one rounding.
bool BodyCloner::contracted(Operation &inner) {
  auto add = dyn_cast<arith::AddFOp>(inner);
  if (!fma || !add)
    return false;
  for (int side : {0, 1}) {
    auto product = add->getOperand(side).getDefiningOp<arith::MulFOp>();
    if (!product || product->getBlock() != add->getBlock() || !product->hasOneUse())
      continue;
    SmallVector<Value> in{lookUp(product.getLhs()), lookUp(product.getRhs()), lookUp(add->getOperand(1 - side))};
    if (llvm::any_of(in, [](Value v) { return isa<VectorType>(v.getType()); }))
      llvm::for_each(in, [&](Value &v) { v = vector(v); });
    map[add.getResult()] = math::FmaOp::create(b, add.getLoc(), in[0], in[1], in[2]);
    return true;
  }
  return false;
}

void BodyCloner::clone(Operation &inner) {
  if (auto at = dyn_cast<linalg::IndexOp>(inner)) {
    map[at.getResult()] = index(at.getDim());
    return;
  }
  if (contracted(inner))
    return;
  SmallVector<Value> in;
  for (Value v : inner.getOperands())
    in.push_back(lookUp(v));
  bool varies = llvm::any_of(in, [](Value v) { return isa<VectorType>(v.getType()); });
  if (varies)
    llvm::for_each(in, [&](Value &v) { v = vector(v); });
  SmallVector<Type> types;
  for (Type t : inner.getResultTypes())
    types.push_back(varies ? VectorType::get({lanes}, t) : t);
  Operation *copy = b.create(inner.getLoc(), inner.getName().getIdentifier(), in, types, inner.getAttrs());
  for (auto [from, to] : llvm::zip_equal(inner.getResults(), copy->getResults()))
    map[from] = to;
}
