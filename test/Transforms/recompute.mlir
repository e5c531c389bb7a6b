// What a batch norm with a ReLU gave is computed again for the backward half; what has taken a residual in is kept.
// RUN: resnet-opt %s --resnet-recompute | FileCheck %s

// CHECK-LABEL: func.func @gradients(
// CHECK:       %[[X:.*]] = resnet.conv2d %arg0
// CHECK:       %[[Y:.*]], %[[MEAN:.*]], %[[VAR:.*]] = resnet.batch_norm_batch %[[X]]
// CHECK-NEXT:  %[[X2:.*]] = resnet.conv2d %[[Y]]
// CHECK-NEXT:  %[[Z:.*]], %{{.*}}, %{{.*}} = resnet.batch_norm_batch %[[X2]], {{.*}} residual(
// CHECK:       resnet.softmax_cross_entropy
// CHECK:       resnet.relu_grad %{{.*}}, %[[Z]]
// Once for both readers, in front of the first.
// CHECK-NEXT:  %[[AGAIN:.*]] = resnet.normalize %[[X]], %{{.*}}, %{{.*}}, %[[MEAN]], %[[VAR]] {eps = 1.000000e-05 : f64, relu}
// CHECK-NEXT:  resnet.conv2d_dw %[[AGAIN]]
// CHECK-NEXT:  %[[DY:.*]] = resnet.conv2d_dx
// CHECK-NEXT:  resnet.relu_grad %[[DY]], %[[AGAIN]]
// CHECK-NOT:   resnet.normalize
func.func @gradients(%x: tensor<?x8x6x6xf32>, %labels: tensor<?xi64>, %w: tensor<8x8x3x3xf32>, %g: tensor<8xf32>, %b: tensor<8xf32>,
                     %v: tensor<5x8xf32>, %c: tensor<5xf32>) {
  %x1 = resnet.conv2d %x, %w {stride = 1, padding = 1} : (tensor<?x8x6x6xf32>, tensor<8x8x3x3xf32>) -> tensor<?x8x6x6xf32>
  %y, %m, %s = resnet.batch_norm_batch %x1, %g, %b {eps = 1.0e-5 : f64, relu} : tensor<?x8x6x6xf32>, tensor<8xf32>
  %x2 = resnet.conv2d %y, %w {stride = 1, padding = 1} : (tensor<?x8x6x6xf32>, tensor<8x8x3x3xf32>) -> tensor<?x8x6x6xf32>
  %z, %m2, %s2 = resnet.batch_norm_batch %x2, %g, %b residual(%x : tensor<?x8x6x6xf32>) {eps = 1.0e-5 : f64, relu} : tensor<?x8x6x6xf32>, tensor<8xf32>
  %p = resnet.global_avg_pool %z : tensor<?x8x6x6xf32> -> tensor<?x8xf32>
  %l = resnet.linear %p, %v, %c : (tensor<?x8xf32>, tensor<5x8xf32>, tensor<5xf32>) -> tensor<?x5xf32>
  %dl = resnet.softmax_cross_entropy %l, %labels : tensor<?x5xf32>, tensor<?xi64>
  %dp = resnet.linear_dx %dl, %v : (tensor<?x5xf32>, tensor<5x8xf32>) -> tensor<?x8xf32>
  %dz = resnet.global_avg_pool_grad %dp : tensor<?x8xf32> -> tensor<?x8x6x6xf32>
  %dr = resnet.relu_grad %dz, %z : tensor<?x8x6x6xf32>
  %dw = resnet.conv2d_dw %y, %dr {stride = 1, padding = 1} : (tensor<?x8x6x6xf32>, tensor<?x8x6x6xf32>) -> tensor<8x8x3x3xf32>
  %dy = resnet.conv2d_dx %dr, %w {stride = 1, padding = 1} : (tensor<?x8x6x6xf32>, tensor<8x8x3x3xf32>) -> tensor<?x8x6x6xf32>
  %dx = resnet.relu_grad %dy, %y : tensor<?x8x6x6xf32>
  return
}
