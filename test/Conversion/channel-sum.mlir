// Sums over all but the channels, in a fixed order: columns, then rows, then images, so that no split of the work changes
// a bit.
// RUN: resnet-opt %s --split-input-file --resnet-to-linalg --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: func.func @gradients(
// CHECK:       %[[DY:.*]] = bufferization.to_tensor {{.*}} to tensor<?x2x3x4x32xf32>
// CHECK:       %[[ZERO0:.*]] = linalg.fill {{.*}} -> tensor<?x2x3x32xf32>
// CHECK-NEXT:  %[[ROWS:.*]] = linalg.generic {indexing_maps = [affine_map<{{[^>]*}}-> (d0, d1, d2, d4, d3)>, affine_map<{{[^>]*}}-> (d0, d1, d2, d3)>],
// CHECK-SAME:    ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%[[DY]] : {{.*}}) outs(%[[ZERO0]] : {{.*}}resnet.tile = array<i64: 1, 1>
// CHECK-NEXT:  ^bb0(%[[IN:.*]]: f32, %[[SUM:.*]]: f32):
// CHECK-NEXT:    %[[NEXT:.*]] = arith.addf %[[SUM]], %[[IN]]
// CHECK-NEXT:    linalg.yield %[[NEXT]]
// CHECK:       %[[ZERO1:.*]] = linalg.fill {{.*}} -> tensor<?x2x32xf32>
// CHECK-NEXT:  %[[IMAGES:.*]] = linalg.generic {indexing_maps = [affine_map<{{[^>]*}}-> (d0, d1, d3, d2)>, affine_map<{{[^>]*}}-> (d0, d1, d2)>],
// CHECK-SAME:    ["parallel", "parallel", "parallel", "reduction"]} ins(%[[ROWS]] : {{.*}}) outs(%[[ZERO1]] : {{.*}}resnet.tile = array<i64: 1, 1>
// CHECK:         arith.addf
// CHECK:       %[[ZERO2:.*]] = linalg.fill {{.*}} -> tensor<2x32xf32>
// CHECK-NEXT:  %[[TOTAL:.*]] = linalg.generic {indexing_maps = [affine_map<{{[^>]*}}-> (d2, d0, d1)>, affine_map<{{[^>]*}}-> (d0, d1)>],
// CHECK-SAME:    ["parallel", "parallel", "reduction"]} ins(%[[IMAGES]] : {{.*}}) outs(%[[ZERO2]] : tensor<2x32xf32>) {
// CHECK:         arith.addf
// Then onto the gradient that is there.
// CHECK:       %[[VIEW:.*]] = memref.view {{.*}} to memref<2x32xf32>
// CHECK-NEXT:  %[[BEFORE:.*]] = bufferization.to_tensor %[[VIEW]] restrict writable
// CHECK-NEXT:  %[[GRADIENT:.*]] = linalg.generic {{.*}} ins(%[[TOTAL]] : {{.*}}) outs(%[[BEFORE]] :
// CHECK-NEXT:  ^bb0(%[[G:.*]]: f32, %[[B:.*]]: f32):
// CHECK-NEXT:    %[[ADDED:.*]] = arith.addf %[[B]], %[[G]]
// CHECK-NEXT:    linalg.yield %[[ADDED]]
// CHECK:       bufferization.materialize_in_destination %[[GRADIENT]] in restrict writable %[[VIEW]]
// CHECK-NEXT:  return
resnet.parameter @b "bn_bias" {trained} : tensor<40xf32>
func.func @features() { return }
func.func @gradients(%dy: tensor<?x40x3x4xf32>) {
  %db = resnet.channel_sum %dy : tensor<?x40x3x4xf32> -> tensor<40xf32>
  resnet.accumulate_gradient @b, %db : tensor<40xf32>
  return
}

// -----

// Of features: the images alone.
// CHECK-LABEL: func.func @gradients(
// CHECK:       %[[DY:.*]] = bufferization.to_tensor {{.*}} to tensor<?x2x32xf32>
// CHECK:       %[[ZERO:.*]] = linalg.fill {{.*}} -> tensor<2x32xf32>
// CHECK-NEXT:  %[[SUM:.*]] = linalg.generic {indexing_maps = [affine_map<{{[^>]*}}-> (d2, d0, d1)>, affine_map<{{[^>]*}}-> (d0, d1)>],
// CHECK-SAME:    ["parallel", "parallel", "reduction"]} ins(%[[DY]] : {{.*}}) outs(%[[ZERO]] :
// CHECK:       linalg.generic {{.*}} ins(%[[SUM]] :
// CHECK-NOT:   linalg.generic
// CHECK:       return
resnet.parameter @b "linear_bias" {trained} : tensor<40xf32>
func.func @gradients(%dy: tensor<?x40xf32>) {
  %db = resnet.channel_sum %dy : tensor<?x40xf32> -> tensor<40xf32>
  resnet.accumulate_gradient @b, %db : tensor<40xf32>
  return
}
