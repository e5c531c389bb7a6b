// Which convolutions of images take Winograd's algorithm, along rows; their dw does not.
// RUN: resnet-opt %s --split-input-file --resnet-choose-convolution | FileCheck %s
// RUN: resnet-opt %s --split-input-file --resnet-choose-convolution=conv=winograd | FileCheck %s --check-prefix=ALL
// RUN: resnet-opt %s --split-input-file --resnet-choose-convolution=conv=direct | FileCheck %s --check-prefix=DIRECT
// DIRECT-NOT: winograd

// CHECK-LABEL: func.func @features(
// CHECK-NEXT:  resnet.conv2d {{.*}}winograd = array<i64: 1, 4>
// CHECK-NEXT:  resnet.conv2d_dw
// CHECK-NOT:   winograd
// CHECK:       return
func.func @features(%a: tensor<?x3x8x42xf32>, %w: tensor<64x3x7x7xf32>, %v: tensor<64x3x3x3xf32>) {
  %0 = resnet.conv2d %a, %w {stride = 2, padding = 3} : (tensor<?x3x8x42xf32>, tensor<64x3x7x7xf32>) -> tensor<?x64x4x21xf32>
  %1 = resnet.conv2d_dw %a, %0 {stride = 2, padding = 3} : (tensor<?x3x8x42xf32>, tensor<?x64x4x21xf32>) -> tensor<64x3x7x7xf32>
  // Another window.
  %2 = resnet.conv2d %a, %v {stride = 1, padding = 1} : (tensor<?x3x8x42xf32>, tensor<64x3x3x3xf32>) -> tensor<?x64x8x42xf32>
  return
}

// -----

// Five tiles a row: only where told to.
// CHECK-LABEL: func.func @features(%arg0: tensor<?x3x8x40xf32>
// CHECK-NOT:   winograd
// CHECK:       return
// ALL-LABEL:   func.func @features(%arg0: tensor<?x3x8x40xf32>
// ALL:         winograd = array<i64: 1, 4>
func.func @features(%a: tensor<?x3x8x40xf32>, %w: tensor<64x3x7x7xf32>) {
  %0 = resnet.conv2d %a, %w {stride = 2, padding = 3} : (tensor<?x3x8x40xf32>, tensor<64x3x7x7xf32>) -> tensor<?x64x4x20xf32>
  return
}

// -----

// Less than a tile.
// ALL-LABEL:   func.func @features(%arg0: tensor<?x3x8x6xf32>
// ALL-NOT:     winograd
// ALL:         return
func.func @features(%a: tensor<?x3x8x6xf32>, %w: tensor<64x3x7x7xf32>) {
  %0 = resnet.conv2d %a, %w {stride = 2, padding = 3} : (tensor<?x3x8x6xf32>, tensor<64x3x7x7xf32>) -> tensor<?x64x4x3xf32>
  return
}

// -----

// More channels than a vector of four holds.
// ALL-LABEL:   func.func @features(%arg0: tensor<?x5x8x42xf32>
// ALL-NOT:     winograd
// ALL:         return
func.func @features(%a: tensor<?x5x8x42xf32>, %w: tensor<64x5x7x7xf32>) {
  %0 = resnet.conv2d %a, %w {stride = 2, padding = 3} : (tensor<?x5x8x42xf32>, tensor<64x5x7x7xf32>) -> tensor<?x64x4x21xf32>
  return
}
