//===- PackedOps.td - several narrow numbers in one lane -------*- tablegen -*-===//
//
// What dot product instructions work on: 32-bit lanes, each of two bf16 or four int8. A kernel's loads, broadcasts and register
// tiles see lanes alone.
//
//===----------------------------------------------------------------------===//

#ifndef RESNET_PACKED_OPS_TD
#define RESNET_PACKED_OPS_TD

include "mlir/IR/OpBase.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/Interfaces/ViewLikeInterface.td"

def PackedDialect : Dialect {
  let name = "packed";
  let cppNamespace = "::mlir::packed";
  let summary = "lanes of 32 bits that hold several narrow numbers";
  let dependentDialects = ["::mlir::memref::MemRefDialect"];
}

class Packed_Op<string mnemonic, list<Trait> traits = []> : Op<PackedDialect, mnemonic, traits>;

def Packed_Lanes : AnyTypeOf<[I32, FixedVectorOfRankAndType<[1], [I32]>]>;
def Packed_Sums : AnyTypeOf<[F32, I32, FixedVectorOfRankAndType<[1], [F32, I32]>]>;
def Packed_Floats : AnyTypeOf<[F32, FixedVectorOfRankAndType<[1], [F32]>]>;
def Packed_Bytes : AnyTypeOf<[I8, FixedVectorOfRankAndType<[1], [I8]>]>;

def Packed_ViewOp : Packed_Op<"view", [Pure, DeclareOpInterfaceMethods<ViewLikeOpInterface>]> {
  let summary = "narrow numbers seen as lanes";
  let description = [{
    The same memory: of the last dimension, two bf16 or four i8 that follow one another are one i32, the first one in its low bits. On tensors
    it bufferizes to the view of the buffer.

    Constraints:
    - (C1) source is of bf16 or i8 and result of i32; both are tensors or both buffers.
    - (C2) the last size is the source's over the numbers in a lane, which divide it, and known; all others are the same.
    - (C3) of a buffer, the last stride is 1, and those of the others and the offset are the source's over the numbers in a lane, where they are known.

    Example:
    ```mlir
    %lanes = packed.view %x : tensor<?x2x58x58x32xbf16> to tensor<?x2x58x58x16xi32>
    %quads = packed.view %y : tensor<?x2x58x58x32xi8> to tensor<?x2x58x58x8xi32>
    ```
  }];
  let arguments = (ins AnyTypeOf<[AnyRankedTensor, AnyStridedMemRef]>:$source);
  let results = (outs AnyTypeOf<[AnyRankedTensor, AnyStridedMemRef]>:$result);
  let assemblyFormat = "$source attr-dict `:` type($source) `to` type($result)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The type of the view of `source`; null where there is none.
    static ::mlir::ShapedType viewType(::mlir::ShapedType source);
  }];
}

def Packed_DotOp : Packed_Op<"dot", [Pure, AllTypesMatch<["a", "b"]>, AllTypesMatch<["sum", "result"]>]> {
  let summary = "adds the products of two lanes' numbers";
  let description = [{
    result = sum + a[0]*b[0] + a[1]*b[1] of the bf16 in a lane, in float32. In which order these are added and how often rounded is the
    instruction's business (vdpbf16ps: to nearest even, with numbers below the smallest normal one taken for zero).

    With sums of i32, result = sum + a[0]*b[0] + ... + a[3]*b[3] of the int8 in a lane, a's unsigned and b's signed, exactly, modulo 2^32.

    Constraints:
    - (C1) all are scalars, or vectors of one length.

    Example:
    ```mlir
    %s = packed.dot %a, %b, %sum : vector<16xi32>, vector<16xf32>
    %t = packed.dot %a, %b, %total : vector<16xi32>, vector<16xi32>
    ```
  }];
  let arguments = (ins Packed_Lanes:$a, Packed_Lanes:$b, Packed_Sums:$sum);
  let results = (outs Packed_Sums:$result);
  let assemblyFormat = "$a `,` $b `,` $sum attr-dict `:` type($a) `,` type($sum)";
  let hasVerifier = 1;
}

def Packed_QuantizeOp : Packed_Op<"quantize", [Pure]> {
  let summary = "numbers as bytes";
  let description = [{
    result = value rounded to nearest even, and 0 or 255 where it lies beyond; a not-a-number is 0.

    Constraints:
    - (C1) both are scalars, or vectors of one length.

    Example:
    ```mlir
    %q = packed.quantize %v : vector<16xf32> to vector<16xi8>
    ```
  }];
  let arguments = (ins Packed_Floats:$value);
  let results = (outs Packed_Bytes:$result);
  let assemblyFormat = "$value attr-dict `:` type($value) `to` type($result)";
  let hasVerifier = 1;
}

#endif
