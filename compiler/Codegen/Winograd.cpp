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

/// Blocks of input channels from which on a panel of the filter does not stay in the second-level cache from task to task.
constexpr int64_t kFetched = 4;

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

  /// A e: the transpose of `outputs`.
  Row spread(ArrayRef<Value> e) {
    Row out{e[0]};
    for (double point : {kNear, kFar}) {
      Value even = plus(point * point, e[2], e[0]), odd = plus(point * point * point, e[3], times(point, e[1]));
      out.append({add(even, odd), sub(even, odd)});
    }
    out.push_back(e[3]);
    return out;
  }

  /// G^T m: the transpose of `filters`.
  Row gathered(ArrayRef<Value> m) {
    auto scale = [](double point2, double other2) { return 1 / (2 * point2 * (point2 - other2)); };
    double near = scale(kNear2, kFar2), far = scale(kFar2, kNear2);
    Value s = add(m[1], m[2]), d = sub(m[1], m[2]), S = add(m[3], m[4]), D = sub(m[3], m[4]);
    return {plus(far, S, plus(near, s, times(1 / (kNear2 * kFar2), m[0]))), plus(far * kFar, D, times(near * kNear, d)),
            plus(far * kFar2, S, plus(near * kNear2, s, m[5]))};
  }

  static Row column(ArrayRef<Row> rows, int64_t j) {
    return llvm::map_to_vector(rows, [&](const Row &row) { return row[j]; });
  }

  /// G g G^T of a block of channels; `put` takes what belongs to a point, an input channel of the block and output channels from k on.
  void transformFilter(Value weight, Value kb, Value cb, llvm::function_ref<void(Value v, Value p, Value c, Value k)> put) {
    loop(kBlock, 1, [&](Value c) {
      loop(kBlock, lanes, [&](Value k) {
        SmallVector<Row> rows(3); // g G^T
        Value behind = ahead(cb, 1);
        for (int64_t r = 0; r < 3; ++r) {
          Row g;
          for (int64_t s = 0; s < 3; ++s) {
            g.push_back(load(weight, {kb, cb, index(r), index(s), c, k}));
            fetch(weight, {kb, behind, index(r), index(s), c, k}); // weights come from memory, once
          }
          rows[r] = filters(g);
        }
        for (int64_t j = 0; j < kInputs; ++j)
          for (auto [i, v] : llvm::enumerate(filters(column(rows, j))))
            put(v, index(i * kInputs + j), c, k);
      });
    });
  }

  /// Two rows of B^T d B at a time, so that they stay in registers: what they have in common is little.
  /// Of the tile whose outputs begin at `row` and `column`.
  void transformInput(Value x, Value n, Value cb, Value row, Value column, Value c, Value products, Value to) {
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

  /// A view [rows][columns] of elements from `first` of a panel of scratch, rows `stride` apart (0: dense).
  Value matrixIn(Value scratch, Value panel, Value first, OpFoldResult rows, int64_t columns, int64_t stride = 0) {
    stride = stride ? stride : columns;
    auto flat = cast<MemRefType>(scratch.getType());
    SmallVector<int64_t> shape{getConstantIntValue(rows).value_or(ShapedType::kDynamic), columns};
    auto type = MemRefType::get(shape, flat.getElementType(),
                                StridedLayoutAttr::get(b.getContext(), ShapedType::kDynamic, {stride, 1}));
    Value offset = scaled(panel, flat.getDimSize(1) * kBlock, first);
    return memref::ReinterpretCastOp::create(b, loc, type, scratch, OpFoldResult(offset), {rows, b.getIndexAttr(columns)},
                                             {b.getIndexAttr(stride), b.getIndexAttr(1)});
  }

  /// out[i][j] = the sum of left * right over a third loop, by maps over (i, j, third); added to `out` unless `fresh`.
  void multiply(Value left, AffineMap leftMap, Value right, AffineMap rightMap, Value out, bool fresh,
                Value next = {}) {
    linalg::FillOp fill;
    if (fresh) {
      Value start = arith::ConstantOp::create(b, loc, b.getFloatAttr(type.getElementType(), 0));
      fill = linalg::FillOp::create(b, loc, start, out);
    }
    using utils::IteratorType;
    auto product = linalg::GenericOp::create(
        b, loc, TypeRange(), ValueRange{left, right}, ValueRange{out}, {leftMap, rightMap, mapOf(0, 1)},
        {IteratorType::parallel, IteratorType::parallel, IteratorType::reduction}, [](OpBuilder &n, Location at, ValueRange in) {
          Value term = arith::MulFOp::create(n, at, in[0], in[1]);
          linalg::YieldOp::create(n, at, arith::AddFOp::create(n, at, in[2], term).getResult());
        });
    OpBuilder::InsertionGuard guard(b);
    Kernel kernel{product, {fill}, nullptr};
    kernel.next = next;
    emitKernel(b, kernel, target);
  }
  AffineMap mapOf(unsigned i, unsigned j) {
    return AffineMap::get(3, 0, {b.getAffineDimExpr(i), b.getAffineDimExpr(j)}, b.getContext());
  }

  /// Brings a line to the second-level cache. What lies behind a buffer's end does no harm.
  void fetch(Value from, ValueRange at) {
    memref::PrefetchOp::create(b, loc, from, at, /*isWrite=*/false, /*localityHint=*/2, /*isDataCache=*/true);
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
        transformFilter(weight, kb, cb, [&](Value v, Value p, Value c, Value k) { store(v, out, {kb, p, scaled(cb, kBlock, c), k}); });
      });
    });
  }

private:
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
        products(op.getScratch()[0]), sums(op.getScratch()[1]), transformed(op.transformsFilter() ? op.getScratch()[2] : Value()),
        epilogue(epilogue) {
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
      if (transformed)
        multiplyInParts(kb);
      else
        multiplyPoints(kb);
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
          loop(across, 1, [&](Value tx) {
            Value row = arith::MulIOp::create(b, loc, ty, index(kOutputs)), column = arith::MulIOp::create(b, loc, tx, index(kOutputs));
            Value to = scaled(tileAt(n, ty, tx), channelBlocks, cb);
            loop(kBlock, lanes, [&](Value c) { transformInput(x, n, cb, row, column, c, products, to); });
          });
        });
      });
    });
  }

  Value tileAt(Value n, Value ty, Value tx) {
    return scaled(scaled(n, down, ty), across, tx);
  }

  int64_t channels() const { return channelBlocks * kBlock; }

  /// sums[p] = products[p] * filter[kb][p], for each point p.
  void multiplyPoints(Value kb) {
    loop(kPoints, 1, [&](Value p) {
      OpFoldResult count = getAsOpFoldResult(tiles);
      // The panel behind the last one is another block's, or nothing that a prefetch could harm.
      Value next = channelBlocks >= kFetched ? filterAt(kb, ahead(p, 1)) : Value();
      fetchInput(scaled(kb, kPoints, p));
      multiply(matrixIn(products, p, index(0), count, channels()), mapOf(0, 2), filterAt(kb, p), mapOf(2, 1),
               matrixIn(sums, p, index(0), count, kBlock), /*fresh=*/true, next);
    });
  }

  /// The same with filters that are transformed on the way, of as many input channels at a time as the second-level cache holds.
  void multiplyInParts(Value kb) {
    Value zero = arith::ConstantOp::create(b, loc, DenseElementsAttr::get(type, FloatAttr::get(type.getElementType(), 0.0).getValue()));
    loop(kPoints, 1, [&](Value p) {
      loop(index(0), tiles, 1, [&](Value t) { loop(kBlock, lanes, [&](Value k) { store(zero, sums, {p, t, k}); }); });
    });
    int64_t part = winograd::partOf(channelBlocks);
    loop(channelBlocks, part, [&](Value first) {
      loop(part, 1, [&](Value cb) {
        transformFilter(filter, kb, arith::AddIOp::create(b, loc, first, cb), [&](Value v, Value p, Value c, Value k) {
          store(v, transformed, {p, scaled(cb, kBlock, c), k});
        });
      });
      loop(kPoints, 1, [&](Value p) {
        OpFoldResult count = getAsOpFoldResult(tiles);
        Value input = matrixIn(products, p, arith::MulIOp::create(b, loc, first, index(kBlock)), count, part * kBlock, channels());
        multiply(input, mapOf(0, 2), matrixIn(transformed, p, index(0), b.getIndexAttr(part * kBlock), kBlock), mapOf(2, 1),
                 matrixIn(sums, p, index(0), count, kBlock), /*fresh=*/false);
      });
    });
  }

  /// Brings to the second-level cache what the next task reads of x and this one has not: its rows below, or the images behind.
  /// A share of it, the `share`-th of as many as there are products.
  void fetchInput(Value share) {
    auto type = cast<MemRefType>(x.getType());
    auto [strides, offset] = type.getStridesAndOffset();
    int64_t rows = type.getDimSize(2), columns = type.getDimSize(3), outBlocks = cast<MemRefType>(out.getType()).getDimSize(1);
    bool strip = strides[1] != rows * columns * kBlock;
    if (ShapedType::isDynamic(strides[1]) || ShapedType::isDynamic(outBlocks) || (!strip && type.getDimSize(0) != 1))
      return;
    int64_t fetched = strip ? rows - 2 : rows, pixels = channelBlocks * fetched * columns;
    int64_t each = (pixels + outBlocks * kPoints - 1) / (outBlocks * kPoints);
    loop(each, 1, [&](Value i) {
      Value pixel = scaled(share, each, i);
      Value column = arith::RemUIOp::create(b, loc, pixel, index(columns)), rest = arith::DivUIOp::create(b, loc, pixel, index(columns));
      Value row = arith::RemUIOp::create(b, loc, rest, index(fetched)), cb = arith::DivUIOp::create(b, loc, rest, index(fetched));
      Value image = index(strip ? 0 : 1);
      int64_t perLine = 64 / (this->type.getElementTypeBitWidth() / 8);
      for (int64_t c = 0; c < kBlock; c += perLine)
        fetch(x, {image, cb, strip ? ahead(row, rows) : row, column, index(c)});
    });
  }

  Value filterAt(Value kb, Value p) {
    OpFoldResult one = b.getIndexAttr(1), zero = b.getIndexAttr(0);
    SmallVector<OpFoldResult> at{kb, p, zero, zero}, size{one, one, b.getIndexAttr(channels()), b.getIndexAttr(kBlock)}, steps(4, one);
    auto type = memref::SubViewOp::inferRankReducedResultType({channels(), kBlock}, cast<MemRefType>(filter.getType()), at, size, steps);
    return memref::SubViewOp::create(b, loc, cast<MemRefType>(type), filter, at, size, steps);
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

  Value x, filter, out, products, sums, transformed;
  linalg::GenericOp epilogue;
  int64_t channelBlocks, height, width, down, across;
  Value images, tiles;
};

//===----------------------------------------------------------------------===//
// Gradients of weights
//===----------------------------------------------------------------------===//

class ConvDwEmitter : Emitter {
public:
  ConvDwEmitter(IRRewriter &b, winograd::ConvDwOp op, const KernelTarget &target)
      : Emitter(b, op, getElementTypeOrSelf(op.getOut()), target), x(op.getX()), dy(op.getDy()), out(op.getOut()),
        inputs(op.getScratch()[0]), gradients(op.getScratch()[1]), sums(op.getScratch()[2]), images(op.getImages()),
        rows(op.getRows()) {
    auto shape = cast<MemRefType>(out.getType()).getShape(), plane = cast<MemRefType>(dy.getType()).getShape();
    outBlocks = shape[1];
    inBlocks = shape[2];
    down = plane[2] / kOutputs;
    across = plane[3] / kOutputs;
  }

  void emit() {
    Value zero = arith::ConstantOp::create(b, loc, DenseElementsAttr::get(type, FloatAttr::get(type.getElementType(), 0.0).getValue()));
    loop(kPoints, 1, [&](Value p) {
      loop(outBlocks * channels(), 1, [&](Value row) { loop(kBlock, lanes, [&](Value k) { store(zero, sums, {p, row, k}); }); });
    });
    Value all = b.createOrFold<memref::DimOp>(loc, x, index(0));
    loop(index(0), all, images, [&](Value n) {
      Value rest = arith::SubIOp::create(b, loc, all, n);
      Value count = images == 1 ? index(1) : arith::MinUIOp::create(b, loc, rest, index(images)).getResult();
      loop(down, rows, [&](Value ty) { addBlock(n, count, ty); });
    });
    loop(outBlocks, 1, [&](Value kb) {
      loop(inBlocks, 1, [&](Value cb) {
        loop(kBlock, 1, [&](Value c) { loop(kBlock, lanes, [&](Value k) { finish(kb, cb, c, k); }); });
      });
    });
  }

private:
  int64_t channels() const { return inBlocks * kBlock; }

  /// Adds the products of `count` images from n, `rows` rows of tiles from `first`.
  void addBlock(Value n, Value count, Value first) {
    Value tiles = b.createOrFold<arith::MulIOp>(loc, count, index(rows * across));
    auto each = [&](llvm::function_ref<void(Value image, Value row, Value column, Value tile)> body) {
      loop(index(0), count, 1, [&](Value i) {
        loop(rows, 1, [&](Value ty) {
          loop(across, 1, [&](Value tx) {
            Value row = arith::MulIOp::create(b, loc, arith::AddIOp::create(b, loc, first, ty), index(kOutputs));
            body(arith::AddIOp::create(b, loc, n, i), row, arith::MulIOp::create(b, loc, tx, index(kOutputs)),
                 scaled(scaled(i, rows, ty), across, tx));
          });
        });
      });
    };
    loop(inBlocks, 1, [&](Value cb) {
      each([&](Value image, Value row, Value column, Value tile) {
        Value to = scaled(tile, inBlocks, cb);
        loop(kBlock, lanes, [&](Value c) { transformInput(x, image, cb, row, column, c, inputs, to); });
      });
    });
    loop(outBlocks, 1, [&](Value kb) {
      each([&](Value image, Value row, Value column, Value tile) {
        Value to = arith::AddIOp::create(b, loc, arith::MulIOp::create(b, loc, kb, tiles), tile);
        loop(kBlock, lanes, [&](Value k) { transformGradient(image, kb, row, column, k, to); });
      });
    });
    loop(kPoints, 1, [&](Value p) {
      Value left = matrixIn(inputs, p, index(0), getAsOpFoldResult(tiles), channels());
      loop(outBlocks, 1, [&](Value kb) {
        Value from = arith::MulIOp::create(b, loc, arith::MulIOp::create(b, loc, kb, tiles), index(kBlock));
        Value right = matrixIn(gradients, p, from, getAsOpFoldResult(tiles), kBlock);
        Value sum = matrixIn(sums, p, arith::MulIOp::create(b, loc, kb, index(channels() * kBlock)), b.getIndexAttr(channels()), kBlock);
        multiply(left, mapOf(2, 0), right, mapOf(2, 1), sum, /*fresh=*/false);
      });
    });
  }

  void transformGradient(Value n, Value kb, Value row, Value column, Value k, Value to) {
    SmallVector<Row> half(kOutputs); // by column: A e
    for (int64_t j = 0; j < kOutputs; ++j) {
      Row e;
      for (int64_t i = 0; i < kOutputs; ++i)
        e.push_back(load(dy, {n, kb, ahead(row, i), ahead(column, j), k}));
      half[j] = spread(e);
    }
    for (int64_t i = 0; i < kInputs; ++i)
      for (auto [j, v] : llvm::enumerate(spread(Emitter::column(half, i))))
        store(v, gradients, {index(i * kInputs + j), to, k});
  }

  void finish(Value kb, Value cb, Value c, Value k) {
    Value from = scaled(scaled(kb, inBlocks, cb), kBlock, c);
    SmallVector<Row> half(kInputs); // by column: G^T m
    for (int64_t j = 0; j < kInputs; ++j) {
      Row m;
      for (int64_t i = 0; i < kInputs; ++i)
        m.push_back(load(sums, {index(i * kInputs + j), from, k}));
      half[j] = gathered(m);
    }
    for (int64_t r = 0; r < 3; ++r)
      for (auto [s, v] : llvm::enumerate(gathered(Emitter::column(half, r))))
        store(v, out, {index(0), kb, cb, index(r), index(s), c, k});
  }

  Value x, dy, out, inputs, gradients, sums;
  int64_t images, rows, inBlocks, outBlocks, down, across;
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

void mlir::resnet::emitConvDw(IRRewriter &rewriter, winograd::ConvDwOp op, const KernelTarget &target) {
  rewriter.setInsertionPoint(op);
  ConvDwEmitter(rewriter, op, target).emit();
  rewriter.eraseOp(op);
}
