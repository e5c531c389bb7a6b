// Running statistics move in place: (1 - momentum) of what is there, momentum of the batch's; the variance unbiased by
// m/(m - 1).
// RUN: resnet-opt %s --resnet-to-linalg --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: func.func @gradients(
// CHECK:       %[[BATCH:.*]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<2x32xf32>)
// CHECK:       %[[KEEP:.*]] = arith.constant 7.500000e-01 : f32
// CHECK:       %[[TAKE:.*]] = arith.constant 2.500000e-01 : f32
// CHECK:       arith.constant 12 : index
// CHECK:       %[[M:.*]] = arith.sitofp
// CHECK:       %[[ONE:.*]] = arith.constant 1.000000e+00 : f32
// CHECK-NEXT:  %[[LESS:.*]] = arith.subf %[[M]], %[[ONE]]
// CHECK-NEXT:  %[[UNBIAS:.*]] = arith.divf %[[M]], %[[LESS]]
// CHECK:       %[[STATS:.*]] = abi.buffer %{{.*}} "stats" : memref<512xi8>
// CHECK:       %[[MEAN:.*]] = memref.view %[[STATS]][%c0][]
// CHECK-NEXT:  %[[RUNNING_MEAN:.*]] = bufferization.to_tensor %[[MEAN]] restrict writable
// CHECK-NEXT:  %[[MOVED_MEAN:.*]] = linalg.generic {{.*}} ins(%[[BATCH]] : {{.*}}) outs(%[[RUNNING_MEAN]] :
// CHECK-NEXT:  ^bb0(%[[IN:.*]]: f32, %[[OLD:.*]]: f32):
// CHECK-NEXT:    %[[KEPT:.*]] = arith.mulf %[[KEEP]], %[[OLD]]
// CHECK-NEXT:    %[[TAKEN:.*]] = arith.mulf %[[TAKE]], %[[IN]]
// CHECK-NEXT:    %[[NEW:.*]] = arith.addf %[[KEPT]], %[[TAKEN]]
// CHECK-NEXT:    linalg.yield %[[NEW]]
// CHECK:       bufferization.materialize_in_destination %[[MOVED_MEAN]] in restrict writable %[[MEAN]]
// CHECK:       %[[VAR:.*]] = memref.view %{{.*}}[%c256{{.*}}][]
// CHECK-NEXT:  %[[RUNNING_VAR:.*]] = bufferization.to_tensor %[[VAR]] restrict writable
// CHECK-NEXT:  %[[MOVED_VAR:.*]] = linalg.generic {{.*}} ins(%[[BATCH]] : {{.*}}) outs(%[[RUNNING_VAR]] :
// CHECK-NEXT:  ^bb0(%[[IN:.*]]: f32, %[[OLD:.*]]: f32):
// CHECK-NEXT:    %[[FRESH:.*]] = arith.mulf %[[IN]], %[[UNBIAS]]
// CHECK-NEXT:    %[[KEPT:.*]] = arith.mulf %[[KEEP]], %[[OLD]]
// CHECK-NEXT:    %[[TAKEN:.*]] = arith.mulf %[[TAKE]], %[[FRESH]]
// CHECK-NEXT:    %[[NEW:.*]] = arith.addf %[[KEPT]], %[[TAKEN]]
// CHECK-NEXT:    linalg.yield %[[NEW]]
// CHECK:       bufferization.materialize_in_destination %[[MOVED_VAR]] in restrict writable %[[VAR]]
// CHECK-NEXT:  return
resnet.parameter @mean "bn_mean" {moves} : tensor<40xf32>
resnet.parameter @var "bn_var" {moves} : tensor<40xf32>
func.func @features() { return }
func.func @gradients(%x: tensor<?x40x3x4xf32>) {
  %batch = resnet.channel_sum %x : tensor<?x40x3x4xf32> -> tensor<40xf32>
  resnet.update_statistics @mean, @var, %batch, %batch of %x {momentum = 0.25 : f64} : tensor<40xf32>, tensor<?x40x3x4xf32>
  return
}
