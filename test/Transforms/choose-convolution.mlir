// Which convolutions and gradients take Winograd's algorithm.
// RUN: resnet-opt %s --resnet-choose-convolution | FileCheck %s
// RUN: resnet-opt %s --resnet-choose-convolution=conv=direct | FileCheck %s --check-prefix=DIRECT
// RUN: resnet-opt %s --resnet-choose-convolution=conv=winograd | FileCheck %s --check-prefix=ALL
// RUN: resnet-opt %s --resnet-choose-convolution=conv=winograd-3x5 | FileCheck %s --check-prefix=NAMED
// RUN: not resnet-opt %s --resnet-choose-convolution=conv=fast 2>&1 | FileCheck %s --check-prefix=ERROR
// ERROR: error: conv takes "auto", "direct" or "winograd", got "fast"

// DIRECT-NOT: winograd
func.func @features() { return }
// CHECK-LABEL: func.func @planes(
func.func @planes(%a: tensor<?x64x14x14xf32>, %b: tensor<?x64x3x3xf32>, %c: tensor<?x64x1x9xf32>, %w: tensor<64x64x3x3xf32>) {
  // Of 14 by 14 sixteen tiles cover 256 places: 9*196/(36*16) = 3.06 direct products for each of Winograd's.
  // CHECK:      resnet.conv2d {{.*}}winograd{{.*}} -> tensor<?x64x14x14xf32>
  // CHECK-NEXT: resnet.conv2d_dx {{.*}}winograd
  // CHECK-NEXT: resnet.conv2d_dw {{.*}}winograd
  // ALL-COUNT-3: winograd
  %0 = resnet.conv2d %a, %w {stride = 1, padding = 1} : (tensor<?x64x14x14xf32>, tensor<64x64x3x3xf32>) -> tensor<?x64x14x14xf32>
  %1 = resnet.conv2d_dx %0, %w {stride = 1, padding = 1} : (tensor<?x64x14x14xf32>, tensor<64x64x3x3xf32>) -> tensor<?x64x14x14xf32>
  %2 = resnet.conv2d_dw %a, %1 {stride = 1, padding = 1} : (tensor<?x64x14x14xf32>, tensor<?x64x14x14xf32>) -> tensor<64x64x3x3xf32>
  // Of 3 by 3 2.25.
  // CHECK-NEXT: resnet.conv2d {{.*}}winograd{{.*}} -> tensor<?x64x3x3xf32>
  // ALL: winograd{{.*}} -> tensor<?x64x3x3xf32>
  %3 = resnet.conv2d %b, %w {stride = 1, padding = 1} : (tensor<?x64x3x3xf32>, tensor<64x64x3x3xf32>) -> tensor<?x64x3x3xf32>
  // Of one row 0.75.
  // CHECK-NEXT: resnet.conv2d
  // CHECK-NOT:  winograd
  // ALL: winograd{{.*}} -> tensor<?x64x1x9xf32>
  %4 = resnet.conv2d %c, %w {stride = 1, padding = 1} : (tensor<?x64x1x9xf32>, tensor<64x64x3x3xf32>) -> tensor<?x64x1x9xf32>
  return
}

// Few channels on either side, where transforms would cost more than products save.
// CHECK-LABEL: func.func @channels(
// CHECK-NOT:   winograd
// CHECK:       return
// ALL: winograd
func.func @channels(%a: tensor<?x32x12x12xf32>, %w: tensor<64x32x3x3xf32>) {
  %0 = resnet.conv2d %a, %w {stride = 1, padding = 1} : (tensor<?x32x12x12xf32>, tensor<64x32x3x3xf32>) -> tensor<?x64x12x12xf32>
  return
}

// At a stride of 2 the forward convolution takes tiles of 3x3: 9*36/(7*2)^2 = 1.65 direct products for each one.
// CHECK-LABEL: func.func @strided(
// CHECK:       resnet.conv2d {{.*}}winograd = array<i64: 3, 3>
// CHECK-NEXT:  resnet.conv2d_dx {{.*}} {padding = 1 : i64, stride = 2 : i64}
// CHECK-NEXT:  resnet.conv2d_dw {{.*}} {padding = 1 : i64, stride = 2 : i64}
// CHECK-NEXT:  resnet.conv2d {{.*}} {padding = 1 : i64, stride = 2 : i64}
// CHECK:       return
// ALL: winograd = array<i64: 3, 3>
// ALL: winograd = array<i64: 3, 3>
// ALL-LABEL: func.func @strided_tiles(
// ALL: winograd = array<i64: 5, 5>
// ALL: winograd = array<i64: 3, 3>
func.func @strided(%a: tensor<?x64x12x12xf32>, %b: tensor<?x64x2x2xf32>, %w: tensor<64x64x3x3xf32>) {
  %0 = resnet.conv2d %a, %w {stride = 2, padding = 1} : (tensor<?x64x12x12xf32>, tensor<64x64x3x3xf32>) -> tensor<?x64x6x6xf32>
  %1 = resnet.conv2d_dx %0, %w {stride = 2, padding = 1} : (tensor<?x64x6x6xf32>, tensor<64x64x3x3xf32>) -> tensor<?x64x12x12xf32>
  %2 = resnet.conv2d_dw %a, %0 {stride = 2, padding = 1} : (tensor<?x64x12x12xf32>, tensor<?x64x6x6xf32>) -> tensor<64x64x3x3xf32>
  // Of a single output 9 for 9.
  %3 = resnet.conv2d %b, %w {stride = 2, padding = 1} : (tensor<?x64x2x2xf32>, tensor<64x64x3x3xf32>) -> tensor<?x64x1x1xf32>
  return
}

// Tiles of 5x5 where there are enough of them for a filter of so many points. A size that was asked for is that of one stride.
// CHECK-LABEL: func.func @strided_tiles(
// CHECK-NEXT:    resnet.conv2d {{.*}}winograd = array<i64: 5, 5>} {{.*}} -> tensor<?x64x28x28xf32>
// CHECK-NEXT:    resnet.conv2d {{.*}}winograd = array<i64: 3, 3>} {{.*}} -> tensor<?x64x14x14xf32>
// NAMED-LABEL: func.func @planes(
// NAMED:         resnet.conv2d {{.*}}winograd = array<i64: 4, 4>}
// NAMED-LABEL: func.func @strided_tiles(
// NAMED-COUNT-2: resnet.conv2d {{.*}}winograd = array<i64: 3, 5>}
func.func @strided_tiles(%a: tensor<?x64x56x56xf32>, %w: tensor<64x64x3x3xf32>) {
  %0 = resnet.conv2d %a, %w {stride = 2, padding = 1} : (tensor<?x64x56x56xf32>, tensor<64x64x3x3xf32>) -> tensor<?x64x28x28xf32>
  %1 = resnet.conv2d %0, %w {stride = 2, padding = 1} : (tensor<?x64x28x28xf32>, tensor<64x64x3x3xf32>) -> tensor<?x64x14x14xf32>
  return
}

// Other windows, strides and paddings cannot.
// CHECK-LABEL: func.func @windows(
// CHECK-NOT:   winograd
// CHECK:       return
// ALL-NOT: winograd
func.func @windows(%a: tensor<?x64x12x12xf32>, %w: tensor<64x64x3x3xf32>, %v: tensor<64x64x1x1xf32>) {
  %0 = resnet.conv2d %a, %w {stride = 3, padding = 1} : (tensor<?x64x12x12xf32>, tensor<64x64x3x3xf32>) -> tensor<?x64x4x4xf32>
  %1 = resnet.conv2d %a, %w {stride = 1, padding = 0} : (tensor<?x64x12x12xf32>, tensor<64x64x3x3xf32>) -> tensor<?x64x10x10xf32>
  %2 = resnet.conv2d %a, %v {stride = 1, padding = 0} : (tensor<?x64x12x12xf32>, tensor<64x64x1x1xf32>) -> tensor<?x64x12x12xf32>
  return
}
