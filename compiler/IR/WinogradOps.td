//===- WinogradOps.td - convolutions by Winograd's algorithm ---*- tablegen -*-===//
//
// What upstream's linalg.winograd_* ops are for logical layouts, for blocked ones and for the points of Codegen/Winograd.h. An op
// works on tensors and, after bufferization, on buffers; EmitKernels turns it into loops.
//
//===----------------------------------------------------------------------===//

#ifndef RESNET_WINOGRAD_OPS_TD
#define RESNET_WINOGRAD_OPS_TD

include "mlir/IR/OpBase.td"
include "mlir/Interfaces/DestinationStyleOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/Interfaces/TilingInterface.td"

def WinogradDialect : Dialect {
  let name = "winograd";
  let cppNamespace = "::mlir::winograd";
  let summary = "F(4x4,3x3) and larger: sixteen outputs from 36 products";
  let description = [{
    With the matrices B, G and A of F(4,3), an output tile of 4x4 is A^T [sum over c of (G g G^T) . (B^T d B)] A, where d is
    the 6x6 input around it and g the 3x3 window (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2015).
    The same with those of F(6,3), along one axis or both.

    At a stride of 2 the first and third tap of a window meet every other input, which makes them F(3,2), or F(5,2) for tiles of 5, and the second tap the inputs between
    those: seven products for three outputs along an axis in place of nine, 49 for a tile of 3x3, which reads 7x7 inputs. The second
    tap's products share a point of the filter, which has five along an axis.

    An op's `cover` [r, c] says of what size the largest tiles are, whose filters have (r+2)*(c+2) points, and what the stride is: 1 where they are even, 2 where odd. They come first in a plane,
    and behind them along either axis strips of tiles of one output fewer, as many as make the fewest products: 14 is 4+4+3+3, 28 is
    6+6+6+5+5. The point at infinity, the last one along an axis, matters to the last of r or c outputs alone, so that shorter tiles do
    without it and take the other points' transformed filters (IR/WinogradDialect.h: Axis, Strips).
  }];
  let dependentDialects = ["::mlir::memref::MemRefDialect"];
}

class Winograd_Op<string mnemonic> : Op<WinogradDialect, mnemonic, [
    DestinationStyleOpInterface, DeclareOpInterfaceMethods<MemoryEffectsOpInterface>,
    DeclareOpInterfaceMethods<TilingInterface, ["getLoopIteratorTypes", "getIterationDomain", "getTiledImplementation",
                                                "getResultTilePosition", "generateResultTileValue"]>]>;

def Winograd_Shaped : AnyTypeOf<[RankedTensorOf<[AnyFloat]>, StridedMemRefRankOf<[AnyFloat], [4, 5, 6, 7]>]>;

def Winograd_FilterOp : Winograd_Op<"filter"> {
  let summary = "G g G^T of every pair of channels";
  let description = [{
    weight is [K/32][C/32][3][3][32 of C][32 of K]; out is [K/32][points][C+1][32 of K], whose last row of C holds nothing and keeps
    the panels of the points from meeting in the same sets of a cache.
    Constraints:
    - (C1) weight is a window of 3x3 in blocks of 32, and out has the sizes above.
    - (C2) cover is of 4 or 6 outputs along both axes, or of 3 or 5.

    Example:
    ```mlir
    %u = winograd.filter {cover = array<i64: 4, 4>} ins(%w : tensor<4x2x3x3x32x32xf32>) outs(%e : tensor<4x36x65x32xf32>) -> tensor<4x36x65x32xf32>
    ```
  }];
  let arguments = (ins Winograd_Shaped:$weight, Winograd_Shaped:$out, DenseI64ArrayAttr:$cover);
  let results = (outs Variadic<Winograd_Shaped>:$result);
  let assemblyFormat = [{
    attr-dict `ins` `(` $weight `:` type($weight) `)` `outs` `(` $out `:` type($out) `)` (`->` type($result)^)?
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = "::mlir::MutableOperandRange getDpsInitsMutable() { return getOutMutable(); }";
}

def Winograd_ConvOp : Winograd_Op<"conv"> {
  let summary = "convolution by a transformed filter";
  let description = [{
    x is [n][C/32][rows][columns][32], what the tiles read, from one row and column in front of the plane; filter as `winograd.filter`
    gives it, or the weights themselves, to be transformed 32 output channels at a time; out is [n][K/32][H][W][32]. `images` bounds n of one task.

    On buffers, `scratch` is the transformed input of a block of tiles, what its products with 32 output channels add up to and, where
    the filter is plain weights, the transform of those channels'.

    Constraints:
    - (C1) x, filter and out have the sizes above.
    - (C2) scratch comes on buffers alone.
    - (C3) cover is of 4 or 6 outputs along both axes, or of 3 or 5.

    Example:
    ```mlir
    %y = winograd.conv {images = 2, cover = array<i64: 4, 4>} ins(%x, %u : tensor<?x2x16x16x32xf32>, tensor<4x36x65x32xf32>)
           outs(%e : tensor<?x4x14x14x32xf32>) -> tensor<?x4x14x14x32xf32>
    ```
  }];
  let arguments = (ins Winograd_Shaped:$x, Winograd_Shaped:$filter, Winograd_Shaped:$out,
                       Variadic<AnyMemRef>:$scratch, I64Attr:$images, DenseI64ArrayAttr:$cover);
  let results = (outs Variadic<Winograd_Shaped>:$result);
  let assemblyFormat = [{
    attr-dict `ins` `(` $x `,` $filter `:` type($x) `,` type($filter) `)` `outs` `(` $out `:` type($out) `)`
    (`scratch` `(` $scratch^ `:` type($scratch) `)`)? (`->` type($result)^)?
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() { return getOutMutable(); }
    /// Whether the filter is the weights themselves.
    bool transformsFilter();
    /// The tiles of the plane, or of what of it a task has.
    Tiles getTiles();
    Blocks getBlocks();
  }];
}

def Winograd_ConvDwOp : Winograd_Op<"conv_dw"> {
  let summary = "gradient of a convolution by its weight, in parts";
  let description = [{
    out is [parts][K/32][C/32][3][3][32 of C][32 of K]: part i sums over its share of the images, the i-th ceil(n/parts) of them.
    x is as in `winograd.conv` with a cover of 4x4, dy [n][K/32][rows][columns][32] of its tiles, with zeros beyond the plane. By the
    transposes of the forward matrices, a part is G^T [sum over tiles of (B^T d B) . (A e A^T)] G, e being a tile of dy.

    On buffers, `scratch` is the transformed x and dy of a block of tiles and the sums of 36 products. A block is `images` images, or
    of one image `rows` rows of tiles, which are all of them or divide both those of whole tiles and those of shorter ones.

    Constraints:
    - (C1) x, dy and out have the sizes above.
    - (C2) scratch comes on buffers alone.
    - (C3) rows as above.

    Example:
    ```mlir
    %dw = winograd.conv_dw {images = 6, rows = 4} ins(%x, %dy : tensor<?x2x16x16x32xf32>, tensor<?x4x14x14x32xf32>)
            outs(%e : tensor<8x4x2x3x3x32x32xf32>) -> tensor<8x4x2x3x3x32x32xf32>
    ```
  }];
  let arguments = (ins Winograd_Shaped:$x, Winograd_Shaped:$dy, Winograd_Shaped:$out, Variadic<AnyMemRef>:$scratch,
                       I64Attr:$images, I64Attr:$rows);
  let results = (outs Variadic<Winograd_Shaped>:$result);
  let assemblyFormat = [{
    attr-dict `ins` `(` $x `,` $dy `:` type($x) `,` type($dy) `)` `outs` `(` $out `:` type($out) `)`
    (`scratch` `(` $scratch^ `:` type($scratch) `)`)? (`->` type($result)^)?
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() { return getOutMutable(); }
    Tiles getTiles();
  }];
}

def Winograd_Rows : AnyTypeOf<[RankedTensorOf<[AnyFloat]>, StridedMemRefRankOf<[AnyFloat], [3]>]>;

def Winograd_StemOp : Winograd_Op<"stem"> {
  let summary = "7x7 convolution of stride 2 of images, by F(4,4) and F(4,3) along rows";
  let description = [{
    x is [n][rows][columns*C] of images of C <= 4 channels, what the windows read, in rows from the first one's on; weight is
    [K/32][7][7][C][32 of K]; out is [n][K/32][H][W][32].

    Along x the taps 0, 2, 4, 6 of a window see the even pixels and 1, 3, 5 the odd ones: two convolutions of stride 1, four outputs of which take
    7 and 6 products instead of 16 and 12. Along y it is direct. Tiles are of four columns; the last one ends with the plane, and computes
    what the one before it does once more where it must.

    On buffers, `scratch` is the transformed input, the transformed filter, and the products of a row's block of tiles.

    Constraints:
    - (C1) C <= 4 and W >= 4; weight and out have the sizes above; x has 2*H+5 rows, and of columns one vector of four elements from the
      last pixel that is read, 2*W+4.
    - (C2) scratch comes on buffers alone.

    Example:
    ```mlir
    %y = winograd.stem ins(%x, %w : tensor<?x229x690xf32>, tensor<2x7x7x3x32xf32>) outs(%e : tensor<?x2x112x112x32xf32>) -> tensor<?x2x112x112x32xf32>
    ```
  }];
  let arguments = (ins Winograd_Rows:$x, Winograd_Shaped:$weight, Winograd_Shaped:$out, Variadic<AnyMemRef>:$scratch);
  let results = (outs Variadic<Winograd_Shaped>:$result);
  let assemblyFormat = [{
    attr-dict `ins` `(` $x `,` $weight `:` type($x) `,` type($weight) `)` `outs` `(` $out `:` type($out) `)`
    (`scratch` `(` $scratch^ `:` type($scratch) `)`)? (`->` type($result)^)?
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() { return getOutMutable(); }
    StemTiles getTiles();
  }];
}

#endif
