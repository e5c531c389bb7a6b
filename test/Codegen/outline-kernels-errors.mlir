// RUN: resnet-opt %s --split-input-file --verify-diagnostics --resnet-outline-kernels

func.func @argument(%call: !llvm.ptr, %a: memref<4xf32>) {
  %zero = arith.constant 0.0 : f32
  // expected-error @+1 {{'scf.forall' op uses a value that is not a function of the call}}
  scf.forall (%i) in (4) {
    memref.store %zero, %a[%i] : memref<4xf32>
  }
  return
}

// -----

// Through other operations, too.
func.func @derived(%call: !llvm.ptr, %n: index) {
  %zero = arith.constant 0.0 : f32
  %c4 = arith.constant 4 : index
  %m = arith.muli %n, %c4 : index
  %a = abi.buffer %call "arena"[%m] : memref<?xf32>
  // expected-error @+1 {{'scf.forall' op uses a value that is not a function of the call}}
  scf.forall (%i) in (4) {
    memref.store %zero, %a[%i] : memref<?xf32>
  }
  return
}

// -----

func.func @memory(%call: !llvm.ptr) {
  %c0 = arith.constant 0 : index
  %a = abi.buffer %call "arena" : memref<4xf32>
  // expected-error @+1 {{'memref.load' op is used by a parallel loop but is not a pure function of the call}}
  %v = memref.load %a[%c0] : memref<4xf32>
  scf.forall (%i) in (4) {
    memref.store %v, %a[%i] : memref<4xf32>
  }
  return
}

// -----

// PlanMemory comes first.
func.func @allocation(%call: !llvm.ptr) {
  %zero = arith.constant 0.0 : f32
  // expected-error @+1 {{'memref.alloc' op is used by a parallel loop but is not a pure function of the call}}
  %a = memref.alloc() : memref<4xf32>
  scf.forall (%i) in (4) {
    memref.store %zero, %a[%i] : memref<4xf32>
  }
  return
}

// -----

func.func @bounds(%call: !llvm.ptr) {
  // expected-error @+1 {{'scf.forall' op expected bounds from 0 and steps that are constants}}
  scf.forall (%i) = (2) to (4) step (1) {
  }
  return
}
