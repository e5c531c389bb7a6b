// The two sums of a batch norm's backward, and from them the gradient by its input:
// dx = scale * (dy - dbias/m - (x - mean) * dweight/m * d) with d = 1/sqrt(var + eps), scale = weight * d.
// RUN: resnet-opt %s --split-input-file --resnet-to-linalg --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: func.func @sums(
// CHECK:       %[[X:.*]] = bufferization.to_tensor {{.*}} to tensor<?x2x3x4x32xf32>
// CHECK:       %[[DY:.*]] = bufferization.to_tensor {{.*}} to tensor<?x2x3x4x32xf32>
// CHECK:       %[[MEAN:.*]] = bufferization.to_tensor {{.*}} to tensor<2x32xf32>
// CHECK:       %[[VAR:.*]] = bufferization.to_tensor {{.*}} to tensor<2x32xf32>
// CHECK:       %[[DEVIATION:.*]] = linalg.generic {{.*}} ins(%[[VAR]] :
// CHECK:         math.sqrt
// Both sums in one pass over x and dy.
// CHECK:       linalg.generic {{.*}} ins(%[[X]], %[[DY]], %[[MEAN]] : {{.*}}) outs(%{{.*}}, %{{.*}} : tensor<?x2x3x32xf32>, tensor<?x2x3x32xf32>)
// CHECK-NEXT:  ^bb0(%[[V:.*]]: f32, %[[D:.*]]: f32, %[[C:.*]]: f32, %[[SUM1:.*]]: f32, %[[SUM2:.*]]: f32):
// CHECK-NEXT:    %[[CENTRED:.*]] = arith.subf %[[V]], %[[C]]
// CHECK-NEXT:    %[[TERM:.*]] = arith.mulf %[[CENTRED]], %[[D]]
// CHECK-NEXT:    %[[NEXT1:.*]] = arith.addf %[[SUM1]], %[[D]]
// CHECK-NEXT:    %[[NEXT2:.*]] = arith.addf %[[SUM2]], %[[TERM]]
// CHECK-NEXT:    linalg.yield %[[NEXT1]], %[[NEXT2]]
// CHECK:       %[[DBIAS:.*]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<2x32xf32>)
// CHECK:       %[[DOT:.*]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<2x32xf32>)
// CHECK:       %[[DWEIGHT:.*]] = linalg.generic {{.*}} ins(%[[DOT]], %[[DEVIATION]] :
// CHECK:         arith.mulf
// CHECK:       linalg.generic {{.*}} ins(%[[DWEIGHT]] :
// CHECK:       linalg.generic {{.*}} ins(%[[DBIAS]] :
// CHECK:       return
resnet.parameter @mean "bn_mean" : tensor<40xf32>
resnet.parameter @var "bn_var" : tensor<40xf32>
resnet.parameter @weight "bn_weight" {trained} : tensor<40xf32>
resnet.parameter @bias "bn_bias" {trained} : tensor<40xf32>
func.func @features() { return }
func.func @sums(%x: tensor<?x40x3x4xf32>, %dy: tensor<?x40x3x4xf32>) {
  %m = resnet.read @mean : tensor<40xf32>
  %v = resnet.read @var : tensor<40xf32>
  %dg, %db = resnet.batch_norm_sums %x, %dy, %m, %v {eps = 0.25 : f64} : tensor<?x40x3x4xf32>, tensor<40xf32>
  resnet.accumulate_gradient @weight, %dg : tensor<40xf32>
  resnet.accumulate_gradient @bias, %db : tensor<40xf32>
  return
}

// -----

// CHECK-LABEL: func.func @dx(
// CHECK:       %[[X:.*]] = bufferization.to_tensor {{.*}} to tensor<?x2x3x4x32xf32>
// CHECK:       %[[DY:.*]] = bufferization.to_tensor {{.*}} to tensor<?x2x3x4x32xf32>
// CHECK:       %[[MEAN:.*]] = bufferization.to_tensor {{.*}} to tensor<2x32xf32>
// CHECK:       arith.constant 12 : index
// CHECK:       %[[M:.*]] = arith.sitofp
// CHECK:       %[[VAR:.*]] = bufferization.to_tensor {{.*}} to tensor<2x32xf32>
// CHECK:       %[[DEVIATION:.*]] = linalg.generic {{.*}} ins(%[[VAR]] :
// CHECK:       %[[WEIGHT:.*]] = bufferization.to_tensor {{.*}} to tensor<2x32xf32>
// CHECK:       %[[SCALE:.*]] = linalg.generic {{.*}} ins(%[[WEIGHT]], %[[DEVIATION]] :
// CHECK-NEXT:  ^bb0
// CHECK-NEXT:    arith.mulf
// CHECK:       %[[DBIAS:.*]] = bufferization.to_tensor {{.*}} to tensor<2x32xf32>
// CHECK:       %[[OFFSET:.*]] = linalg.generic {{.*}} ins(%[[DBIAS]] :
// CHECK-NEXT:  ^bb0
// CHECK-NEXT:    arith.divf %{{.*}}, %[[M]]
// CHECK:       %[[DWEIGHT:.*]] = bufferization.to_tensor {{.*}} to tensor<2x32xf32>
// CHECK:       %[[SLOPE:.*]] = linalg.generic {{.*}} ins(%[[DWEIGHT]], %[[DEVIATION]] :
// CHECK-NEXT:  ^bb0(%[[A:.*]]: f32, %[[B:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT:    %[[Q:.*]] = arith.divf %[[A]], %[[M]]
// CHECK-NEXT:    arith.mulf %[[Q]], %[[B]]
// CHECK:       linalg.generic {{.*}} ins(%[[X]], %[[DY]], %[[MEAN]], %[[SCALE]], %[[OFFSET]], %[[SLOPE]] :
// CHECK-NEXT:  ^bb0(%[[X1:.*]]: f32, %[[DY1:.*]]: f32, %[[MEAN1:.*]]: f32, %[[SCALE1:.*]]: f32, %[[OFFSET1:.*]]: f32, %[[SLOPE1:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT:    %[[CENTRED:.*]] = arith.subf %[[X1]], %[[MEAN1]]
// CHECK-NEXT:    %[[TERM:.*]] = arith.mulf %[[CENTRED]], %[[SLOPE1]]
// CHECK-NEXT:    %[[LESS:.*]] = arith.subf %[[DY1]], %[[OFFSET1]]
// CHECK-NEXT:    %[[REST:.*]] = arith.subf %[[LESS]], %[[TERM]]
// CHECK-NEXT:    %[[DX:.*]] = arith.mulf %[[SCALE1]], %[[REST]]
// CHECK-NEXT:    linalg.yield %[[DX]]
// CHECK:       return
resnet.parameter @weight "bn_weight" : tensor<40xf32>
resnet.parameter @mean "bn_mean" : tensor<40xf32>
resnet.parameter @var "bn_var" : tensor<40xf32>
resnet.parameter @dweight "bn_weight" : tensor<40xf32>
resnet.parameter @dbias "bn_bias" : tensor<40xf32>
func.func @features() { return }
func.func @dx(%x: tensor<?x40x3x4xf32>, %dy: tensor<?x40x3x4xf32>) -> tensor<?x40x3x4xf32> {
  %g = resnet.read @weight : tensor<40xf32>
  %m = resnet.read @mean : tensor<40xf32>
  %v = resnet.read @var : tensor<40xf32>
  %dg = resnet.read @dweight : tensor<40xf32>
  %db = resnet.read @dbias : tensor<40xf32>
  %dx = resnet.batch_norm_dx %x, %dy, %g, %m, %v, %dg, %db {eps = 0.25 : f64} : tensor<?x40x3x4xf32>, tensor<40xf32>
  return %dx : tensor<?x40x3x4xf32>
}
