//===- Passes.td - from linalg to functions of the seam -------*- tablegen -*-===//

#ifndef RESNET_CODEGEN_PASSES_TD
#define RESNET_CODEGEN_PASSES_TD

include "mlir/Pass/PassBase.td"

def TileAndFuse : Pass<"resnet-tile-and-fuse", "::mlir::func::FuncOp"> {
  let summary = "give each op with `resnet.tile` its parallel loop, and take its producer in";
  let description = [{
    First an elementwise op goes into the elementwise op that alone reads it. Then an op becomes an `scf.forall` over tiles of its first dimensions. A contraction or fill whose only reader is the op is
    computed inside, tile by tile, so that what follows it happens while the tile is hot.

    A max pool with `resnet.strip` becomes a loop over strips of rows, and what it alone reads is computed inside, into a buffer of the thread's own
    (`resnet.per_thread`) with pads around it.
  }];
  let dependentDialects = ["::mlir::scf::SCFDialect", "::mlir::affine::AffineDialect", "::mlir::tensor::TensorDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::bufferization::BufferizationDialect"];
}

def PlanMemory : Pass<"resnet-plan-memory", "::mlir::func::FuncOp"> {
  let summary = "place every buffer of a function in one arena, by lifetime";
  let description = [{
    Offsets are affine in the batch: buffers whose size does not depend on it come first, then those that grow with it, each at
    fixed + batch * offset. Buffers that live at different times share a place. The function gets `resnet.arena`, the
    bytes [fixed, per image, per thread].

    Buffers inside a parallel loop stay: EmitKernels keeps them in registers or on the worker's stack. Those with `resnet.per_thread`, too
    large for a stack, get a place in each worker's part of the arena, which loops share since they follow one another.

    Assumes: all other allocations stand at the top level of the function, with the batch as their only dynamic, leading size.
  }];
  let dependentDialects = ["::mlir::abi::AbiDialect", "::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect"];
}

def OutlineKernels : Pass<"resnet-outline-kernels", "ModuleOp"> {
  let summary = "make parallel loops and linalg ops functions, one for all that are alike";
  let description = [{
    The body of an `scf.forall` becomes a kernel, a function of the buffers and sizes that it uses and of a range of the flat
    loop index; `body(call, begin, end, worker)` finds these from the call (a worker's buffers by its number), and the loop becomes a call of
    `resnetc_parallel_for`. A linalg op outside of parallel loops, with the fills before it, becomes a kernel and its call. Kernels
    of the same text are one: a network repeats its shapes, and each is compiled once.

    Assumes: buffers stand where PlanMemory put them, so what a loop uses from outside is a pure function of the call.
  }];
  let dependentDialects = ["::mlir::func::FuncDialect", "::mlir::arith::ArithDialect", "::mlir::scf::SCFDialect"];
}

def EmitKernels : Pass<"resnet-emit-kernels", "::mlir::func::FuncOp"> {
  let summary = "turn linalg on buffers into loops around register tiles";
  let description = [{
    One emitter for convolutions, their gradients, linear layers, pooling and elementwise ops. A generic op has a vector
    dimension (its last parallel one, contiguous wherever it is used) and a row dimension (the parallel one before). A
    register tile of M rows by V vectors is kept in values through the reduction loops: vector loads of what
    varies along the vector dimension, scalar loads and broadcasts of what does not. A fill before and an elementwise
    op behind are computed in the tile. Rows that no tile divides, and lines of few rows, are covered by tiles of up to
    a few shapes; rows whose number is only known at run time, by whole tiles and single rows. With part of a sum (`resnet.outer`)
    the vectors go around all tiles, and an innermost loop of few steps is written out. The order of each sum is the same in all of them.

    What a kernel will read is fetched meanwhile, where its op asks for it: with `resnet.creep` (a reduction) each step of a sum
    fetches a line of the tile's rows in that reduction's next block, of the weights, and of what the results go to and the epilogue
    reads; with `resnet.ahead` each step fetches what it will read in the next block of `resnet.outer`.

    A tile's buffers that registers don't replace go on the stack, once for all tiles.

    Assumes buffers with unit stride in the last dimension; ops that have none such run as scalar loops.
  }];
  let options = [
    Option<"vectorBytes", "vector-bytes", "int64_t", "64", "width of a vector register">,
    Option<"registers", "registers", "int64_t", "32", "number of vector registers">,
    Option<"fma", "fma", "bool", "true", "contract a*b + c">
  ];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect", "::mlir::affine::AffineDialect",
                           "::mlir::math::MathDialect", "::mlir::memref::MemRefDialect"];
}

def PackedToLLVM : Pass<"resnet-packed-to-llvm", "ModuleOp"> {
  let summary = "lower the `packed` dialect to descriptors and dot product instructions";
  let description = [{
    A view is a descriptor with half the strides, a dot product a call of vdpbf16ps's intrinsic: code for a CPU that lacks it (avx512bf16) cannot be
    generated from it, and the driver does not ask for it.

    Assumes dot products of whole registers: 4, 8 or 16 lanes.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

def AbiToLLVM : Pass<"resnet-abi-to-llvm", "ModuleOp"> {
  let summary = "lower the `abi` dialect to loads from the call";
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

def BodiesToLLVM : Pass<"resnet-bodies-to-llvm", "::mlir::LLVM::LLVMFuncOp"> {
  let summary = "lower what functions hold to the LLVM dialect, in one conversion";
  let description = [{
    Addresses are written out here, so that a body is several times as long behind it as before: it comes last, and converts all of a function
    at once. Functions are converted side by side.

    Assumes: the functions themselves and their calls are LLVM's already, control flow is that between blocks, and no
    memory is allocated but on the stack.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

#endif
