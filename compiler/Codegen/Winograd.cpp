//===- Winograd.cpp - loops of Winograd's algorithm -----------------------===//
//
// F(4,3) at the points 0, +-1/sqrt(2), +-sqrt(2) and infinity, which lose fewer bits than the usual 0, +-1, +-2. For a task's
// tiles: the input transform of all channels; then for each 32 output channels 36 products [tiles][C] x [C][32] and the output
// transform, on whose results the epilogue is computed in registers. The order of a sum does not depend on the task.
//
//===----------------------------------------------------------------------===//

#include "Codegen/Winograd.h"

#include "Codegen/BodyCloner.h"
#include "Conversion/ParameterLayout.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <array>
#include <cmath>

using namespace mlir;
using namespace mlir::resnet;
using winograd::kInputs;
using winograd::kOutputs;
using winograd::kPoints;

namespace {

/// The points other than 0 and infinity are +-kNear and +-kFar.
constexpr double kNear = 0.70710678118654752440, kFar = 1.41421356237309504880;
constexpr double kNear2 = kNear * kNear, kFar2 = kFar * kFar;

/// Arithmetic on vectors, and the loops of a task.
class Emitter {
public:
  Emitter(IRRewriter &b, Operation *op, Type element, const KernelTarget &target)
      : b(b), loc(op->getLoc()), target(target), lanes(target.vectorBytes / (element.getIntOrFloatBitWidth() / 8)),
        type(VectorType::get({lanes}, element)) {}

protected:
  using Row = SmallVector<Value>;

  Value index(int64_t v) { return arith::ConstantIndexOp::create(b, loc, v); }

  /// a + offset.
  Value ahead(Value a, int64_t offset) { return offset ? arith::AddIOp::create(b, loc, a, index(offset)).getResult() : a; }

  /// a*factor + c.
  Value scaled(Value a, int64_t factor, Value c) {
    return arith::AddIOp::create(b, loc, factor == 1 ? a : arith::MulIOp::create(b, loc, a, index(factor)).getResult(), c);
  }

  void loop(Value begin, Value end, int64_t step, llvm::function_ref<void(Value)> body) {
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
  void loop(int64_t end, int64_t step, llvm::function_ref<void(Value)> body) { loop(index(0), index(end), step, body); }

  Value add(Value x, Value y) { return arith::AddFOp::create(b, loc, x, y); }
  Value sub(Value x, Value y) { return arith::SubFOp::create(b, loc, x, y); }
  Value times(double k, Value x) {
    auto factor = DenseElementsAttr::get(type, FloatAttr::get(type.getElementType(), k).getValue());
    return arith::MulFOp::create(b, loc, arith::ConstantOp::create(b, loc, factor), x);
  }
  /// k*x + y.
  Value plus(double k, Value x, Value y) {
    if (k == 1)
      return add(x, y);
    if (k == -1)
      return sub(y, x);
    if (!target.fma)
      return add(times(k, x), y);
    auto factor = DenseElementsAttr::get(type, FloatAttr::get(type.getElementType(), k).getValue());
    return math::FmaOp::create(b, loc, arith::ConstantOp::create(b, loc, factor), x, y);
  }

  //===--- the matrices, applied to a column ---===//

  /// Row `row` of B^T d.
  Value inputRow(int64_t row, ArrayRef<Value> d) {
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
  Value inputPair(double point, double other2, ArrayRef<Value> d) {
    return plus(point, plus(-other2, d[1], d[3]), plus(-other2, d[2], d[4]));
  }

  /// A^T m.
  Row outputs(ArrayRef<Value> m) {
    Value s = add(m[1], m[2]), d = sub(m[1], m[2]), S = add(m[3], m[4]), D = sub(m[3], m[4]);
    return {add(add(m[0], s), S), plus(kFar, D, times(kNear, d)), plus(kFar2, S, times(kNear2, s)),
            plus(kFar2 * kFar, D, plus(kNear2 * kNear, d, m[5]))};
  }

  /// G g.
  Row filters(ArrayRef<Value> g) {
    Row out{times(1 / (kNear2 * kFar2), g[0])};
    auto pair = [&](double point, double scale) {
      Value even = plus(scale * point * point, g[2], times(scale, g[0])), odd = times(scale * point, g[1]);
      out.append({add(even, odd), sub(even, odd)});
    };
    pair(kNear, 1 / (2 * kNear2 * (kNear2 - kFar2)));
    pair(kFar, 1 / (2 * kFar2 * (kFar2 - kNear2)));
    out.push_back(g[2]);
    return out;
  }

  static Row column(ArrayRef<Row> rows, int64_t j) {
    return llvm::map_to_vector(rows, [&](const Row &row) { return row[j]; });
  }

  Value load(Value from, ValueRange at) { return vector::LoadOp::create(b, loc, type, from, at); }
  void store(Value v, Value to, ValueRange at) { vector::StoreOp::create(b, loc, v, to, at); }

  IRRewriter &b;
  Location loc;
  const KernelTarget &target;
  int64_t lanes;
  VectorType type;
};

//===----------------------------------------------------------------------===//
// Filters
//===----------------------------------------------------------------------===//

class FilterEmitter : Emitter {
public:
  FilterEmitter(IRRewriter &b, winograd::FilterOp op, const KernelTarget &target)
      : Emitter(b, op, getElementTypeOrSelf(op.getOut()), target), weight(op.getWeight()), out(op.getOut()) {}

  void emit() {
    auto type = cast<MemRefType>(weight.getType());
    loop(index(0), memref::DimOp::create(b, loc, weight, 0), 1, [&](Value kb) {
      loop(type.getDimSize(1), 1, [&](Value cb) {
        loop(kBlock, 1, [&](Value c) { loop(kBlock, lanes, [&](Value k) { transform(kb, cb, c, k); }); });
      });
    });
  }

private:
  void transform(Value kb, Value cb, Value c, Value k) {
    SmallVector<Row> rows(3); // g G^T
    for (int64_t r = 0; r < 3; ++r) {
      Row g;
      for (int64_t s = 0; s < 3; ++s)
        g.push_back(load(weight, {kb, cb, index(r), index(s), c, k}));
      rows[r] = filters(g);
    }
    Value channel = scaled(cb, kBlock, c);
    for (int64_t j = 0; j < kInputs; ++j)
      for (auto [i, v] : llvm::enumerate(filters(column(rows, j))))
        store(v, out, {kb, index(i * kInputs + j), channel, k});
  }

  Value weight, out;
};

//===----------------------------------------------------------------------===//
// Convolutions
//===----------------------------------------------------------------------===//

/// Tiles [begin, end) along an axis whose first `valid` outputs lie in the plane.
struct Span {
  int64_t begin, end, valid;
};

SmallVector<Span> spansOf(int64_t size) {
  SmallVector<Span> spans{{0, size / kOutputs, kOutputs}};
  if (int64_t rest = size % kOutputs)
    spans.push_back({size / kOutputs, size / kOutputs + 1, rest});
  return spans;
}

class ConvEmitter : Emitter {
public:
  ConvEmitter(IRRewriter &b, winograd::ConvOp op, linalg::GenericOp epilogue, const KernelTarget &target)
      : Emitter(b, op, getElementTypeOrSelf(op.getOut()), target), x(op.getX()), filter(op.getFilter()), out(op.getOut()),
        products(op.getScratch()[0]), sums(op.getScratch()[1]), epilogue(epilogue) {
    auto shape = cast<MemRefType>(out.getType()).getShape();
    channelBlocks = cast<MemRefType>(x.getType()).getDimSize(1);
    height = shape[2];
    width = shape[3];
    down = winograd::tilesAlong(height);
    across = winograd::tilesAlong(width);
  }

  void emit() {
    images = b.createOrFold<memref::DimOp>(loc, out, index(0));
    tiles = b.createOrFold<arith::MulIOp>(loc, images, index(down * across));
    transformInputs();
    loop(index(0), b.createOrFold<memref::DimOp>(loc, out, index(1)), 1, [&](Value kb) {
      multiply(kb);
      for (Span rows : spansOf(height))
        for (Span columns : spansOf(width))
          transformOutputs(kb, rows, columns);
    });
  }

private:
  void transformInputs() {
    loop(index(0), images, 1, [&](Value n) {
      loop(channelBlocks, 1, [&](Value cb) {
        loop(down, 1, [&](Value ty) {
          loop(across, 1, [&](Value tx) { loop(kBlock, lanes, [&](Value c) { transformInput(n, cb, ty, tx, c); }); });
        });
      });
    });
  }

  /// Two rows of B^T d B at a time, so that they stay in registers: what they have in common is little.
  void transformInput(Value n, Value cb, Value ty, Value tx, Value c) {
    Value row = arith::MulIOp::create(b, loc, ty, index(kOutputs)), column = arith::MulIOp::create(b, loc, tx, index(kOutputs));
    Value to = scaled(tileAt(n, ty, tx), channelBlocks, cb);
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
          store(inputRow(j, *values), products, {index(i * kInputs + j), to, c});
    }
  }

  Value tileAt(Value n, Value ty, Value tx) {
    return scaled(scaled(n, down, ty), across, tx);
  }

  /// sums[p] = products[p] * filter[kb][p], for each point p.
  void multiply(Value kb) {
    loop(kPoints, 1, [&](Value p) {
      OpFoldResult one = b.getIndexAttr(1), zero = b.getIndexAttr(0), block = b.getIndexAttr(kBlock), count = getAsOpFoldResult(tiles);
      int64_t channels = channelBlocks * kBlock;
      auto flat = cast<MemRefType>(products.getType());
      int64_t panel = flat.getDimSize(1) * kBlock;
      SmallVector<int64_t> shape{getConstantIntValue(count).value_or(ShapedType::kDynamic), channels};
      auto inputType = MemRefType::get(shape, flat.getElementType(),
                                       StridedLayoutAttr::get(b.getContext(), ShapedType::kDynamic, {channels, 1}));
      Value offset = arith::MulIOp::create(b, loc, p, index(panel));
      Value input = memref::ReinterpretCastOp::create(b, loc, inputType, products, OpFoldResult(offset),
                                                      {count, b.getIndexAttr(channels)}, {b.getIndexAttr(channels), one});
      auto part = [&](Value whole, ArrayRef<OpFoldResult> at, ArrayRef<OpFoldResult> size) -> Value {
        SmallVector<OpFoldResult> steps(at.size(), one);
        SmallVector<int64_t> kept;
        for (OpFoldResult n : size.take_back(2))
          kept.push_back(getConstantIntValue(n).value_or(ShapedType::kDynamic));
        auto type = memref::SubViewOp::inferRankReducedResultType(kept, cast<MemRefType>(whole.getType()), at, size, steps);
        return memref::SubViewOp::create(b, loc, cast<MemRefType>(type), whole, at, size, steps);
      };
      Value weights = part(filter, {kb, p, zero, zero}, {one, one, b.getIndexAttr(channels), block});
      Value sum = part(sums, {p, zero, zero}, {one, count, block});
      Value start = arith::ConstantOp::create(b, loc, b.getFloatAttr(type.getElementType(), 0));
      auto fill = linalg::FillOp::create(b, loc, start, sum);
      AffineExpr t = b.getAffineDimExpr(0), k = b.getAffineDimExpr(1), c = b.getAffineDimExpr(2);
      auto map = [&](AffineExpr i, AffineExpr j) { return AffineMap::get(3, 0, {i, j}, b.getContext()); };
      using utils::IteratorType;
      auto product = linalg::GenericOp::create(
          b, loc, TypeRange(), ValueRange{input, weights}, ValueRange{sum}, {map(t, c), map(c, k), map(t, k)},
          {IteratorType::parallel, IteratorType::parallel, IteratorType::reduction}, [](OpBuilder &n, Location at, ValueRange in) {
            Value term = arith::MulFOp::create(n, at, in[0], in[1]);
            linalg::YieldOp::create(n, at, arith::AddFOp::create(n, at, in[2], term).getResult());
          });
      OpBuilder::InsertionGuard guard(b);
      emitKernel(b, {product, {fill}, nullptr}, target);
    });
  }

  void transformOutputs(Value kb, Span rows, Span columns) {
    loop(index(0), images, 1, [&](Value n) {
      loop(index(rows.begin), index(rows.end), 1, [&](Value ty) {
        loop(index(columns.begin), index(columns.end), 1, [&](Value tx) {
          loop(kBlock, lanes, [&](Value k) { transformOutput(n, kb, ty, tx, k, rows.valid, columns.valid); });
        });
      });
    });
  }

  void transformOutput(Value n, Value kb, Value ty, Value tx, Value k, int64_t rows, int64_t columns) {
    Value from = tileAt(n, ty, tx);
    SmallVector<Row> half(kInputs); // by column: A^T m
    for (int64_t j = 0; j < kInputs; ++j) {
      Row m;
      for (int64_t i = 0; i < kInputs; ++i)
        m.push_back(load(sums, {index(i * kInputs + j), from, k}));
      half[j] = outputs(m);
    }
    Value row = arith::MulIOp::create(b, loc, ty, index(kOutputs)), at = arith::MulIOp::create(b, loc, tx, index(kOutputs));
    for (int64_t i = 0; i < rows; ++i) {
      Row y = outputs(column(half, i));
      for (int64_t j = 0; j < columns; ++j)
        finish(y[j], {n, kb, ahead(row, i), ahead(at, j), k});
    }
  }

  /// Stores an output, or what the epilogue makes of it.
  void finish(Value sum, ArrayRef<Value> position) {
    if (!epilogue)
      return store(sum, out, position);
    // The epilogue's loops, by the map through which it reads the sums.
    SmallVector<Value> ivs(epilogue.getNumLoops());
    for (OpOperand *input : epilogue.getDpsInputOperands())
      if (input->get() == out)
        for (auto [expr, at] : llvm::zip_equal(epilogue.getMatchingIndexingMap(input).getResults(), position))
          ivs[cast<AffineDimExpr>(expr).getPosition()] = at;
    auto where = [&](OpOperand &operand) {
      SmallVector<OpFoldResult> loops = llvm::map_to_vector(ivs, [](Value v) { return getAsOpFoldResult(v); });
      SmallVector<Value> result;
      AffineMap map = epilogue.getMatchingIndexingMap(&operand);
      for (int64_t i = 0, n = map.getNumResults(); i < n; ++i)
        result.push_back(getValueOrCreateConstantIndexOp(
            b, loc, affine::makeComposedFoldedAffineApply(b, loc, map.getSubMap({static_cast<unsigned>(i)}), loops)));
      return result;
    };
    SmallVector<Value> arguments;
    for (OpOperand &operand : epilogue->getOpOperands()) {
      AffineMap map = epilogue.getMatchingIndexingMap(&operand);
      if (operand.get() == out)
        arguments.push_back(sum);
      else if (!epilogue.payloadUsesValueFromOperand(&operand) || !isa<MemRefType>(operand.get().getType()))
        arguments.push_back(epilogue.payloadUsesValueFromOperand(&operand) ? operand.get() : Value());
      else if (map.isFunctionOfDim(epilogue.getNumLoops() - 1))
        arguments.push_back(loadOf(operand, where(operand)));
      else
        arguments.push_back(memref::LoadOp::create(b, loc, operand.get(), where(operand)));
    }
    auto index = [&](int64_t dim) { return ivs[dim]; };
    Value result = BodyCloner(b, epilogue, lanes, target.fma, index).run(arguments)[0];
    OpOperand &to = epilogue.getDpsInitsMutable()[0];
    store(result, to.get(), where(to));
  }

  Value loadOf(OpOperand &operand, ValueRange at) {
    auto vector = VectorType::get({lanes}, getElementTypeOrSelf(operand.get()));
    return vector::LoadOp::create(b, loc, vector, operand.get(), at);
  }

  Value x, filter, out, products, sums;
  linalg::GenericOp epilogue;
  int64_t channelBlocks, height, width, down, across;
  Value images, tiles;
};

} // namespace

void mlir::resnet::emitFilter(IRRewriter &rewriter, winograd::FilterOp op, const KernelTarget &target) {
  rewriter.setInsertionPoint(op);
  FilterEmitter(rewriter, op, target).emit();
  rewriter.eraseOp(op);
}

void mlir::resnet::emitConv(IRRewriter &rewriter, winograd::ConvOp op, linalg::GenericOp epilogue, const KernelTarget &target) {
  rewriter.setInsertionPoint(epilogue ? epilogue.getOperation() : op.getOperation());
  ConvEmitter(rewriter, op, epilogue, target).emit();
  Value buffer = op.getOut();
  if (epilogue)
    rewriter.eraseOp(epilogue);
  rewriter.eraseOp(op);
  // With an epilogue the sums' buffer has no user left, nor the allocation that it may be a part of.
  while (Operation *unused = buffer.use_empty() ? buffer.getDefiningOp() : nullptr) {
    if (!isa<memref::SubViewOp, memref::AllocOp>(unused))
      break;
    buffer = unused->getNumOperands() ? unused->getOperand(0) : Value();
    rewriter.eraseOp(unused);
    if (!buffer)
      break;
  }
}
