//===- Kernel.cpp - a generic op as a register-tiled kernel ---------------===//

#include "Codegen/Kernel.h"

#include "Codegen/BodyCloner.h"
#include "Codegen/Epilogue.h"
#include "Codegen/KernelTile.h"
#include "Conversion/Lowering.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <map>

using namespace mlir;
using namespace mlir::resnet;

namespace {

//===----------------------------------------------------------------------===//
// The loops
//===----------------------------------------------------------------------===//

class KernelEmitter : KernelTile {
public:
  KernelEmitter(IRRewriter &b, Kernel &kernel, const KernelTarget &target) : KernelTile(b, kernel), target(target) {}

  void emit() {
    Operation *last = kernel.rowSums ? kernel.rowSums : giver();
    b.setInsertionPoint(last);
    for (Range range : cast<linalg::LinalgOp>(op.getOperation()).createLoopRanges(b, loc))
      sizes.push_back(range.size);
    tile = chooseTile(op, kernel.epilogue, sizes, target, kernel.inBlocks);
    rootLoops = {SmallVector<Value>(sizes.size()), tile.vectorDim, tile.rowDim, tile.lineDim};
    for (int64_t i = 0, n = sizes.size(); i < n; ++i)
      (op.getIteratorTypesArray()[i] == utils::IteratorType::reduction ? reductions : parallels).push_back(i);
    llvm::erase(parallels, rootLoops.vectorDim);
    llvm::erase(parallels, rootLoops.rowDim);
    llvm::erase(parallels, rootLoops.lineDim);
    SmallVector<std::pair<int64_t, int64_t>> outer = readOuter();
    isPool = isSmallWindow();
    outerLoops(outer, [&] {
      // With part of a sum only, what all tiles read of it stays in the first-level cache if they follow one another.
      if (!outer.empty())
        return vectorLoop([&] { parallelLoops(parallels, [&] { planeLoop(); }); });
      parallelLoops(parallels, [&] { vectorLoop([&] { planeLoop(); }); });
    });
    eraseOps();
  }

private:
  //===--- loops ---===//

  SmallVector<std::pair<int64_t, int64_t>> readOuter() {
    SmallVector<std::pair<int64_t, int64_t>> outer;
    if (auto attr = op->getAttrOfType<DenseI64ArrayAttr>(kOuterAttr))
      for (size_t i = 0; i < attr.asArrayRef().size(); i += 2)
        outer.push_back({attr[i], attr[i + 1]});
    return outer;
  }

  /// Runs body in a loop over [0, size) by step, or without a loop where one step covers it.
  void loop(OpFoldResult size, int64_t step, llvm::function_ref<void(Value)> body) {
    if (getConstantIntValue(size) == step)
      return body(constant(0));
    auto loop = scf::ForOp::create(b, loc, constant(0), getValueOrCreateConstantIndexOp(b, loc, size), constant(step));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    body(loop.getInductionVar());
  }

  /// Blocks of outer reductions.
  void outerLoops(ArrayRef<std::pair<int64_t, int64_t>> outer, llvm::function_ref<void()> body) {
    if (outer.empty())
      return body();
    auto [dim, step] = outer.front();
    OpFoldResult whole = sizes[dim];
    if (std::optional<int64_t> size = staticSize(dim))
      while (*size % step != 0)
        --step;
    loop(whole, step, [&, dim = dim, step = step](Value iv) {
      bases[dim] = iv;
      sizes[dim] = blockSize(whole, step, iv);
      outers.push_back({dim, whole});
      outerLoops(outer.drop_front(), body);
      outers.pop_back();
      sizes[dim] = whole;
      bases.erase(dim);
    });
  }

  /// The size of the block that begins at `iv`: of a size that is known at run time alone, the last one may be smaller.
  OpFoldResult blockSize(OpFoldResult whole, int64_t step, Value iv) {
    if (step == 1 || getConstantIntValue(whole))
      return b.getIndexAttr(step);
    Value rest = arith::SubIOp::create(b, loc, cast<Value>(whole), iv);
    return arith::MinUIOp::create(b, loc, rest, constant(step)).getResult();
  }

  /// Every parallel dimension but those of the tile.
  void parallelLoops(ArrayRef<int64_t> dims, llvm::function_ref<void()> body) {
    if (dims.empty())
      return body();
    loop(sizes[dims.front()], 1, [&](Value iv) {
      rootLoops.ivs[dims.front()] = iv;
      parallelLoops(dims.drop_front(), body);
    });
  }

  void vectorLoop(llvm::function_ref<void()> body) {
    if (rootLoops.vectorDim == kNone)
      return body();
    loop(sizes[rootLoops.vectorDim], tile.lanes * tile.vectors, [&](Value iv) {
      rootLoops.ivs[rootLoops.vectorDim] = iv;
      body();
    });
  }

  /// All tiles along lines and rows.
  void planeLoop() {
    if (rootLoops.rowDim == kNone)
      return emitTile({1, 1});
    for (const Patch &patch : tile.patches)
      linesOf(patch);
    if (staticSize(rootLoops.rowDim))
      return;
    // The number of rows is known at run time alone: whole tiles, then single rows.
    Value size = sizeOf(rootLoops.rowDim);
    Value whole = arith::SubIOp::create(b, loc, size, arith::RemUIOp::create(b, loc, size, constant(tile.rows)));
    between(rootLoops.rowDim, constant(0), whole, tile.rows, [&] { emitTile({1, tile.rows}); });
    between(rootLoops.rowDim, whole, size, 1, [&] { emitTile({1, 1}); });
  }

  void linesOf(const Patch &patch) {
    if (rootLoops.lineDim == kNone)
      return rowsOf(patch);
    along(rootLoops.lineDim, patch.line, patch.lines, patch.tileLines, [&] { rowsOf(patch); });
  }

  void rowsOf(const Patch &patch) {
    along(rootLoops.rowDim, patch.row, patch.rows, patch.tileRows, [&] { emitTile({patch.tileLines, patch.tileRows}); });
  }

  /// Runs body with dimension `dim` at `begin`, `begin + step`, ..., without a loop where one step covers all.
  void along(int64_t dim, int64_t begin, int64_t count, int64_t step, llvm::function_ref<void()> body) {
    if (count > step)
      return between(dim, constant(begin), constant(begin + count), step, body);
    rootLoops.ivs[dim] = constant(begin);
    body();
  }

  void between(int64_t dim, Value begin, Value end, int64_t step, llvm::function_ref<void()> body) {
    auto loop = scf::ForOp::create(b, loc, begin, end, constant(step));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    rootLoops.ivs[dim] = loop.getInductionVar();
    body();
  }

  //===--- the tile ---===//

  /// Whether a few vectors of one operand are reduced.
  bool isSmallWindow() {
    constexpr int64_t kSteps = 9;
    int64_t steps = 1, operands = 0;
    for (int64_t dim : reductions)
      steps *= std::min<int64_t>(staticSize(dim).value_or(kSteps + 1), kSteps + 1);
    for (OpOperand *input : op.getDpsInputOperands())
      operands += op.payloadUsesValueFromOperand(input);
    return !reductions.empty() && tile.lanes > 1 && steps <= kSteps && operands == 1;
  }

  /// Steps of a loop that is written out.
  static constexpr int64_t kUnrolled = 8;

  void emitTile(Extent t) {
    SmallVector<Value> sums;
    forEach(t, [&](Position at) {
      for (int64_t i = 0, n = op.getNumDpsInits(); i < n; ++i)
        sums.push_back(op.getNumReductionLoops() ? initial(i, at) : Value());
    });
    bool creeps = op->hasAttr(kCreepAttr);
    if (kernel.epilogue && !creeps)
      fetchEpilogue(t);
    sums = reductionLoops(reductions, t, sums);
    int64_t next = 0;
    RowSums rowSums;
    forEach(t, [&](Position at) {
      for (OpOperand &output : op.getDpsInitsMutable()) {
        Value result = finish(sums[next++], output, at);
        if (kernel.rowSums)
          addToRow(result, at, rowSums);
      }
    });
    storeRowSums(rowSums);
  }

  /// What a sum starts from.
  Value initial(int64_t output, Position at) {
    linalg::FillOp fill = kernel.fills[output];
    Value v = fill ? fill.getInputs()[0] : load(op.getDpsInitsMutable()[output], at);
    if (tile.lanes == 1 || isa<VectorType>(v.getType()))
      return v;
    return vector::BroadcastOp::create(b, loc, VectorType::get({tile.lanes}, v.getType()), v);
  }

  SmallVector<Value> reductionLoops(ArrayRef<int64_t> dims, Extent t, ArrayRef<Value> sums) {
    if (dims.empty())
      return step(t, sums);
    int64_t dim = dims.front();
    Value base = bases.lookup(dim);
    auto inner = [&](Value iv) {
      rootLoops.ivs[dim] = base ? arith::AddIOp::create(b, loc, base, iv).getResult() : iv;
    };
    if (staticSize(dim) == 1) {
      inner(constant(0));
      return reductionLoops(dims.drop_front(), t, sums);
    }
    // Parts of sums are short, and leaving their innermost loops costs what a branch costs that was not foreseen. A pool's window is little work
    // beside its loops.
    bool isPart = dims.size() == 1 && ((!bases.empty() && !base) || kernel.writtenOut);
    if (std::optional<int64_t> size = staticSize(dim); size && *size <= kUnrolled && (isPart || isPool)) {
      SmallVector<Value> next(sums);
      for (int64_t i = 0; i < *size; ++i) {
        inner(constant(i));
        next = reductionLoops(dims.drop_front(), t, next);
      }
      return next;
    }
    if (dims.size() == 1) {
      inner(constant(0));
      setAnchors(dim, t);
    }
    auto loop = scf::ForOp::create(b, loc, constant(0), sizeOf(dim), constant(1), sums);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    inner(loop.getInductionVar());
    anchorStep = loop.getInductionVar();
    SmallVector<Value> next, before = llvm::to_vector_of<Value>(loop.getRegionIterArgs());
    if (kernel.inBlocks && dims.size() == 2)
      next = added(before, reductionLoops(dims.drop_front(), t, zeros(before)));
    else
      next = reductionLoops(dims.drop_front(), t, before);
    scf::YieldOp::create(b, loc, next);
    anchors.clear();
    return llvm::to_vector_of<Value>(loop.getResults());
  }

  SmallVector<Value> zeros(ArrayRef<Value> like) {
    return llvm::map_to_vector(like, [&](Value v) -> Value { return arith::ConstantOp::create(b, loc, b.getZeroAttr(v.getType())); });
  }

  SmallVector<Value> added(ArrayRef<Value> sums, ArrayRef<Value> parts) {
    SmallVector<Value> result;
    for (auto [sum, part] : llvm::zip_equal(sums, parts))
      result.push_back(arith::AddFOp::create(b, loc, sum, part));
    return result;
  }

  /// Before the innermost loop: a view of each operand of scalars that begins at the tile's first, so that the tile's offsets are
  /// constants of an address.
  void setAnchors(int64_t innermost, Extent t) {
    for (OpOperand *input : op.getDpsInputOperands()) {
      AffineMap map = op.getMatchingIndexingMap(input);
      auto type = dyn_cast<MemRefType>(input->get().getType());
      if (!type || tile.lanes == 1 || map.isFunctionOfDim(rootLoops.vectorDim) || !map.isFunctionOfDim(innermost))
        continue;
      SmallVector<OpFoldResult> at = getAsOpFoldResult(indicesOf(map, {0, 0, 0}, rootLoops)), size, step;
      for (AffineExpr expr : anchored(map, innermost, {t.lines - 1, t.rows - 1, 0})) {
        int64_t steps = staticSize(innermost).value_or(1);
        AffineExpr last = expr.replaceDims(SmallVector<AffineExpr>(map.getNumDims(), b.getAffineConstantExpr(steps - 1)));
        size.push_back(b.getIndexAttr(cast<AffineConstantExpr>(last).getValue() + 1));
        step.push_back(b.getIndexAttr(1));
      }
      anchors[input->getOperandNumber()] = {memref::SubViewOp::create(b, loc, input->get(), at, size, step), innermost};
    }
  }

  /// A map's results, less those at the tile's first element: functions of the innermost dimension alone.
  SmallVector<AffineExpr> anchored(AffineMap map, int64_t innermost, Position at) {
    SmallVector<AffineExpr> first, here;
    for (int64_t i = 0, n = map.getNumDims(); i < n; ++i) {
      first.push_back(b.getAffineConstantExpr(0));
      AffineExpr ahead = b.getAffineConstantExpr(offset(rootLoops, i, at));
      here.push_back(i == innermost ? b.getAffineDimExpr(i) + ahead : ahead);
    }
    return llvm::map_to_vector(map.getResults(), [&](AffineExpr expr) {
      return simplifyAffineExpr(expr.replaceDims(here) - expr.replaceDims(first), map.getNumDims(), 0);
    });
  }

  /// By operand, line, row and vector.
  using LoadedValues = DenseMap<std::tuple<unsigned, int64_t, int64_t, int64_t>, Value>;

  /// One step of the reduction (or the whole of an elementwise op) for all rows and vectors of the tile.
  SmallVector<Value> step(Extent t, ArrayRef<Value> sums) {
    LoadedValues loaded;
    SmallVector<Value> next;
    int64_t outputs = op.getNumDpsInits();
    bool reduces = op.getNumReductionLoops() > 0;
    SmallVector<Fetch> fetches;
    if (auto dim = op->getAttrOfType<IntegerAttr>(kCreepAttr); dim && reductions.back() != dim.getInt())
      fetches = creep(dim.getInt(), t);
    size_t fetched = 0;
    forEach(t, [&](Position at) {
      SmallVector<Value> arguments;
      for (OpOperand &operand : op->getOpOperands()) {
        if (op.isDpsInit(&operand) && reduces) {
          int64_t tilePosition = (at.line * t.rows + at.row) * tile.vectors + at.vector;
          arguments.push_back(sums[tilePosition * outputs + operand.getOperandNumber() - op.getNumDpsInputs()]);
          continue;
        }
        arguments.push_back(cachedLoad(operand, at, loaded));
      }
      auto index = [&](int64_t dim) { return indexOf(dim, at, rootLoops); };
      next.append(BodyCloner(b, op, tile.lanes, target.fma, index).run(arguments));
      // Among the products: LLVM keeps loads and prefetches in order, and loads of a whole step at once would not find registers.
      for (size_t due = fetches.size() * next.size() / sums.size(); fetched < due && at.vector + 1 == tile.vectors; ++fetched)
        fetches[fetched]();
    });
    if (kernel.atStep)
      kernel.atStep(rootLoops.ivs, t.lines);
    if (op->hasAttr(kAheadAttr))
      fetchAhead();
    return next;
  }

  Value cachedLoad(OpOperand &operand, Position at, LoadedValues &loaded) {
    AffineMap map = op.getMatchingIndexingMap(&operand);
    if (!op.payloadUsesValueFromOperand(&operand))
      return Value();
    auto along = [&](int64_t dim, int64_t position) { return dim != kNone && map.isFunctionOfDim(dim) ? position : 0; };
    Value &value = loaded[{operand.getOperandNumber(), along(rootLoops.lineDim, at.line), along(rootLoops.rowDim, at.row),
                           along(rootLoops.vectorDim, at.vector)}];
    if (!value)
      value = anchors.contains(operand.getOperandNumber()) ? loadAnchored(operand, at) : load(operand, at);
    return value;
  }

  Value loadAnchored(OpOperand &operand, Position at) {
    auto [view, innermost] = anchors.lookup(operand.getOperandNumber());
    AffineMap map = op.getMatchingIndexingMap(&operand);
    SmallVector<OpFoldResult> ivs(map.getNumDims(), b.getIndexAttr(0));
    ivs[innermost] = anchorStep;
    SmallVector<Value> indices;
    for (AffineExpr expr : anchored(map, innermost, at)) {
      AffineMap one = AffineMap::get(map.getNumDims(), 0, expr, b.getContext());
      indices.push_back(getValueOrCreateConstantIndexOp(b, loc, affine::makeComposedFoldedAffineApply(b, loc, one, ivs)));
    }
    return memref::LoadOp::create(b, loc, view, indices);
  }

  /// The value of a loop for a position, in vectors along the vector dimension.
  Value indexOf(int64_t dim, Position at, const Loops &loops) {
    Value iv = loops.ivs[dim];
    if (dim != loops.vectorDim) {
      int64_t ahead = offset(loops, dim, at);
      return ahead ? arith::AddIOp::create(b, loc, iv, constant(ahead)).getResult() : iv;
    }
    SmallVector<int64_t> lanes(tile.lanes);
    for (auto [i, lane] : llvm::enumerate(lanes))
      lane = at.vector * tile.lanes + i;
    auto type = VectorType::get({tile.lanes}, b.getIndexType());
    Value offsets = arith::ConstantOp::create(b, loc, DenseIntElementsAttr::get(type, lanes));
    return arith::AddIOp::create(b, loc, vector::BroadcastOp::create(b, loc, type, iv), offsets);
  }

  //===--- memory ---===//

  Lanes lanesOf(const Loops &loops) const { return {loops.vectorDim, tile.lanes, target.fma}; }

  /// The root's operand at a position.
  Value load(OpOperand &operand, Position at) {
    auto where = [&](AffineMap map) { return indicesOf(map, at, rootLoops); };
    return loadOperand(b, loc, operand, op.getMatchingIndexingMap(&operand), lanesOf(rootLoops), where);
  }

  /// Stores a result, or hands it to the epilogue and stores what that makes of it. Returns what it stores.
  Value finish(Value sum, OpOperand &output, Position at) {
    linalg::GenericOp epilogue = kernel.epilogue;
    if (!epilogue) {
      storeValue(b, loc, sum, output.get(), indicesOf(op.getMatchingIndexingMap(&output), at, rootLoops), streams(kernel));
      return sum;
    }
    Loops loops = epilogueLoops();
    return emitEpilogue(
        b, epilogue, output.get(), sum, lanesOf(loops), [&](AffineMap map) { return indicesOf(map, at, loops); },
        [&](int64_t dim) { return indexOf(dim, at, loops); });
  }

  //===--- sums over rows ---===//

  /// Of a tile, by line, row and vector as the sums tell them apart: a position of theirs, and the sums so far.
  using RowSums = std::map<std::tuple<int64_t, int64_t, int64_t>, std::pair<Position, SmallVector<Value>>>;

  /// Adds a result to the sums of its row, which go on from what is in memory.
  void addToRow(Value result, Position at, RowSums &rows) {
    linalg::GenericOp sums = kernel.rowSums;
    Loops loops = rowSumsLoops();
    auto where = [&](AffineMap map) { return indicesOf(map, at, loops); };
    AffineMap written = sums.getMatchingIndexingMap(sums.getDpsInitOperand(0));
    bool apart = loops.rowDim != kNone && written.isFunctionOfDim(loops.rowDim); // the tile's rows are those of a plane with one column
    auto &[place, soFar] = rows[{at.line, apart ? at.row : 0, at.vector}];
    bool begins = soFar.empty();
    if (begins)
      place = at;
    SmallVector<Value> arguments;
    for (OpOperand &operand : sums->getOpOperands()) {
      if (operand.get() == giver().getDpsInits()[0])
        arguments.push_back(result);
      else if (sums.isDpsInit(&operand) && !begins)
        arguments.push_back(soFar[operand.getOperandNumber() - sums.getNumDpsInputs()]);
      else
        arguments.push_back(loadOperand(b, loc, operand, sums.getMatchingIndexingMap(&operand), lanesOf(loops), where));
    }
    soFar = BodyCloner(b, sums, tile.lanes, target.fma, [&](int64_t dim) { return indexOf(dim, at, loops); }).run(arguments);
  }

  void storeRowSums(const RowSums &rows) {
    for (auto &[row, sums] : rows)
      for (auto [sum, output] : llvm::zip_equal(sums.second, kernel.rowSums.getDpsInitsMutable()))
        storeValue(b, loc, sum, output.get(), indicesOf(kernel.rowSums.getMatchingIndexingMap(&output), sums.first, rowSumsLoops()));
  }

  void eraseOps() {
    if (kernel.rowSums)
      b.eraseOp(kernel.rowSums);
    if (kernel.epilogue)
      b.eraseOp(kernel.epilogue);
    b.eraseOp(kernel.root);
    for (linalg::FillOp fill : kernel.fills)
      if (fill)
        b.eraseOp(fill);
    if (kernel.scratch && kernel.scratch->use_empty())
      b.eraseOp(kernel.scratch);
  }

  const KernelTarget &target;
  bool isPool = false; // a short sum without a value that many share
  SmallVector<int64_t> parallels;
  DenseMap<unsigned, std::pair<Value, int64_t>> anchors; // by operand, within an innermost loop: a view, and that loop's dimension
  Value anchorStep; // that loop's variable
};

} // namespace

bool mlir::resnet::streams(const Kernel &kernel) {
  return kernel.root->hasAttr(kStreamAttr) && !kernel.rowSums;
}

void mlir::resnet::emitKernel(IRRewriter &rewriter, Kernel kernel, const KernelTarget &target) {
  KernelEmitter(rewriter, kernel, target).emit();
}
