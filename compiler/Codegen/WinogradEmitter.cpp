//===- WinogradEmitter.cpp - the arithmetic of Winograd's algorithm -------===//

#include "Codegen/WinogradEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <array>

using namespace mlir;
using namespace mlir::resnet;
using winograd::kInputs;
using winograd::kOutputs;
using winograd::kPoints;

/// The points other than 0 and infinity are +-kNear and +-kFar.
static constexpr double kNear = 0.70710678118654752440, kFar = 1.41421356237309504880;
static constexpr double kNear2 = kNear * kNear, kFar2 = kFar * kFar;
/// What a filter's polynomial is scaled by at each of them.
static constexpr double kZeroScale = 1 / (kNear2 * kFar2), kNearScale = 1 / (2 * kNear2 * (kNear2 - kFar2)),
                        kFarScale = 1 / (2 * kFar2 * (kFar2 - kNear2));

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

Value WinogradEmitter::outputsAt(Value tile) { return arith::MulIOp::create(b, loc, tile, index(kOutputs)); }

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
  loop(kPoints, 1, [&](Value p) {
    loop(index(0), rows, 1, [&](Value row) { loop(kBlock, lanes, [&](Value k) { store(zero, scratch, {p, row, k}); }); });
  });
}

Value WinogradEmitter::splat(double k) {
  return arith::ConstantOp::create(b, loc, DenseElementsAttr::get(type, FloatAttr::get(type.getElementType(), k).getValue()));
}

Value WinogradEmitter::add(Value x, Value y) { return arith::AddFOp::create(b, loc, x, y); }

Value WinogradEmitter::sub(Value x, Value y) { return arith::SubFOp::create(b, loc, x, y); }

Value WinogradEmitter::times(double k, Value x) { return arith::MulFOp::create(b, loc, splat(k), x); }

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
// Matrices
//===----------------------------------------------------------------------===//

Value WinogradEmitter::inputRow(int64_t row, ArrayRef<Value> d) {
  switch (row) {
  case 0:
  case 5: {
    int64_t first = row == 0 ? 0 : 1;
    return plus(kNear2 * kFar2, d[first], plus(-(kNear2 + kFar2), d[first + 2], d[first + 4]));
  }
  case 1:
  case 2:
    return inputPair(row == 1 ? kNear : -kNear, kFar2, d);
  default:
    return inputPair(row == 3 ? kFar : -kFar, kNear2, d);
  }
}

Value WinogradEmitter::inputPair(double point, double other2, ArrayRef<Value> d) {
  return plus(point, plus(-other2, d[1], d[3]), plus(-other2, d[2], d[4]));
}

WinogradEmitter::Row WinogradEmitter::outputs(ArrayRef<Value> m) {
  Value s = add(m[1], m[2]), d = sub(m[1], m[2]), S = add(m[3], m[4]), D = sub(m[3], m[4]);
  return {add(add(m[0], s), S), plus(kFar, D, times(kNear, d)), plus(kFar2, S, times(kNear2, s)),
          plus(kFar2 * kFar, D, plus(kNear2 * kNear, d, m[5]))};
}

WinogradEmitter::Row WinogradEmitter::filters(ArrayRef<Value> g) {
  Row out{times(kZeroScale, g[0])};
  auto pair = [&](double point, double scale) {
    Value even = plus(scale * point * point, g[2], times(scale, g[0])), odd = times(scale * point, g[1]);
    out.append({add(even, odd), sub(even, odd)});
  };
  pair(kNear, kNearScale);
  pair(kFar, kFarScale);
  out.push_back(g[2]);
  return out;
}

WinogradEmitter::Row WinogradEmitter::spread(ArrayRef<Value> e) {
  Row out{e[0]};
  for (double point : {kNear, kFar}) {
    Value even = plus(point * point, e[2], e[0]), odd = plus(point * point * point, e[3], times(point, e[1]));
    out.append({add(even, odd), sub(even, odd)});
  }
  out.push_back(e[3]);
  return out;
}

WinogradEmitter::Row WinogradEmitter::gathered(ArrayRef<Value> m) {
  Value s = add(m[1], m[2]), d = sub(m[1], m[2]), S = add(m[3], m[4]), D = sub(m[3], m[4]);
  return {plus(kFarScale, S, plus(kNearScale, s, times(kZeroScale, m[0]))),
          plus(kFarScale * kFar, D, times(kNearScale * kNear, d)),
          plus(kFarScale * kFar2, S, plus(kNearScale * kNear2, s, m[5]))};
}

void WinogradEmitter::bothSides(Matrix matrix, int64_t size, int64_t rows, llvm::function_ref<Value(int64_t i, int64_t j)> load,
                                llvm::function_ref<void(int64_t i, int64_t j, Value v)> put) {
  SmallVector<Row> half; // by column
  for (int64_t j = 0; j < size; ++j) {
    Row column;
    for (int64_t i = 0; i < size; ++i)
      column.push_back(load(i, j));
    half.push_back((this->*matrix)(column));
  }
  for (int64_t i = 0; i < rows; ++i) {
    Row row = llvm::map_to_vector(half, [&](const Row &column) { return column[i]; });
    for (auto [j, v] : llvm::enumerate((this->*matrix)(row)))
      put(i, j, v);
  }
}

//===----------------------------------------------------------------------===//
// Transforms
//===----------------------------------------------------------------------===//

/// Two rows at a time, so that they stay in registers: what they have in common is little.
void WinogradEmitter::transformInput(Value x, Value n, Value cb, Value row, Value column, Value c, Value scratch, Value to) {
  for (auto [first, second] : std::array<std::pair<int64_t, int64_t>, 3>{{{0, 5}, {1, 2}, {3, 4}}}) {
    Row above, below;
    for (int64_t j = 0; j < kInputs; ++j) {
      Row d;
      for (int64_t i = 0; i < kInputs; ++i)
        d.push_back(load(x, {n, cb, ahead(row, i), ahead(column, j), c}));
      above.push_back(inputRow(first, d));
      below.push_back(inputRow(second, d));
    }
    for (auto [i, values] : {std::pair(first, &above), std::pair(second, &below)})
      for (int64_t j = 0; j < kInputs; ++j)
        store(inputRow(j, *values), scratch, {index(i * kInputs + j), to, c});
  }
}

void WinogradEmitter::transformFilter(Value weight, Value kb, Value cb,
                                      llvm::function_ref<void(Value v, Value p, Value c, Value k)> put) {
  loop(kBlock, 1, [&](Value c) {
    loop(kBlock, lanes, [&](Value k) {
      Value behind = ahead(cb, 1);
      bothSides(
          &WinogradEmitter::filters, 3, kInputs,
          [&](int64_t s, int64_t r) {
            Value g = load(weight, {kb, cb, index(r), index(s), c, k});
            fetch(weight, {kb, behind, index(r), index(s), c, k}); // weights come from memory, once
            return g;
          },
          [&](int64_t j, int64_t i, Value v) { put(v, index(i * kInputs + j), c, k); });
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

void WinogradEmitter::multiply(Value left, Value right, Value out, ArrayRef<AffineMap> maps, bool fresh,
                               std::function<void(ValueRange loops, int64_t lines)> atStep) {
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
  emitKernel(b, kernel, target);
}
