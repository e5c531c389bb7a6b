// Copies of the functions of inference for one image, where a wide filter's transform does not pay for it.
// RUN: resnet-opt %s --resnet-single-image | FileCheck %s

resnet.parameter @narrow "conv_weight" : tensor<256x64x3x3xf32>
resnet.parameter @strided "conv_weight" : tensor<512x64x3x3xf32>
resnet.parameter @wide "conv_weight" : tensor<64x512x3x3xf32>

// CHECK-LABEL: func.func @features(
// CHECK-COUNT-3: winograd = array<i64: 4, 4>}
// CHECK:         winograd = array<i64: 3, 3>}
// CHECK-LABEL: func.func @features_single(
// CHECK:         resnet.conv2d {{.*}}winograd = array<i64: 4, 4>} : (tensor<?x64x7x7xf32>
// CHECK:         resnet.conv2d
// CHECK-NOT:     winograd
// CHECK-SAME:    (tensor<?x512x7x7xf32>
// Nine tiles or more share one filter even so.
// CHECK:         resnet.conv2d {{.*}}winograd = array<i64: 4, 4>} : (tensor<?x512x9x9xf32>
// At a stride of 2 products save too little for that.
// CHECK:         resnet.conv2d {{.*}} {padding = 1 : i64, stride = 2 : i64}
func.func @features(%x: tensor<?x64x7x7xf32>, %y: tensor<?x512x7x7xf32>, %z: tensor<?x512x9x9xf32>, %large: tensor<?x64x36x36xf32>) {
  %w = resnet.read @narrow : tensor<256x64x3x3xf32>
  %0 = resnet.conv2d %x, %w {stride = 1, padding = 1, winograd = array<i64: 4, 4>} : (tensor<?x64x7x7xf32>, tensor<256x64x3x3xf32>) -> tensor<?x256x7x7xf32>
  %v = resnet.read @wide : tensor<64x512x3x3xf32>
  %1 = resnet.conv2d %y, %v {stride = 1, padding = 1, winograd = array<i64: 4, 4>} : (tensor<?x512x7x7xf32>, tensor<64x512x3x3xf32>) -> tensor<?x64x7x7xf32>
  %2 = resnet.conv2d %z, %v {stride = 1, padding = 1, winograd = array<i64: 4, 4>} : (tensor<?x512x9x9xf32>, tensor<64x512x3x3xf32>) -> tensor<?x64x9x9xf32>
  %s = resnet.read @strided : tensor<512x64x3x3xf32>
  %3 = resnet.conv2d %large, %s {stride = 2, padding = 1, winograd = array<i64: 3, 3>} : (tensor<?x64x36x36xf32>, tensor<512x64x3x3xf32>) -> tensor<?x512x18x18xf32>
  return
}

// No copy of what would be the same, and none of a training step.
// CHECK-NOT: @logits_single
// CHECK-NOT: @gradients_single
func.func @logits(%x: tensor<?x64x7x7xf32>) {
  %w = resnet.read @narrow : tensor<256x64x3x3xf32>
  %0 = resnet.conv2d %x, %w {stride = 1, padding = 1, winograd = array<i64: 4, 4>} : (tensor<?x64x7x7xf32>, tensor<256x64x3x3xf32>) -> tensor<?x256x7x7xf32>
  return
}
func.func @gradients(%x: tensor<?x512x7x7xf32>) {
  %v = resnet.read @wide : tensor<64x512x3x3xf32>
  %0 = resnet.conv2d %x, %v {stride = 1, padding = 1, winograd = array<i64: 4, 4>} : (tensor<?x512x7x7xf32>, tensor<64x512x3x3xf32>) -> tensor<?x64x7x7xf32>
  return
}
