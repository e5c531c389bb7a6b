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

/// Outputs of a strip along one axis, `most` or one fewer, of a convolution of stride 1 where `most` is even, and of stride 2 where it is odd.
///
/// Stride 1: F(most,3), at an even number of points. The last one, infinity, contributes to the last output alone: a shorter strip does without it.
///
/// Stride 2: the first and third tap meet every other input, so that they are F(most,2) of those, at most + 1 points, an even number again. The
/// second tap meets the inputs between them: a plain product for each output. The points come in the order finite ones, plain products but
/// the last, infinity, the last plain product: a shorter strip does without the last two.
struct Axis {
  int64_t most, outputs;

  int64_t stride() const { return most % 2 ? 2 : 1; }
  bool whole() const { return outputs == most; }
  /// Points, as many as inputs.
  int64_t points() const { return stride() * outputs + 3 - stride(); }
  /// Along a filter: all plain products have one.
  int64_t filterPoints() const { return most + 2; }
  /// The two taps of stride 2 and the inputs that they meet, by points.
  Axis even() const { return {most - 1, outputs - 1}; }
  int64_t finite() const { return stride() == 1 ? most + 1 : most; }
  int64_t infinity() const { return stride() == 1 ? most + 1 : 2 * most - 1; }
  /// Where the plain product of an output is.
  int64_t plain(int64_t output) const { return output + 1 < most ? most + output : 2 * most; }
};

/// The strips that cover `size` outputs along one axis: first the whole ones, of `most`, then those of one fewer.
struct Strips {
  int64_t size, most, whole, shorter;

  Axis wholeOne() const { return {most, most}; }
  Axis shorterOne() const { return {most, most - 1}; }
  int64_t stride() const { return wholeOne().stride(); }
  int64_t count() const { return whole + shorter; }
  /// Outputs, some of which may lie beyond the plane.
  int64_t covered() const { return whole * most + shorter * (most - 1); }
  /// Inputs of all strips, one in front of the plane and the others behind it where they exceed it.
  int64_t padded() const { return stride() * covered() + 3 - stride(); }
  /// Outputs of the last strip that lie beyond the plane.
  int64_t excess() const { return covered() - size; }
  /// Products of all strips.
  int64_t points() const { return whole * wholeOne().points() + shorter * shorterOne().points(); }
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

/// Panels of a filter.
inline int64_t pointsOf(ArrayRef<int64_t> cover) { return (cover[0] + 2) * (cover[1] + 2); }

/// Panels of products, the points of the largest tiles.
inline int64_t productsOf(ArrayRef<int64_t> cover) {
  return Axis{cover[0], cover[0]}.points() * Axis{cover[1], cover[1]}.points();
}

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

/// The stem's tiles of a row, of four outputs, and its points: 7 of the even taps, then 6 of the odd ones.
struct StemTiles {
  static constexpr int64_t kOutputs = 4, kEven = 7, kOdd = 6, kPoints = kEven + kOdd;
  static constexpr int64_t kPixel = 4; // places of a pixel's channels
  static constexpr int64_t kWindow = 7, kStride = 2, kPadding = 3;

  int64_t columns, channels;

  int64_t count() const { return (columns + kOutputs - 1) / kOutputs; }
  /// Those whose products are taken together. The last block ends with the row.
  int64_t block() const { return (count() + blocks() - 1) / blocks(); }
  int64_t blocks() const {
    constexpr int64_t kMost = 14; // rows of a register tile
    return (count() + kMost - 1) / kMost;
  }
  /// Places of a row's transformed tiles, whole vectors of them.
  int64_t places() const { return (count() + 3) / 4 * 4; }
  /// Elements of a row of x: a pixel is read as a vector of four.
  int64_t rowElements() const { return (2 * columns + 4) * channels + kPixel; }
  static int64_t rowsRead(int64_t rows) { return kStride * (rows - 1) + kWindow; }
};

/// The cover that names them: of one row, since they are direct along y.
inline constexpr int64_t kStemCover[] = {1, StemTiles::kOutputs};
inline bool isStem(ArrayRef<int64_t> cover) { return cover == ArrayRef(kStemCover); }

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
