//===- Winograd.cpp - loops of Winograd's algorithm -----------------------===//
//
// For a block of a task's tiles: the input transform of all channels; then for each 32 output channels a product [tiles][C] x [C][32] at
// each point and the output transform, on whose results the epilogue is computed in registers. The order of a sum does not depend on the task.
//
//===----------------------------------------------------------------------===//

#include "Codegen/Winograd.h"

#include "Codegen/WinogradEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::resnet;

namespace {

/// Elements of a filter from which on its panels do not stay in the second-level cache from block to block.
constexpr int64_t kFetched = 160 << 10;

//===----------------------------------------------------------------------===//
// Filters
//===----------------------------------------------------------------------===//

class FilterEmitter : WinogradEmitter {
public:
  FilterEmitter(IRRewriter &b, winograd::FilterOp op, const KernelTarget &target)
      : WinogradEmitter(b, op, target), weight(op.getWeight()), out(op.getOut()), cover(op.getCover()) {}

  void emit() {
    auto type = cast<MemRefType>(weight.getType());
    loop(index(0), memref::DimOp::create(b, loc, weight, 0), 1, [&](Value kb) {
      loop(type.getDimSize(1), 1, [&](Value cb) {
        transformFilter(weight, kb, cb, cover,
                        [&](Value v, Value p, Value c, Value k) { store(v, out, {kb, p, scaled(cb, kBlock, c), k}); });
      });
    });
  }

private:
  Value weight, out;
  SmallVector<int64_t> cover;
};

//===----------------------------------------------------------------------===//
// Convolutions
//===----------------------------------------------------------------------===//

class ConvEmitter : WinogradEmitter {
public:
  ConvEmitter(IRRewriter &b, winograd::ConvOp op, linalg::GenericOp epilogue, const KernelTarget &target)
      : WinogradEmitter(b, op, target), x(op.getX()), filter(op.getFilter()), out(op.getOut()),
        products(op.getScratch()[0]), sums(op.getScratch()[1]), transformed(op.transformsFilter() ? op.getScratch()[2] : Value()),
        epilogue(epilogue), cover(op.getCover()), tiles(op.getTiles()), blocks(op.getBlocks()), group(blocks.group) {
    channelBlocks = cast<MemRefType>(x.getType()).getDimSize(1);
  }

  void emit() {
    images = b.createOrFold<memref::DimOp>(loc, out, index(0));
    outBlocks = b.createOrFold<memref::DimOp>(loc, out, index(1));
    eachBlock(tiles.rows, blocks.together, blocks.whole, blocks.shorter, [&](Value row, int64_t whole, int64_t shorter) {
      Block block{index(0), images, row, whole, shorter};
      if (transformed)
        addParts(block);
      else
        transformInputs(block, index(0), channelBlocks);
      loop(index(0), outBlocks, 1, [&](Value kb) {
        if (!transformed)
          multiplyPoints(block, kb);
        transformOutputs(block, kb);
      });
    });
  }

private:
  /// Of `count` blocks of channels from the `first`.
  void transformInputs(const Block &block, Value first, int64_t count) {
    loop(count, 1, [&](Value part) {
      Value cb = arith::AddIOp::create(b, loc, first, part);
      for (const Shape &shape : shapesOf(block, tiles))
        eachTile(block, shape, [&](Value n, Value row, Value column, Value tile) {
          Value to = placeOf(tile, part, count);
          loop(kBlock, lanes, [&](Value c) { transformInput(x, n, cb, row, column, c, shape, products, to); });
        });
    });
  }

  int64_t channels() const { return channelBlocks * kBlock; }

  /// The row of a panel of products that holds a block of channels, the `part`-th of `count`, of a tile: of a group of tiles they stand together, as
  /// the product's register tiles read them.
  Value placeOf(Value tile, Value part, int64_t count) {
    if (blocks.groups == 1)
      return scaled(part, group, tile);
    Value first = arith::DivUIOp::create(b, loc, tile, index(group)), rest = arith::RemUIOp::create(b, loc, tile, index(group));
    return scaled(scaled(first, count, part), group, rest);
  }

  /// The row of a panel of sums that holds a tile of a block of output channels: of wide ones all blocks have a place.
  Value sumAt(Value kb, Value tile) { return transformed ? scaled(kb, blocks.groups * group, tile) : tile; }

  /// sums[p][g][r][k], the rows r of groups g from `sumAt`, plus or (`fresh`) set to the sum over `count` blocks cb of channels and c of
  /// products[p][g][cb][r][c] * right[cb*32 + c][k]. What rows of other tiles hold is no one's.
  void multiplyGroups(const Products &at, int64_t count, Value right, Value kb, bool fresh, Value next = {}) {
    MLIRContext *c = b.getContext();
    auto d = [&](unsigned i) { return b.getAffineDimExpr(i); };
    int64_t rows = group * kBlock;
    Value begin = b.createOrFold<arith::MulIOp>(loc, images, index(at.begin)), end = b.createOrFold<arith::MulIOp>(loc, images, index(at.end));
    Value first = b.createOrFold<arith::DivUIOp>(loc, begin, index(group)), last = b.createOrFold<arith::CeilDivUIOp>(loc, end, index(group));
    OpFoldResult groups = getAsOpFoldResult(b.createOrFold<arith::SubIOp>(loc, last, first));
    Value left = panelOf(products, at.p, arith::MulIOp::create(b, loc, first, index(count * rows)),
                         {groups, b.getIndexAttr(count), b.getIndexAttr(group), b.getIndexAttr(kBlock)}, {count * rows, rows, kBlock, 1});
    Value from = arith::MulIOp::create(b, loc, sumAt(kb, arith::MulIOp::create(b, loc, first, index(group))), index(kBlock));
    Value sum = panelOf(sums, at.p, from, {groups, b.getIndexAttr(group), b.getIndexAttr(kBlock)}, {rows, kBlock, 1});
    AffineMap maps[] = {AffineMap::get(5, 0, {d(0), d(3), d(1), d(4)}, c), AffineMap::get(5, 0, {d(3) * kBlock + d(4), d(2)}, c),
                        AffineMap::get(5, 0, {d(0), d(1), d(2)}, c)};
    multiply(left, right, sum, maps, fresh, /*inBlocks=*/true, [&, next](ValueRange loops, int64_t lines) {
      for (int64_t line = 0; next && line < lines; ++line)
        fetchPanel(next, scaled(scaled(ahead(loops[0], line), count, loops[3]), kBlock, loops[4]));
    });
  }

  /// Brings to the second-level cache what belongs to a step, of all that the groups take, of the panel of a filter.
  void fetchPanel(Value panel, Value step) {
    SmallVector<ReassociationIndices> all{{0, 1}};
    Value flat = memref::CollapseShapeOp::create(b, loc, panel, all);
    int64_t share = std::max<int64_t>(1, kBlock / blocks.groups), perLine = 64 / (type.getElementTypeBitWidth() / 8);
    Value first = arith::MulIOp::create(b, loc, step, index(share));
    for (int64_t i = 0; i < share; i += perLine)
      fetch(flat, ahead(first, i));
  }

  bool filterLeavesCache() {
    return cast<MemRefType>(filter.getType()).getDimSize(0) * winograd::pointsOf(cover) * channels() * kBlock >= kFetched;
  }

  /// sums[p] = products[p] * filter[kb][p], for each point p.
  void multiplyPoints(const Block &block, Value kb) {
    eachPoint(block, tiles, [&](const Products &at) {
      // The panel behind the last one is another block's, or nothing that a prefetch could harm.
      Value next = filterLeavesCache() ? filterAt(kb, ahead(at.q, 1)) : Value();
      fetchInput(block, scaled(kb, winograd::productsOf(cover), at.p));
      multiplyGroups(at, channelBlocks, filterAt(kb, at.q), kb, /*fresh=*/true, next);
    });
  }

  /// The same for all output channels of a task with filters that are transformed on the way, of as many input channels at a time as the
  /// second-level cache holds beside these channels of the input.
  void addParts(const Block &block) {
    int64_t part = winograd::partOf(channelBlocks);
    clear(sums, b.createOrFold<arith::MulIOp>(loc, outBlocks, index(blocks.groups * group)));
    loop(channelBlocks, part, [&](Value first) {
      transformInputs(block, first, part);
      loop(index(0), outBlocks, 1, [&](Value kb) {
        loop(part, 1, [&](Value cb) {
          transformFilter(filter, kb, arith::AddIOp::create(b, loc, first, cb), cover, [&](Value v, Value p, Value c, Value k) {
            store(v, transformed, {p, scaled(cb, kBlock, c), k});
          });
        });
        eachPoint(block, tiles, [&](const Products &at) {
          Value right = matrixIn(transformed, at.q, index(0), b.getIndexAttr(part * kBlock), kBlock);
          multiplyGroups(at, part, right, kb, /*fresh=*/false);
        });
      });
    });
  }

  /// Brings to the second-level cache what the next block reads of x and this one has not: the rows below or, at the end of a plane of one image,
  /// the image behind. A share of it, the `share`-th of as many as there are products.
  void fetchInput(const Block &block, Value share) {
    auto type = cast<MemRefType>(x.getType());
    auto [strides, offset] = type.getStridesAndOffset();
    int64_t rows = type.getDimSize(2), columns = type.getDimSize(3), outs = cast<MemRefType>(out.getType()).getDimSize(1);
    if (ShapedType::isDynamic(strides[1]) || ShapedType::isDynamic(outs) || type.getDimSize(0) != 1)
      return;
    // Rows of the plane that this x is of may lie beyond it.
    bool strip = strides[1] != rows * columns * kBlock;
    int64_t stride = tiles.rows.stride(), own = stride * (block.whole * tiles.rows.most + block.shorter * (tiles.rows.most - 1));
    bool all = !strip && blocks.together;
    int64_t fetched = all ? rows : own, pixels = channelBlocks * fetched * columns, shares = outs * winograd::productsOf(cover);
    int64_t each = (pixels + shares - 1) / shares;
    Value next = all ? index(0) : ahead(strided(block.row, stride), own + 3 - stride), image = index(all ? 1 : 0);
    if (!strip && !all) { // behind the last block of the plane
      Value ends = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::uge, next, index(rows));
      next = arith::SelectOp::create(b, loc, ends, index(0), next);
      image = arith::SelectOp::create(b, loc, ends, index(1), image);
    }
    loop(each, 1, [&](Value i) {
      Value pixel = scaled(share, each, i);
      Value column = arith::RemUIOp::create(b, loc, pixel, index(columns)), rest = arith::DivUIOp::create(b, loc, pixel, index(columns));
      Value row = arith::RemUIOp::create(b, loc, rest, index(fetched)), cb = arith::DivUIOp::create(b, loc, rest, index(fetched));
      int64_t perLine = 64 / (this->type.getElementTypeBitWidth() / 8);
      for (int64_t c = 0; c < kBlock; c += perLine)
        fetch(x, {image, cb, arith::AddIOp::create(b, loc, next, row), column, index(c)});
    });
  }

  Value filterAt(Value kb, Value p) {
    OpFoldResult one = b.getIndexAttr(1), zero = b.getIndexAttr(0);
    SmallVector<OpFoldResult> at{kb, p, zero, zero}, size{one, one, b.getIndexAttr(channels()), b.getIndexAttr(kBlock)}, steps(4, one);
    auto type = memref::SubViewOp::inferRankReducedResultType({channels(), kBlock}, cast<MemRefType>(filter.getType()), at, size, steps);
    return memref::SubViewOp::create(b, loc, cast<MemRefType>(type), filter, at, size, steps);
  }

  /// Some of the strips along an axis, and how many outputs of each lie in the plane.
  struct Span {
    int64_t begin, end, valid;
  };

  /// All strips of a shape's axis, the last one apart where it reaches beyond the plane.
  static SmallVector<Span> spansOf(int64_t count, Axis axis, const winograd::Strips &strips) {
    bool last = axis.whole() == (strips.shorter == 0);
    if (!last || strips.excess() == 0)
      return {{0, count, axis.outputs}};
    Span edge{count - 1, count, axis.outputs - strips.excess()};
    return count == 1 ? SmallVector<Span>{edge} : SmallVector<Span>{{0, count - 1, axis.outputs}, edge};
  }

  void transformOutputs(const Block &block, Value kb) {
    for (const Shape &shape : shapesOf(block, tiles))
      for (Span rows : spansOf(shape.rows, shape.down, tiles.rows))
        for (Span columns : spansOf(shape.columns, shape.across, tiles.columns))
          eachTile(
              block, shape,
              [&](Value n, Value row, Value column, Value tile) {
                loop(kBlock, lanes, [&](Value k) { transformOutput({n, kb, row, column, k}, tile, shape, rows.valid, columns.valid); });
              },
              std::pair(rows.begin, rows.end), std::pair(columns.begin, columns.end));
  }

  /// At `to`, the first `rows` rows and `columns` columns of a tile's outputs.
  void transformOutput(ArrayRef<Value> to, Value tile, const Shape &shape, int64_t rows, int64_t columns) {
    Value n = to[0], kb = to[1], row = to[2], column = to[3], k = to[4], from = sumAt(kb, tile);
    bothSides(
        shape.down.points(), shape.across.points(), [&](ArrayRef<Value> m) { return outputs(shape.down, m); },
        [&](ArrayRef<Value> m) { return outputs(shape.across, m); },
        [&](int64_t i, int64_t j) { return load(sums, {index(i * tiles.columns.wholeOne().points() + j), from, k}); },
        [&](int64_t i, int64_t j, Value y) {
          if (i < rows && j < columns)
            finish(y, out, {n, kb, ahead(row, i), ahead(column, j), k}, epilogue);
        });
  }

  Value x, filter, out, products, sums, transformed;
  linalg::GenericOp epilogue;
  SmallVector<int64_t> cover;
  winograd::Tiles tiles;
  winograd::Blocks blocks;
  int64_t group, channelBlocks;
  Value images, outBlocks;
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
  eraseSums(rewriter, op, op.getOut(), epilogue);
}
