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

#include "IR/WinogradDialect.h.inc"

#define GET_OP_CLASSES
#include "IR/WinogradOps.h.inc"

namespace mlir::winograd {

/// Outputs of a tile along one axis, its inputs, and its products in both.
inline constexpr int64_t kOutputs = 4, kInputs = kOutputs + 2, kPoints = kInputs * kInputs;

inline int64_t tilesAlong(int64_t size) { return (size + kOutputs - 1) / kOutputs; }

/// Rows or columns of the input of `size` outputs, in whole tiles.
inline int64_t paddedSize(int64_t size) { return tilesAlong(size) * kOutputs + 2; }

/// Tiles whose transformed channels stand together for the products, where a task has up to `images` images of `tiles` tiles: half or
/// all of what a register tile takes or, of one image that neither seven nor eight divide, all.
inline int64_t groupOf(int64_t images, int64_t tiles) {
  for (int64_t group : {7, 8})
    if (images == 1 && tiles % group == 0)
      return group;
  return images == 1 ? tiles : 8;
}

/// Groups of a task; the last one may not be full.
inline int64_t groupsOf(int64_t images, int64_t tiles) {
  int64_t group = groupOf(images, tiles);
  return (images * tiles + group - 1) / group;
}

/// Blocks of input channels whose filters a task transforms at a time, of so many: they divide them.
int64_t partOf(int64_t channelBlocks);

/// On an allocation within a parallel loop: a place of its own for each thread, in the arena.
inline constexpr StringLiteral kPerThreadAttr = "resnet.per_thread";

void registerBufferization(DialectRegistry &registry);

} // namespace mlir::winograd

#endif // RESNETC_IR_WINOGRADDIALECT_H
