//===- Conv.cpp - convolutions and their gradients ------------------------===//

#include "Conversion/Lowering.h"
#include "IR/PackedDialect.h"
#include "IR/WinogradDialect.h"
#include "Transforms/Algorithm.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::resnet;

namespace {

/// Shapes of one convolution, x -> y.
struct Geometry {
  int64_t height, width, outHeight, outWidth, channels, kernel, stride, padding;

  Geometry(Value x, Value y, Value weight, int64_t stride, int64_t padding) : stride(stride), padding(padding) {
    auto in = cast<RankedTensorType>(x.getType()), out = cast<RankedTensorType>(y.getType());
    channels = in.getDimSize(1);
    height = in.getDimSize(2);
    width = in.getDimSize(3);
    outHeight = out.getDimSize(2);
    outWidth = out.getDimSize(3);
    kernel = cast<RankedTensorType>(weight.getType()).getDimSize(2);
  }
  Halo halo() const { return windowHalo(height, width, outHeight, outWidth, kernel, stride, padding); }
};

} // namespace

namespace {

/// How a convolution of blocked channels goes over (n, kb, h, w, k | cb, r, s, c).
struct Blocking {
  SmallVector<int64_t> tile{1, 1, 1};
  SmallVector<std::pair<int64_t, int64_t>> outer;

  Blocking() = default;

  /// A task takes all rows of a small plane: its few columns alone do not fill the registers. Where one output block's weights
  /// do not stay in the second-level cache, it takes several images, or as many rows of a large plane as its stack holds, and
  /// passes over them with as few weights at a time as the first-level cache holds beside their input: one input block's
  /// for one row of the window, of windows of one those of several blocks. A sum keeps its order. Where all weights of a 1x1
  /// convolution stay in that cache and a plane does not, a task takes few rows, for all output channels; of a small plane
  /// with more weights than that, several images.
  Blocking(int64_t blocks, int64_t outBlocks, int64_t taps, int64_t rows, int64_t columns, int64_t stride, int64_t sumBytes,
           int64_t operandBytes) {
    constexpr int64_t kWeightBytes = 160 << 10, kFlatWeightBytes = 256 << 10, kStepBytes = 36 << 10, kSmallPlane = 64, kPixels = 256, kImages = 16;
    constexpr int64_t kAllWeightBytes = 512 << 10, kPlaneBytes = 384 << 10, kRowsBytes = 32 << 10;
    int64_t one = taps * kBlock * kBlock * operandBytes, pixels = rows * columns;
    if (blocks * one <= (taps == 1 ? kFlatWeightBytes : kWeightBytes)) {
      int64_t all = outBlocks * blocks * one, row = blocks * columns * stride * kBlock * operandBytes;
      if (pixels <= kSmallPlane) {
        tile = {all > kAllWeightBytes ? std::min<int64_t>(kImages, llvm::bit_floor(uint64_t(kPixels / pixels))) : 1, 1};
      } else if (taps == 1 && all <= kAllWeightBytes && row * rows * stride > kPlaneBytes) {
        int64_t held = std::clamp<int64_t>(kRowsBytes / row, 1, rows);
        while (rows % held != 0)
          --held;
        tile = {1, 0, held};
      }
      return;
    }
    // Half a stack: the sums of a task go through it, one block of input channels after the other.
    int64_t held = std::min(rows, kStackBytes / 2 / (columns * kBlock * sumBytes));
    if (held == 0)
      return;
    while (rows % held != 0)
      --held;
    if (held == rows)
      tile = {pixels < kPixels ? std::min<int64_t>(kImages, llvm::bit_floor(uint64_t(kPixels / pixels))) : 1, 1};
    else
      tile = {1, 1, held};
    outer = {{5, std::max<int64_t>(1, kStepBytes / one)}, {6, 1}};
  }
};

} // namespace

/// Asks for prefetches within a sum that is complete in one go.
static void creep(Lowering &l, Value sum, const Blocking &blocking) {
  if (blocking.outer.empty())
    sum.getDefiningOp()->setAttr(kCreepAttr, l.b.getI64IntegerAttr(5));
}

/// y[n,kb,h,w,k] += x * weight; `out` has been filled. c, or s and c of the stem, count lanes where x and weight are in lanes.
/// `step`, of the stem: elements between two outputs' windows in a row.
static Value convolve(Lowering &l, Value x, Value weight, const Geometry &g, const Blocking &blocking, Value out, int64_t step = 0) {
  MLIRContext *c = l.b.getContext();
  if (step) { // (n, kb, h, w, k | r, sc)
    Maps d{c, 7};
    Value flat = weight;
    if (!getElementTypeOrSelf(weight).isInteger()) { // [kb][r][s][c][k] -> [kb][r][s*c][k]
      SmallVector<ReassociationIndices> groups{{0}, {1}, {2, 3}, {4}};
      flat = tensor::CollapseShapeOp::create(l.b, l.loc, weight, groups);
    }
    return l.contract({x, d({d[0], d[2] * g.stride + d[5], d[3] * step + d[6]})},
                      {flat, d({d[1], d[5], d[6], d[4]})}, {out, d({d[0], d[1], d[2], d[3], d[4]})}, 5, {1, 1, 1});
  }
  // (n, kb, h, w, k | cb, r, s, c)
  Maps d{c, 9};
  Value sum = l.contract({x, d({d[0], d[5], d[2] * g.stride + d[6], d[3] * g.stride + d[7], d[8]})},
                    {weight, d({d[1], d[5], d[6], d[7], d[8], d[4]})}, {out, d({d[0], d[1], d[2], d[3], d[4]})}, 5,
                    blocking.tile, blocking.outer);
  creep(l, sum, blocking);
  return sum;
}

/// Images in a call of @gradients, as a rule.
static constexpr int64_t kUsualBatch = 32;

/// The least rows whose strips cover the plane as those of all rows do, with `least` tiles at least.
static int64_t stripRows(int64_t height, const winograd::Tiles &tiles, int64_t least) {
  for (int64_t rows = 1; rows < height; ++rows) {
    winograd::Strips strips = winograd::stripsOver(rows, tiles.rows.most);
    if (height % rows == 0 && strips.excess() == 0 && strips.points() * (height / rows) == tiles.rows.points() &&
        strips.count() * tiles.columns.count() >= least)
      return rows;
  }
  return height;
}

/// The tile of a task of Winograd's algorithm over (n, kb, h, w, k): as many images or rows as give its products enough tiles.
/// A wide one takes all images of a batch, since it transforms its filters itself, and some of the output channels,
/// so that there are several tasks.
static SmallVector<int64_t> winogradTile(int64_t batch, int64_t inBlocks, int64_t outBlocks, int64_t height, const winograd::Tiles &tiles) {
  constexpr int64_t kLeast = 14, kTiles = 32, kWideTiles = 128, kWideBlocks = 4;
  if (!keepsFilter(inBlocks * kBlock, outBlocks * kBlock)) {
    int64_t task = std::min(kWideBlocks, outBlocks);
    while (outBlocks % task != 0)
      --task;
    return {std::clamp<int64_t>(kWideTiles / tiles.count(), 1, batch), task};
  }
  if (tiles.count() < kLeast * 2)
    return {std::max<int64_t>(1, kTiles / tiles.count()), 0};
  int64_t rows = stripRows(height, tiles, kLeast);
  return rows == height ? SmallVector<int64_t>{1, 0} : SmallVector<int64_t>{1, 0, rows};
}

/// A filter at the points, into `out`.
static Value transformFilter(Lowering &l, Value weight, Value out, ArrayRef<int64_t> cover) {
  auto transform = winograd::FilterOp::create(l.b, l.loc, out.getType(), weight, out, cover);
  transform->setAttr(kTileAttr, l.b.getDenseI64ArrayAttr({1}));
  return transform->getResult(0);
}

LogicalResult mlir::resnet::lower(TransformFilterOp op, Lowering &l) {
  ArrayRef<int64_t> points = cast<RankedTensorType>(op.getFilter().getType()).getShape().drop_front(2);
  int64_t cover[] = {points[0] - 2, points[1] - 2};
  return l.writeInto(op.getFilter(), [&](Value slot) { return transformFilter(l, l.parameter(op.getWeight()), slot, cover); });
}

/// y = x * filter into `out`, where x is padded to its tiles; `filter` is a weight or, of rank 4, has been transformed.
static Value convolveByTiles(Lowering &l, Value x, Value filter, ArrayRef<int64_t> cover, Value out) {
  ArrayRef<int64_t> w = cast<RankedTensorType>(filter.getType()).getShape(), y = cast<RankedTensorType>(out.getType()).getShape();
  int64_t inBlocks = cast<RankedTensorType>(x.getType()).getDimSize(1);
  if (w.size() == 6 && keepsFilter(inBlocks * kBlock, y[1] * kBlock))
    filter = transformFilter(l, filter, l.empty({y[1], winograd::pointsOf(cover), inBlocks * kBlock + 1, kBlock}), cover);
  bool trains = seamName(l.source.getName()) == "gradients";
  SmallVector<int64_t> tile = winogradTile(trains ? kUsualBatch : kFeatureBatch, inBlocks, y[1], y[2], {y[2], y[3], cover});
  auto conv = winograd::ConvOp::create(l.b, l.loc, out.getType(), x, filter, out, ValueRange(), tile[0], cover);
  conv->setAttr(kTileAttr, l.b.getDenseI64ArrayAttr(tile));
  return conv->getResult(0);
}

/// The halo of images that the stem reads, of one of Winograd's algorithm if any is: forward and dw share a copy.
static Halo imageHalo(Value images, const Geometry &g) {
  bool tiles = llvm::any_of(images.getUsers(), [&](Operation *user) {
    auto conv = dyn_cast<Conv2dOp>(user);
    return conv && conv.getWinograd() && cast<RankedTensorType>(conv.getWeight().getType()).getDimSize(2) == g.kernel &&
           static_cast<int64_t>(conv.getStride()) == g.stride && static_cast<int64_t>(conv.getPadding()) == g.padding;
  });
  return tiles ? stemHalo(g.height, g.width, g.outHeight, g.outWidth, g.channels) : g.halo();
}

/// The stem into `out`, where x is padded to its tiles. A task takes as many rows as keep their transformed input in the second-level cache.
static Value convolveStem(Lowering &l, Value x, Value weight, Value out) {
  constexpr int64_t kRows = 16, kLeast = 4;
  int64_t height = cast<RankedTensorType>(out.getType()).getDimSize(2), rows = std::min(kRows, height);
  while (height % rows != 0)
    --rows;
  if (rows < std::min(kLeast, height))
    rows = height;
  auto stem = winograd::StemOp::create(l.b, l.loc, out.getType(), x, weight, out, ValueRange());
  stem->setAttr(kTileAttr, l.b.getDenseI64ArrayAttr({1, 0, rows}));
  return stem->getResult(0);
}

/// x as the products read it: padded, and in lanes where the weight is narrow.
static Value operandOf(Conv2dOp op, const Geometry &g, Lowering &l) {
  Value x = op.getX();
  Type weight = getElementTypeOrSelf(op.getWeight());
  if (op.getWinograd() && winograd::isStem(*op.getWinograd()))
    return l.padded(x, imageHalo(x, g));
  if (op.getWinograd())
    return l.padded(x, winogradHalo(g.height, g.width, g.outHeight, g.outWidth, *op.getWinograd()));
  if (weight.isSignedInteger()) // images are in lanes already
    return readsImages(op) ? l.padded(x, g.halo()) : l.lanes(l.padded(x, g.halo()));
  if (!weight.isBF16())
    return l.padded(x, g.halo());
  Halo halo = isImages(x) ? packedImageHalo(g.halo(), g.width, g.outWidth, g.channels, g.kernel, g.stride) : g.halo();
  return l.lanes(l.padded(x, halo, l.b.getBF16Type()));
}

/// Of a convolution of images, elements or lanes of a row between two outputs' windows; of others 0.
static int64_t stemStep(Conv2dOp op, const Geometry &g) {
  Type weight = getElementTypeOrSelf(op.getWeight());
  if (!readsImages(op))
    return 0;
  return weight.isSignedInteger() ? g.stride : g.stride * g.channels / (weight.isBF16() ? packed::kPair : 1);
}

static Blocking blockingOf(Conv2dOp op, const Geometry &g, int64_t sumBytes) {
  if (readsImages(op))
    return {};
  int64_t outBlocks = blocks(cast<RankedTensorType>(op.getY().getType()).getDimSize(1));
  return Blocking(blocks(g.channels), outBlocks, g.kernel * g.kernel, g.outHeight, g.outWidth, g.stride, sumBytes,
                  getElementTypeOrSelf(op.getWeight()).getIntOrFloatBitWidth() / 8);
}

/// A finite float32 as the bf16 next to it, ties to even, in integers: CPUs with dot products of int8 may lack the conversion.
static Value nearestBf16(OpBuilder &b, Location loc, Value v) {
  auto constant = [&](int64_t c) { return arith::ConstantIntOp::create(b, loc, c, 32).getResult(); };
  Value bits = arith::BitcastOp::create(b, loc, b.getI32Type(), v), sixteen = constant(16);
  Value odd = arith::AndIOp::create(b, loc, arith::ShRUIOp::create(b, loc, bits, sixteen), constant(1));
  bits = arith::AddIOp::create(b, loc, bits, arith::AddIOp::create(b, loc, odd, constant(0x7fff)));
  Value half = arith::TruncIOp::create(b, loc, b.getI16Type(), arith::ShRUIOp::create(b, loc, bits, sixteen));
  return arith::BitcastOp::create(b, loc, b.getBF16Type(), half);
}

/// What is stored of sums, into `out`: (sum * scale + shift) + residual * residual_scale, and ReLU, in the element type. Bytes are cut
/// off at zero as they are stored.
static Value epilogue(Conv2dOp op, Value sum, Value out, Lowering &l) {
  SmallVector<Value> inputs{sum};
  if (op.getScale())
    inputs.append({l.parameter(op.getScale()), l.parameter(op.getShift())});
  if (op.getResidual())
    inputs.push_back(l.dense(op.getResidual()));
  if (op.getResidualScale())
    inputs.push_back(l.parameter(op.getResidualScale()));
  Type stored = getElementTypeOrSelf(op.getY());
  return l.elementwise(inputs, out, [&](OpBuilder &b, Location loc, ValueRange in) {
    bool whole = in[0].getType().isInteger();
    Value v = whole ? arith::SIToFPOp::create(b, loc, l.element, in[0]).getResult() : in[0];
    size_t next = 1;
    if (op.getScale()) {
      v = arith::AddFOp::create(b, loc, in[2], arith::MulFOp::create(b, loc, v, in[1]));
      next = 3;
    }
    if (op.getResidual()) {
      Value residual = in[next];
      if (residual.getType().isInteger())
        residual = arith::UIToFPOp::create(b, loc, l.element, residual);
      if (op.getResidualScale())
        residual = arith::MulFOp::create(b, loc, residual, in[next + 1]);
      v = arith::AddFOp::create(b, loc, v, residual);
    }
    if (stored.isUnsignedInteger())
      return SmallVector<Value>{packed::QuantizeOp::create(b, loc, b.getI8Type(), v)};
    if (op.getRelu())
      v = arith::MaximumFOp::create(b, loc, v, l.constant(0));
    return SmallVector<Value>{whole && stored.isBF16() ? nearestBf16(b, loc, v) : v};
  });
}

LogicalResult mlir::resnet::lower(Conv2dOp op, Lowering &l) {
  Geometry g(op.getX(), op.getY(), op.getWeight(), op.getStride(), op.getPadding());
  bool whole = getElementTypeOrSelf(op.getWeight()).isSignedInteger(); // sums are of 32 bits
  Value x = operandOf(op, g, l);
  Destination d = l.destination(op.getY());
  bool fused = whole || op.getScale() || op.getResidual() || op.getRelu() || getElementTypeOrSelf(op.getY()).isBF16();
  ArrayRef<int64_t> shape = cast<RankedTensorType>(d.interior.getType()).getShape();
  Value y = fused ? l.empty(shape, whole ? l.b.getI32Type() : Type()) : d.interior;
  if (op.getWinograd() && winograd::isStem(*op.getWinograd())) {
    if (!readsImages(op))
      return op.emitOpError("by tiles of one row reads images alone");
    y = convolveStem(l, x, l.parameter(op.getWeight()), y);
  } else if (op.getWinograd()) {
    y = convolveByTiles(l, x, l.parameter(op.getFilter() ? op.getFilter() : op.getWeight()), *op.getWinograd(), y);
  } else {
    Value start = l.filled(y, 0);
    y = convolve(l, x, l.parameter(op.getWeight()), g, blockingOf(op, g, l.element.getWidth() / 8), start, stemStep(op, g));
  }
  l.define(op.getY(), fused ? epilogue(op, y, d.interior, l) : y, d);
  return success();
}

/// [kb][cb][r][s][c][k] -> [cb][kb][taps][taps][k][c], the window's taps of one phase, last first.
static Value transposedWeights(Lowering &l, Value weight, const Phase &ph, const Phase &pw, int64_t stride) {
  auto shape = cast<RankedTensorType>(weight.getType()).getShape();
  Maps d{l.b.getContext(), 6}; // (cb, kb, t, u, k, c)
  auto tap = [&](AffineExpr t, const Phase &p) { return t * -stride + (p.phase + (p.taps - 1) * stride); };
  Value out = l.empty({shape[1], shape[0], ph.taps, pw.taps, kBlock, kBlock});
  return l.generic({{weight, d({d[1], d[0], tap(d[2], ph), tap(d[3], pw), d[5], d[4]})}},
                   {{out, d({d[0], d[1], d[2], d[3], d[4], d[5]})}},
                   SmallVector<utils::IteratorType>(6, utils::IteratorType::parallel),
                   copyBody, {1, 1})[0];
}

/// One phase of dx: (n, cb, q, p, c | kb, t, u, k).
static Value gradientPhase(Lowering &l, Value dy, Value weight, const Phase &ph, const Phase &pw, int64_t stride,
                           const Halo &halo, Value out) {
  Value wt = transposedWeights(l, weight, ph, pw, stride);
  Maps d{l.b.getContext(), 9};
  int64_t row = ph.shift + halo.top, column = pw.shift + halo.left;
  auto shape = cast<RankedTensorType>(wt.getType()).getShape();
  int64_t bytes = l.element.getWidth() / 8;
  Blocking blocking(shape[1], shape[0], ph.taps * pw.taps, ph.count, pw.count, 1, bytes, bytes);
  Value dx = l.contract({dy, d({d[0], d[5], d[2] + d[6] + row, d[3] + d[7] + column, d[8]})},
                        {wt, d({d[1], d[5], d[6], d[7], d[8], d[4]})}, {out, d({d[0], d[1], d[2], d[3], d[4]})}, 5,
                        blocking.tile, blocking.outer);
  creep(l, dx, blocking);
  return dx;
}

LogicalResult mlir::resnet::lower(Conv2dDxOp op, Lowering &l) {
  Geometry g(op.getDx(), op.getDy(), op.getWeight(), op.getStride(), op.getPadding());
  SmallVector<Phase> rows = phases(g.height, g.kernel, g.stride, g.padding);
  SmallVector<Phase> columns = phases(g.width, g.kernel, g.stride, g.padding);
  Halo halo = op.getWinograd() ? winogradHalo(g.outHeight, g.outWidth, g.height, g.width, *op.getWinograd()) : gradientHalo(rows, columns, g.outHeight, g.outWidth);
  Value dy = l.padded(op.getDy(), halo);
  Value weight = l.parameter(op.getWeight());
  Destination d = l.destination(op.getDx());
  Value dx = d.interior;
  if (op.getWinograd()) {
    Value turned = transposedWeights(l, weight, rows[0], columns[0], 1);
    l.define(op.getDx(), convolveByTiles(l, dy, turned, *op.getWinograd(), dx), d);
    return success();
  }
  if (g.stride == 1) {
    dx = gradientPhase(l, dy, weight, rows[0], columns[0], 1, halo, l.filled(dx, 0));
    l.define(op.getDx(), dx, d);
    return success();
  }
  for (const Phase &ph : rows)
    for (const Phase &pw : columns) {
      Strided part(l, dx, ph.first, pw.first, ph.count, pw.count, g.stride);
      bool reached = ph.taps && pw.taps;
      dx = part.insert(reached ? gradientPhase(l, dy, weight, ph, pw, g.stride, halo, l.filled(part.slice, 0))
                               : l.filled(part.slice, 0, {1, 1, 1}));
    }
  l.define(op.getDx(), dx, d);
  return success();
}

/// Images of a weight gradient's block: as many small planes as make up for loading and storing the sums.
static int64_t imagesABlock(const Geometry &g) { return std::max<int64_t>(1, 128 / (g.outHeight * g.outWidth)); }

/// Rows of a weight gradient's block: what stays in the second-level cache while all blocks pass over it.
static int64_t rowsABlock(const Geometry &g) {
  int64_t rows = std::max<int64_t>(1, (g.kernel == 1 ? 112 : 224) / std::max<int64_t>(1, g.outWidth));
  while (g.outHeight % std::min(rows, g.outHeight))
    --rows;
  return std::min(rows, g.outHeight);
}

/// Pixels of a block of a 1x1 convolution's weight gradient, across rows: no row's end interrupts a sum.
static int64_t pixelsABlock(const Geometry &g) {
  int64_t plane = g.height * g.width, pixels = std::min<int64_t>(plane, 112);
  while (plane % pixels != 0)
    --pixels;
  return pixels;
}

/// Whether an activation is all of its buffer, without pads around it.
static bool isWhole(Value v) { return !v.getDefiningOp<tensor::ExtractSliceOp>(); }

/// [n][cb][h][w][32] -> [n][cb][hw][32]
static Value flatPlane(Lowering &l, Value v) {
  SmallVector<ReassociationIndices> groups{{0}, {1}, {2, 3}, {4}};
  return tensor::CollapseShapeOp::create(l.b, l.loc, v, groups);
}

/// Blocks of output and of input channels of a weight gradient's task: squares of them, since each reads x once for all its
/// outputs and dy once for all its inputs. Their sums stay in the second-level cache, and some tasks remain.
static SmallVector<int64_t> gradientTile(int64_t out, int64_t in, int64_t taps) {
  constexpr int64_t kSide = 4, kSums = 64, kTasks = 4;
  SmallVector<int64_t> tile{1, 1}, all{out, in};
  auto grow = [&](int64_t i) {
    int64_t pairs = tile[0] * tile[1] * 2;
    if (tile[i] >= kSide || all[i] % (tile[i] * 2) != 0 || pairs * taps > kSums || out * in / pairs < kTasks)
      return false;
    tile[i] *= 2;
    return true;
  };
  while (grow(tile[0] <= tile[1] ? 0 : 1) || grow(0) || grow(1)) {
  }
  return tile;
}

/// dw by Winograd's algorithm: a fixed number of parts of the images, each its own sum.
static LogicalResult gradientByTiles(Conv2dDwOp op, const Geometry &g, Lowering &l) {
  constexpr int64_t kTiles = 98, kParts = 8, kPartElements = 128 * 128, kTaskBlocks = 4;
  Halo halo = winogradHalo(g.height, g.width, g.outHeight, g.outWidth, *op.getWinograd());
  Value x = l.padded(op.getX(), halo), dy = l.padded(op.getDy(), {0, 0, halo.bottom - 1, halo.right - 1});
  int64_t in = blocks(g.channels), out = cast<RankedTensorType>(dy.getType()).getDimSize(1);
  winograd::Tiles tiles(g.height, g.width, *op.getWinograd());
  // As many tiles between two visits of the sums as the second-level cache takes beside them.
  int64_t images = std::max<int64_t>(1, kTiles / tiles.count()), rows = tiles.rows.count();
  if (rows * tiles.columns.count() > kTiles)
    do
      --rows;
    while (rows > 1 && (rows * tiles.columns.count() > kTiles || tiles.rows.whole % rows != 0 || tiles.rows.shorter % rows != 0));
  // Parts cost a sum each, and blocks of output channels the input's transform once more.
  int64_t parts = std::clamp<int64_t>(kParts * kPartElements / (in * out * kBlock * kBlock), 1, kParts), task = std::min(out, kTaskBlocks);
  while (out % task != 0)
    --task;
  Value sums = l.empty({parts, out, in, 3, 3, kBlock, kBlock});
  auto dw = winograd::ConvDwOp::create(l.b, l.loc, sums.getType(), x, dy, sums, ValueRange(), images, rows);
  dw->setAttr(kTileAttr, l.b.getDenseI64ArrayAttr({1, task}));
  bool used = l.accumulateInto(op.getDw(), [&](Value whole) -> Value {
    Maps d{l.b.getContext(), 7}; // (kb, cb, r, s, c, k | part)
    SmallVector<utils::IteratorType> iterators(7, utils::IteratorType::parallel);
    iterators.back() = utils::IteratorType::reduction;
    return l.generic({{dw->getResult(0), d({d[6], d[0], d[1], d[2], d[3], d[4], d[5]})}},
                     {{whole, d({d[0], d[1], d[2], d[3], d[4], d[5]})}}, iterators, sumBody, {1, 1})[0];
  });
  return used ? success() : op.emitOpError("expected its result to be accumulated");
}

LogicalResult mlir::resnet::lower(Conv2dDwOp op, Lowering &l) {
  Geometry g(op.getX(), op.getDy(), op.getDw(), op.getStride(), op.getPadding());
  if (op.getWinograd())
    return gradientByTiles(op, g, l);
  bool stem = isImages(op.getX());
  Value x = l.padded(op.getX(), stem ? imageHalo(op.getX(), g) : g.halo());
  Value dy = l.dense(op.getDy());
  MLIRContext *c = l.b.getContext();
  bool used = l.accumulateInto(op.getDw(), [&](Value dw) -> Value {
    if (stem) { // (kb, r, sc, k | n, h, w)
      Maps d{c, 7};
      SmallVector<ReassociationIndices> groups{{0}, {1}, {2, 3}, {4}};
      Value flat = tensor::CollapseShapeOp::create(l.b, l.loc, dw, groups);
      Value sum = l.contract({x, d({d[4], d[5] * g.stride + d[1], d[6] * (g.stride * g.channels) + d[2]})},
                             {dy, d({d[4], d[0], d[5], d[6], d[3]})}, {flat, d({d[0], d[1], d[2], d[3]})}, 4, {1},
                             {{4, 1}, {5, 2}}, /*ahead=*/true);
      return tensor::ExpandShapeOp::create(l.b, l.loc, dw.getType(), sum, groups);
    }
    auto shape = cast<RankedTensorType>(dw.getType()).getShape();
    SmallVector<int64_t> tile = gradientTile(shape[0], shape[1], g.kernel * g.kernel);
    if (g.kernel == 1 && g.stride == 1 && isWhole(x) && isWhole(dy)) { // (kb, cb, r, s, c, k | n, hw)
      Maps d{c, 8};
      int64_t pixels = pixelsABlock(g);
      AffineMap ofX = d({d[6], d[1], d[7], d[4]}), ofDy = d({d[6], d[0], d[7], d[5]});
      return l.contract({flatPlane(l, x), ofX}, {flatPlane(l, dy), ofDy}, {dw, d({d[0], d[1], d[2], d[3], d[4], d[5]})}, 6, tile,
                        {{6, imagesABlock(g)}, {7, pixels}}, /*ahead=*/true);
    }
    Maps d{c, 9}; // (kb, cb, r, s, c, k | n, h, w)
    return l.contract({x, d({d[6], d[1], d[7] * g.stride + d[2], d[8] * g.stride + d[3], d[4]})},
                      {dy, d({d[6], d[0], d[7], d[8], d[5]})}, {dw, d({d[0], d[1], d[2], d[3], d[4], d[5]})}, 6, tile,
                      {{6, imagesABlock(g)}, {7, rowsABlock(g)}}, /*ahead=*/rowsABlock(g) < g.outHeight);
  });
  return used ? success() : op.emitOpError("expected its result to be accumulated");
}
