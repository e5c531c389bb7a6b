//===- Transposition.cpp - copies that swap rows and columns --------------===//

#include "Codegen/Transposition.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::resnet;

/// Whether a map's last result is dimension `last`, and its last but one `before`.
static bool endsIn(AffineMap map, unsigned before, unsigned last) {
  unsigned n = map.getNumResults();
  auto dim = [&](unsigned i) { return getAffineDimExpr(i, map.getContext()); };
  return n >= 2 && map.getResult(n - 2) == dim(before) && map.getResult(n - 1) == dim(last);
}

static bool isTransposition(linalg::GenericOp op) {
  unsigned n = op.getNumLoops();
  if (op.getNumReductionLoops() > 0 || op.getNumDpsInputs() != 1 || op.getNumDpsInits() != 1 || n < 2)
    return false;
  Block *body = op.getBlock();
  return body->getTerminator()->getOperand(0) == body->getArgument(0) && body->without_terminator().empty() &&
         endsIn(op.getMatchingIndexingMap(op.getDpsInitOperand(0)), n - 2, n - 1) &&
         endsIn(op.getMatchingIndexingMap(op.getDpsInputOperand(0)), n - 1, n - 2) && llvm::all_of(op->getOperands(), [](Value v) {
           auto type = dyn_cast<MemRefType>(v.getType());
           return type && type.areTrailingDimsContiguous(1);
         });
}

/// A square of vectors: in each of log2(lanes) steps, pairs `distance` apart swap every other run of `distance` lanes.
static void transpose(OpBuilder &b, Location loc, SmallVectorImpl<Value> &rows) {
  int64_t lanes = rows.size();
  for (int64_t distance = 1; distance < lanes; distance *= 2) {
    SmallVector<int64_t> first, second;
    for (int64_t i = 0; i < lanes; ++i) {
      first.push_back(i & distance ? lanes + i - distance : i);
      second.push_back(i & distance ? lanes + i : i + distance);
    }
    for (int64_t i = 0; i < lanes; ++i) {
      if (i & distance)
        continue;
      Value x = rows[i], y = rows[i + distance];
      rows[i] = vector::ShuffleOp::create(b, loc, x, y, first);
      rows[i + distance] = vector::ShuffleOp::create(b, loc, x, y, second);
    }
  }
}

bool mlir::resnet::emitTransposition(IRRewriter &b, linalg::GenericOp op, const KernelTarget &target) {
  if (!isTransposition(op))
    return false;
  Type element = getElementTypeOrSelf(op.getDpsInits()[0]);
  int64_t lanes = target.vectorBytes / (element.getIntOrFloatBitWidth() / 8);
  Location loc = op.getLoc();
  b.setInsertionPoint(op);
  SmallVector<OpFoldResult> sizes;
  for (Range range : cast<linalg::LinalgOp>(op.getOperation()).createLoopRanges(b, loc))
    sizes.push_back(range.size);
  for (OpFoldResult size : ArrayRef(sizes).take_back(2))
    if (getConstantIntValue(size).value_or(1) % lanes != 0)
      return false;
  auto constant = [&](int64_t v) { return arith::ConstantIndexOp::create(b, loc, v).getResult(); };
  SmallVector<OpFoldResult> ivs;
  for (auto [i, size] : llvm::enumerate(sizes)) {
    int64_t step = i + 2 < sizes.size() ? 1 : lanes;
    if (getConstantIntValue(size) == step) {
      ivs.push_back(b.getIndexAttr(0));
      continue;
    }
    auto loop = scf::ForOp::create(b, loc, constant(0), getValueOrCreateConstantIndexOp(b, loc, size), constant(step));
    b.setInsertionPointToStart(loop.getBody());
    ivs.push_back(loop.getInductionVar());
  }
  // Row `row` of the square, counted along loop `dim`.
  auto indicesOf = [&](OpOperand &operand, unsigned dim, int64_t row) {
    AffineMap map = op.getMatchingIndexingMap(&operand);
    SmallVector<AffineExpr> dims;
    for (unsigned i = 0; i < map.getNumDims(); ++i)
      dims.push_back(getAffineDimExpr(i, b.getContext()) + (i == dim ? row : 0));
    return llvm::map_to_vector(map.getResults(), [&](AffineExpr expr) {
      AffineMap one = AffineMap::get(map.getNumDims(), 0, expr.replaceDims(dims), b.getContext());
      return getValueOrCreateConstantIndexOp(b, loc, affine::makeComposedFoldedAffineApply(b, loc, one, ivs));
    });
  };
  unsigned last = sizes.size() - 1;
  OpOperand &from = *op.getDpsInputOperand(0), &to = *op.getDpsInitOperand(0);
  SmallVector<Value> rows;
  for (int64_t i = 0; i < lanes; ++i)
    rows.push_back(vector::LoadOp::create(b, loc, VectorType::get({lanes}, element), from.get(), indicesOf(from, last, i)));
  transpose(b, loc, rows);
  for (int64_t i = 0; i < lanes; ++i)
    vector::StoreOp::create(b, loc, rows[i], to.get(), indicesOf(to, last - 1, i));
  b.eraseOp(op);
  return true;
}
