//===- WinogradDw.cpp - weight gradients by Winograd's algorithm ----------===//
//
// The transposes of the forward matrices: for blocks of tiles the transforms of x and dy, and 36 products [C][tiles] x [tiles][32]
// for each 32 output channels, added up over the blocks; then the transform of the sums.
//
//===----------------------------------------------------------------------===//

#include "Codegen/Winograd.h"

#include "Codegen/WinogradEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace mlir::resnet;
using winograd::kInputs;
using winograd::kOutputs;
using winograd::kPoints;

namespace {

class ConvDwEmitter : WinogradEmitter {
public:
  ConvDwEmitter(IRRewriter &b, winograd::ConvDwOp op, const KernelTarget &target)
      : WinogradEmitter(b, op, target), x(op.getX()), dy(op.getDy()), out(op.getOut()),
        inputs(op.getScratch()[0]), gradients(op.getScratch()[1]), sums(op.getScratch()[2]), images(op.getImages()),
        rows(op.getRows()) {
    auto shape = cast<MemRefType>(out.getType()).getShape(), plane = cast<MemRefType>(dy.getType()).getShape();
    outBlocks = shape[1];
    inBlocks = shape[2];
    down = plane[2] / kOutputs;
    across = plane[3] / kOutputs;
  }

  void emit() {
    clear(sums, index(outBlocks * channels()));
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
            body(arith::AddIOp::create(b, loc, n, i), outputsAt(arith::AddIOp::create(b, loc, first, ty)), outputsAt(tx),
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
        multiply(left, right, sum, {mapOf(2, 0), mapOf(2, 1), mapOf(0, 1)}, /*fresh=*/false);
      });
    });
  }

  AffineMap mapOf(unsigned i, unsigned j) {
    return AffineMap::get(3, 0, {b.getAffineDimExpr(i), b.getAffineDimExpr(j)}, b.getContext());
  }

  void transformGradient(Value n, Value kb, Value row, Value column, Value k, Value to) {
    bothSides(
        &ConvDwEmitter::spread, kOutputs, kInputs,
        [&](int64_t i, int64_t j) { return load(dy, {n, kb, ahead(row, i), ahead(column, j), k}); },
        [&](int64_t i, int64_t j, Value v) { store(v, gradients, {index(i * kInputs + j), to, k}); });
  }

  void finish(Value kb, Value cb, Value c, Value k) {
    Value from = scaled(scaled(kb, inBlocks, cb), kBlock, c);
    bothSides(
        &ConvDwEmitter::gathered, kInputs, 3, [&](int64_t i, int64_t j) { return load(sums, {index(i * kInputs + j), from, k}); },
        [&](int64_t r, int64_t s, Value v) { store(v, out, {index(0), kb, cb, index(r), index(s), c, k}); });
  }

  Value x, dy, out, inputs, gradients, sums;
  int64_t images, rows, inBlocks, outBlocks, down, across;
};

} // namespace

void mlir::resnet::emitConvDw(IRRewriter &rewriter, winograd::ConvDwOp op, const KernelTarget &target) {
  rewriter.setInsertionPoint(op);
  ConvDwEmitter(rewriter, op, target).emit();
  rewriter.eraseOp(op);
}
