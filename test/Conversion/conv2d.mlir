// A convolution is one contraction over (n, kb, h, w, k | cb, r, s, c): channels in blocks of 32, x with its halo.
// RUN: resnet-opt %s --split-input-file --resnet-to-linalg --mlir-print-local-scope | FileCheck %s

// Without an epilogue the sum starts from zeros in the result itself. Few weights: no reduction goes around the tile.
// It is a whole plane where that is small.
// CHECK-LABEL: func.func @strided(
// CHECK:       %[[X:.*]] = tensor.insert_slice %{{.*}}[0, 0, 1, 1, 0] {{.*}} : tensor<?x1x5x7x32xf32> into tensor<?x1x7x9x32xf32>
// CHECK:       %[[EMPTY:.*]] = tensor.empty(%{{.*}}) : tensor<?x2x3x4x32xf32>
// CHECK:       %[[ZERO:.*]] = arith.constant 0.000000e+00 : f32
// CHECK:       %[[START:.*]] = linalg.fill ins(%[[ZERO]] : f32) outs(%[[EMPTY]] :
// CHECK-NOT:   linalg.generic
// CHECK:       %[[W:.*]] = bufferization.to_tensor %{{.*}} restrict : memref<2x1x3x3x32x32xf32>
// CHECK:       %[[Y:.*]] = linalg.generic {indexing_maps = [affine_map<{{[^>]*}}-> (d0, d5, d2 * 2 + d6, d3 * 2 + d7, d8)>,
// CHECK-SAME:    affine_map<{{[^>]*}}-> (d1, d5, d6, d7, d8, d4)>, affine_map<{{[^>]*}}-> (d0, d1, d2, d3, d4)>],
// CHECK-SAME:    iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction", "reduction"]}
// CHECK-SAME:    ins(%[[X]], %[[W]] : tensor<?x1x7x9x32xf32>, tensor<2x1x3x3x32x32xf32>) outs(%[[START]] : tensor<?x2x3x4x32xf32>) attrs = {resnet.creep = 5 : i64, resnet.tile = array<i64: 1, 1>}
// CHECK-NEXT:  ^bb0(%[[A:.*]]: f32, %[[B:.*]]: f32, %[[SUM:.*]]: f32):
// CHECK-NEXT:    %[[PRODUCT:.*]] = arith.mulf %[[A]], %[[B]]
// CHECK-NEXT:    %[[NEXT:.*]] = arith.addf %[[SUM]], %[[PRODUCT]]
// CHECK-NEXT:    linalg.yield %[[NEXT]]
// What follows is the copy to the record.
// CHECK:       linalg.generic {{.*}} ins(%[[Y]] :
// CHECK-NOT:   linalg.generic
// CHECK:       return
resnet.parameter @w "conv_weight" : tensor<40x8x3x3xf32>
func.func @features() { return }
func.func @strided(%x: tensor<?x8x5x7xf32>) -> tensor<?x40x3x4xf32> {
  %w = resnet.read @w : tensor<40x8x3x3xf32>
  %y = resnet.conv2d %x, %w {stride = 2, padding = 1} : (tensor<?x8x5x7xf32>, tensor<40x8x3x3xf32>) -> tensor<?x40x3x4xf32>
  return %y : tensor<?x40x3x4xf32>
}

// -----

// A window of one needs no halo: x is read where it lies.
// CHECK-LABEL: func.func @pointwise(
// CHECK:       %[[X:.*]] = bufferization.to_tensor {{.*}} to tensor<?x2x5x7x32xf32>
// CHECK-NOT:   tensor.insert_slice
// CHECK:       linalg.generic {indexing_maps = [affine_map<{{[^>]*}}-> (d0, d5, d2 + d6, d3 + d7, d8)>,
// CHECK-SAME:    ins(%[[X]], %{{.*}} : tensor<?x2x5x7x32xf32>, tensor<1x2x1x1x32x32xf32>)
// CHECK:       return
resnet.parameter @w "conv_weight" : tensor<8x64x1x1xf32>
func.func @features() { return }
func.func @pointwise(%x: tensor<?x64x5x7xf32>) -> tensor<?x8x5x7xf32> {
  %w = resnet.read @w : tensor<8x64x1x1xf32>
  %y = resnet.conv2d %x, %w {stride = 1, padding = 0} : (tensor<?x64x5x7xf32>, tensor<8x64x1x1xf32>) -> tensor<?x8x5x7xf32>
  return %y : tensor<?x8x5x7xf32>
}

// -----

// More weights than a cache holds: blocks of input channels (dimension 5) and rows of the window (6) go around all rows of
// some small planes.
// CHECK-LABEL: func.func @wide(
// CHECK:       linalg.generic {{.*}} outs({{.*}} : tensor<?x64x7x7x32xf32>) attrs = {resnet.outer = array<i64: 5, 1, 6, 1>, resnet.tile = array<i64: 4, 1>}
// CHECK:         arith.mulf
// CHECK:       linalg.generic {{.*}} outs({{.*}} : tensor<?x64x7x7x32xf32>)
// CHECK:         arith.maximumf
// CHECK:       return
resnet.parameter @w "conv_weight" : tensor<2048x2048x3x3xf32>
func.func @features() { return }
func.func @wide(%x: tensor<?x2048x7x7xf32>) -> tensor<?x2048x7x7xf32> {
  %w = resnet.read @w : tensor<2048x2048x3x3xf32>
  %y = resnet.conv2d %x, %w {stride = 1, padding = 1, relu} : (tensor<?x2048x7x7xf32>, tensor<2048x2048x3x3xf32>) -> tensor<?x2048x7x7xf32>
  return %y : tensor<?x2048x7x7xf32>
}

// -----

// A large plane: as many of its rows as a stack holds, of a number that divides them.
// CHECK-LABEL: func.func @wide_rows(
// CHECK:       linalg.generic {{.*}} attrs = {resnet.outer = array<i64: 5, 1, 6, 1>, resnet.tile = array<i64: 1, 1, 10>}
// CHECK:       return
resnet.parameter @w "conv_weight" : tensor<512x512x3x3xf32>
func.func @features() { return }
func.func @wide_rows(%x: tensor<?x512x40x40xf32>) -> tensor<?x512x40x40xf32> {
  %w = resnet.read @w : tensor<512x512x3x3xf32>
  %y = resnet.conv2d %x, %w {stride = 1, padding = 1} : (tensor<?x512x40x40xf32>, tensor<512x512x3x3xf32>) -> tensor<?x512x40x40xf32>
  return %y : tensor<?x512x40x40xf32>
}

// -----

// A single row that is more than a stack holds: its sums stay in registers.
// CHECK-LABEL: func.func @wide_row(
// CHECK:       linalg.generic {{.*}} attrs = {resnet.creep = 5 : i64, resnet.tile = array<i64: 1, 1, 1>}
// CHECK:       return
resnet.parameter @w "conv_weight" : tensor<512x512x3x3xf32>
func.func @features() { return }
func.func @wide_row(%x: tensor<?x512x2x1000xf32>) -> tensor<?x512x2x1000xf32> {
  %w = resnet.read @w : tensor<512x512x3x3xf32>
  %y = resnet.conv2d %x, %w {stride = 1, padding = 1} : (tensor<?x512x2x1000xf32>, tensor<512x512x3x3xf32>) -> tensor<?x512x2x1000xf32>
  return %y : tensor<?x512x2x1000xf32>
}

// -----

// A 1x1 convolution of a plane that the second-level cache does not hold, with weights that it does: a task takes rows, and all
// output channels of them.
// CHECK-LABEL: func.func @rows(
// CHECK:       linalg.generic {{.*}} outs({{.*}} : tensor<?x8x56x56x32xf32>) attrs = {resnet.creep = 5 : i64, resnet.tile = array<i64: 1, 0, 2>}
resnet.parameter @w "conv_weight" : tensor<256x64x1x1xf32>
func.func @features() { return }
func.func @rows(%x: tensor<?x64x56x56xf32>) -> tensor<?x256x56x56xf32> {
  %w = resnet.read @w : tensor<256x64x1x1xf32>
  %y = resnet.conv2d %x, %w {stride = 1, padding = 0} : (tensor<?x64x56x56xf32>, tensor<256x64x1x1xf32>) -> tensor<?x256x56x56xf32>
  return %y : tensor<?x256x56x56xf32>
}

// -----

// Of a small plane with weights that the cache does not hold, several images.
// CHECK-LABEL: func.func @images(
// CHECK:       linalg.generic {{.*}} outs({{.*}} : tensor<?x64x7x7x32xf32>) attrs = {resnet.creep = 5 : i64, resnet.tile = array<i64: 4, 1>}
resnet.parameter @w "conv_weight" : tensor<2048x512x1x1xf32>
func.func @features() { return }
func.func @images(%x: tensor<?x512x7x7xf32>) -> tensor<?x2048x7x7xf32> {
  %w = resnet.read @w : tensor<2048x512x1x1xf32>
  %y = resnet.conv2d %x, %w {stride = 1, padding = 0} : (tensor<?x512x7x7xf32>, tensor<2048x512x1x1xf32>) -> tensor<?x2048x7x7xf32>
  return %y : tensor<?x2048x7x7xf32>
}
