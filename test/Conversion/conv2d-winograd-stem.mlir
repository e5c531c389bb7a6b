// The stem by Winograd's algorithm along rows: images with the halo of its window and, on the right, the pixel that a vector of four channels
// goes on into; tasks of some rows, or of all where no number of them divides the plane; an epilogue as behind any sum.
// RUN: resnet-opt %s --split-input-file --resnet-to-linalg --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: func.func @features(
// CHECK:       %[[X:.*]] = tensor.insert_slice %{{.*}}[0, 3, 9] {{.*}} into tensor<?x69x210xf32>
// CHECK-NOT:   linalg.fill {{.*}}tensor<?x2x32x32x32xf32>
// CHECK:       %[[SUM:.*]] = winograd.stem {resnet.tile = array<i64: 1, 0, 16>} ins(%[[X]], %{{.*}} : tensor<?x69x210xf32>, tensor<2x7x7x3x32xf32>) outs(%{{.*}} : tensor<?x2x32x32x32xf32>)
// CHECK:       linalg.generic {{.*}} ins(%[[SUM]] :
// CHECK:         arith.maximumf
resnet.parameter @w "conv_weight" : tensor<64x3x7x7xf32>
func.func @features(%x: tensor<?x3x64x64xf32>) -> tensor<?x64x32x32xf32> {
  %w = resnet.read @w : tensor<64x3x7x7xf32>
  %y = resnet.conv2d %x, %w {stride = 2, padding = 3, relu, winograd = array<i64: 1, 4>} : (tensor<?x3x64x64xf32>, tensor<64x3x7x7xf32>) -> tensor<?x64x32x32xf32>
  return %y : tensor<?x64x32x32xf32>
}

// -----

// Of 19 rows none but all. A copy of the images serves dw too.
// CHECK-LABEL: func.func @gradients(
// CHECK:       winograd.stem {resnet.tile = array<i64: 1, 0, 19>} ins(%{{.*}}, %{{.*}} : tensor<?x43x34xf32>, tensor<1x7x7x1x32xf32>)
// CHECK:       linalg.generic {{.*}}tensor<?x43x34xf32>
resnet.parameter @w "conv_weight" {trained} : tensor<8x1x7x7xf32>
func.func @gradients(%x: tensor<?x1x37x26xf32>) {
  %w = resnet.read @w : tensor<8x1x7x7xf32>
  %y = resnet.conv2d %x, %w {stride = 2, padding = 3, winograd = array<i64: 1, 4>} : (tensor<?x1x37x26xf32>, tensor<8x1x7x7xf32>) -> tensor<?x8x19x13xf32>
  %dw = resnet.conv2d_dw %x, %y {stride = 2, padding = 3} : (tensor<?x1x37x26xf32>, tensor<?x8x19x13xf32>) -> tensor<8x1x7x7xf32>
  resnet.accumulate_gradient @w, %dw : tensor<8x1x7x7xf32>
  return
}
