//===- WinogradEmitter.cpp - the arithmetic of Winograd's algorithm -------===//

#include "Codegen/WinogradEmitter.h"

#include "Codegen/Epilogue.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <cmath>

using namespace mlir;
using namespace mlir::resnet;
using winograd::Strips;
using winograd::Tiles;

/// The p of the points +-p. The others are zero and infinity.
static ArrayRef<double> pairsOf(int64_t most) {
  static constexpr double kTwo[] = {1}, kFour[] = {0.70710678118654752440, 1.41421356237309504880}, kSix[] = {1, 0.5, 2};
  return most == 2 ? ArrayRef(kTwo) : most == 4 ? ArrayRef(kFour) : ArrayRef(kSix);
}

/// The product of y - p^2 over all pairs but one, as coefficients of powers of y.
static SmallVector<double> productOf(ArrayRef<double> pairs, std::optional<size_t> but = {}) {
  SmallVector<double> product{1};
  for (auto [i, p] : llvm::enumerate(pairs)) {
    if (i == but)
      continue;
    product.insert(product.begin(), 0);
    for (size_t k = 0; k + 1 < product.size(); ++k)
      product[k] -= p * p * product[k + 1];
  }
  return product;
}

/// What a filter's polynomial is scaled by at zero, and at the i-th pair: one over the derivative of x * product of (x^2 - p^2).
static double scaleAtZero(ArrayRef<double> pairs) { return 1 / productOf(pairs).front(); }

static double scaleOf(ArrayRef<double> pairs, size_t i) {
  double y = pairs[i] * pairs[i], power = 1, derivative = 0;
  for (double c : productOf(pairs, i)) {
    derivative += c * power;
    power *= y;
  }
  return 1 / (2 * y * derivative);
}

static VectorType vectorOf(Operation *op, const KernelTarget &target) {
  Type element = getElementTypeOrSelf(op->getOperand(0));
  return VectorType::get({target.vectorBytes / (element.getIntOrFloatBitWidth() / 8)}, element);
}

WinogradEmitter::WinogradEmitter(IRRewriter &b, Operation *op, const KernelTarget &target)
    : b(b), loc(op->getLoc()), target(target), type(vectorOf(op, target)), lanes(type.getDimSize(0)) {}

//===----------------------------------------------------------------------===//
// Indices and loops
//===----------------------------------------------------------------------===//

Value WinogradEmitter::index(int64_t v) { return arith::ConstantIndexOp::create(b, loc, v); }

Value WinogradEmitter::ahead(Value a, int64_t offset) {
  return offset ? arith::AddIOp::create(b, loc, a, index(offset)).getResult() : a;
}

Value WinogradEmitter::scaled(Value a, int64_t factor, Value c) {
  return arith::AddIOp::create(b, loc, factor == 1 ? a : arith::MulIOp::create(b, loc, a, index(factor)).getResult(), c);
}

Value WinogradEmitter::strided(Value a, int64_t stride) {
  return stride == 1 ? a : arith::MulIOp::create(b, loc, a, index(stride)).getResult();
}

void WinogradEmitter::loop(Value begin, Value end, int64_t step, llvm::function_ref<void(Value)> body) {
  auto from = getConstantIntValue(begin), to = getConstantIntValue(end);
  if (from && to && *to <= *from)
    return;
  if (from && to && *to - *from <= step)
    return body(begin);
  auto loop = scf::ForOp::create(b, loc, begin, end, index(step));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  body(loop.getInductionVar());
}

//===----------------------------------------------------------------------===//
// Vectors
//===----------------------------------------------------------------------===//

Value WinogradEmitter::load(Value from, ValueRange at) { return vector::LoadOp::create(b, loc, type, from, at); }

void WinogradEmitter::store(Value v, Value to, ValueRange at) { vector::StoreOp::create(b, loc, v, to, at); }

void WinogradEmitter::fetch(Value from, ValueRange at) {
  memref::PrefetchOp::create(b, loc, from, at, /*isWrite=*/false, /*localityHint=*/2, /*isDataCache=*/true);
}

void WinogradEmitter::clear(Value scratch, Value rows) {
  Value zero = splat(0);
  loop(cast<MemRefType>(scratch.getType()).getDimSize(0), 1, [&](Value p) {
    loop(index(0), rows, 1, [&](Value row) { loop(kBlock, lanes, [&](Value k) { store(zero, scratch, {p, row, k}); }); });
  });
}

Value WinogradEmitter::splat(double k) {
  return arith::ConstantOp::create(b, loc, DenseElementsAttr::get(type, FloatAttr::get(type.getElementType(), k).getValue()));
}

Value WinogradEmitter::add(Value x, Value y) { return arith::AddFOp::create(b, loc, x, y); }

Value WinogradEmitter::sub(Value x, Value y) { return arith::SubFOp::create(b, loc, x, y); }

Value WinogradEmitter::times(double k, Value x) { return k == 1 ? x : arith::MulFOp::create(b, loc, splat(k), x).getResult(); }

Value WinogradEmitter::plus(double k, Value x, Value y) {
  if (k == 1)
    return add(x, y);
  if (k == -1)
    return sub(y, x);
  if (!target.fma)
    return add(times(k, x), y);
  return math::FmaOp::create(b, loc, splat(k), x, y);
}

//===----------------------------------------------------------------------===//
// Tiles
//===----------------------------------------------------------------------===//

void WinogradEmitter::eachBlock(const Strips &rows, bool together, int64_t whole, int64_t shorter,
                                llvm::function_ref<void(Value row, int64_t whole, int64_t shorter)> body) {
  if (together)
    return body(index(0), rows.whole, rows.shorter);
  int64_t end = rows.whole * rows.most;
  loop(index(0), index(end), whole * rows.most, [&](Value row) { body(row, whole, 0); });
  loop(index(end), index(rows.covered()), shorter * (rows.most - 1), [&](Value row) { body(row, 0, shorter); });
}

SmallVector<WinogradEmitter::Shape> WinogradEmitter::shapesOf(const Block &block, const Tiles &tiles) {
  struct Part {
    Axis axis;
    int64_t begin, count;
  };
  auto partsOf = [](const Strips &strips, int64_t whole, int64_t shorter) {
    return std::pair(Part{strips.wholeOne(), 0, whole}, Part{strips.shorterOne(), whole * strips.most, shorter});
  };
  auto [high, low] = partsOf(tiles.rows, block.whole, block.shorter);
  auto [wide, narrow] = partsOf(tiles.columns, tiles.columns.whole, tiles.columns.shorter);
  SmallVector<Shape> shapes;
  int64_t before = 0;
  for (auto [down, across] : {std::pair(high, narrow), std::pair(high, wide), std::pair(low, wide), std::pair(low, narrow)}) {
    if (int64_t count = down.count * across.count)
      shapes.push_back({down.axis, across.axis, down.begin, across.begin, down.count, across.count, before}), before += count;
  }
  return shapes;
}

void WinogradEmitter::eachTile(const Block &block, const Shape &shape,
                               llvm::function_ref<void(Value image, Value row, Value column, Value tile)> body,
                               std::optional<std::pair<int64_t, int64_t>> rows, std::optional<std::pair<int64_t, int64_t>> columns) {
  auto [top, bottom] = rows.value_or(std::pair(int64_t(0), shape.rows));
  auto [left, right] = columns.value_or(std::pair(int64_t(0), shape.columns));
  Value first = arith::MulIOp::create(b, loc, block.images, index(shape.before));
  loop(index(0), block.images, 1, [&](Value i) {
    Value image = arith::AddIOp::create(b, loc, block.image, i);
    loop(index(top), index(bottom), 1, [&](Value ty) {
      Value row = arith::AddIOp::create(b, loc, block.row, scaled(ty, shape.down.outputs, index(shape.row)));
      loop(index(left), index(right), 1, [&](Value tx) {
        Value tile = arith::AddIOp::create(b, loc, first, scaled(scaled(i, shape.rows, ty), shape.columns, tx));
        body(image, row, scaled(tx, shape.across.outputs, index(shape.column)), tile);
      });
    });
  });
}

Value WinogradEmitter::filterPoint(const Strips &strips, Value point) {
  if (strips.stride() == 1)
    return point;
  int64_t most = strips.most;
  auto is = [&](arith::CmpIPredicate how, int64_t v) { return arith::CmpIOp::create(b, loc, how, point, index(v)); };
  Value infinite = arith::SelectOp::create(b, loc, is(arith::CmpIPredicate::eq, 2 * most - 1), index(most), index(most + 1));
  return arith::SelectOp::create(b, loc, is(arith::CmpIPredicate::ult, most), point, infinite);
}

void WinogradEmitter::eachPoint(const Block &block, const Tiles &tiles, llvm::function_ref<void(const Products &)> body) {
  const Strips &rows = tiles.rows, &columns = tiles.columns;
  int64_t across = columns.wholeOne().points(), acrossAll = columns.shorterOne().points(), down = rows.wholeOne().points(),
          downAll = rows.shorterOne().points();
  int64_t a = block.whole * columns.shorter, wholeRows = a + block.whole * columns.whole,
          c = wholeRows + block.shorter * columns.whole, d = c + block.shorter * columns.shorter;
  // Points in rows [first, last): tiles [begin, end) of an image take part, and of those columns that shorter tiles do without [beginOfWhole, endOfWhole).
  auto rowsOf = [&](int64_t first, int64_t last, int64_t begin, int64_t end, int64_t beginOfWhole, int64_t endOfWhole) {
    if (begin == end)
      return;
    loop(index(first), index(last), 1, [&](Value i) {
      auto columnsOf = [&](int64_t first, int64_t last, int64_t begin, int64_t end) {
        loop(index(first), index(last), 1, [&](Value j) {
          Value q = scaled(filterPoint(rows, i), columns.wholeOne().filterPoints(), filterPoint(columns, j));
          body({scaled(i, across, j), q, begin, end});
        });
      };
      if (begin == beginOfWhole && end == endOfWhole)
        return columnsOf(0, across, begin, end);
      columnsOf(0, acrossAll, begin, end);
      if (beginOfWhole != endOfWhole)
        columnsOf(acrossAll, across, beginOfWhole, endOfWhole);
    });
  };
  if (block.shorter == 0)
    return rowsOf(0, down, 0, d, a, c);
  rowsOf(0, downAll, 0, d, a, c);
  rowsOf(downAll, down, 0, wholeRows, a, wholeRows);
}

//===----------------------------------------------------------------------===//
// Matrices
//===----------------------------------------------------------------------===//

Value WinogradEmitter::polynomial(ArrayRef<double> coefficients, ArrayRef<Value> d) {
  int64_t last = coefficients.size() - 1;
  Value sum = d[2 * last];
  for (int64_t k = last - 1; k >= 0; --k)
    sum = plus(coefficients[k], d[2 * k], sum);
  return sum;
}

Value WinogradEmitter::inputAt(Axis axis, int64_t point, ArrayRef<Value> d) {
  if (axis.stride() == 2) {
    for (int64_t k = 0; k < axis.outputs; ++k)
      if (point == axis.plain(k))
        return d[2 * k + 1];
    Row even;
    for (int64_t i = 0; i <= axis.outputs; ++i)
      even.push_back(d[2 * i]);
    return inputAt(axis.even(), std::min(point, axis.most), even);
  }
  ArrayRef<double> pairs = pairsOf(axis.most);
  if (point == 0 || point == axis.most + 1)
    return polynomial(productOf(pairs), d.drop_front(point == 0 ? 0 : 1));
  size_t pair = (point - 1) / 2;
  SmallVector<double> others = productOf(pairs, pair);
  Value even = polynomial(others, d.drop_front(2)), odd = polynomial(others, d.drop_front(1));
  return plus(point % 2 ? pairs[pair] : -pairs[pair], odd, even);
}

WinogradEmitter::Row WinogradEmitter::inputs(Axis axis, ArrayRef<Value> d) {
  Row out;
  for (int64_t point = 0; point < axis.points(); ++point)
    out.push_back(inputAt(axis, point, d));
  return out;
}

WinogradEmitter::Row WinogradEmitter::evaluate(ArrayRef<double> pairs, ArrayRef<Value> m, int64_t outputs, int64_t last) {
  Row even, odd, out;
  for (size_t i = 0; i < pairs.size(); ++i) {
    even.push_back(add(m[2 * i + 1], m[2 * i + 2]));
    odd.push_back(sub(m[2 * i + 1], m[2 * i + 2]));
  }
  for (int64_t k = 0; k < outputs; ++k) {
    Value sum = k == 0 ? m[0] : k == last ? m.back() : Value();
    for (auto [p, v] : llvm::zip_equal(pairs, k % 2 ? odd : even)) {
      double power = std::pow(p, k);
      sum = sum ? plus(power, v, sum) : times(power, v);
    }
    out.push_back(sum);
  }
  return out;
}

WinogradEmitter::Row WinogradEmitter::outputs(Axis axis, ArrayRef<Value> m) {
  if (axis.stride() == 1)
    return evaluate(pairsOf(axis.most), m, axis.outputs, axis.most - 1);
  Row points(m.take_front(axis.most));
  if (axis.whole())
    points.push_back(m[2 * axis.most - 1]);
  Row out = evaluate(pairsOf(axis.even().most), points, axis.outputs, axis.most - 1);
  for (auto [k, y] : llvm::enumerate(out))
    y = add(y, m[axis.plain(k)]);
  return out;
}

WinogradEmitter::Row WinogradEmitter::tapsAt(ArrayRef<double> pairs, ArrayRef<Value> g) {
  Row out{times(scaleAtZero(pairs), g[0])};
  for (auto [i, p] : llvm::enumerate(pairs)) {
    double scale = scaleOf(pairs, i), power = scale * p;
    Value even = times(scale, g[0]), odd = times(power, g[1]);
    for (size_t k = 2; k < g.size(); ++k) {
      power *= p;
      (k % 2 ? odd : even) = plus(power, g[k], k % 2 ? odd : even);
    }
    out.append({add(even, odd), sub(even, odd)});
  }
  return out;
}

WinogradEmitter::Row WinogradEmitter::filters(Axis axis, ArrayRef<Value> g) {
  if (axis.stride() == 2) { // two taps by points, then the one between them
    Row out = tapsAt(pairsOf(axis.even().most), {g[0], g[2]});
    out.append({g[2], g[1]});
    return out;
  }
  Row out = tapsAt(pairsOf(axis.most), g);
  if (axis.whole())
    out.push_back(g.back());
  return out;
}

WinogradEmitter::Row WinogradEmitter::spread(Axis axis, ArrayRef<Value> e) {
  Row out{e[0]};
  for (double p : pairsOf(axis.most)) {
    Value even = e[0], odd = times(p, e[1]);
    for (int64_t k = 2; k < axis.outputs; ++k)
      (k % 2 ? odd : even) = plus(std::pow(p, k), e[k], k % 2 ? odd : even);
    out.append({add(even, odd), sub(even, odd)});
  }
  if (axis.whole())
    out.push_back(e.back());
  return out;
}

WinogradEmitter::Row WinogradEmitter::gathered(int64_t most, ArrayRef<Value> m) {
  ArrayRef<double> pairs = pairsOf(most);
  Row out{times(scaleAtZero(pairs), m[0]), Value(), m.back()};
  for (auto [i, p] : llvm::enumerate(pairs)) {
    double scale = scaleOf(pairs, i);
    Value even = add(m[2 * i + 1], m[2 * i + 2]), odd = sub(m[2 * i + 1], m[2 * i + 2]);
    out[0] = plus(scale, even, out[0]);
    out[1] = out[1] ? plus(scale * p, odd, out[1]) : times(scale * p, odd);
    out[2] = plus(scale * p * p, even, out[2]);
  }
  return out;
}

void WinogradEmitter::bothSides(int64_t rows, int64_t columns, Matrix down, Matrix across,
                                llvm::function_ref<Value(int64_t i, int64_t j)> load,
                                llvm::function_ref<void(int64_t i, int64_t j, Value v)> put) {
  SmallVector<Row> half; // by column
  for (int64_t j = 0; j < columns; ++j) {
    Row column;
    for (int64_t i = 0; i < rows; ++i)
      column.push_back(load(i, j));
    half.push_back(down(column));
  }
  for (size_t i = 0; i < half[0].size(); ++i) {
    Row row = llvm::map_to_vector(half, [&](const Row &column) { return column[i]; });
    for (auto [j, v] : llvm::enumerate(across(row)))
      put(i, j, v);
  }
}

//===----------------------------------------------------------------------===//
// Transforms
//===----------------------------------------------------------------------===//

/// Of all but the largest tiles two rows at a time, so that they stay in registers: what pairs of them have in common is little.
void WinogradEmitter::transformInput(Value x, Value n, Value cb, Value row, Value column, Value c, const Shape &shape, Value scratch,
                                     Value to) {
  constexpr int64_t kAtOnce = 49;
  auto [down, across] = std::pair(shape.down, shape.across);
  Value top = strided(row, down.stride()), left = strided(column, across.stride());
  auto at = [&](int64_t i, int64_t j) { return load(x, {n, cb, ahead(top, i), ahead(left, j), c}); };
  int64_t panels = Axis{across.most, across.most}.points();
  auto put = [&](int64_t i, int64_t j, Value v) { store(v, scratch, {index(i * panels + j), to, c}); };
  if (down.stride() == 1 && down.points() * across.points() >= kAtOnce)
    return bothSides(
        down.points(), across.points(), [&](ArrayRef<Value> d) { return inputs(down, d); },
        [&](ArrayRef<Value> d) { return inputs(across, d); }, at, put);
  auto transformRows = [&](ArrayRef<int64_t> rows) {
    SmallVector<Row> half(rows.size());
    for (int64_t j = 0; j < across.points(); ++j) {
      Row d;
      for (int64_t i = 0; i < down.points(); ++i)
        d.push_back(at(i, j));
      for (auto [i, values] : llvm::zip_equal(rows, half))
        values.push_back(inputAt(down, i, d));
    }
    for (auto [i, values] : llvm::zip_equal(rows, half))
      for (int64_t j = 0; j < across.points(); ++j)
        put(i, j, inputAt(across, j, values));
  };
  SmallVector<int64_t> ends{0};
  if (down.whole())
    ends.push_back(down.infinity());
  transformRows(ends);
  for (int64_t first = 1; first < down.finite(); first += 2)
    transformRows({first, first + 1});
  for (int64_t k = 0; down.stride() == 2 && k < down.outputs; ++k)
    transformRows(down.plain(k));
}

void WinogradEmitter::transformFilter(Value weight, Value kb, Value cb, ArrayRef<int64_t> cover,
                                      llvm::function_ref<void(Value v, Value p, Value c, Value k)> put) {
  loop(kBlock, 1, [&](Value c) {
    loop(kBlock, lanes, [&](Value k) {
      Value behind = ahead(cb, 1);
      bothSides(
          3, 3, [&](ArrayRef<Value> g) { return filters({cover[1], cover[1]}, g); }, [&](ArrayRef<Value> g) { return filters({cover[0], cover[0]}, g); },
          [&](int64_t s, int64_t r) {
            Value g = load(weight, {kb, cb, index(r), index(s), c, k});
            fetch(weight, {kb, behind, index(r), index(s), c, k}); // weights come from memory, once
            return g;
          },
          [&](int64_t j, int64_t i, Value v) { put(v, index(i * (cover[1] + 2) + j), c, k); });
    });
  });
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

Value WinogradEmitter::panelOf(Value scratch, Value panel, Value first, ArrayRef<OpFoldResult> sizes, ArrayRef<int64_t> strides) {
  auto flat = cast<MemRefType>(scratch.getType());
  auto shape = llvm::map_to_vector(sizes, [](OpFoldResult size) { return getConstantIntValue(size).value_or(ShapedType::kDynamic); });
  auto layout = StridedLayoutAttr::get(b.getContext(), ShapedType::kDynamic, strides);
  Value offset = scaled(panel, flat.getDimSize(1) * kBlock, first);
  return memref::ReinterpretCastOp::create(b, loc, MemRefType::get(shape, flat.getElementType(), layout), scratch,
                                           OpFoldResult(offset), sizes, getAsIndexOpFoldResult(b.getContext(), strides));
}

void WinogradEmitter::multiply(Value left, Value right, Value out, ArrayRef<AffineMap> maps, bool fresh, bool inBlocks,
                               std::function<void(ValueRange loops, int64_t lines)> atStep, bool writtenOut) {
  linalg::FillOp fill;
  if (fresh) {
    Value start = arith::ConstantOp::create(b, loc, b.getFloatAttr(type.getElementType(), 0));
    fill = linalg::FillOp::create(b, loc, start, out);
  }
  SmallVector<utils::IteratorType> iterators(maps[0].getNumDims(), utils::IteratorType::reduction);
  for (AffineExpr e : maps[2].getResults())
    iterators[cast<AffineDimExpr>(e).getPosition()] = utils::IteratorType::parallel;
  auto product = linalg::GenericOp::create(
      b, loc, TypeRange(), ValueRange{left, right}, ValueRange{out}, maps, iterators, [](OpBuilder &n, Location at, ValueRange in) {
        Value term = arith::MulFOp::create(n, at, in[0], in[1]);
        linalg::YieldOp::create(n, at, arith::AddFOp::create(n, at, in[2], term).getResult());
      });
  OpBuilder::InsertionGuard guard(b);
  Kernel kernel{product, {fill}, nullptr};
  kernel.atStep = std::move(atStep);
  kernel.inBlocks = inBlocks;
  kernel.writtenOut = writtenOut;
  emitKernel(b, kernel, target);
}

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

void WinogradEmitter::finish(Value sum, Value out, ArrayRef<Value> position, linalg::GenericOp epilogue) {
  if (!epilogue)
    return store(sum, out, position);
  // The epilogue's loops, by the map through which it reads the sums.
  SmallVector<Value> ivs(epilogue.getNumLoops());
  for (OpOperand *input : epilogue.getDpsInputOperands())
    if (input->get() == out)
      for (auto [expr, at] : llvm::zip_equal(epilogue.getMatchingIndexingMap(input).getResults(), position))
        ivs[cast<AffineDimExpr>(expr).getPosition()] = at;
  emitEpilogue(
      b, epilogue, out, sum, {epilogue.getNumLoops() - 1, lanes, target.fma},
      [&](AffineMap map) {
        SmallVector<OpFoldResult> loops = llvm::map_to_vector(ivs, [](Value v) { return getAsOpFoldResult(v); });
        SmallVector<Value> at;
        for (unsigned i = 0, n = map.getNumResults(); i < n; ++i)
          at.push_back(getValueOrCreateConstantIndexOp(
              b, loc, affine::makeComposedFoldedAffineApply(b, loc, map.getSubMap({i}), loops)));
        return at;
      },
      [&](int64_t dim) { return ivs[dim]; });
}

void mlir::resnet::eraseSums(IRRewriter &rewriter, Operation *op, Value out, linalg::GenericOp epilogue) {
  Operation *sums = out.getDefiningOp();
  if (epilogue)
    rewriter.eraseOp(epilogue);
  rewriter.eraseOp(op);
  if (!epilogue)
    return;
  // No one has a use for the sums' buffer any more, nor for the allocation that it may be a part of.
  auto part = dyn_cast<memref::SubViewOp>(sums);
  Operation *whole = part ? part.getSource().getDefiningOp() : sums;
  if (part)
    rewriter.eraseOp(part);
  rewriter.eraseOp(whole);
}
