//===- WinogradEmitter.h - the arithmetic of Winograd's algorithm -*- C++ -*-===//
//
// F(4,3) at the points 0, +-1/sqrt(2), +-sqrt(2) and infinity, which lose fewer bits than the usual 0, +-1, +-2, F(6,3) at
// 0, +-1, +-1/2, +-2 and infinity, F(3,2) at 0, +-1 and infinity, F(5,2) at the points of F(4,3).
//
//===----------------------------------------------------------------------===//

#ifndef RESNETC_CODEGEN_WINOGRADEMITTER_H
#define RESNETC_CODEGEN_WINOGRADEMITTER_H

#include "Codegen/Kernel.h"
#include "Conversion/ParameterLayout.h"
#include "IR/WinogradDialect.h"

namespace mlir::resnet {

/// What the loops of the `winograd` ops are made of.
class WinogradEmitter {
public:
  WinogradEmitter(IRRewriter &b, Operation *op, const KernelTarget &target);

protected:
  using Row = SmallVector<Value>;

  using Axis = winograd::Axis;
  /// Strips of rows in turn, of images in turn: `whole` whole ones, then `shorter` shorter ones.
  struct Block {
    Value image, images; // the first one, and how many
    Value row;           // the first output
    int64_t whole, shorter;
  };
  /// The tiles of a block that have one shape. Those of all its images follow one another, behind the tiles of other shapes, which are
  /// `before` an image.
  struct Shape {
    Axis down, across;
    int64_t row, column; // where they begin in the block
    int64_t rows, columns, before;
  };
  /// Points p of a block, in loops over their rows i and columns j, whose products with panel q of a filter the tiles [begin, end) of each image
  /// take part in.
  struct Products {
    Value p, q;
    int64_t begin, end;
  };

  //===--- indices and loops ---===//

  Value index(int64_t v);
  /// a + offset.
  Value ahead(Value a, int64_t offset);
  /// a*factor + c.
  Value scaled(Value a, int64_t factor, Value c);
  /// a*stride.
  Value strided(Value a, int64_t stride);
  void loop(Value begin, Value end, int64_t step, llvm::function_ref<void(Value)> body);
  void loop(int64_t end, int64_t step, llvm::function_ref<void(Value)> body) { loop(index(0), index(end), step, body); }

  //===--- vectors ---===//

  Value load(Value from, ValueRange at);
  void store(Value v, Value to, ValueRange at);
  /// Brings a line to the second-level cache. What lies behind a buffer's end does no harm.
  void fetch(Value from, ValueRange at);
  /// Zeros in the first `rows` rows of each panel of scratch.
  void clear(Value scratch, Value rows);

  //===--- tiles ---===//

  /// Runs body for each block of strips of rows: all of them at once, or so many whole or shorter ones.
  void eachBlock(const winograd::Strips &rows, bool together, int64_t whole, int64_t shorter,
                 llvm::function_ref<void(Value row, int64_t whole, int64_t shorter)> body);
  /// In the order that makes those one range that have a point at infinity along an axis, or along both.
  SmallVector<Shape> shapesOf(const Block &block, const winograd::Tiles &tiles);
  /// Runs body for each tile of a shape, or for those in some of its strips: of an image, with its first output and its number in the block.
  void eachTile(const Block &block, const Shape &shape,
                llvm::function_ref<void(Value image, Value row, Value column, Value tile)> body,
                std::optional<std::pair<int64_t, int64_t>> rows = {}, std::optional<std::pair<int64_t, int64_t>> columns = {});
  /// Runs body for the points of a block's tiles, in their order.
  void eachPoint(const Block &block, const winograd::Tiles &tiles, llvm::function_ref<void(const Products &)> body);

  //===--- the matrices, applied to a column ---===//

  Row inputs(Axis axis, ArrayRef<Value> d);  // B^T d
  Row outputs(Axis axis, ArrayRef<Value> m); // A^T m, and plain products
  Row filters(Axis axis, ArrayRef<Value> g); // G g, and the plain tap
  Row spread(Axis axis, ArrayRef<Value> e);     // A e
  Row gathered(int64_t most, ArrayRef<Value> m); // G^T m

  /// Matrices on both sides of an array of rows x columns: of its columns and then of the rows of what that gives.
  using Matrix = llvm::function_ref<Row(ArrayRef<Value>)>;
  void bothSides(int64_t rows, int64_t columns, Matrix down, Matrix across, llvm::function_ref<Value(int64_t i, int64_t j)> load,
                 llvm::function_ref<void(int64_t i, int64_t j, Value v)> put);

  //===--- transforms ---===//

  /// B^T d B of the tile whose outputs begin at `row` and `column`, to row `to` of each panel of scratch.
  void transformInput(Value x, Value n, Value cb, Value row, Value column, Value c, const Shape &shape, Value scratch, Value to);
  /// G g G^T of a block of channels; `put` takes what belongs to a point, an input channel of the block and output channels from k on.
  void transformFilter(Value weight, Value kb, Value cb, ArrayRef<int64_t> cover,
                       llvm::function_ref<void(Value v, Value p, Value c, Value k)> put);

  //===--- products ---===//

  /// A view of elements from `first` of a panel of scratch.
  Value panelOf(Value scratch, Value panel, Value first, ArrayRef<OpFoldResult> sizes, ArrayRef<int64_t> strides);
  /// The same as a dense matrix.
  Value matrixIn(Value scratch, Value panel, Value first, OpFoldResult rows, int64_t columns) {
    return panelOf(scratch, panel, first, {rows, b.getIndexAttr(columns)}, {columns, 1});
  }
  /// The sum of left * right over the loops that `out` is not indexed by, the maps being those of left, right and out; added to `out`
  /// unless `fresh`. `atStep`, sums in blocks and what is written out are as in Kernel.
  void multiply(Value left, Value right, Value out, ArrayRef<AffineMap> maps, bool fresh, bool inBlocks,
                std::function<void(ValueRange loops, int64_t lines)> atStep = {}, bool writtenOut = false);

  //===--- results ---===//

  /// Stores an output of a convolution at `position` of `out`, or what the epilogue (may be null) makes of it.
  void finish(Value sum, Value out, ArrayRef<Value> position, linalg::GenericOp epilogue);

  IRRewriter &b;
  Location loc;
  const KernelTarget &target;
  VectorType type;
  int64_t lanes;

  Value add(Value x, Value y);

private:
  Value splat(double k);
  Value sub(Value x, Value y);
  Value times(double k, Value x);
  /// k*x + y.
  Value plus(double k, Value x, Value y);
  /// The sum of coefficients[k] * d[2k], the last coefficient being 1.
  Value polynomial(ArrayRef<double> coefficients, ArrayRef<Value> d);
  /// What belongs to one point of B^T d.
  Value inputAt(Axis axis, int64_t point, ArrayRef<Value> d);
  /// G g at zero and at pairs of points, of any number of taps.
  Row tapsAt(ArrayRef<double> pairs, ArrayRef<Value> g);
  /// The first outputs of A^T m, where infinity, if m has it, belongs to the `last`.
  Row evaluate(ArrayRef<double> pairs, ArrayRef<Value> m, int64_t outputs, int64_t last);
  /// The filter's point along an axis that belongs to one of the products.
  Value filterPoint(const winograd::Strips &strips, Value point);
};

/// Erases an op whose loops have been emitted, with its epilogue (may be null) and then the buffer of the sums between the two.
void eraseSums(IRRewriter &rewriter, Operation *op, Value out, linalg::GenericOp epilogue);

} // namespace mlir::resnet

#endif // RESNETC_CODEGEN_WINOGRADEMITTER_H
