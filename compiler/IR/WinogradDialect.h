//===- WinogradDialect.h - convolutions by Winograd's algorithm -*- C++ -*-===//

#ifndef RESNETC_IR_WINOGRADDIALECT_H
#define RESNETC_IR_WINOGRADDIALECT_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Interfaces/TilingInterface.h"

namespace mlir::winograd {

/// The strips that cover `size` outputs along one axis: first the whole ones, of `most`, then those of one fewer. F(most,3) has a point more than outputs and window have degrees, infinity, which contributes to the last
/// output alone: a shorter strip does without it.
struct Strips {
  int64_t size, most, whole, shorter;

  int64_t count() const { return whole + shorter; }
  /// Outputs, some of which may lie beyond the plane.
  int64_t covered() const { return whole * most + shorter * (most - 1); }
  /// Inputs of all strips, one in front of the plane and the others behind it where they exceed it.
  int64_t padded() const { return covered() + 2; }
  /// Outputs of the last strip that lie beyond the plane.
  int64_t excess() const { return covered() - size; }
  /// Products of all strips.
  int64_t points() const { return whole * (most + 2) + shorter * (most + 1); }
};

/// Those with the fewest products.
Strips stripsOver(int64_t size, int64_t most);

/// A plane in tiles, whose largest have cover[0] x cover[1] outputs.
struct Tiles {
  Strips rows, columns;

  Tiles(int64_t height, int64_t width, ArrayRef<int64_t> cover)
      : rows(stripsOver(height, cover[0])), columns(stripsOver(width, cover[1])) {}
  int64_t count() const { return rows.count() * columns.count(); }
};

/// Points of the largest tiles, and so panels of a filter.
inline int64_t pointsOf(ArrayRef<int64_t> cover) { return (cover[0] + 2) * (cover[1] + 2); }

/// The largest tiles of weight gradients, and of what else has no reason for others.
inline constexpr int64_t kUsualCover[] = {4, 4};

/// How a task of up to `images` images computes its tiles: block by block, a block being `whole` of the whole strips of rows or `shorter`
/// of the shorter ones, or all of both (`together`).
struct Blocks {
  bool together;
  int64_t whole, shorter;
  int64_t group;  // tiles whose transformed channels stand together for the products: a register tile's rows
  int64_t groups; // of the largest block
};
Blocks blocksOf(const Tiles &tiles, int64_t images, bool inOne);

} // namespace mlir::winograd

#include "IR/WinogradDialect.h.inc"

#define GET_OP_CLASSES
#include "IR/WinogradOps.h.inc"

namespace mlir::winograd {

/// Blocks of input channels whose filters a task transforms at a time, of so many: they divide them.
int64_t partOf(int64_t channelBlocks);

/// On an allocation within a parallel loop: a place of its own for each thread, in the arena.
inline constexpr StringLiteral kPerThreadAttr = "resnet.per_thread";

void registerBufferization(DialectRegistry &registry);

} // namespace mlir::winograd

#endif // RESNETC_IR_WINOGRADDIALECT_H
