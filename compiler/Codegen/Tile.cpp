//===- Tile.cpp - the shape of a kernel's register tile -------------------===//

#include "Codegen/Tile.h"

#include "mlir/Dialect/Utils/StaticValueUtils.h"

#include <limits>

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

/// Whether a step of a sum reads something that all rows use.
static bool sharesAmongRows(linalg::GenericOp op, int64_t rowDim) {
  SmallVector<unsigned> reductions;
  op.getReductionDims(reductions);
  return llvm::any_of(op.getDpsInputOperands(), [&](OpOperand *input) {
    AffineMap map = op.getMatchingIndexingMap(input);
    return !map.isFunctionOfDim(rowDim) && llvm::any_of(reductions, [&](unsigned dim) { return map.isFunctionOfDim(dim); });
  });
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

namespace {

/// Finds the cheapest cover of a plane by tiles, in half cycles of one step of a sum: two multiply-adds or two loads a cycle,
/// and eight multiply-adds on their way where each takes four cycles.
class Cover {
public:
  Cover(int64_t vectors, int64_t most) : vectors(vectors), most(most) {}

  void find(int64_t line, int64_t row, int64_t lines, int64_t rows, SmallVectorImpl<Patch> &patches) {
    if (lines == 0 || rows == 0)
      return;
    Choice c = best(lines, rows);
    int64_t wholeLines = lines - lines % c.tileLines;
    patches.push_back({line, row, wholeLines, c.rows, c.tileLines, c.tileRows});
    find(line, row + c.rows, wholeLines, rows - c.rows, patches);
    find(line + wholeLines, row, lines - wholeLines, rows, patches);
  }

private:
  struct Choice {
    int64_t cost, tileLines, tileRows, rows;
  };

  int64_t costOf(int64_t places) const { return std::max<int64_t>({places * vectors, places + vectors, 8}); }

  /// The first patch: tiles of one shape, along rows as many as there is space for or one fewer.
  Choice best(int64_t lines, int64_t rows) {
    if (lines == 0 || rows == 0)
      return {0, 1, 1, 0};
    if (auto it = known.find({lines, rows}); it != known.end())
      return it->second;
    Choice result{std::numeric_limits<int64_t>::max(), 1, 1, 0};
    for (int64_t r = std::min(rows, most); r > 0; --r)
      for (int64_t l = std::min(lines, most / r); l > 0; --l)
        for (int64_t count = rows / r; count > 0 && count + 1 >= rows / r; --count) {
          // A tile is begun and ended, and each kind of tile is code.
          int64_t cost = (lines / l) * count * (costOf(l * r) + 1) + 1;
          if (cost < result.cost)
            cost += best(lines - lines % l, rows - count * r).cost + best(lines % l, rows).cost;
          if (cost < result.cost)
            result = {cost, l, r, count * r};
        }
    known[{lines, rows}] = result;
    return result;
  }

  int64_t vectors, most;
  llvm::DenseMap<std::pair<int64_t, int64_t>, Choice> known;
};

} // namespace

Tile mlir::resnet::chooseTile(linalg::GenericOp op, linalg::GenericOp epilogue, ArrayRef<OpFoldResult> sizes,
                              const KernelTarget &target, bool inBlocks) {
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
  if (inBlocks && target.registers >= 32)
    most /= 2;
  most = std::max<int64_t>(1, most);
  // Where a sum's rows share nothing, each is a stream through memory of its own.
  if (reduces && !sharesAmongRows(op, tile.rowDim))
    most = std::min<int64_t>(most, 4);
  std::optional<int64_t> rows = getConstantIntValue(sizes[tile.rowDim]), lines = 1;
  if (!rows) {
    tile.rows = std::min<int64_t>(8, most);
    return tile;
  }
  if (int64_t dim = reduces && !inBlocks && *rows < 2 * most ? next() : kNone; dim != kNone)
    if (std::optional<int64_t> size = getConstantIntValue(sizes[dim])) {
      tile.lineDim = dim;
      lines = size;
    }
  Cover(tile.vectors, most).find(0, 0, *lines, *rows, tile.patches);
  return tile;
}
