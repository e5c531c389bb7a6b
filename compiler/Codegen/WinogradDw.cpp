//===- WinogradDw.cpp - weight gradients by Winograd's algorithm ----------===//
//
// The transposes of the forward matrices: for blocks of tiles the transforms of x and dy, and 36 products [C][tiles] x [tiles][32]
// for each 32 output channels, added up over the blocks; then the transform of the sums. A strip shorter than four has a zero where the
// last output would be, and so no product at infinity.
//
//===----------------------------------------------------------------------===//

#include "Codegen/Winograd.h"

#include "Codegen/WinogradEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace mlir::resnet;
using winograd::kUsualCover;

namespace {

class ConvDwEmitter : WinogradEmitter {
public:
  ConvDwEmitter(IRRewriter &b, winograd::ConvDwOp op, const KernelTarget &target)
      : WinogradEmitter(b, op, target), x(op.getX()), dy(op.getDy()), out(op.getOut()),
        inputs(op.getScratch()[0]), gradients(op.getScratch()[1]), sums(op.getScratch()[2]), images(op.getImages()),
        lines(op.getRows()), tiles(op.getTiles()) {
    auto shape = cast<MemRefType>(out.getType()).getShape();
    outBlocks = shape[1];
    inBlocks = shape[2];
  }

  void emit() {
    clear(sums, index(outBlocks * channels()));
    Value all = b.createOrFold<memref::DimOp>(loc, x, index(0));
    loop(index(0), all, images, [&](Value n) {
      Value rest = arith::SubIOp::create(b, loc, all, n);
      Value count = images == 1 ? index(1) : arith::MinUIOp::create(b, loc, rest, index(images)).getResult();
      eachBlock(tiles.rows, lines == tiles.rows.count(), lines, lines,
                [&](Value row, int64_t whole, int64_t shorter) { addBlock({n, count, row, whole, shorter}); });
    });
    loop(outBlocks, 1, [&](Value kb) {
      loop(inBlocks, 1, [&](Value cb) {
        loop(kBlock, 1, [&](Value c) { loop(kBlock, lanes, [&](Value k) { finish(kb, cb, c, k); }); });
      });
    });
  }

private:
  int64_t channels() const { return inBlocks * kBlock; }

  void addBlock(const Block &block) {
    int64_t tilesOfImage = (block.whole + block.shorter) * tiles.columns.count();
    Value count = b.createOrFold<arith::MulIOp>(loc, block.images, index(tilesOfImage));
    loop(inBlocks, 1, [&](Value cb) {
      for (const Shape &shape : shapesOf(block, tiles))
        eachTile(block, shape, [&](Value image, Value row, Value column, Value tile) {
          Value to = scaled(tile, inBlocks, cb);
          loop(kBlock, lanes, [&](Value c) { transformInput(x, image, cb, row, column, c, shape, inputs, to); });
        });
    });
    loop(outBlocks, 1, [&](Value kb) {
      for (const Shape &shape : shapesOf(block, tiles))
        eachTile(block, shape, [&](Value image, Value row, Value column, Value tile) {
          Value to = arith::AddIOp::create(b, loc, arith::MulIOp::create(b, loc, kb, count), tile);
          loop(kBlock, lanes, [&](Value k) { transformGradient(image, kb, row, column, k, shape, to); });
        });
    });
    eachPoint(block, tiles, [&](const Products &at) {
      Value begin = b.createOrFold<arith::MulIOp>(loc, block.images, index(at.begin));
      OpFoldResult some = getAsOpFoldResult(b.createOrFold<arith::MulIOp>(loc, block.images, index(at.end - at.begin)));
      Value left = matrixIn(inputs, at.p, arith::MulIOp::create(b, loc, begin, index(channels())), some, channels());
      loop(outBlocks, 1, [&](Value kb) {
        Value first = arith::AddIOp::create(b, loc, arith::MulIOp::create(b, loc, kb, count), begin);
        Value right = matrixIn(gradients, at.p, arith::MulIOp::create(b, loc, first, index(kBlock)), some, kBlock);
        Value sum = matrixIn(sums, at.p, arith::MulIOp::create(b, loc, kb, index(channels() * kBlock)), b.getIndexAttr(channels()), kBlock);
        multiply(left, right, sum, {mapOf(2, 0), mapOf(2, 1), mapOf(0, 1)}, /*fresh=*/false, /*inBlocks=*/false);
      });
    });
  }

  AffineMap mapOf(unsigned i, unsigned j) {
    return AffineMap::get(3, 0, {b.getAffineDimExpr(i), b.getAffineDimExpr(j)}, b.getContext());
  }

  void transformGradient(Value n, Value kb, Value row, Value column, Value k, const Shape &shape, Value to) {
    bothSides(
        shape.down.outputs, shape.across.outputs, [&](ArrayRef<Value> e) { return spread(shape.down, e); },
        [&](ArrayRef<Value> e) { return spread(shape.across, e); },
        [&](int64_t i, int64_t j) { return load(dy, {n, kb, ahead(row, i), ahead(column, j), k}); },
        [&](int64_t i, int64_t j, Value v) { store(v, gradients, {index(i * kInputs + j), to, k}); });
  }

  void finish(Value kb, Value cb, Value c, Value k) {
    Value from = scaled(scaled(kb, inBlocks, cb), kBlock, c);
    auto gather = [&](ArrayRef<Value> m) { return gathered(kUsualCover[0], m); };
    bothSides(
        kInputs, kInputs, gather, gather, [&](int64_t i, int64_t j) { return load(sums, {index(i * kInputs + j), from, k}); },
        [&](int64_t r, int64_t s, Value v) { store(v, out, {index(0), kb, cb, index(r), index(s), c, k}); });
  }

  static constexpr int64_t kInputs = kUsualCover[0] + 2; // points along an axis
  Value x, dy, out, inputs, gradients, sums;
  int64_t images, lines, inBlocks, outBlocks;
  winograd::Tiles tiles;
};

} // namespace

void mlir::resnet::emitConvDw(IRRewriter &rewriter, winograd::ConvDwOp op, const KernelTarget &target) {
  rewriter.setInsertionPoint(op);
  ConvDwEmitter(rewriter, op, target).emit();
  rewriter.eraseOp(op);
}
