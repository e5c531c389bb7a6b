//===- KernelTile.cpp - where a kernel's register tile stands -------------===//

#include "Codegen/KernelTile.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"

using namespace mlir;
using namespace mlir::resnet;

int64_t KernelTile::offset(const Loops &loops, int64_t dim, Position at) const {
  if (dim == loops.vectorDim)
    return at.vector * tile.lanes;
  return dim == loops.rowDim ? at.row : dim == loops.lineDim ? at.line : 0;
}

void KernelTile::forEach(Extent t, llvm::function_ref<void(Position)> body) {
  for (int64_t line = 0; line < t.lines; ++line)
    for (int64_t row = 0; row < t.rows; ++row)
      for (int64_t vector = 0; vector < tile.vectors; ++vector)
        body({line, row, vector});
}

SmallVector<Value> KernelTile::indicesOf(AffineMap map, Position at, const Loops &loops) {
  MLIRContext *c = b.getContext();
  SmallVector<AffineExpr> dims;
  for (int64_t i = 0, n = loops.ivs.size(); i < n; ++i)
    dims.push_back(getAffineDimExpr(i, c) + offset(loops, i, at));
  SmallVector<Value> result;
  SmallVector<OpFoldResult> operands;
  for (Value v : loops.ivs)
    operands.push_back(getAsOpFoldResult(v));
  for (AffineExpr expr : map.getResults()) {
    AffineMap one = AffineMap::get(loops.ivs.size(), 0, expr.replaceDims(dims), c);
    result.push_back(getValueOrCreateConstantIndexOp(b, loc, affine::makeComposedFoldedAffineApply(b, loc, one, operands)));
  }
  return result;
}

KernelTile::Loops KernelTile::epilogueLoops() {
  return loopsOf(kernel.epilogue, [&](int64_t dim) { return dim == kNone ? kNone : epilogueDim(op, kernel.epilogue, dim); });
}

KernelTile::Loops KernelTile::rowSumsLoops() {
  return loopsOf(kernel.rowSums, [&](int64_t dim) {
    if (kernel.epilogue && dim != kNone)
      dim = epilogueDim(op, kernel.epilogue, dim);
    return dim == kNone ? kNone : epilogueDim(giver(), kernel.rowSums, dim);
  });
}

KernelTile::Loops KernelTile::loopsOf(linalg::GenericOp other, llvm::function_ref<int64_t(int64_t)> dimOf) {
  Loops loops{SmallVector<Value>(other.getNumLoops()), dimOf(rootLoops.vectorDim), dimOf(rootLoops.rowDim), dimOf(rootLoops.lineDim)};
  for (int64_t i = 0, n = rootLoops.ivs.size(); i < n; ++i)
    if (int64_t dim = dimOf(i); dim != kNone)
      loops.ivs[dim] = rootLoops.ivs[i];
  return loops;
}
