// Constraints of the `packed` dialect, and of the ops that lead to it.
// RUN: resnet-opt %s -verify-diagnostics -split-input-file

// view_c1
func.func @f(%x: tensor<4x32xf16>) {
  // expected-error @+1 {{expected a source of bf16 or i8 in whole lanes, got 'tensor<4x32xf16>'}}
  %y = packed.view %x : tensor<4x32xf16> to tensor<4x16xi32>
  return
}

// -----

// view_c2
func.func @f(%x: tensor<4x31xbf16>) {
  // expected-error @+1 {{expected a source of bf16 or i8 in whole lanes, got 'tensor<4x31xbf16>'}}
  %y = packed.view %x : tensor<4x31xbf16> to tensor<4x15xi32>
  return
}

// -----

// view_c2
func.func @f(%x: tensor<4x32xbf16>) {
  // expected-error @+1 {{expected a result of 'tensor<4x16xi32>', got 'tensor<4x32xi32>'}}
  %y = packed.view %x : tensor<4x32xbf16> to tensor<4x32xi32>
  return
}

// -----

// view_c3
func.func @f(%x: memref<4x32xbf16, strided<[33, 1]>>) {
  // expected-error @+1 {{expected a source of bf16 or i8 in whole lanes}}
  %y = packed.view %x : memref<4x32xbf16, strided<[33, 1]>> to memref<4x16xi32>
  return
}

// -----

// view_c3
func.func @f(%x: memref<4x32xbf16, strided<[64, 1], offset: 2>>) {
  // expected-error @+1 {{expected a result of 'memref<4x16xi32, strided<[32, 1], offset: 1>>'}}
  %y = packed.view %x : memref<4x32xbf16, strided<[64, 1], offset: 2>> to memref<4x16xi32>
  return
}

// -----

// dot_c1
func.func @f(%a: vector<16xi32>, %s: vector<8xf32>) {
  // expected-error @+1 {{expected as many sums as lanes, got 'vector<8xf32>' and 'vector<16xi32>'}}
  %y = packed.dot %a, %a, %s : vector<16xi32>, vector<8xf32>
  return
}

// -----

// round_c1
func.func @f(%w: tensor<8xf32>) {
  // expected-error @+1 {{weight must be [K,C,R,R] of f32, got 'tensor<8xf32>'}}
  %r = resnet.round %w : tensor<8xf32> -> tensor<8xbf16>
  return
}

// -----

// round_c1
func.func @f(%w: tensor<4x8x3x3xf32>) {
  // expected-error @+1 {{rounded must be 'tensor<4x8x3x3xbf16>', got 'tensor<4x8x3x3xf32>'}}
  %r = resnet.round %w : tensor<4x8x3x3xf32> -> tensor<4x8x3x3xf32>
  return
}

// -----

// conv2d_c7
func.func @f(%x: tensor<?x8x6x6xbf16>, %w: tensor<4x8x3x3xf32>) {
  // expected-error @+1 {{x is bf16 only where weight is, got 'tensor<4x8x3x3xf32>'}}
  %y = resnet.conv2d %x, %w {stride = 1, padding = 1} : (tensor<?x8x6x6xbf16>, tensor<4x8x3x3xf32>) -> tensor<?x4x6x6xf32>
  return
}

// -----

// conv2d_c7
func.func @f(%x: tensor<?x8x6x6xf32>, %w: tensor<4x8x3x3xbf16>) {
  // expected-error @+1 {{a weight of bf16 excludes winograd}}
  %y = resnet.conv2d %x, %w {stride = 1, padding = 1, winograd = array<i64: 4, 4>} : (tensor<?x8x6x6xf32>, tensor<4x8x3x3xbf16>) -> tensor<?x4x6x6xf32>
  return
}

// -----

// conv2d_c7, in double precision
func.func @f(%x: tensor<?x8x6x6xf64>, %w: tensor<4x8x3x3xbf16>) {
  // expected-error @+1 {{weight must be 'tensor<4x8x3x3xf64>'}}
  %y = resnet.conv2d %x, %w {stride = 1, padding = 1} : (tensor<?x8x6x6xf64>, tensor<4x8x3x3xbf16>) -> tensor<?x4x6x6xf64>
  return
}

// -----

// conv2d_c7, an epilogue's scale in bf16
func.func @f(%x: tensor<?x8x6x6xf32>, %w: tensor<4x8x3x3xbf16>, %s: tensor<4xbf16>) {
  // expected-error @+1 {{scale must be 'tensor<4xf32>', got 'tensor<4xbf16>'}}
  %y = resnet.conv2d %x, %w scale(%s) shift(%s) {stride = 1, padding = 1}
    : (tensor<?x8x6x6xf32>, tensor<4x8x3x3xbf16>, tensor<4xbf16>, tensor<4xbf16>) -> tensor<?x4x6x6xf32>
  return
}

// -----

// view_c2
func.func @f(%x: tensor<4x30xi8>) {
  // expected-error @+1 {{expected a source of bf16 or i8 in whole lanes, got 'tensor<4x30xi8>'}}
  %y = packed.view %x : tensor<4x30xi8> to tensor<4x7xi32>
  return
}

// -----

// view_c3
func.func @f(%x: memref<4x32xi8, strided<[34, 1]>>) {
  // expected-error @+1 {{expected a source of bf16 or i8 in whole lanes}}
  %y = packed.view %x : memref<4x32xi8, strided<[34, 1]>> to memref<4x8xi32>
  return
}

// -----

// quantize_c1
func.func @f(%v: vector<8xf32>) {
  // expected-error @+1 {{expected as many results as values, got 'vector<16xi8>' and 'vector<8xf32>'}}
  %q = packed.quantize %v : vector<8xf32> to vector<16xi8>
  return
}
