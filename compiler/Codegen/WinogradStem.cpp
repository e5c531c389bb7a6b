//===- WinogradStem.cpp - the first convolution by Winograd's algorithm ---===//
//
// Of each row of images once for all output channels and for all rows of windows that it is in, the transforms of both phases of each
// tile; for a row of outputs 13 products over the rows and channels of a window, and their transform.
//
//===----------------------------------------------------------------------===//

#include "Codegen/Winograd.h"

#include "Codegen/WinogradEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::resnet;
using winograd::StemTiles;

namespace {

class StemEmitter : WinogradEmitter {
public:
  StemEmitter(IRRewriter &b, winograd::StemOp op, linalg::GenericOp epilogue, const KernelTarget &target)
      : WinogradEmitter(b, op, target), x(op.getX()), weight(op.getWeight()), out(op.getOut()), transformed(op.getScratch()[0]),
        filter(op.getScratch()[1]), products(op.getScratch()[2]), epilogue(epilogue), tiles(op.getTiles()) {
    outBlocks = cast<MemRefType>(weight.getType()).getDimSize(0);
    rows = cast<MemRefType>(out.getType()).getDimSize(2);
  }

  void emit() {
    transformWeights();
    loop(index(0), b.createOrFold<memref::DimOp>(loc, out, index(0)), 1, [&](Value n) {
      transformRows(n);
      loop(rows, 1, [&](Value row) {
        loop(tiles.blocks(), 1, [&](Value block) {
          Value first = atMost(scaled(block, tiles.block(), index(0)), tiles.count() - tiles.block());
          multiplyPoints(row, first);
          transformOutputs(n, row, first);
        });
      });
    });
  }

private:
  // The points of the even taps are those of F(6,3) but infinity, of the odd ones those of F(4,3).
  static constexpr Axis kEvenAxis{6, StemTiles::kEven - 2}, kOddAxis{4, 4};

  Value atMost(Value v, int64_t bound) { return arith::MinUIOp::create(b, loc, v, index(bound)); }

  /// The first output of a tile.
  Value columnOf(Value tile) { return atMost(scaled(tile, StemTiles::kOutputs, index(0)), tiles.columns - StemTiles::kOutputs); }

  static Row evenOf(ArrayRef<Value> v) {
    Row some;
    for (size_t i = 0; i < v.size(); i += 2)
      some.push_back(v[i]);
    return some;
  }

  /// filter[p][kb, r, c][k]
  void transformWeights() {
    loop(outBlocks, 1, [&](Value kb) {
      loop(StemTiles::kWindow, 1, [&](Value r) {
        loop(tiles.channels, 1, [&](Value c) {
          loop(kBlock, lanes, [&](Value k) {
            Row taps;
            for (int64_t s = 0; s < StemTiles::kWindow; ++s)
              taps.push_back(load(weight, {kb, r, index(s), c, k}));
            Row points = filters(kEvenAxis, evenOf(taps));
            points.append(filters(kOddAxis, evenOf(ArrayRef(taps).drop_front())));
            Value to = scaled(scaled(kb, StemTiles::kWindow, r), tiles.channels, c);
            for (auto [p, v] : llvm::enumerate(points))
              store(v, filter, {index(p), to, k});
          });
        });
      });
    });
  }

  /// transformed[p][row][tile][c] of all rows, as many tiles at a time as a vector holds of four channels.
  void transformRows(Value n) {
    VectorType usual = type;
    int64_t count = std::max<int64_t>(1, lanes / StemTiles::kPixel);
    auto pixel = VectorType::get({StemTiles::kPixel}, type.getElementType());
    type = VectorType::get({count * StemTiles::kPixel}, type.getElementType());
    loop(cast<MemRefType>(x.getType()).getDimSize(1), 1, [&](Value row) {
      loop(tiles.places(), count, [&](Value tile) {
        SmallVector<Value> columns;
        for (int64_t i = 0; i < count; ++i)
          columns.push_back(arith::MulIOp::create(b, loc, columnOf(ahead(tile, i)), index(StemTiles::kStride * tiles.channels)));
        Row pixels;
        for (int64_t s = 0; s < 2 * StemTiles::kEven - 1; ++s) {
          pixels.push_back(joined(llvm::map_to_vector(columns, [&](Value column) -> Value {
            return vector::LoadOp::create(b, loc, pixel, x, ValueRange{n, row, ahead(column, s * tiles.channels)});
          })));
        }
        Row points = inputs(kEvenAxis, evenOf(pixels));
        points.append(inputs(kOddAxis, evenOf(ArrayRef(pixels).drop_front())));
        Value to = placeOf(row, tile);
        for (auto [p, v] : llvm::enumerate(points))
          store(v, panelOf(transformed, index(p), to, {b.getIndexAttr(count * StemTiles::kPixel)}, {1}), index(0));
      });
    });
    type = usual;
  }

  /// A power of two of vectors as one.
  Value joined(Row parts) {
    while (parts.size() > 1) {
      auto all = llvm::to_vector(llvm::seq<int64_t>(0, 2 * cast<VectorType>(parts[0].getType()).getDimSize(0)));
      Row pairs;
      for (size_t i = 0; i < parts.size(); i += 2)
        pairs.push_back(vector::ShuffleOp::create(b, loc, parts[i], parts[i + 1], all));
      parts = pairs;
    }
    return parts[0];
  }

  /// Of a row and tile in a panel of the transformed rows.
  Value placeOf(Value row, Value tile) {
    Value at = scaled(row, tiles.places(), tile);
    return arith::MulIOp::create(b, loc, at, index(StemTiles::kPixel));
  }

  /// products[p][kb, t][k] = the sum over r and c of transformed[p][2*row + r][first + t][c] * filter[p][kb, r, c][k].
  void multiplyPoints(Value row, Value first) {
    auto d = [&](unsigned i) { return b.getAffineDimExpr(i); };
    AffineMap maps[] = {AffineMap::get(4, 0, {d(0), d(2), d(3)}, b.getContext()), AffineMap::get(4, 0, {d(2), d(3), d(1)}, b.getContext()),
                        AffineMap::get(4, 0, {d(0), d(1)}, b.getContext())};
    OpFoldResult count = b.getIndexAttr(tiles.block()), window = b.getIndexAttr(StemTiles::kWindow),
                 channels = b.getIndexAttr(tiles.channels), block = b.getIndexAttr(kBlock);
    Value from = placeOf(arith::MulIOp::create(b, loc, row, index(StemTiles::kStride)), first);
    loop(StemTiles::kPoints, 1, [&](Value p) {
      Value left = panelOf(transformed, p, from, {count, window, channels}, {StemTiles::kPixel, tiles.places() * StemTiles::kPixel, 1});
      loop(outBlocks, 1, [&](Value kb) {
        int64_t steps = StemTiles::kWindow * tiles.channels;
        Value right = panelOf(filter, p, arith::MulIOp::create(b, loc, kb, index(steps * kBlock)), {window, channels, block},
                              {tiles.channels * kBlock, kBlock, 1});
        Value sum = matrixIn(products, p, arith::MulIOp::create(b, loc, kb, index(tiles.block() * kBlock)), count, kBlock);
        multiply(left, right, sum, maps, /*fresh=*/true, /*inBlocks=*/false, {}, /*writtenOut=*/true);
      });
    });
  }

  void transformOutputs(Value n, Value row, Value first) {
    loop(outBlocks, 1, [&](Value kb) {
      loop(tiles.block(), 1, [&](Value tile) {
        Value column = columnOf(arith::AddIOp::create(b, loc, first, tile)), from = scaled(kb, tiles.block(), tile);
        loop(kBlock, lanes, [&](Value k) {
          Row points;
          for (int64_t p = 0; p < StemTiles::kPoints; ++p)
            points.push_back(load(products, {index(p), from, k}));
          Row even = outputs({kEvenAxis.most, StemTiles::kOutputs}, ArrayRef(points).take_front(StemTiles::kEven));
          Row odd = outputs(kOddAxis, ArrayRef(points).drop_front(StemTiles::kEven));
          for (int64_t i = 0; i < StemTiles::kOutputs; ++i)
            finish(add(even[i], odd[i]), out, {n, kb, row, ahead(column, i), k}, epilogue);
        });
      });
    });
  }

  Value x, weight, out, transformed, filter, products;
  linalg::GenericOp epilogue;
  StemTiles tiles;
  int64_t outBlocks, rows;
};

} // namespace

void mlir::resnet::emitStem(IRRewriter &rewriter, winograd::StemOp op, linalg::GenericOp epilogue, const KernelTarget &target) {
  rewriter.setInsertionPoint(epilogue ? epilogue.getOperation() : op.getOperation());
  StemEmitter(rewriter, op, epilogue, target).emit();
  eraseSums(rewriter, op, op.getOut(), epilogue);
}
