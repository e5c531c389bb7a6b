//===- AbiOps.td - what emitted functions see of a call --------*- tablegen -*-===//
//
// The `abi` dialect is `runtime/include/resnetc/abi.h` as seen from inside: an emitted function takes one pointer to a
// `resnetc_call`, and these ops give its fields.
//
//===----------------------------------------------------------------------===//

#ifndef RESNET_ABI_OPS_TD
#define RESNET_ABI_OPS_TD

include "mlir/IR/OpBase.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def AbiDialect : Dialect {
  let name = "abi";
  let cppNamespace = "::mlir::abi";
  let summary = "the fields of a resnetc_call";
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

// A pointer to the resnetc_call.
def Abi_Call : Type<CPred<"::llvm::isa<::mlir::LLVM::LLVMPointerType>($_self)">, "pointer to a call">,
               BuildableType<"::mlir::LLVM::LLVMPointerType::get($_builder.getContext())">;

class Abi_Op<string mnemonic, list<Trait> traits = []> : Op<AbiDialect, mnemonic, traits>;

def Abi_ScalarOp : Abi_Op<"scalar", [Pure]> {
  let summary = "a number in the call";
  let description = [{
    `field` is a field of `resnetc_call` of type int64_t or double, or a pointer, taken as its address: zero where the
    caller gives none.

    Constraints:
    - (C1) the call has such a field, and it has the result's type.

    Example:
    ```mlir
    %n = abi.scalar %call "batch" : i64
    ```
  }];
  let arguments = (ins Abi_Call:$call, StrAttr:$field);
  let results = (outs AnyTypeOf<[I64, F64]>:$value);
  let assemblyFormat = "$call $field attr-dict `:` type($value)";
  let hasVerifier = 1;
}

def Abi_BufferOp : Abi_Op<"buffer", [Pure]> {
  let summary = "a buffer of the call";
  let description = [{
    `field` is a pointer in `resnetc_call`; the result is a dense row-major view of what it points to. Only the leading size
    may be dynamic, and is then the operand.

    Constraints:
    - (C1) the call has such a field.
    - (C2) the type has an identity layout, and a dynamic size in the leading dimension at most, given if so.

    Example:
    ```mlir
    %images = abi.buffer %call "images" [%n] : memref<?x224x672xf32>
    %trained = abi.buffer %call "trained" : memref<10272xf32>
    ```
  }];
  let arguments = (ins Abi_Call:$call, StrAttr:$field, Optional<Index>:$size);
  let results = (outs AnyMemRef:$buffer);
  let assemblyFormat = "$call $field (`[` $size^ `]`)? attr-dict `:` type($buffer)";
  let hasVerifier = 1;
}

def Abi_WorkerOp : Abi_Op<"worker", [Pure]> {
  let summary = "which thread runs a part of a parallel loop";
  let description = [{
    A number from 0, below the number of threads. It has a meaning within parallel loops alone, though it stands in front of them;
    OutlineKernels gives it one.

    Example:
    ```mlir
    %t = abi.worker %call
    ```
  }];
  let arguments = (ins Abi_Call:$call);
  let results = (outs Index:$worker);
  let assemblyFormat = "$call attr-dict";
}

#endif
