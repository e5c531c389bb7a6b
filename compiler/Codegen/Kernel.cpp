//===- Kernel.cpp - a generic op as a register-tiled kernel ---------------===//

#include "Codegen/Kernel.h"

#include "Codegen/BodyCloner.h"
#include "Codegen/Tile.h"
#include "Conversion/Lowering.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::resnet;

namespace {

//===----------------------------------------------------------------------===//
// The loops
//===----------------------------------------------------------------------===//

class KernelEmitter {
public:
  KernelEmitter(IRRewriter &b, Kernel &kernel, const KernelTarget &target)
      : b(b), kernel(kernel), op(kernel.root), target(target), loc(op.getLoc()) {}

  void emit() {
    Operation *last = kernel.epilogue ? kernel.epilogue : kernel.root;
    b.setInsertionPoint(last);
    for (Range range : cast<linalg::LinalgOp>(op.getOperation()).createLoopRanges(b, loc))
      sizes.push_back(range.size);
    tile = chooseTile(op, kernel.epilogue, sizes, target);
    rootLoops = {SmallVector<Value>(sizes.size()), tile.vectorDim, tile.rowDim, tile.lineDim};
    for (int64_t i = 0, n = sizes.size(); i < n; ++i)
      (op.getIteratorTypesArray()[i] == utils::IteratorType::reduction ? reductions : parallels).push_back(i);
    llvm::erase(parallels, rootLoops.vectorDim);
    llvm::erase(parallels, rootLoops.rowDim);
    llvm::erase(parallels, rootLoops.lineDim);
    outerLoops(readOuter());
    eraseOps();
  }

private:
  /// The loops as an op sees them, the root or its epilogue: their variables, and which of them the tile lies along.
  struct Loops {
    SmallVector<Value> ivs;
    int64_t vectorDim, rowDim, lineDim;
  };

  Value constant(int64_t v) { return arith::ConstantIndexOp::create(b, loc, v); }
  Value sizeOf(int64_t dim) { return getValueOrCreateConstantIndexOp(b, loc, sizes[dim]); }
  std::optional<int64_t> staticSize(int64_t dim) { return getConstantIntValue(sizes[dim]); }

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

  /// Blocks of outer reductions, then every parallel dimension but those of the tile.
  void outerLoops(ArrayRef<std::pair<int64_t, int64_t>> outer) {
    if (outer.empty())
      return parallelLoops(parallels);
    auto [dim, step] = outer.front();
    OpFoldResult whole = sizes[dim];
    if (std::optional<int64_t> size = staticSize(dim))
      while (*size % step != 0)
        --step;
    loop(whole, step, [&, dim = dim, step = step](Value iv) {
      bases[dim] = iv;
      sizes[dim] = blockSize(whole, step, iv);
      outerLoops(outer.drop_front());
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

  void parallelLoops(ArrayRef<int64_t> dims) {
    if (dims.empty())
      return vectorLoop();
    loop(sizes[dims.front()], 1, [&](Value iv) {
      rootLoops.ivs[dims.front()] = iv;
      parallelLoops(dims.drop_front());
    });
  }

  void vectorLoop() {
    if (rootLoops.vectorDim == kNone)
      return lineLoop();
    loop(sizes[rootLoops.vectorDim], tile.lanes * tile.vectors, [&](Value iv) {
      rootLoops.ivs[rootLoops.vectorDim] = iv;
      lineLoop();
    });
  }

  /// Runs `emit` for whole tiles along a dimension of known size, then for the rest.
  void tilesAlong(int64_t dim, int64_t Tile::*extent, const Tile &shape, llvm::function_ref<void(const Tile &)> emit) {
    Tile rest = shape;
    int64_t size = *staticSize(dim);
    rest.*extent = size % (shape.*extent);
    loop(b.getIndexAttr(size - rest.*extent), shape.*extent, [&](Value iv) {
      rootLoops.ivs[dim] = iv;
      emit(shape);
    });
    if (rest.*extent) {
      rootLoops.ivs[dim] = constant(size - rest.*extent);
      emit(rest);
    }
  }

  void lineLoop() {
    if (rootLoops.lineDim == kNone)
      return rowLoop(tile);
    tilesAlong(rootLoops.lineDim, &Tile::lines, tile, [&](const Tile &t) { rowLoop(t); });
  }

  void rowLoop(const Tile &shape) {
    if (rootLoops.rowDim == kNone)
      return emitTile(shape);
    if (staticSize(rootLoops.rowDim))
      return tilesAlong(rootLoops.rowDim, &Tile::rows, shape, [&](const Tile &t) { emitTile(t); });
    // The number of rows is known at run time alone: whole tiles, then single rows.
    Tile rest = shape;
    rest.rows = 1;
    Value size = sizeOf(rootLoops.rowDim);
    Value whole = arith::SubIOp::create(b, loc, size, arith::RemUIOp::create(b, loc, size, constant(shape.rows)));
    rowsBetween(constant(0), whole, shape);
    rowsBetween(whole, size, rest);
  }

  void rowsBetween(Value begin, Value end, Tile shape) {
    auto loop = scf::ForOp::create(b, loc, begin, end, constant(shape.rows));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    rootLoops.ivs[rootLoops.rowDim] = loop.getInductionVar();
    emitTile(shape);
  }

  //===--- the tile ---===//

  struct Position {
    int64_t line, row, vector;
  };

  /// How far the position is along a dimension, from the tile's first element.
  int64_t offset(const Loops &loops, int64_t dim, Position at) const {
    if (dim == loops.vectorDim)
      return at.vector * tile.lanes;
    return dim == loops.rowDim ? at.row : dim == loops.lineDim ? at.line : 0;
  }

  void forEach(const Tile &t, llvm::function_ref<void(Position)> body) {
    for (int64_t line = 0; line < t.lines; ++line)
      for (int64_t row = 0; row < t.rows; ++row)
        for (int64_t vector = 0; vector < t.vectors; ++vector)
          body({line, row, vector});
  }

  void emitTile(const Tile &t) {
    SmallVector<Value> sums;
    forEach(t, [&](Position at) {
      for (int64_t i = 0, n = op.getNumDpsInits(); i < n; ++i)
        sums.push_back(op.getNumReductionLoops() ? initial(i, at) : Value());
    });
    sums = reductionLoops(reductions, t, sums);
    int64_t next = 0;
    forEach(t, [&](Position at) {
      for (OpOperand &output : op.getDpsInitsMutable())
        finish(sums[next++], output, at);
    });
  }

  /// What a sum starts from.
  Value initial(int64_t output, Position at) {
    if (linalg::FillOp fill = kernel.fills[output]) {
      Value v = fill.getInputs()[0];
      if (tile.lanes == 1)
        return v;
      return vector::BroadcastOp::create(b, loc, VectorType::get({tile.lanes}, v.getType()), v);
    }
    return load(op, op.getDpsInitsMutable()[output], at, rootLoops, /*spread=*/true);
  }

  SmallVector<Value> reductionLoops(ArrayRef<int64_t> dims, const Tile &t, ArrayRef<Value> sums) {
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
    auto loop = scf::ForOp::create(b, loc, constant(0), sizeOf(dim), constant(1), sums);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    inner(loop.getInductionVar());
    SmallVector<Value> next = reductionLoops(dims.drop_front(), t, llvm::to_vector_of<Value>(loop.getRegionIterArgs()));
    scf::YieldOp::create(b, loc, next);
    return llvm::to_vector_of<Value>(loop.getResults());
  }

  /// By operand, line, row and vector.
  using LoadedValues = DenseMap<std::tuple<unsigned, int64_t, int64_t, int64_t>, Value>;

  /// One step of the reduction (or the whole of an elementwise op) for all rows and vectors of the tile.
  SmallVector<Value> step(const Tile &t, ArrayRef<Value> sums) {
    LoadedValues loaded;
    SmallVector<Value> next;
    int64_t outputs = op.getNumDpsInits();
    bool reduces = op.getNumReductionLoops() > 0;
    forEach(t, [&](Position at) {
      SmallVector<Value> arguments;
      for (OpOperand &operand : op->getOpOperands()) {
        if (op.isDpsInit(&operand) && reduces) {
          int64_t tilePosition = (at.line * t.rows + at.row) * t.vectors + at.vector;
          arguments.push_back(sums[tilePosition * outputs + operand.getOperandNumber() - op.getNumDpsInputs()]);
          continue;
        }
        arguments.push_back(cachedLoad(operand, at, loaded));
      }
      next.append(cloneBody(op, arguments, at, rootLoops));
    });
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
      value = load(op, operand, at, rootLoops, /*spread=*/false);
    return value;
  }

  SmallVector<Value> cloneBody(linalg::GenericOp generic, ArrayRef<Value> arguments, Position at, const Loops &loops) {
    auto index = [&](int64_t dim) -> Value {
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
    };
    return BodyCloner(b, generic, tile.lanes, target.fma, index).run(arguments);
  }

  //===--- memory ---===//

  SmallVector<Value> indicesOf(AffineMap map, Position at, const Loops &loops) {
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

  /// An operand's value at a position: a vector where it varies along the vector dimension, else a scalar (spread on demand).
  Value load(linalg::GenericOp generic, OpOperand &operand, Position at, const Loops &loops, bool spread) {
    if (!isa<MemRefType>(operand.get().getType()))
      return operand.get();
    AffineMap map = generic.getMatchingIndexingMap(&operand);
    SmallVector<Value> where = indicesOf(map, at, loops);
    Type element = getElementTypeOrSelf(operand.get());
    if (loops.vectorDim != kNone && map.isFunctionOfDim(loops.vectorDim))
      return vector::LoadOp::create(b, loc, VectorType::get({tile.lanes}, element), operand.get(), where);
    Value v = memref::LoadOp::create(b, loc, operand.get(), where);
    if (spread && tile.lanes > 1)
      v = vector::BroadcastOp::create(b, loc, VectorType::get({tile.lanes}, element), v);
    return v;
  }

  void store(linalg::GenericOp generic, OpOperand &operand, Value v, Position at, const Loops &loops) {
    SmallVector<Value> where = indicesOf(generic.getMatchingIndexingMap(&operand), at, loops);
    if (isa<VectorType>(v.getType()))
      vector::StoreOp::create(b, loc, v, operand.get(), where);
    else
      memref::StoreOp::create(b, loc, v, operand.get(), where);
  }

  /// Stores a result, or hands it to the epilogue and stores what that makes of it.
  void finish(Value sum, OpOperand &output, Position at) {
    linalg::GenericOp epilogue = kernel.epilogue;
    if (!epilogue)
      return store(op, output, sum, at, rootLoops);
    auto dimOf = [&](int64_t dim) { return dim == kNone ? kNone : epilogueDim(op, epilogue, dim); };
    Loops loops{SmallVector<Value>(epilogue.getNumLoops()), dimOf(rootLoops.vectorDim), dimOf(rootLoops.rowDim),
                dimOf(rootLoops.lineDim)};
    for (int64_t i = 0, n = rootLoops.ivs.size(); i < n; ++i)
      if (int64_t dim = dimOf(i); dim != kNone)
        loops.ivs[dim] = rootLoops.ivs[i];
    SmallVector<Value> arguments;
    for (OpOperand &operand : epilogue->getOpOperands()) {
      if (operand.get() == output.get())
        arguments.push_back(sum);
      else
        arguments.push_back(epilogue.payloadUsesValueFromOperand(&operand)
                                ? load(epilogue, operand, at, loops, false)
                                : Value());
    }
    Value result = cloneBody(epilogue, arguments, at, loops)[0];
    store(epilogue, epilogue.getDpsInitsMutable()[0], result, at, loops);
  }

  void eraseOps() {
    if (kernel.epilogue)
      b.eraseOp(kernel.epilogue);
    b.eraseOp(kernel.root);
    for (linalg::FillOp fill : kernel.fills)
      if (fill)
        b.eraseOp(fill);
    if (kernel.scratch && kernel.scratch->use_empty())
      b.eraseOp(kernel.scratch);
  }

  IRRewriter &b;
  Kernel &kernel;
  linalg::GenericOp op;
  const KernelTarget &target;
  Location loc;
  SmallVector<OpFoldResult> sizes;
  DenseMap<int64_t, Value> bases; // where a block of an outer reduction begins
  SmallVector<int64_t> parallels, reductions;
  Tile tile;
  Loops rootLoops{{}, kNone, kNone, kNone};
};

} // namespace

void mlir::resnet::emitKernel(IRRewriter &rewriter, Kernel kernel, const KernelTarget &target) {
  KernelEmitter(rewriter, kernel, target).emit();
}
