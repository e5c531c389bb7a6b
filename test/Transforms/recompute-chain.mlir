// Outputs of residual blocks are computed again where the last of them is read, the shortcut's batch norm first. What is read right
// behind the loss takes more than they do there.
// RUN: resnet-opt %s --resnet-recompute | FileCheck %s

// CHECK-LABEL: func.func @gradients(
// CHECK:       %[[A:.*]] = resnet.conv2d %arg0
// CHECK:       %[[S:.*]] = resnet.conv2d %arg0
// CHECK:       %[[SY:.*]], %[[SM:.*]], %[[SV:.*]] = resnet.batch_norm_batch %[[S]]
// CHECK:       %[[Y0:.*]], %[[M0:.*]], %[[V0:.*]] = resnet.batch_norm_batch %[[A]], {{.*}} residual(%[[SY]]
// CHECK:       %[[B:.*]] = resnet.conv2d %[[Y0]]
// CHECK:       %[[Y1:.*]], %[[M1:.*]], %[[V1:.*]] = resnet.batch_norm_batch %[[B]], {{.*}} residual(%[[Y0]]
// CHECK:       %[[C:.*]] = resnet.conv2d %[[Y1]]
// CHECK:       %{{.*}}, %[[M2:.*]], %[[V2:.*]] = resnet.batch_norm_batch %[[C]], {{.*}} residual(%[[Y1]]
// CHECK:       resnet.softmax_cross_entropy
// CHECK-COUNT-5: resnet.relu_grad
// CHECK-NEXT:  %[[SY_:.*]] = resnet.normalize %[[S]], %{{.*}}, %{{.*}}, %[[SM]], %[[SV]] {eps = 1.000000e-05 : f64}
// CHECK-NEXT:  %[[Y0_:.*]] = resnet.normalize %[[A]], %{{.*}}, %{{.*}}, %[[M0]], %[[V0]] residual(%[[SY_]] {{.*}} relu}
// CHECK-NEXT:  %[[Y1_:.*]] = resnet.normalize %[[B]], %{{.*}}, %{{.*}}, %[[M1]], %[[V1]] residual(%[[Y0_]] {{.*}} relu}
// CHECK-NEXT:  %[[Y2_:.*]] = resnet.normalize %[[C]], %{{.*}}, %{{.*}}, %[[M2]], %[[V2]] residual(%[[Y1_]] {{.*}} relu}
// CHECK-NEXT:  resnet.relu_grad %{{.*}}, %[[Y2_]]
// CHECK:       resnet.conv2d_dw %[[Y1_]]
// CHECK:       resnet.relu_grad %{{.*}}, %[[Y1_]]
// CHECK:       resnet.conv2d_dw %[[Y0_]]
// CHECK:       resnet.relu_grad %{{.*}}, %[[Y0_]]
// CHECK-NOT:   resnet.normalize
!map = tensor<?x8x6x6xf32>
!weight = tensor<8x8x3x3xf32>
!channel = tensor<8xf32>
func.func @gradients(%x: !map, %labels: tensor<?xi64>, %w: !weight, %g: !channel, %v: tensor<5x8xf32>, %bias: tensor<5xf32>) {
  %a = resnet.conv2d %x, %w {stride = 1, padding = 1} : (!map, !weight) -> !map
  %s = resnet.conv2d %x, %w {stride = 1, padding = 1} : (!map, !weight) -> !map
  %sy, %sm, %sv = resnet.batch_norm_batch %s, %g, %g {eps = 1.0e-5 : f64} : !map, !channel
  %y0, %m0, %v0 = resnet.batch_norm_batch %a, %g, %g residual(%sy : !map) {eps = 1.0e-5 : f64, relu} : !map, !channel
  %b = resnet.conv2d %y0, %w {stride = 1, padding = 1} : (!map, !weight) -> !map
  %y1, %m1, %v1 = resnet.batch_norm_batch %b, %g, %g residual(%y0 : !map) {eps = 1.0e-5 : f64, relu} : !map, !channel
  %c = resnet.conv2d %y1, %w {stride = 1, padding = 1} : (!map, !weight) -> !map
  %y2, %m2, %v2 = resnet.batch_norm_batch %c, %g, %g residual(%y1 : !map) {eps = 1.0e-5 : f64, relu} : !map, !channel
  %t0 = resnet.conv2d %y2, %w {stride = 1, padding = 1} : (!map, !weight) -> !map
  %t1 = resnet.conv2d %t0, %w {stride = 1, padding = 1} : (!map, !weight) -> !map
  %t2 = resnet.conv2d %t1, %w {stride = 1, padding = 1} : (!map, !weight) -> !map
  %t3 = resnet.conv2d %t2, %w {stride = 1, padding = 1} : (!map, !weight) -> !map
  %t4 = resnet.conv2d %t3, %w {stride = 1, padding = 1} : (!map, !weight) -> !map
  %p = resnet.global_avg_pool %t4 : !map -> tensor<?x8xf32>
  %l = resnet.linear %p, %v, %bias : (tensor<?x8xf32>, tensor<5x8xf32>, tensor<5xf32>) -> tensor<?x5xf32>
  %dl = resnet.softmax_cross_entropy %l, %labels : tensor<?x5xf32>, tensor<?xi64>
  %dp = resnet.linear_dx %dl, %v : (tensor<?x5xf32>, tensor<5x8xf32>) -> tensor<?x8xf32>
  %dp2 = resnet.global_avg_pool_grad %dp : tensor<?x8xf32> -> !map
  %u4 = resnet.relu_grad %dp2, %t4 : !map
  %u3 = resnet.relu_grad %u4, %t3 : !map
  %u2 = resnet.relu_grad %u3, %t2 : !map
  %u1 = resnet.relu_grad %u2, %t1 : !map
  %u0 = resnet.relu_grad %u1, %t0 : !map
  %r2 = resnet.relu_grad %u0, %y2 : !map
  %dg2, %db2 = resnet.batch_norm_sums %c, %r2, %m2, %v2 {eps = 1.0e-5 : f64} : !map, !channel
  %dc = resnet.batch_norm_dx %c, %r2, %g, %m2, %v2, %dg2, %db2 {eps = 1.0e-5 : f64} : !map, !channel
  %dwc = resnet.conv2d_dw %y1, %dc {stride = 1, padding = 1} : (!map, !map) -> !weight
  %dx2 = resnet.conv2d_dx %dc, %w {stride = 1, padding = 1} : (!map, !weight) -> !map
  %dy1 = resnet.add %dx2, %r2 : !map
  %r1 = resnet.relu_grad %dy1, %y1 : !map
  %dg1, %db1 = resnet.batch_norm_sums %b, %r1, %m1, %v1 {eps = 1.0e-5 : f64} : !map, !channel
  %dbn = resnet.batch_norm_dx %b, %r1, %g, %m1, %v1, %dg1, %db1 {eps = 1.0e-5 : f64} : !map, !channel
  %dwb = resnet.conv2d_dw %y0, %dbn {stride = 1, padding = 1} : (!map, !map) -> !weight
  %dx1 = resnet.conv2d_dx %dbn, %w {stride = 1, padding = 1} : (!map, !weight) -> !map
  %dy0 = resnet.add %dx1, %r1 : !map
  %r0 = resnet.relu_grad %dy0, %y0 : !map
  %dg0, %db0 = resnet.batch_norm_sums %a, %r0, %m0, %v0 {eps = 1.0e-5 : f64} : !map, !channel
  %dgs, %dbs = resnet.batch_norm_sums %s, %r0, %sm, %sv {eps = 1.0e-5 : f64} : !map, !channel
  return
}
