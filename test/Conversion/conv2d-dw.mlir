// The gradient by a convolution's weight is added to the call's gradients in place: the sum starts from what is there.
// RUN: resnet-opt %s --split-input-file --resnet-to-linalg --mlir-print-local-scope | FileCheck %s

// (kb, cb, r, s, c, k | n, h, w); blocks of images or of rows go around a tile, so that each passes through the caches once.
// CHECK-LABEL: func.func @gradients(
// CHECK:       %[[DY:.*]] = bufferization.to_tensor {{.*}} to tensor<?x2x3x4x32xf32>
// CHECK:       %[[X:.*]] = tensor.insert_slice %{{.*}}[0, 0, 1, 1, 0] {{.*}} into tensor<?x1x7x9x32xf32>
// CHECK:       %[[BUFFER:.*]] = abi.buffer %{{.*}} "gradients" : memref<{{[0-9]+}}xi8>
// CHECK:       %[[VIEW:.*]] = memref.view %[[BUFFER]]{{.*}} to memref<2x1x3x3x32x32xf32>
// CHECK-NEXT:  %[[BEFORE:.*]] = bufferization.to_tensor %[[VIEW]] restrict writable
// CHECK-NEXT:  %[[DW:.*]] = linalg.generic {indexing_maps = [affine_map<{{[^>]*}}-> (d6, d1, d7 * 2 + d2, d8 * 2 + d3, d4)>,
// CHECK-SAME:    affine_map<{{[^>]*}}-> (d6, d0, d7, d8, d5)>, affine_map<{{[^>]*}}-> (d0, d1, d2, d3, d4, d5)>],
// CHECK-SAME:    iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
// CHECK-SAME:    ins(%[[X]], %[[DY]] : {{.*}}) outs(%[[BEFORE]] : {{.*}}resnet.outer = array<i64: 6, 10, 7, 3>, resnet.tile = array<i64: 1, 1>
// CHECK:         arith.mulf
// CHECK-NEXT:    arith.addf
// CHECK:       bufferization.materialize_in_destination %[[DW]] in restrict writable %[[VIEW]]
// The accumulate_gradient adds nothing of its own.
// CHECK-NEXT:  return
resnet.parameter @w "conv_weight" {trained} : tensor<40x8x3x3xf32>
func.func @features() { return }
func.func @gradients(%x: tensor<?x8x5x7xf32>, %dy: tensor<?x40x3x4xf32>) {
  %dw = resnet.conv2d_dw %x, %dy {stride = 2, padding = 1} : (tensor<?x8x5x7xf32>, tensor<?x40x3x4xf32>) -> tensor<40x8x3x3xf32>
  resnet.accumulate_gradient @w, %dw : tensor<40x8x3x3xf32>
  return
}

// -----

// A 1x1 convolution's plane is one row of pixels. The blocks divide it, whatever their number: 225 in blocks of at most 112.
// CHECK-LABEL: func.func @gradients(
// CHECK:       %[[ROW:.*]] = tensor.collapse_shape %{{.*}} {{\[\[}}0], [1], [2, 3], [4]] : tensor<?x1x225x1x32xf32> into tensor<?x1x225x32xf32>
// The next block is fetched meanwhile.
// CHECK:       linalg.generic {{.*}} ins(%[[ROW]], {{.*}}resnet.ahead, resnet.outer = array<i64: 6, 1, 7, 75>
resnet.parameter @w "conv_weight" {trained} : tensor<8x8x1x1xf32>
func.func @features() { return }
func.func @gradients(%x: tensor<?x8x225x1xf32>, %dy: tensor<?x8x225x1xf32>) {
  %dw = resnet.conv2d_dw %x, %dy {stride = 1, padding = 0} : (tensor<?x8x225x1xf32>, tensor<?x8x225x1xf32>) -> tensor<8x8x1x1xf32>
  resnet.accumulate_gradient @w, %dw : tensor<8x8x1x1xf32>
  return
}

// -----

// Of the stem: (kb, r, sc, k | n, h, w), through the flat view of the weights and back.
// CHECK-LABEL: func.func @gradients(
// CHECK:       %[[BUFFER:.*]] = abi.buffer %{{.*}} "gradients" : memref<{{[0-9]+}}xi8>
// CHECK:       %[[VIEW:.*]] = memref.view %[[BUFFER]]{{.*}} to memref<1x3x3x3x32xf32>
// CHECK-NEXT:  %[[BEFORE:.*]] = bufferization.to_tensor %[[VIEW]] restrict writable
// CHECK-NEXT:  %[[ROWS:.*]] = tensor.collapse_shape %[[BEFORE]] {{\[\[}}0], [1], [2, 3], [4]] : {{.*}} into tensor<1x3x9x32xf32>
// CHECK-NEXT:  %[[SUM:.*]] = linalg.generic {indexing_maps = [affine_map<{{[^>]*}}-> (d4, d5 * 2 + d1, d6 * 6 + d2)>,
// CHECK-SAME:    affine_map<{{[^>]*}}-> (d4, d0, d5, d6, d3)>, affine_map<{{[^>]*}}-> (d0, d1, d2, d3)>],
// CHECK-SAME:    ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
// CHECK-SAME:    ins({{.*}} : tensor<?x7x27xf32>, tensor<?x1x3x4x32xf32>) outs(%[[ROWS]] : {{.*}}resnet.outer = array<i64: 4, 1, 5, {{[0-9]+}}>, resnet.tile
// CHECK:       %[[DW:.*]] = tensor.expand_shape %[[SUM]] {{\[\[}}0], [1], [2, 3], [4]]
// CHECK-NEXT:  bufferization.materialize_in_destination %[[DW]] in restrict writable %[[VIEW]]
// CHECK-NEXT:  return
resnet.parameter @w "conv_weight" {trained} : tensor<8x3x3x3xf32>
func.func @gradients(%images: tensor<?x3x5x7xf32>) {
  %w = resnet.read @w : tensor<8x3x3x3xf32>
  %y = resnet.conv2d %images, %w {stride = 2, padding = 1} : (tensor<?x3x5x7xf32>, tensor<8x3x3x3xf32>) -> tensor<?x8x3x4xf32>
  %dw = resnet.conv2d_dw %images, %y {stride = 2, padding = 1} : (tensor<?x3x5x7xf32>, tensor<?x8x3x4xf32>) -> tensor<8x3x3x3xf32>
  resnet.accumulate_gradient @w, %dw : tensor<8x3x3x3xf32>
  return
}

// -----

// One gradient of two parameters is added to both.
// CHECK-LABEL: func.func @gradients(
// CHECK-COUNT-2: bufferization.materialize_in_destination
// CHECK-NOT:   bufferization.materialize_in_destination
// CHECK:       return
resnet.parameter @v "conv_weight" {trained} : tensor<8x8x1x1xf32>
resnet.parameter @w "conv_weight" {trained} : tensor<8x8x1x1xf32>
func.func @features() { return }
func.func @gradients(%x: tensor<?x8x5x5xf32>, %dy: tensor<?x8x5x5xf32>) {
  %dw = resnet.conv2d_dw %x, %dy {stride = 1, padding = 0} : (tensor<?x8x5x5xf32>, tensor<?x8x5x5xf32>) -> tensor<8x8x1x1xf32>
  resnet.accumulate_gradient @v, %dw : tensor<8x8x1x1xf32>
  resnet.accumulate_gradient @w, %dw : tensor<8x8x1x1xf32>
  return
}

// -----

// A task takes four by four blocks of channels, so that x and dy are read a quarter as often.
// CHECK-LABEL: func.func @gradients(
// CHECK:       resnet.ahead, resnet.outer = array<i64: 6, 1, 7, 98>, resnet.tile = array<i64: 4, 4>
resnet.parameter @w "conv_weight" {trained} : tensor<1024x256x1x1xf32>
func.func @features() { return }
func.func @gradients(%x: tensor<?x256x14x14xf32>, %dy: tensor<?x1024x14x14xf32>) {
  %dw = resnet.conv2d_dw %x, %dy {stride = 1, padding = 0} : (tensor<?x256x14x14xf32>, tensor<?x1024x14x14xf32>) -> tensor<1024x256x1x1xf32>
  resnet.accumulate_gradient @w, %dw : tensor<1024x256x1x1xf32>
  return
}
