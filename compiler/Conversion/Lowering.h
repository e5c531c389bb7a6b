//===- Lowering.h - one function on its way to linalg ----------*- C++ -*-===//
//
// Activations [N,C,H,W] become tensors [n][C/32][rows][columns][32] with a halo of pads around each plane, wide enough for
// every reader; features [N,C] become [n][C/32][32]; images stay [n][H][W*C]. Whoever defines an activation
// writes its interior and its halo into one destination, so no pad is ever a copy.
//
//===----------------------------------------------------------------------===//

#ifndef RESNETC_CONVERSION_LOWERING_H
#define RESNETC_CONVERSION_LOWERING_H

#include "Conversion/Halo.h"
#include "Conversion/ParameterLayout.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"

namespace mlir::resnet {

/// An operand of a linalg.generic and how the loops index it.
struct Operand {
  Value value;
  AffineMap map;
};

/// Where an activation goes: the whole tensor, and the part of it to write.
struct Destination {
  Value whole, interior;
  Halo halo;
};

/// Affine maps over a fixed number of dimensions, for writing them down: d({d[0], d[1] + d[2]}).
struct Maps {
  MLIRContext *context;
  unsigned dims;
  AffineExpr operator[](unsigned i) const { return getAffineDimExpr(i, context); }
  AffineMap operator()(ArrayRef<AffineExpr> exprs) const { return AffineMap::get(dims, 0, exprs, context); }
};

using Body = llvm::function_ref<SmallVector<Value>(OpBuilder &, Location, ValueRange)>;

/// The halo of images that a bf16 convolution to `outWidth` columns reads in lanes, where it reads `halo`.
Halo packedImageHalo(Halo halo, int64_t width, int64_t outWidth, int64_t channels, int64_t kernel, int64_t stride);

/// The body of a copy: its first input.
SmallVector<Value> copyBody(OpBuilder &b, Location loc, ValueRange in);
/// The body of a sum: its last operand, the output, plus its first input.
SmallVector<Value> sumBody(OpBuilder &b, Location loc, ValueRange in);

class Lowering {
public:
  Lowering(func::FuncOp source, const ParameterLayout &layout, OpBuilder &builder, Value call, FloatType element);

  OpBuilder &b;
  func::FuncOp source;
  const ParameterLayout &layout;
  Value call;
  Value batch; // index
  FloatType element;
  Location loc;

  //===--- activations ---===//

  /// Gives the value that a function argument stands for.
  void defineArgument(BlockArgument argument, Value tensor);

  /// The activation without its halo.
  Value dense(Value v);

  /// The activation from `need` before its first row and column to `need` behind its last; in elements of `as`, which are its own
  /// where none is given.
  Value padded(Value v, const Halo &need, Type as = {});

  /// Where to write the activation `v`; its halo is filled already.
  Destination destination(Value v);

  /// As `destination` for images in int8, a lane a pixel: [n][rows][columns].
  Destination laneDestination(Value v);

  /// Takes `result`, the destination's interior after writing, as the value of `v`.
  void define(Value v, Value result, const Destination &destination);
  void define(Value v, Value result) { values[v] = {result, {}}; }

  /// bf16 or int8 in lanes.
  Value lanes(Value narrow);

  //===--- parameters ---===//

  /// A parameter or slot in its blocked form; `v` is the result of a `resnet.read`, or an already lowered vector.
  Value parameter(Value v);

  /// A writable view of a symbol's elements in `buffer`, in its blocked form: a memref.
  Value view(StringRef symbol, StringRef buffer);

  /// For a large value: `write` puts it into each slot that it is written to, with no place of its own between.
  LogicalResult writeInto(Value v, llvm::function_ref<Value(Value)> write);
  /// Adds to the gradient of each parameter that `v` is accumulated into: `write` gets the current tensor and returns
  /// the new one. False when nobody accumulates `v`.
  bool accumulateInto(Value v, llvm::function_ref<Value(Value)> write);

  //===--- building ---===//

  Value empty(ArrayRef<int64_t> shape, Type type = {}); // kDynamic: the batch
  Value emptyLike(Value tensor);
  Value filled(Value tensor, double value, ArrayRef<int64_t> tile = {});
  Value constant(double value);
  Value scalar(StringRef field);                        // number of the call; doubles in the element type
  Value scaleOf(StringRef symbol);                      // of an activation in int8, from the call
  Value tensorOf(Value memref, bool writable);
  /// A view of elements from `offset` of a flat buffer.
  Value viewOf(Value buffer, int64_t offset, ArrayRef<int64_t> sizes, ArrayRef<int64_t> strides);
  void store(Value tensor, Value memref);

  /// One linalg.generic. `tile`: sizes of the parallel loops over its first dimensions (none: runs serially).
  /// `outer`: (dimension, step) of reductions that go around the parallel loops of a tile.
  SmallVector<Value> generic(ArrayRef<Operand> inputs, ArrayRef<Operand> outputs, ArrayRef<utils::IteratorType> iterators,
                             Body body, ArrayRef<int64_t> tile = {}, ArrayRef<std::pair<int64_t, int64_t>> outer = {});
  /// The contraction out += a * b, of lanes by packed.dot. `ahead`: with each block of the outer reductions the next one is fetched.
  Value contract(Operand a, Operand b, Operand out, int64_t parallel, ArrayRef<int64_t> tile,
                 ArrayRef<std::pair<int64_t, int64_t>> outer = {}, bool ahead = false);
  /// An elementwise op over an activation's dimensions; operands of rank 2 are indexed by channel. `body` sees bf16 as the element
  /// type, and its result is rounded where the output is bf16; int8 it sees and gives as such.
  Value elementwise(ValueRange inputs, Value output, Body body);
  /// [n][cb][h][w][32] -> [cb][32], summing `body` of the inputs in three fixed stages: columns, rows, images. As many sums as
  /// `body` gives values, `count`, in one pass over the inputs.
  SmallVector<Value> channelSums(ValueRange inputs, int64_t count, Body body);
  Value channelSum(ValueRange inputs, Body body) { return channelSums(inputs, 1, body)[0]; }
  /// An elementwise op over channel vectors [cb][32].
  Value channelwise(ValueRange inputs, Value output, Body body);

private:
  struct Activation {
    Value tensor;
    Halo halo;
  };
  Halo required(Value v) const;
  Value interior(Value whole, RankedTensorType type, const Halo &halo);
  Value padImages(Value v, const Halo &need, Type as);

  llvm::DenseMap<Value, Activation> values, rounded; // rounded: copies in bf16 of what is not
};

/// The part of an activation at rows `row` + q*stride and columns `column` + p*stride.
struct Strided {
  Strided(Lowering &l, Value whole, int64_t row, int64_t column, int64_t rows, int64_t columns, int64_t stride);
  /// The whole with `part` in its place.
  Value insert(Value part);

  Value slice;

private:
  Lowering &l;
  Value whole;
  SmallVector<OpFoldResult> offsets, sizes, strides;
};

/// What a task's buffers may take of a thread's stack, in bytes.
inline constexpr int64_t kStackBytes = 128 << 10;

/// Tile sizes and outer reductions are kept on the generic ops under these names until they are used up.
inline constexpr StringLiteral kTileAttr = "resnet.tile";
inline constexpr StringLiteral kOuterAttr = "resnet.outer";
/// On a generic op with outer reductions: their next block is fetched while a block is summed.
inline constexpr StringLiteral kAheadAttr = "resnet.ahead";
/// On a contraction without outer reductions: the reduction whose next block, and what the results go to, each step fetches a line of.
inline constexpr StringLiteral kCreepAttr = "resnet.creep";
/// On an elementwise op: its result is larger than what caches keep until it is read, and is stored past them.
inline constexpr StringLiteral kStreamAttr = "resnet.stream";
/// On a sum over the rows of an activation: it reads each value once, so that it may be computed where the values are.
inline constexpr StringLiteral kRowSumsAttr = "resnet.row_sums";
/// On a max pool: its rows that a task takes where it computes what it reads itself, and the rows that these read.
inline constexpr StringLiteral kStripAttr = "resnet.strip";

// The lowering of each op, in a file a family: its results are defined in `l`.
LogicalResult lower(Conv2dOp op, Lowering &l);
LogicalResult lower(Conv2dDxOp op, Lowering &l);
LogicalResult lower(Conv2dDwOp op, Lowering &l);
LogicalResult lower(TransformFilterOp op, Lowering &l);
LogicalResult lower(FoldBatchNormOp op, Lowering &l);
LogicalResult lower(BatchNormBatchOp op, Lowering &l);
LogicalResult lower(NormalizeOp op, Lowering &l);
LogicalResult lower(UpdateStatisticsOp op, Lowering &l);
LogicalResult lower(BatchNormSumsOp op, Lowering &l);
LogicalResult lower(BatchNormDxOp op, Lowering &l);
LogicalResult lower(MaxPoolOp op, Lowering &l);
LogicalResult lower(MaxPoolGradOp op, Lowering &l);
LogicalResult lower(GlobalAvgPoolOp op, Lowering &l);
LogicalResult lower(GlobalAvgPoolGradOp op, Lowering &l);
LogicalResult lower(LinearOp op, Lowering &l);
LogicalResult lower(LinearDxOp op, Lowering &l);
LogicalResult lower(LinearDwOp op, Lowering &l);
LogicalResult lower(ChannelSumOp op, Lowering &l);
LogicalResult lower(ReluOp op, Lowering &l);
LogicalResult lower(AddOp op, Lowering &l);
LogicalResult lower(ScaleShiftOp op, Lowering &l);
LogicalResult lower(ReluGradOp op, Lowering &l);
LogicalResult lower(AccumulateGradientOp op, Lowering &l);
LogicalResult lower(WriteOp op, Lowering &l);
LogicalResult lower(RoundOp op, Lowering &l);
LogicalResult lower(QuantizeWeightOp op, Lowering &l);
LogicalResult lower(FoldScalesOp op, Lowering &l);
LogicalResult lower(ScaleRatioOp op, Lowering &l);
LogicalResult lower(QuantizeOp op, Lowering &l);
LogicalResult lower(HistogramOp op, Lowering &l);
LogicalResult lower(DropoutOp op, Lowering &l);
LogicalResult lower(SoftmaxCrossEntropyOp op, Lowering &l);

/// Copies logits, a value of the source function, to the call's dense [batch][classes].
void storeLogits(Lowering &l, Value logits);

/// Builds @apply: one step of the optimizers over the flat buffers.
void buildApply(ModuleOp module, const ParameterLayout &layout, FloatType element);

} // namespace mlir::resnet

#endif // RESNETC_CONVERSION_LOWERING_H
