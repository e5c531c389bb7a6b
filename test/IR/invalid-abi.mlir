// Constraints of the `abi` dialect's ops.
// RUN: resnet-opt %s -verify-diagnostics -split-input-file

// scalar_c1
func.func @f(%call: !llvm.ptr) {
  // expected-error @+1 {{expected a number of the call of type 'i64', got "colour"}}
  %0 = abi.scalar %call "colour" : i64
  return
}

// -----

// scalar_c1_type
func.func @f(%call: !llvm.ptr) {
  // expected-error @+1 {{expected a number of the call of type 'f64', got "batch"}}
  %0 = abi.scalar %call "batch" : f64
  return
}

// -----

// scalar_c1_double
func.func @f(%call: !llvm.ptr) {
  // expected-error @+1 {{expected a number of the call of type 'i64', got "label_smoothing"}}
  %0 = abi.scalar %call "label_smoothing" : i64
  return
}

// -----

// buffer_c1
func.func @f(%call: !llvm.ptr) {
  // expected-error @+1 {{expected a pointer of the call, got "colour"}}
  %0 = abi.buffer %call "colour" : memref<8xf32>
  return
}

// -----

// buffer_c1_number
func.func @f(%call: !llvm.ptr) {
  // expected-error @+1 {{expected a pointer of the call, got "batch"}}
  %0 = abi.buffer %call "batch" : memref<8xf32>
  return
}

// -----

// buffer_c2_layout
func.func @f(%call: !llvm.ptr) {
  // expected-error @+1 {{expected a dense type with a dynamic leading size at most, got 'memref<8x8xf32, strided<[1, 8]>>'}}
  %0 = abi.buffer %call "images" : memref<8x8xf32, strided<[1, 8]>>
  return
}

// -----

// buffer_c2_behind
func.func @f(%call: !llvm.ptr, %n: index) {
  // expected-error @+1 {{expected a dense type with a dynamic leading size at most, got 'memref<8x?xf32>'}}
  %0 = abi.buffer %call "images"[%n] : memref<8x?xf32>
  return
}

// -----

// buffer_c2_size
func.func @f(%call: !llvm.ptr) {
  // expected-error @+1 {{expected a size exactly where the type has a dynamic one, got 'memref<?x8xf32>'}}
  %0 = abi.buffer %call "images" : memref<?x8xf32>
  return
}

// -----

// buffer_c2_no_size
func.func @f(%call: !llvm.ptr, %n: index) {
  // expected-error @+1 {{expected a size exactly where the type has a dynamic one, got 'memref<8xf32>'}}
  %0 = abi.buffer %call "images"[%n] : memref<8xf32>
  return
}
