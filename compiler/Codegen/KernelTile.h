//===- KernelTile.h - where a kernel's register tile stands ----*- C++ -*-===//
//
// What the emitter of a kernel knows at a point of its loops, the addresses that follow from it, and what is fetched there.
//
//===----------------------------------------------------------------------===//

#ifndef RESNETC_CODEGEN_KERNELTILE_H
#define RESNETC_CODEGEN_KERNELTILE_H

#include "Codegen/Kernel.h"
#include "Codegen/Tile.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

#include <functional>

namespace mlir::resnet {

class KernelTile {
public:
  KernelTile(IRRewriter &b, Kernel &kernel) : b(b), kernel(kernel), op(kernel.root), loc(op.getLoc()) {}

protected:
  /// The loops as an op sees them, the root or its epilogue: their variables, and which of them the tile lies along.
  struct Loops {
    SmallVector<Value> ivs;
    int64_t vectorDim, rowDim, lineDim;
  };
  /// An outer reduction within its loop.
  struct Outer {
    int64_t dim;
    OpFoldResult whole;
  };
  struct Position {
    int64_t line, row, vector;
  };
  struct Extent {
    int64_t lines, rows;
  };

  Value constant(int64_t v) { return arith::ConstantIndexOp::create(b, loc, v); }
  Value sizeOf(int64_t dim) { return getValueOrCreateConstantIndexOp(b, loc, sizes[dim]); }
  std::optional<int64_t> staticSize(int64_t dim) { return getConstantIntValue(sizes[dim]); }

  /// How far the position is along a dimension, from the tile's first element.
  int64_t offset(const Loops &loops, int64_t dim, Position at) const;
  void forEach(Extent t, llvm::function_ref<void(Position)> body);
  SmallVector<Value> indicesOf(AffineMap map, Position at, const Loops &loops);
  /// The epilogue's loops, where the root's stand.
  Loops epilogueLoops();
  /// Those of the sums over rows.
  Loops rowSumsLoops();
  /// The op whose result the kernel stores.
  linalg::GenericOp giver() { return kernel.epilogue ? kernel.epilogue : op; }

  //===--- prefetches, in KernelFetch.cpp ---===//

  /// What the epilogue reads of a tile, such as a residual, comes from memory while the sums are computed.
  void fetchEpilogue(Extent t);
  /// Emits one prefetch.
  using Fetch = std::function<void()>;
  /// With each step of the innermost sum, a line each of what will be read and written soon, so that no tile begins with a
  /// burst of misses: of the tile's rows in the next block of `dim` (behind the last one: of the next tile in the first one),
  /// of the weights a whole innermost sum ahead, and of the tile's rows in what the results go to and what the epilogue reads.
  SmallVector<Fetch> creep(int64_t dim, Extent t);
  /// Brings what this step reads in the next block of the outer reductions, behind the last one in the first, to the second-level cache. Of a
  /// reduction whose size is known at run time alone, that is nothing of use behind the last block, and no harm.
  void fetchAhead();

  IRRewriter &b;
  Kernel &kernel;
  linalg::GenericOp op;
  Location loc;
  SmallVector<OpFoldResult> sizes;
  SmallVector<Outer> outers;
  DenseMap<int64_t, Value> bases; // where a block of an outer reduction begins
  SmallVector<int64_t> reductions;
  Tile tile;
  Loops rootLoops{{}, kNone, kNone, kNone};

private:
  Loops loopsOf(linalg::GenericOp other, llvm::function_ref<int64_t(int64_t)> dimOf);
  /// Line number `step` of a tile's rows, counted along the rows' `contiguous` dimension first.
  Fetch fetchRow(Value buffer, AffineMap map, Loops loops, int64_t contiguous, Value step, bool isWrite);
  /// The lines of a buffer that the tile's vectors read, or the one that it reads scalars of.
  void fetch(Value buffer, AffineMap map, const Loops &loops, unsigned locality = 2);
};

} // namespace mlir::resnet

#endif // RESNETC_CODEGEN_KERNELTILE_H
