// @prepare and @refresh: scale = weight / sqrt(var + eps), shift = bias - mean * scale, into the slots' buffer.
// RUN: resnet-opt %s --resnet-to-linalg --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: func.func @prepare(
// CHECK:       %[[VAR_VIEW:.*]] = memref.view %{{.*}}[%c768][]
// CHECK:       %[[VAR:.*]] = bufferization.to_tensor %[[VAR_VIEW]]
// CHECK-DAG:   %[[EPS:.*]] = arith.constant 2.500000e-01 : f32
// CHECK-DAG:   %[[ONE:.*]] = arith.constant 1.000000e+00 : f32
// CHECK:       %[[DEVIATION:.*]] = linalg.generic {{.*}} iterator_types = ["parallel", "parallel"]} ins(%[[VAR]] : tensor<2x32xf32>)
// CHECK-NEXT:  ^bb0(%[[V:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT:    %[[MOVED:.*]] = arith.addf %[[V]], %[[EPS]]
// CHECK-NEXT:    %[[ROOT:.*]] = math.sqrt %[[MOVED]]
// CHECK-NEXT:    %[[INVERSE:.*]] = arith.divf %[[ONE]], %[[ROOT]]
// CHECK-NEXT:    linalg.yield %[[INVERSE]]
// CHECK:       %[[WEIGHT_VIEW:.*]] = memref.view %{{.*}}[%c0][]
// CHECK:       %[[WEIGHT:.*]] = bufferization.to_tensor %[[WEIGHT_VIEW]]
// CHECK:       %[[SCALE:.*]] = linalg.generic {{.*}} ins(%[[WEIGHT]], %[[DEVIATION]] :
// CHECK-NEXT:  ^bb0(%[[A:.*]]: f32, %[[B:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT:    %[[PRODUCT:.*]] = arith.mulf %[[A]], %[[B]]
// CHECK-NEXT:    linalg.yield %[[PRODUCT]]
// CHECK:       %[[BIAS_VIEW:.*]] = memref.view %{{.*}}[%c256][]
// CHECK:       %[[BIAS:.*]] = bufferization.to_tensor %[[BIAS_VIEW]]
// CHECK:       %[[MEAN_VIEW:.*]] = memref.view %{{.*}}[%c512][]
// CHECK:       %[[MEAN:.*]] = bufferization.to_tensor %[[MEAN_VIEW]]
// CHECK:       %[[SHIFT:.*]] = linalg.generic {{.*}} ins(%[[BIAS]], %[[MEAN]], %[[SCALE]] :
// CHECK-NEXT:  ^bb0(%[[C:.*]]: f32, %[[D:.*]]: f32, %[[E:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT:    %[[OFFSET:.*]] = arith.mulf %[[D]], %[[E]]
// CHECK-NEXT:    %[[REST:.*]] = arith.subf %[[C]], %[[OFFSET]]
// CHECK-NEXT:    linalg.yield %[[REST]]
// CHECK:       %[[DERIVED:.*]] = abi.buffer %{{.*}} "frozen_derived" : memref<512xi8>
// CHECK:       %[[SCALE_SLOT:.*]] = memref.view %[[DERIVED]][%c0{{.*}}][] : memref<512xi8> to memref<2x32xf32>
// CHECK-NEXT:  bufferization.materialize_in_destination %[[SCALE]] in restrict writable %[[SCALE_SLOT]]
// CHECK:       %[[SHIFT_SLOT:.*]] = memref.view %{{.*}}[%c256{{.*}}][] : memref<512xi8> to memref<2x32xf32>
// CHECK-NEXT:  bufferization.materialize_in_destination %[[SHIFT]] in restrict writable %[[SHIFT_SLOT]]
// CHECK-NEXT:  return

// CHECK-LABEL: func.func @refresh(
// CHECK:       abi.buffer %{{.*}} "trained" : memref<256xi8>
// CHECK:       math.sqrt
// CHECK:       abi.buffer %{{.*}} "trained_derived" : memref<256xi8>
// CHECK:       bufferization.materialize_in_destination
// CHECK-NOT:   bufferization.materialize_in_destination
// CHECK:       return
resnet.parameter @weight "bn_weight" : tensor<40xf32>
resnet.parameter @bias "bn_bias" : tensor<40xf32>
resnet.parameter @mean "bn_mean" : tensor<40xf32>
resnet.parameter @var "bn_var" : tensor<40xf32>
resnet.parameter @trained "bn_weight" {trained} : tensor<40xf32>
resnet.slot @scale "prepare" : tensor<40xf32>
resnet.slot @shift "prepare" : tensor<40xf32>
resnet.slot @scale2 "refresh" : tensor<40xf32>
func.func @prepare() {
  %g = resnet.read @weight : tensor<40xf32>
  %b = resnet.read @bias : tensor<40xf32>
  %m = resnet.read @mean : tensor<40xf32>
  %v = resnet.read @var : tensor<40xf32>
  %scale, %shift = resnet.fold_batch_norm %g, %b, %m, %v {eps = 0.25 : f64} : tensor<40xf32>
  resnet.write @scale, %scale : tensor<40xf32>
  resnet.write @shift, %shift : tensor<40xf32>
  return
}
func.func @refresh() {
  %g = resnet.read @trained : tensor<40xf32>
  %scale, %shift = resnet.fold_batch_norm %g, %g, %g, %g {eps = 0.25 : f64} : tensor<40xf32>
  resnet.write @scale2, %scale : tensor<40xf32>
  return
}
