//===- Tile.h - the shape of a kernel's register tile ----------*- C++ -*-===//

#ifndef RESNETC_CODEGEN_TILE_H
#define RESNETC_CODEGEN_TILE_H

#include "Codegen/Kernel.h"

namespace mlir::resnet {

/// No dimension.
inline constexpr int64_t kNone = -1;

/// Part of a plane, which whole tiles of one shape cover.
struct Patch {
  int64_t line, row;           // where it begins
  int64_t lines, rows;         // its size
  int64_t tileLines, tileRows; // a tile's
};

/// Register tiles: each some lines along the line dimension, rows along the row dimension, and `vectors` of `lanes` along the
/// vector dimension. Where the number of rows is known at run time alone, there are no patches but tiles of `rows` rows.
struct Tile {
  int64_t rows = 1, vectors = 1, lanes = 1;
  int64_t vectorDim = kNone, rowDim = kNone, lineDim = kNone;
  SmallVector<Patch> patches;
};

/// The tiles of an op whose loops have these sizes. The vector dimension is the last parallel one, if every operand of the op
/// and of its epilogue that varies along it is contiguous there; the row dimension is the parallel one before that
/// is not 1, and the line dimension the one before that, of contractions. Without a vector dimension the tile is one scalar. Sums `inBlocks`
/// (Kernel.h) take two registers each, where there are 32, and
/// lie along rows alone.
Tile chooseTile(linalg::GenericOp op, linalg::GenericOp epilogue, ArrayRef<OpFoldResult> sizes, const KernelTarget &target, bool inBlocks);

/// The epilogue's dimension that indexes the scratch buffer where the root's `dim` does; kNone for reductions.
int64_t epilogueDim(linalg::GenericOp root, linalg::GenericOp epilogue, int64_t dim);

} // namespace mlir::resnet

#endif // RESNETC_CODEGEN_TILE_H
