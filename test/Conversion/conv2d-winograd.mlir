// A convolution by Winograd's algorithm: its filter transformed, its input padded to whole tiles of 4x4, and an epilogue as behind
// any sum.
// RUN: resnet-opt %s --split-input-file --resnet-to-linalg --mlir-print-local-scope | FileCheck %s

// Sixteen tiles an image: two images a task. The halo is a row and column in front, three behind.
// CHECK-LABEL: func.func @forward14(
// CHECK:       %[[X:.*]] = tensor.insert_slice %{{.*}}[0, 0, 1, 1, 0] {{.*}} into tensor<?x2x18x18x32xf32>
// CHECK:       %[[U:.*]] = winograd.filter {resnet.tile = array<i64: 1>} ins(%{{.*}} : tensor<2x2x3x3x32x32xf32>) outs(%{{.*}} : tensor<2x36x65x32xf32>)
// CHECK:       %[[SUM:.*]] = winograd.conv {images = 2 : i64, resnet.tile = array<i64: 2, 0>} ins(%[[X]], %[[U]] : {{.*}}) outs(%{{.*}} : tensor<?x2x14x14x32xf32>)
// CHECK:       linalg.generic {{.*}} ins(%[[SUM]] :
// CHECK:         arith.maximumf
resnet.parameter @w "conv_weight" : tensor<64x64x3x3xf32>
func.func @features() { return }
func.func @forward14(%x: tensor<?x64x14x14xf32>) -> tensor<?x64x14x14xf32> {
  %w = resnet.read @w : tensor<64x64x3x3xf32>
  %y = resnet.conv2d %x, %w {stride = 1, padding = 1, relu, winograd} : (tensor<?x64x14x14xf32>, tensor<64x64x3x3xf32>) -> tensor<?x64x14x14xf32>
  return %y : tensor<?x64x14x14xf32>
}

// -----

// A row of 14 tiles of a large plane is a task.
// CHECK-LABEL: func.func @large(
// CHECK:       winograd.conv {images = 1 : i64, resnet.tile = array<i64: 1, 0, 4>}
// CHECK:       return
resnet.parameter @w "conv_weight" : tensor<64x64x3x3xf32>
func.func @features() { return }
func.func @large(%x: tensor<?x64x56x56xf32>) -> tensor<?x64x56x56xf32> {
  %w = resnet.read @w : tensor<64x64x3x3xf32>
  %y = resnet.conv2d %x, %w {stride = 1, padding = 1, winograd} : (tensor<?x64x56x56xf32>, tensor<64x64x3x3xf32>) -> tensor<?x64x56x56xf32>
  return %y : tensor<?x64x56x56xf32>
}

// -----

// A wide one takes the weights themselves, all images of a call and four blocks of output channels a task: eight in the functions of
// inference, more in a training step.
// CHECK-LABEL: func.func @logits(
// CHECK-NOT:   winograd.filter
// CHECK:       winograd.conv {images = 8 : i64, resnet.tile = array<i64: 8, 4>} ins(%{{.*}}, %{{.*}} : tensor<?x16x10x10x32xf32>, tensor<16x16x3x3x32x32xf32>)
// CHECK-LABEL: func.func @gradients(
// CHECK:       winograd.conv {images = 32 : i64, resnet.tile = array<i64: 32, 4>}
// CHECK:       return
resnet.parameter @w "conv_weight" : tensor<512x512x3x3xf32>
func.func @features() { return }
func.func @logits(%x: tensor<?x512x7x7xf32>) -> tensor<?x512xf32> {
  %w = resnet.read @w : tensor<512x512x3x3xf32>
  %y = resnet.conv2d %x, %w {stride = 1, padding = 1, winograd} : (tensor<?x512x7x7xf32>, tensor<512x512x3x3xf32>) -> tensor<?x512x7x7xf32>
  %z = resnet.global_avg_pool %y : tensor<?x512x7x7xf32> -> tensor<?x512xf32>
  return %z : tensor<?x512xf32>
}
func.func @gradients(%x: tensor<?x512x7x7xf32>) {
  %w = resnet.read @w : tensor<512x512x3x3xf32>
  %y = resnet.conv2d %x, %w {stride = 1, padding = 1, winograd} : (tensor<?x512x7x7xf32>, tensor<512x512x3x3xf32>) -> tensor<?x512x7x7xf32>
  return
}

// -----

// A filter that @prepare has transformed is read as it lies there; @prepare writes it in its place at once.
// CHECK-LABEL: func.func @prepare(
// CHECK:       %[[SLOT:.*]] = bufferization.to_tensor %{{.*}} restrict writable : memref<2x36x65x32xf32> to tensor<2x36x65x32xf32>
// CHECK:       winograd.filter {{.*}} outs(%[[SLOT]] : tensor<2x36x65x32xf32>)
// CHECK-LABEL: func.func @prepared(
// CHECK-NOT:   winograd.filter
// CHECK:       winograd.conv {{.*}} ins(%{{.*}}, %{{.*}} : tensor<?x2x18x18x32xf32>, tensor<2x36x65x32xf32>)
resnet.parameter @w "conv_weight" : tensor<64x64x3x3xf32>
resnet.slot @u "prepare" : tensor<64x64x6x6xf32>
func.func @features() { return }
func.func @prepare() {
  %w = resnet.read @w : tensor<64x64x3x3xf32>
  %u = resnet.transform_filter %w : tensor<64x64x3x3xf32> -> tensor<64x64x6x6xf32>
  resnet.write @u, %u : tensor<64x64x6x6xf32>
  return
}
func.func @prepared(%x: tensor<?x64x14x14xf32>) -> tensor<?x64x14x14xf32> {
  %w = resnet.read @w : tensor<64x64x3x3xf32>
  %u = resnet.read @u : tensor<64x64x6x6xf32>
  %y = resnet.conv2d %x, %w filter(%u) {stride = 1, padding = 1, winograd} : (tensor<?x64x14x14xf32>, tensor<64x64x3x3xf32>, tensor<64x64x6x6xf32>) -> tensor<?x64x14x14xf32>
  return %y : tensor<?x64x14x14xf32>
}

// -----

// dx is a convolution of dy by the weights turned and transposed.
// CHECK-LABEL: func.func @dx(
// CHECK:       %[[DY:.*]] = tensor.insert_slice %{{.*}}[0, 0, 1, 1, 0] {{.*}} into tensor<?x3x10x10x32xf32>
// CHECK:       %[[WT:.*]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<2x3x3x3x32x32xf32>)
// CHECK:       %[[U:.*]] = winograd.filter {{.*}} ins(%[[WT]] : {{.*}}) outs(%{{.*}} : tensor<2x36x97x32xf32>)
// CHECK:       winograd.conv {{.*}} ins(%[[DY]], %[[U]] : {{.*}}) outs(%{{.*}} : tensor<?x2x6x7x32xf32>)
resnet.parameter @w "conv_weight" : tensor<96x64x3x3xf32>
func.func @features() { return }
func.func @dx(%dy: tensor<?x96x6x7xf32>) -> tensor<?x64x6x7xf32> {
  %w = resnet.read @w : tensor<96x64x3x3xf32>
  %dx = resnet.conv2d_dx %dy, %w {stride = 1, padding = 1, winograd} : (tensor<?x96x6x7xf32>, tensor<96x64x3x3xf32>) -> tensor<?x64x6x7xf32>
  return %dx : tensor<?x64x6x7xf32>
}

// -----

// dw is a sum of parts, each of its share of the images; dy has zeros behind it up to the end of its tiles.
// CHECK-LABEL: func.func @gradients(
// CHECK-DAG:   %[[X:.*]] = tensor.insert_slice %{{.*}}[0, 0, 1, 1, 0] {{.*}} into tensor<?x2x10x10x32xf32>
// CHECK-DAG:   %[[DY:.*]] = tensor.insert_slice %{{.*}}[0, 0, 0, 0, 0] {{.*}} into tensor<?x3x8x8x32xf32>
// CHECK:       %[[PARTS:.*]] = winograd.conv_dw {images = 24 : i64, resnet.tile = array<i64: 1, 3>, rows = 2 : i64} ins(%[[X]], %[[DY]] : {{.*}}) outs(%{{.*}} : tensor<8x3x2x3x3x32x32xf32>)
// CHECK:       linalg.generic {{.*}}"reduction"]} ins(%[[PARTS]] : {{.*}}) outs(%{{.*}} : tensor<3x2x3x3x32x32xf32>)
resnet.parameter @w "conv_weight" {trained} : tensor<96x64x3x3xf32>
func.func @features() { return }
func.func @gradients(%x: tensor<?x64x6x7xf32>, %dy: tensor<?x96x6x7xf32>) {
  %dw = resnet.conv2d_dw %x, %dy {stride = 1, padding = 1, winograd} : (tensor<?x64x6x7xf32>, tensor<?x96x6x7xf32>) -> tensor<96x64x3x3xf32>
  resnet.accumulate_gradient @w, %dw : tensor<96x64x3x3xf32>
  return
}
