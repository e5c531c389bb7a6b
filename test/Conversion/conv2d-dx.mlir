// The gradient by a convolution's input, stride 1: a convolution of dy with the weights transposed and their window
// reversed.
// RUN: resnet-opt %s --split-input-file --resnet-to-linalg --mlir-print-local-scope | FileCheck %s

// (n, cb, h, w, c | kb, t, u, k) over [cb][kb][t][u][k][c]; the two copies are dy into its halo and the transposed weights.
// CHECK-LABEL: func.func @dx(
// CHECK:       %[[DY:.*]] = tensor.insert_slice %{{.*}}[0, 0, 1, 1, 0] {{.*}} : tensor<?x2x5x7x32xf32> into tensor<?x2x7x9x32xf32>
// CHECK:       %[[W:.*]] = bufferization.to_tensor %{{.*}} : memref<2x1x3x3x32x32xf32>
// CHECK:       %[[START:.*]] = linalg.fill {{.*}} -> tensor<?x1x5x7x32xf32>
// CHECK:       %[[EMPTY:.*]] = tensor.empty() : tensor<1x2x3x3x32x32xf32>
// CHECK:       %[[WT:.*]] = linalg.generic {indexing_maps = [affine_map<{{[^>]*}}-> (d1, d0, -d2 + 2, -d3 + 2, d5, d4)>, affine_map<{{[^>]*}}-> (d0, d1, d2, d3, d4, d5)>]
// CHECK-SAME:    ins(%[[W]] : {{.*}}) outs(%[[EMPTY]] :
// CHECK-NEXT:  ^bb0(%[[IN:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT:    linalg.yield %[[IN]]
// CHECK:       linalg.generic {indexing_maps = [affine_map<{{[^>]*}}-> (d0, d5, d2 + d6, d3 + d7, d8)>,
// CHECK-SAME:    affine_map<{{[^>]*}}-> (d1, d5, d6, d7, d8, d4)>, affine_map<{{[^>]*}}-> (d0, d1, d2, d3, d4)>],
// CHECK-SAME:    iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction", "reduction"]}
// CHECK-SAME:    ins(%[[DY]], %[[WT]] : {{.*}}) outs(%[[START]] : {{.*}} attrs = {resnet.creep = 5 : i64, resnet.tile
// CHECK:         arith.mulf
// CHECK-NOT:     arith.mulf
// CHECK:       return
resnet.parameter @w "conv_weight" : tensor<40x8x3x3xf32>
func.func @features() { return }
func.func @dx(%dy: tensor<?x40x5x7xf32>) -> tensor<?x8x5x7xf32> {
  %w = resnet.read @w : tensor<40x8x3x3xf32>
  %dx = resnet.conv2d_dx %dy, %w {stride = 1, padding = 1} : (tensor<?x40x5x7xf32>, tensor<40x8x3x3xf32>) -> tensor<?x8x5x7xf32>
  return %dx : tensor<?x8x5x7xf32>
}

// -----

// Without padding dy is smaller than x and its halo two wide: window minus 1 minus padding.
// CHECK-LABEL: func.func @unpadded(
// CHECK:       tensor.insert_slice %{{.*}}[0, 0, 2, 2, 0] {{.*}} : tensor<?x1x3x5x32xf32> into tensor<?x1x7x9x32xf32>
// CHECK:       ins({{.*}} : tensor<?x1x7x9x32xf32>, tensor<1x1x3x3x32x32xf32>) outs({{.*}} : tensor<?x1x5x7x32xf32>)
// CHECK:       return
resnet.parameter @w "conv_weight" : tensor<8x8x3x3xf32>
func.func @features() { return }
func.func @unpadded(%dy: tensor<?x8x3x5xf32>) -> tensor<?x8x5x7xf32> {
  %w = resnet.read @w : tensor<8x8x3x3xf32>
  %dx = resnet.conv2d_dx %dy, %w {stride = 1, padding = 0} : (tensor<?x8x3x5xf32>, tensor<8x8x3x3xf32>) -> tensor<?x8x5x7xf32>
  return %dx : tensor<?x8x5x7xf32>
}

// -----

// CHECK-LABEL: func.func @wide(
// CHECK:       attrs = {resnet.outer = array<i64: 5, 1, 6, 1>, resnet.tile
// CHECK:         arith.mulf
// CHECK:       return
resnet.parameter @w "conv_weight" : tensor<2048x2048x3x3xf32>
func.func @features() { return }
func.func @wide(%dy: tensor<?x2048x7x7xf32>) -> tensor<?x2048x7x7xf32> {
  %w = resnet.read @w : tensor<2048x2048x3x3xf32>
  %dx = resnet.conv2d_dx %dy, %w {stride = 1, padding = 1} : (tensor<?x2048x7x7xf32>, tensor<2048x2048x3x3xf32>) -> tensor<?x2048x7x7xf32>
  return %dx : tensor<?x2048x7x7xf32>
}
