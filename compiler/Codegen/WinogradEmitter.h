//===- WinogradEmitter.h - the arithmetic of Winograd's algorithm -*- C++ -*-===//
//
// F(4,3) at the points 0, +-1/sqrt(2), +-sqrt(2) and infinity, which lose fewer bits than the usual 0, +-1, +-2.
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
  using Matrix = Row (WinogradEmitter::*)(ArrayRef<Value>);

  //===--- indices and loops ---===//

  Value index(int64_t v);
  /// a + offset.
  Value ahead(Value a, int64_t offset);
  /// a*factor + c.
  Value scaled(Value a, int64_t factor, Value c);
  /// The first output of a tile, or row of tiles.
  Value outputsAt(Value tile);
  void loop(Value begin, Value end, int64_t step, llvm::function_ref<void(Value)> body);
  void loop(int64_t end, int64_t step, llvm::function_ref<void(Value)> body) { loop(index(0), index(end), step, body); }

  //===--- vectors ---===//

  Value load(Value from, ValueRange at);
  void store(Value v, Value to, ValueRange at);
  /// Brings a line to the second-level cache. What lies behind a buffer's end does no harm.
  void fetch(Value from, ValueRange at);
  /// Zeros in the first `rows` rows of each panel of scratch.
  void clear(Value scratch, Value rows);

  //===--- the matrices, applied to a column ---===//

  Row outputs(ArrayRef<Value> m);  // A^T m
  Row filters(ArrayRef<Value> g);  // G g
  Row spread(ArrayRef<Value> e);   // A e
  Row gathered(ArrayRef<Value> m); // G^T m

  /// A matrix on both sides of a square array of `size`: of its columns and then of the first `rows` rows of what that gives.
  void bothSides(Matrix matrix, int64_t size, int64_t rows, llvm::function_ref<Value(int64_t i, int64_t j)> load,
                 llvm::function_ref<void(int64_t i, int64_t j, Value v)> put);

  //===--- transforms ---===//

  /// B^T d B of the tile whose outputs begin at `row` and `column`, to row `to` of each panel of scratch.
  void transformInput(Value x, Value n, Value cb, Value row, Value column, Value c, Value scratch, Value to);
  /// G g G^T of a block of channels; `put` takes what belongs to a point, an input channel of the block and output channels from k on.
  void transformFilter(Value weight, Value kb, Value cb, llvm::function_ref<void(Value v, Value p, Value c, Value k)> put);

  //===--- products ---===//

  /// A view of elements from `first` of a panel of scratch.
  Value panelOf(Value scratch, Value panel, Value first, ArrayRef<OpFoldResult> sizes, ArrayRef<int64_t> strides);
  /// The same as a dense matrix.
  Value matrixIn(Value scratch, Value panel, Value first, OpFoldResult rows, int64_t columns) {
    return panelOf(scratch, panel, first, {rows, b.getIndexAttr(columns)}, {columns, 1});
  }
  /// The sum of left * right over the loops that `out` is not indexed by, the maps being those of left, right and out; added to `out`
  /// unless `fresh`. `atStep` as in Kernel.
  void multiply(Value left, Value right, Value out, ArrayRef<AffineMap> maps, bool fresh,
                std::function<void(ValueRange loops, int64_t lines)> atStep = {});

  IRRewriter &b;
  Location loc;
  const KernelTarget &target;
  VectorType type;
  int64_t lanes;

private:
  Value splat(double k);
  Value add(Value x, Value y);
  Value sub(Value x, Value y);
  Value times(double k, Value x);
  /// k*x + y.
  Value plus(double k, Value x, Value y);
  /// Row `row` of B^T d.
  Value inputRow(int64_t row, ArrayRef<Value> d);
  Value inputPair(double point, double other2, ArrayRef<Value> d);
};

} // namespace mlir::resnet

#endif // RESNETC_CODEGEN_WINOGRADEMITTER_H
