//===- Winograd.cpp - loops of Winograd's algorithm -----------------------===//
//
// For a task's tiles: the input transform of all channels; then for each 32 output channels 36 products [tiles][C] x [C][32] and
// the output transform, on whose results the epilogue is computed in registers. The order of a sum does not depend on the task.
//
//===----------------------------------------------------------------------===//

#include "Codegen/Winograd.h"

#include "Codegen/Epilogue.h"
#include "Codegen/WinogradEmitter.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::resnet;
using winograd::kInputs;
using winograd::kOutputs;
using winograd::kPoints;

namespace {

/// Blocks of input channels from which on a panel of the filter does not stay in the second-level cache from task to task.
constexpr int64_t kFetched = 4;

//===----------------------------------------------------------------------===//
// Filters
//===----------------------------------------------------------------------===//

class FilterEmitter : WinogradEmitter {
public:
  FilterEmitter(IRRewriter &b, winograd::FilterOp op, const KernelTarget &target)
      : WinogradEmitter(b, op, target), weight(op.getWeight()), out(op.getOut()) {}

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

class ConvEmitter : WinogradEmitter {
public:
  ConvEmitter(IRRewriter &b, winograd::ConvOp op, linalg::GenericOp epilogue, const KernelTarget &target)
      : WinogradEmitter(b, op, target), x(op.getX()), filter(op.getFilter()), out(op.getOut()),
        products(op.getScratch()[0]), sums(op.getScratch()[1]), transformed(op.transformsFilter() ? op.getScratch()[2] : Value()),
        epilogue(epilogue) {
    auto shape = cast<MemRefType>(out.getType()).getShape();
    channelBlocks = cast<MemRefType>(x.getType()).getDimSize(1);
    height = shape[2];
    width = shape[3];
    down = winograd::tilesAlong(height);
    across = winograd::tilesAlong(width);
    group = winograd::groupOf(op.getImages(), down * across);
    most = winograd::groupsOf(op.getImages(), down * across);
  }

  void emit() {
    images = b.createOrFold<memref::DimOp>(loc, out, index(0));
    Value tiles = b.createOrFold<arith::MulIOp>(loc, images, index(down * across));
    groups = b.createOrFold<arith::CeilDivUIOp>(loc, tiles, index(group));
    Value outBlocks = b.createOrFold<memref::DimOp>(loc, out, index(1));
    if (transformed)
      addParts(outBlocks);
    else
      transformInputs(index(0), channelBlocks);
    loop(index(0), outBlocks, 1, [&](Value kb) {
      if (!transformed)
        multiplyPoints(kb);
      for (Span rows : spansOf(height))
        for (Span columns : spansOf(width))
          transformOutputs(kb, rows, columns);
    });
  }

private:
  /// Of `blocks` blocks of channels from the `first`.
  void transformInputs(Value first, int64_t blocks) {
    loop(index(0), images, 1, [&](Value n) {
      loop(blocks, 1, [&](Value block) {
        Value cb = arith::AddIOp::create(b, loc, first, block);
        loop(down, 1, [&](Value ty) {
          loop(across, 1, [&](Value tx) {
            Value row = outputsAt(ty), column = outputsAt(tx);
            Value to = placeOf(tileAt(n, ty, tx), block, blocks);
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

  /// The row of a panel of products that holds a block of channels, of `blocks`, of a tile: of a group of tiles they stand together, as
  /// the product's register tiles read them.
  Value placeOf(Value tile, Value block, int64_t blocks) {
    if (most == 1)
      return scaled(block, group, tile);
    Value first = arith::DivUIOp::create(b, loc, tile, index(group)), rest = arith::RemUIOp::create(b, loc, tile, index(group));
    return scaled(scaled(first, blocks, block), group, rest);
  }

  /// The row of a panel of sums that holds a tile of a block of output channels: of wide ones all blocks have a place.
  Value sumAt(Value kb, Value tile) { return transformed ? scaled(kb, most * group, tile) : tile; }

  /// sums[p][g][r][k], the rows r of all groups from `sumAt`, plus or (`fresh`) set to the sum over `blocks` blocks cb of channels and c of
  /// products[p][g][cb][r][c] * right[cb*32 + c][k]. What rows behind the last tile hold is no one's.
  void multiplyGroups(Value p, int64_t blocks, Value right, Value kb, bool fresh, Value next = {}) {
    MLIRContext *c = b.getContext();
    auto d = [&](unsigned i) { return b.getAffineDimExpr(i); };
    OpFoldResult count = getAsOpFoldResult(groups);
    int64_t rows = group * kBlock;
    Value left = panelOf(products, p, index(0), {count, b.getIndexAttr(blocks), b.getIndexAttr(group), b.getIndexAttr(kBlock)},
                         {blocks * rows, rows, kBlock, 1});
    Value from = arith::MulIOp::create(b, loc, sumAt(kb, index(0)), index(kBlock));
    Value sum = panelOf(sums, p, from, {count, b.getIndexAttr(group), b.getIndexAttr(kBlock)}, {rows, kBlock, 1});
    AffineMap maps[] = {AffineMap::get(5, 0, {d(0), d(3), d(1), d(4)}, c), AffineMap::get(5, 0, {d(3) * kBlock + d(4), d(2)}, c),
                        AffineMap::get(5, 0, {d(0), d(1), d(2)}, c)};
    multiply(left, right, sum, maps, fresh, [&, next](ValueRange loops, int64_t lines) {
      for (int64_t line = 0; next && line < lines; ++line)
        fetchPanel(next, scaled(scaled(ahead(loops[0], line), blocks, loops[3]), kBlock, loops[4]));
    });
  }

  /// Brings to the second-level cache what belongs to a step, of all that the groups take, of the panel of a filter.
  void fetchPanel(Value panel, Value step) {
    SmallVector<ReassociationIndices> all{{0, 1}};
    Value flat = memref::CollapseShapeOp::create(b, loc, panel, all);
    int64_t share = std::max<int64_t>(1, kBlock / most), perLine = 64 / (type.getElementTypeBitWidth() / 8);
    Value first = arith::MulIOp::create(b, loc, step, index(share));
    for (int64_t i = 0; i < share; i += perLine)
      fetch(flat, ahead(first, i));
  }

  /// sums[p] = products[p] * filter[kb][p], for each point p.
  void multiplyPoints(Value kb) {
    loop(kPoints, 1, [&](Value p) {
      // The panel behind the last one is another block's, or nothing that a prefetch could harm.
      Value next = channelBlocks >= kFetched ? filterAt(kb, ahead(p, 1)) : Value();
      fetchInput(scaled(kb, kPoints, p));
      multiplyGroups(p, channelBlocks, filterAt(kb, p), kb, /*fresh=*/true, next);
    });
  }

  /// The same for all output channels of a task with filters that are transformed on the way, of as many input channels at a time as the
  /// second-level cache holds beside these channels of the input.
  void addParts(Value outBlocks) {
    int64_t part = winograd::partOf(channelBlocks);
    clear(sums, b.createOrFold<arith::MulIOp>(loc, outBlocks, index(most * group)));
    loop(channelBlocks, part, [&](Value first) {
      transformInputs(first, part);
      loop(index(0), outBlocks, 1, [&](Value kb) {
        loop(part, 1, [&](Value cb) {
          transformFilter(filter, kb, arith::AddIOp::create(b, loc, first, cb), [&](Value v, Value p, Value c, Value k) {
            store(v, transformed, {p, scaled(cb, kBlock, c), k});
          });
        });
        loop(kPoints, 1, [&](Value p) {
          Value right = matrixIn(transformed, p, index(0), b.getIndexAttr(part * kBlock), kBlock);
          multiplyGroups(p, part, right, kb, /*fresh=*/false);
        });
      });
    });
  }

  /// Brings to the second-level cache what the next task reads of x and this one has not: its rows below or, of a task of one image, the
  /// image behind.
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
    Value from = sumAt(kb, tileAt(n, ty, tx)), row = outputsAt(ty), column = outputsAt(tx);
    bothSides(
        &ConvEmitter::outputs, kInputs, rows, [&](int64_t i, int64_t j) { return load(sums, {index(i * kInputs + j), from, k}); },
        [&](int64_t i, int64_t j, Value y) {
          if (j < columns)
            finish(y, {n, kb, ahead(row, i), ahead(column, j), k});
        });
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

  Value x, filter, out, products, sums, transformed;
  linalg::GenericOp epilogue;
  int64_t channelBlocks, height, width, down, across, group, most;
  Value images, groups;
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
  Operation *sums = op.getOut().getDefiningOp();
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
