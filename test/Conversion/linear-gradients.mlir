// The gradients of a linear layer: by its input through transposed weights, by its weight in place.
// RUN: resnet-opt %s --split-input-file --resnet-to-linalg --mlir-print-local-scope | FileCheck %s

// Little work runs serially: no tile.
// CHECK-LABEL: func.func @dx(
// CHECK:       %[[DY:.*]] = bufferization.to_tensor {{.*}} to tensor<?x1x32xf32>
// CHECK:       %[[W:.*]] = bufferization.to_tensor {{.*}} to tensor<1x2x32x32xf32>
// CHECK:       %[[EMPTY:.*]] = tensor.empty() : tensor<2x1x32x32xf32>
// CHECK:       %[[WT:.*]] = linalg.generic {indexing_maps = [affine_map<{{[^>]*}}-> (d1, d0, d3, d2)>, affine_map<{{[^>]*}}-> (d0, d1, d2, d3)>],
// CHECK-SAME:    ins(%[[W]] : {{.*}}) outs(%[[EMPTY]] : tensor<2x1x32x32xf32>) {
// CHECK-NEXT:  ^bb0(%[[IN:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT:    linalg.yield %[[IN]]
// CHECK:       %[[START:.*]] = linalg.fill {{.*}} -> tensor<?x2x32xf32>
// CHECK-NEXT:  linalg.generic {indexing_maps = [affine_map<{{[^>]*}}-> (d1, d3, d4)>, affine_map<{{[^>]*}}-> (d0, d3, d4, d2)>, affine_map<{{[^>]*}}-> (d1, d0, d2)>],
// CHECK-SAME:    iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction"]} ins(%[[DY]], %[[WT]] : {{.*}}) outs(%[[START]] : tensor<?x2x32xf32>) {
// CHECK:         arith.mulf
// CHECK:       return
resnet.parameter @w "linear_weight" : tensor<5x40xf32>
func.func @dx(%dy: tensor<?x5xf32>) -> tensor<?x40xf32> {
  %w = resnet.read @w : tensor<5x40xf32>
  %dx = resnet.linear_dx %dy, %w : (tensor<?x5xf32>, tensor<5x40xf32>) -> tensor<?x40xf32>
  return %dx : tensor<?x40xf32>
}

// -----

// (kb, cb, c, k | n)
// CHECK-LABEL: func.func @gradients(
// CHECK:       %[[X:.*]] = bufferization.to_tensor {{.*}} to tensor<?x2x32xf32>
// CHECK:       %[[DY:.*]] = bufferization.to_tensor {{.*}} to tensor<?x1x32xf32>
// CHECK:       %[[BUFFER:.*]] = abi.buffer %{{.*}} "gradients" : memref<8192xi8>
// CHECK:       %[[VIEW:.*]] = memref.view %[[BUFFER]]{{.*}} to memref<1x2x32x32xf32>
// CHECK-NEXT:  %[[BEFORE:.*]] = bufferization.to_tensor %[[VIEW]] restrict writable
// CHECK-NEXT:  %[[DW:.*]] = linalg.generic {indexing_maps = [affine_map<{{[^>]*}}-> (d4, d1, d2)>, affine_map<{{[^>]*}}-> (d4, d0, d3)>, affine_map<{{[^>]*}}-> (d0, d1, d2, d3)>],
// CHECK-SAME:    iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%[[X]], %[[DY]] : {{.*}}) outs(%[[BEFORE]] : tensor<1x2x32x32xf32>) {
// CHECK:         arith.mulf
// CHECK-NEXT:    arith.addf
// CHECK:       bufferization.materialize_in_destination %[[DW]] in restrict writable %[[VIEW]]
// CHECK-NEXT:  return
resnet.parameter @w "linear_weight" {trained} : tensor<5x40xf32>
func.func @gradients(%x: tensor<?x40xf32>, %dy: tensor<?x5xf32>) {
  %dw = resnet.linear_dw %x, %dy : (tensor<?x40xf32>, tensor<?x5xf32>) -> tensor<5x40xf32>
  resnet.accumulate_gradient @w, %dw : tensor<5x40xf32>
  return
}

// -----

// Much work runs in parallel.
// CHECK-LABEL: func.func @gradients(
// CHECK:       linalg.generic {{.*}} outs({{.*}} : tensor<16x32x32x32xf32>) attrs = {resnet.tile
// CHECK-NEXT:  ^bb0
// CHECK-NEXT:    linalg.yield
// CHECK:       linalg.generic {{.*}} outs({{.*}} : tensor<?x16x32xf32>) attrs = {resnet.tile
// CHECK:         arith.mulf
// CHECK:       linalg.generic {{.*}} outs({{.*}} : tensor<32x16x32x32xf32>) attrs = {resnet.tile = array<i64: 1, 1>}
// CHECK:         arith.mulf
// CHECK:       return
resnet.parameter @w "linear_weight" {trained} : tensor<1000x512xf32>
func.func @gradients(%x: tensor<?x512xf32>, %dy: tensor<?x1000xf32>) -> tensor<?x512xf32> {
  %w = resnet.read @w : tensor<1000x512xf32>
  %dx = resnet.linear_dx %dy, %w : (tensor<?x1000xf32>, tensor<1000x512xf32>) -> tensor<?x512xf32>
  %dw = resnet.linear_dw %x, %dy : (tensor<?x512xf32>, tensor<?x1000xf32>) -> tensor<1000x512xf32>
  resnet.accumulate_gradient @w, %dw : tensor<1000x512xf32>
  return %dx : tensor<?x512xf32>
}
