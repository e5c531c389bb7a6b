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
  let summary = "F(4x4,3x3): sixteen outputs from 36 products";
  let description = [{
    With the matrices B, G and A of F(4,3), an output tile of 4x4 is A^T [sum over c of (G g G^T) . (B^T d B)] A, where d is
    the 6x6 input around it and g the 3x3 window (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2015).
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
    weight is [K/32][C/32][3][3][32 of C][32 of K]; out is [K/32][36][C+1][32 of K], whose last row of C holds nothing and keeps
    the 36 panels from meeting in the same sets of a cache.
    Constraints:
    - (C1) weight is a window of 3x3 in blocks of 32, and out has the sizes above.

    Example:
    ```mlir
    %u = winograd.filter ins(%w : tensor<4x2x3x3x32x32xf32>) outs(%e : tensor<4x36x65x32xf32>) -> tensor<4x36x65x32xf32>
    ```
  }];
  let arguments = (ins Winograd_Shaped:$weight, Winograd_Shaped:$out);
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
    x is [n][C/32][4*ceil(H/4)+2][4*ceil(W/4)+2][32], padded to whole tiles; filter as `winograd.filter` gives it, or the weights
    themselves, to be transformed 32 output channels at a time; out is [n][K/32][H][W][32]. `images` bounds n of one task.

    On buffers, `scratch` is a task's transformed input, what its products with 32 output channels add up to and, where the filter is
    plain weights, the transform of those channels'.

    Constraints:
    - (C1) x, filter and out have the sizes above.
    - (C2) scratch comes on buffers alone.

    Example:
    ```mlir
    %y = winograd.conv {images = 2} ins(%x, %u : tensor<?x2x18x18x32xf32>, tensor<4x36x65x32xf32>)
           outs(%e : tensor<?x4x14x14x32xf32>) -> tensor<?x4x14x14x32xf32>
    ```
  }];
  let arguments = (ins Winograd_Shaped:$x, Winograd_Shaped:$filter, Winograd_Shaped:$out,
                       Variadic<AnyMemRef>:$scratch, I64Attr:$images);
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
  }];
}

def Winograd_ConvDwOp : Winograd_Op<"conv_dw"> {
  let summary = "gradient of a convolution by its weight, in parts";
  let description = [{
    out is [parts][K/32][C/32][3][3][32 of C][32 of K]: part i sums over its share of the images, the i-th ceil(n/parts) of them.
    x is as in `winograd.conv`, dy [n][K/32][4*ceil(H/4)][4*ceil(W/4)][32] with zeros beyond the plane. By the transposes of the
    forward matrices, a part is G^T [sum over tiles of (B^T d B) . (A e A^T)] G, e being a tile of dy.

    On buffers, `scratch` is the transformed x and dy of a block of tiles and the sums of 36 products. A block is `images` images, or
    of one image `rows` rows of tiles.

    Constraints:
    - (C1) x, dy and out have the sizes above.
    - (C2) scratch comes on buffers alone.

    Example:
    ```mlir
    %dw = winograd.conv_dw {images = 6, rows = 4} ins(%x, %dy : tensor<?x2x18x18x32xf32>, tensor<?x4x16x16x32xf32>)
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
  let extraClassDeclaration = "::mlir::MutableOperandRange getDpsInitsMutable() { return getOutMutable(); }";
}

#endif
