// The mean over a plane and its gradient: a sum times 1/(H*W), and dy times 1/(H*W) spread over the plane.
// RUN: resnet-opt %s --resnet-to-linalg --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: func.func @mean(
// CHECK:       %[[X:.*]] = bufferization.to_tensor {{.*}} to tensor<?x2x5x4x32xf32>
// CHECK:       %[[SHARE:.*]] = arith.constant 5.000000e-02 : f32
// CHECK:       %[[START:.*]] = linalg.fill {{.*}} -> tensor<?x2x32xf32>
// CHECK-NEXT:  %[[SUM:.*]] = linalg.generic {indexing_maps = [affine_map<{{[^>]*}}-> (d0, d1, d3, d4, d2)>, affine_map<{{[^>]*}}-> (d0, d1, d2)>],
// CHECK-SAME:    ["parallel", "parallel", "parallel", "reduction", "reduction"]} ins(%[[X]] : {{.*}}) outs(%[[START]] : {{.*}}resnet.tile = array<i64: 1, 1>
// CHECK:         arith.addf
// CHECK:       %[[MEAN:.*]] = linalg.generic {{.*}} ins(%[[SUM]] :
// CHECK-NEXT:  ^bb0(%[[S:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT:    %[[V:.*]] = arith.mulf %[[S]], %[[SHARE]]
// CHECK-NEXT:    linalg.yield %[[V]]
// CHECK:       linalg.generic {{.*}} ins(%[[MEAN]] :
// CHECK:       return

// CHECK-LABEL: func.func @gradient(
// CHECK:       %[[DY:.*]] = bufferization.to_tensor {{.*}} to tensor<?x2x32xf32>
// CHECK:       %[[SHARE:.*]] = arith.constant 5.000000e-02 : f32
// CHECK:       %[[DX:.*]] = linalg.generic {indexing_maps = [affine_map<{{[^>]*}}-> (d0, d1, d4)>, affine_map<{{[^>]*}}-> (d0, d1, d2, d3, d4)>],
// CHECK-SAME:    ["parallel", "parallel", "parallel", "parallel", "parallel"]} ins(%[[DY]] : {{.*}}) outs(%{{.*}} : tensor<?x2x5x4x32xf32>) attrs = {resnet.tile
// CHECK-NEXT:  ^bb0(%[[D:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT:    %[[V:.*]] = arith.mulf %[[D]], %[[SHARE]]
// CHECK-NEXT:    linalg.yield %[[V]]
// CHECK:       return
resnet.parameter @unused "bn_weight" : tensor<8xf32>
func.func @features() { return }
func.func @mean(%x: tensor<?x40x5x4xf32>) -> tensor<?x40xf32> {
  %y = resnet.global_avg_pool %x : tensor<?x40x5x4xf32> -> tensor<?x40xf32>
  return %y : tensor<?x40xf32>
}
func.func @gradient(%dy: tensor<?x40xf32>) -> tensor<?x40x5x4xf32> {
  %dx = resnet.global_avg_pool_grad %dy : tensor<?x40xf32> -> tensor<?x40x5x4xf32>
  return %dx : tensor<?x40x5x4xf32>
}
