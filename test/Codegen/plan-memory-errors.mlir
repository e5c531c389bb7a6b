// RUN: resnet-opt %s --split-input-file --verify-diagnostics --resnet-plan-memory

// The plan knows one order of lifetimes, the function's.
func.func @branch(%call: !llvm.ptr, %on: i1) {
  scf.if %on {
    // expected-error @+1 {{expected an allocation at the function's top level whose only dynamic size leads}}
    %a = memref.alloc() : memref<16xf32>
    memref.dealloc %a : memref<16xf32>
  }
  return
}

// -----

func.func @two_sizes(%call: !llvm.ptr, %n: index) {
  // expected-error @+1 {{expected an allocation at the function's top level whose only dynamic size leads}}
  %a = memref.alloc(%n, %n) : memref<?x?xf32>
  return
}

// -----

func.func @size_behind(%call: !llvm.ptr, %n: index) {
  // expected-error @+1 {{expected an allocation at the function's top level whose only dynamic size leads}}
  %a = memref.alloc(%n) : memref<4x?xf32>
  return
}
