//===- Tile.cpp - the shape of a kernel's register tile -------------------===//

#include "Codegen/Tile.h"

#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::resnet;

/// Whether dimension `dim` runs over adjacent elements of every operand that it indexes, and indexes every output.
static bool isContiguous(linalg::GenericOp generic, int64_t dim) {
  for (OpOperand &operand : generic->getOpOperands()) {
    AffineMap map = generic.getMatchingIndexingMap(&operand);
    auto type = dyn_cast<MemRefType>(operand.get().getType());
    for (auto [i, expr] : llvm::enumerate(map.getResults())) {
      if (!expr.isFunctionOfDim(dim))
        continue;
      if (i + 1 != map.getNumResults() || !type || !type.areTrailingDimsContiguous(1))
        return false;
      // expr - dim must not depend on dim.
      AffineExpr rest = simplifyAffineExpr(expr - getAffineDimExpr(dim, generic.getContext()), map.getNumDims(), 0);
      if (rest.isFunctionOfDim(dim))
        return false;
    }
    if (generic.isDpsInit(&operand) && !map.isFunctionOfDim(dim))
      return false;
  }
  return true;
}

static int64_t elementBytes(linalg::GenericOp op) {
  unsigned bits = 8;
  for (Value v : op->getOperands())
    bits = std::max(bits, getElementTypeOrSelf(v).getIntOrFloatBitWidth());
  return bits / 8;
}

int64_t mlir::resnet::epilogueDim(linalg::GenericOp root, linalg::GenericOp epilogue, int64_t dim) {
  AffineMap written = root.getMatchingIndexingMap(root.getDpsInitOperand(0));
  for (OpOperand *input : epilogue.getDpsInputOperands()) {
    if (input->get() != root.getDpsInits()[0])
      continue;
    AffineMap read = epilogue.getMatchingIndexingMap(input);
    for (auto [w, r] : llvm::zip_equal(written.getResults(), read.getResults()))
      if (auto d = dyn_cast<AffineDimExpr>(w); d && static_cast<int64_t>(d.getPosition()) == dim)
        return cast<AffineDimExpr>(r).getPosition();
  }
  return kNone;
}

/// The size of the fewest parts of at most `most` that are as equal as they can be.
static int64_t evenly(int64_t size, int64_t most) {
  int64_t parts = (size + most - 1) / most;
  return (size + parts - 1) / parts;
}

/// Rows a tile: as many as the registers hold, but of a number that divides the size where a good one exists.
static int64_t rowsFor(int64_t size, int64_t most) {
  if (size <= most)
    return size;
  for (int64_t rows = most; 2 * rows >= most; --rows)
    if (size % rows == 0)
      return rows;
  return evenly(size, most);
}

Tile mlir::resnet::chooseTile(linalg::GenericOp op, linalg::GenericOp epilogue, ArrayRef<OpFoldResult> sizes,
                              const KernelTarget &target) {
  Tile tile;
  SmallVector<int64_t> parallel;
  for (auto [i, type] : llvm::enumerate(op.getIteratorTypesArray()))
    if (type == utils::IteratorType::parallel)
      parallel.push_back(i);
  if (parallel.empty())
    return tile;
  int64_t last = parallel.pop_back_val();
  int64_t lanes = target.vectorBytes / elementBytes(op);
  std::optional<int64_t> width = getConstantIntValue(sizes[last]);
  if (!width || *width % lanes != 0 || !isContiguous(op, last) ||
      (epilogue && !isContiguous(epilogue, epilogueDim(op, epilogue, last))))
    return tile; // scalar loops: the optimizer behind us may still find vectors in them
  tile.vectorDim = last;
  tile.lanes = lanes;
  tile.vectors = (*width / lanes) % 2 == 0 ? 2 : 1;
  // The next dimension outwards that is not 1.
  auto next = [&] {
    while (!parallel.empty()) {
      int64_t dim = parallel.pop_back_val();
      if (getConstantIntValue(sizes[dim]) != 1)
        return dim;
    }
    return kNone;
  };
  tile.rowDim = next();
  if (tile.rowDim == kNone)
    return tile;
  bool reduces = op.getNumReductionLoops() > 0;
  // Accumulators, the vectors of one step, and one to broadcast into.
  int64_t most = reduces ? (target.registers - 2 - tile.vectors) / (tile.vectors * op.getNumDpsInits()) : 4;
  most = std::max<int64_t>(1, most);
  std::optional<int64_t> rows = getConstantIntValue(sizes[tile.rowDim]);
  tile.rows = rows ? rowsFor(*rows, most) : std::min<int64_t>(8, most);
  if (!reduces || tile.rows != rows || 2 * tile.rows > most)
    return tile;
  int64_t lineDim = next();
  std::optional<int64_t> lines = lineDim == kNone ? std::nullopt : getConstantIntValue(sizes[lineDim]);
  if (lines) {
    tile.lineDim = lineDim;
    tile.lines = evenly(*lines, most / tile.rows);
  }
  return tile;
}
