// A convolution by Winograd's algorithm: its filter transformed, its input padded to its tiles, and an epilogue as behind any sum.
// RUN: resnet-opt %s --split-input-file --resnet-to-linalg --mlir-print-local-scope | FileCheck %s

// Strips of 4, 4, 3 and 3, sixteen tiles an image: two images a task. The halo is a row and column around the plane.
// CHECK-LABEL: func.func @forward14(
// CHECK:       %[[X:.*]] = tensor.insert_slice %{{.*}}[0, 0, 1, 1, 0] {{.*}} into tensor<?x2x16x16x32xf32>
// CHECK:       %[[U:.*]] = winograd.filter {cover = array<i64: 4, 4>, resnet.tile = array<i64: 1>} ins(%{{.*}} : tensor<2x2x3x3x32x32xf32>) outs(%{{.*}} : tensor<2x36x65x32xf32>)
// CHECK:       %[[SUM:.*]] = winograd.conv {cover = array<i64: 4, 4>, images = 2 : i64, resnet.tile = array<i64: 2, 0>} ins(%[[X]], %[[U]] : {{.*}}) outs(%{{.*}} : tensor<?x2x14x14x32xf32>)
// CHECK:       linalg.generic {{.*}} ins(%[[SUM]] :
// CHECK:         arith.maximumf
resnet.parameter @w "conv_weight" : tensor<64x64x3x3xf32>
func.func @features() { return }
func.func @forward14(%x: tensor<?x64x14x14xf32>) -> tensor<?x64x14x14xf32> {
  %w = resnet.read @w : tensor<64x64x3x3xf32>
  %y = resnet.conv2d %x, %w {stride = 1, padding = 1, relu, winograd = array<i64: 4, 4>} : (tensor<?x64x14x14xf32>, tensor<64x64x3x3xf32>) -> tensor<?x64x14x14xf32>
  return %y : tensor<?x64x14x14xf32>
}

// -----

// At a stride of 2 strips of 3, 2 and 2 read 15 rows, one of them in front of the plane.
// CHECK-LABEL: func.func @strided(
// CHECK:       %[[X:.*]] = tensor.insert_slice %{{.*}}[0, 0, 1, 1, 0] {{.*}} into tensor<?x2x15x15x32xf32>
// CHECK:       %[[U:.*]] = winograd.filter {cover = array<i64: 3, 3>, resnet.tile = array<i64: 1>} ins(%{{.*}} : tensor<2x2x3x3x32x32xf32>) outs(%{{.*}} : tensor<2x25x65x32xf32>)
// CHECK:       winograd.conv {cover = array<i64: 3, 3>, images = 3 : i64, resnet.tile = array<i64: 3, 0>} ins(%[[X]], %[[U]] : {{.*}}) outs(%{{.*}} : tensor<?x2x7x7x32xf32>)
resnet.parameter @w "conv_weight" : tensor<64x64x3x3xf32>
func.func @features() { return }
func.func @strided(%x: tensor<?x64x14x14xf32>) -> tensor<?x64x7x7xf32> {
  %w = resnet.read @w : tensor<64x64x3x3xf32>
  %y = resnet.conv2d %x, %w {stride = 2, padding = 1, winograd = array<i64: 3, 3>} : (tensor<?x64x14x14xf32>, tensor<64x64x3x3xf32>) -> tensor<?x64x7x7xf32>
  return %y : tensor<?x64x7x7xf32>
}

// -----

// A row of 14 tiles of a large plane is a task.
// CHECK-LABEL: func.func @large(
// CHECK:       winograd.conv {cover = array<i64: 4, 4>, images = 1 : i64, resnet.tile = array<i64: 1, 0, 4>}
// CHECK:       return
resnet.parameter @w "conv_weight" : tensor<64x64x3x3xf32>
func.func @features() { return }
func.func @large(%x: tensor<?x64x56x56xf32>) -> tensor<?x64x56x56xf32> {
  %w = resnet.read @w : tensor<64x64x3x3xf32>
  %y = resnet.conv2d %x, %w {stride = 1, padding = 1, winograd = array<i64: 4, 4>} : (tensor<?x64x56x56xf32>, tensor<64x64x3x3xf32>) -> tensor<?x64x56x56xf32>
  return %y : tensor<?x64x56x56xf32>
}

// -----

// A wide one takes the weights themselves, all images of a call and four blocks of output channels a task: eight in the functions of
// inference, more in a training step.
// CHECK-LABEL: func.func @logits(
// CHECK-NOT:   winograd.filter
// CHECK:       winograd.conv {cover = array<i64: 4, 4>, images = 8 : i64, resnet.tile = array<i64: 8, 4>} ins(%{{.*}}, %{{.*}} : tensor<?x16x9x9x32xf32>, tensor<16x16x3x3x32x32xf32>)
// CHECK-LABEL: func.func @gradients(
// CHECK:       winograd.conv {cover = array<i64: 4, 4>, images = 32 : i64, resnet.tile = array<i64: 32, 4>}
// CHECK:       return
resnet.parameter @w "conv_weight" : tensor<512x512x3x3xf32>
func.func @features() { return }
func.func @logits(%x: tensor<?x512x7x7xf32>) -> tensor<?x512xf32> {
  %w = resnet.read @w : tensor<512x512x3x3xf32>
  %y = resnet.conv2d %x, %w {stride = 1, padding = 1, winograd = array<i64: 4, 4>} : (tensor<?x512x7x7xf32>, tensor<512x512x3x3xf32>) -> tensor<?x512x7x7xf32>
  %z = resnet.global_avg_pool %y : tensor<?x512x7x7xf32> -> tensor<?x512xf32>
  return %z : tensor<?x512xf32>
}
func.func @gradients(%x: tensor<?x512x7x7xf32>) {
  %w = resnet.read @w : tensor<512x512x3x3xf32>
  %y = resnet.conv2d %x, %w {stride = 1, padding = 1, winograd = array<i64: 4, 4>} : (tensor<?x512x7x7xf32>, tensor<512x512x3x3xf32>) -> tensor<?x512x7x7xf32>
  return
}

// -----

// A filter that @prepare has transformed is read as it lies there; @prepare writes it in its place at once.
// CHECK-LABEL: func.func @prepare(
// CHECK:       %[[SLOT:.*]] = bufferization.to_tensor %{{.*}} restrict writable : memref<2x36x65x32xf32> to tensor<2x36x65x32xf32>
// CHECK:       winograd.filter {{.*}} outs(%[[SLOT]] : tensor<2x36x65x32xf32>)
// CHECK-LABEL: func.func @prepared(
// CHECK-NOT:   winograd.filter
// CHECK:       winograd.conv {{.*}} ins(%{{.*}}, %{{.*}} : tensor<?x2x16x16x32xf32>, tensor<2x36x65x32xf32>)
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
  %y = resnet.conv2d %x, %w filter(%u) {stride = 1, padding = 1, winograd = array<i64: 4, 4>} : (tensor<?x64x14x14xf32>, tensor<64x64x3x3xf32>, tensor<64x64x6x6xf32>) -> tensor<?x64x14x14xf32>
  return %y : tensor<?x64x14x14xf32>
}

// -----

// dx is a convolution of dy by the weights turned and transposed.
// CHECK-LABEL: func.func @dx(
// CHECK:       %[[DY:.*]] = tensor.insert_slice %{{.*}}[0, 0, 1, 1, 0] {{.*}} into tensor<?x3x8x9x32xf32>
// CHECK:       %[[WT:.*]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<2x3x3x3x32x32xf32>)
// CHECK:       %[[U:.*]] = winograd.filter {{.*}} ins(%[[WT]] : {{.*}}) outs(%{{.*}} : tensor<2x36x97x32xf32>)
// CHECK:       winograd.conv {{.*}} ins(%[[DY]], %[[U]] : {{.*}}) outs(%{{.*}} : tensor<?x2x6x7x32xf32>)
resnet.parameter @w "conv_weight" : tensor<96x64x3x3xf32>
func.func @features() { return }
func.func @dx(%dy: tensor<?x96x6x7xf32>) -> tensor<?x64x6x7xf32> {
  %w = resnet.read @w : tensor<96x64x3x3xf32>
  %dx = resnet.conv2d_dx %dy, %w {stride = 1, padding = 1, winograd = array<i64: 4, 4>} : (tensor<?x96x6x7xf32>, tensor<96x64x3x3xf32>) -> tensor<?x64x6x7xf32>
  return %dx : tensor<?x64x6x7xf32>
}

// -----

// dw is a sum of parts, each of its share of the images; dy has a row of zeros behind it, since five rows
// are two strips of three.
// CHECK-LABEL: func.func @gradients(
// CHECK-DAG:   %[[X:.*]] = tensor.insert_slice %{{.*}}[0, 0, 1, 1, 0] {{.*}} into tensor<?x2x8x9x32xf32>
// CHECK-DAG:   %[[DY:.*]] = tensor.insert_slice %{{.*}}[0, 0, 0, 0, 0] {{.*}} into tensor<?x3x6x7x32xf32>
// CHECK:       %[[PARTS:.*]] = winograd.conv_dw {images = 24 : i64, resnet.tile = array<i64: 1, 3>, rows = 2 : i64} ins(%[[X]], %[[DY]] : {{.*}}) outs(%{{.*}} : tensor<8x3x2x3x3x32x32xf32>)
// CHECK:       linalg.generic {{.*}}"reduction"]} ins(%[[PARTS]] : {{.*}}) outs(%{{.*}} : tensor<3x2x3x3x32x32xf32>)
resnet.parameter @w "conv_weight" {trained} : tensor<96x64x3x3xf32>
func.func @features() { return }
func.func @gradients(%x: tensor<?x64x5x7xf32>, %dy: tensor<?x96x5x7xf32>) {
  %dw = resnet.conv2d_dw %x, %dy {stride = 1, padding = 1, winograd = array<i64: 4, 4>} : (tensor<?x64x5x7xf32>, tensor<?x96x5x7xf32>) -> tensor<96x64x3x3xf32>
  resnet.accumulate_gradient @w, %dw : tensor<96x64x3x3xf32>
  return
}

// -----

// Larger tiles: of 28 rows strips of 6, 6, 6, 5 and 5, of 28 columns of 4. All rows of an image are a task, so many tiles are enough;
// of 56 rows and columns half of the rows are, since these have the strips of the whole.
// CHECK-LABEL: func.func @larger(
// CHECK:       winograd.filter {cover = array<i64: 6, 4>, {{.*}} -> tensor<2x48x65x32xf32>
// CHECK:       winograd.conv {cover = array<i64: 6, 4>, images = 1 : i64, resnet.tile = array<i64: 1, 0>} ins(%{{.*}}, %{{.*}} : tensor<?x2x30x30x32xf32>, tensor<2x48x65x32xf32>)
// CHECK:       winograd.conv {cover = array<i64: 6, 6>, images = 1 : i64, resnet.tile = array<i64: 1, 0, 28>} ins(%{{.*}}, %{{.*}} : tensor<?x2x58x58x32xf32>, tensor<2x64x65x32xf32>)
resnet.parameter @w "conv_weight" : tensor<64x64x3x3xf32>
func.func @features() { return }
func.func @larger(%x: tensor<?x64x28x28xf32>, %z: tensor<?x64x56x56xf32>) {
  %w = resnet.read @w : tensor<64x64x3x3xf32>
  %0 = resnet.conv2d %x, %w {stride = 1, padding = 1, winograd = array<i64: 6, 4>} : (tensor<?x64x28x28xf32>, tensor<64x64x3x3xf32>) -> tensor<?x64x28x28xf32>
  %1 = resnet.conv2d %z, %w {stride = 1, padding = 1, winograd = array<i64: 6, 6>} : (tensor<?x64x56x56xf32>, tensor<64x64x3x3xf32>) -> tensor<?x64x56x56xf32>
  return
}

// -----

// At a stride of 2 28 rows are twice strips of 5, 5 and 4, a task each. All but the last row of the plane lie within 57.
// CHECK-LABEL: func.func @strided28(
// CHECK:       tensor.insert_slice %{{.*}}[0, 0, 1, 1, 0] {{.*}} into tensor<?x2x57x57x32xf32>
// CHECK:       winograd.filter {cover = array<i64: 5, 5>, {{.*}} outs(%{{.*}} : tensor<2x49x65x32xf32>)
// CHECK:       winograd.conv {cover = array<i64: 5, 5>, images = 1 : i64, resnet.tile = array<i64: 1, 0, 14>}
resnet.parameter @w "conv_weight" : tensor<64x64x3x3xf32>
func.func @features() { return }
func.func @strided28(%x: tensor<?x64x56x56xf32>) -> tensor<?x64x28x28xf32> {
  %w = resnet.read @w : tensor<64x64x3x3xf32>
  %y = resnet.conv2d %x, %w {stride = 2, padding = 1, winograd = array<i64: 5, 5>} : (tensor<?x64x56x56xf32>, tensor<64x64x3x3xf32>) -> tensor<?x64x28x28xf32>
  return %y : tensor<?x64x28x28xf32>
}
