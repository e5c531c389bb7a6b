// What the pass makes of a module: functions of one pointer, @apply, and no declarations. @gradients alone begins with the
// zeros that a call asks for; the element type is the parameters'.
// RUN: resnet-opt %s --split-input-file --resnet-to-linalg --mlir-print-local-scope | FileCheck %s

// CHECK-NOT:   resnet.{{parameter|slot}}
// CHECK-LABEL: func.func @prepare(
// CHECK-SAME:    %{{.*}}: !llvm.ptr) {
// CHECK-NOT:   accumulate
// CHECK:         return
// CHECK-LABEL: func.func @gradients(
// CHECK-SAME:    %[[CALL:.*]]: !llvm.ptr) {
// CHECK:         %[[ADD:.*]] = abi.scalar %[[CALL]] "accumulate" : i64
// CHECK-NEXT:    %[[SET:.*]] = arith.cmpi eq, %[[ADD]], %{{.*}}
// CHECK-NEXT:    scf.if %[[SET]] {
// All of the trained parameters at once: 2*32 for the bias, 2*2*32*32 for the weight.
// CHECK-NEXT:      %[[ALL:.*]] = abi.buffer %[[CALL]] "gradients" : memref<130x32xf32>
// CHECK:           linalg.fill {{.*}} outs(%[[ALL]] :
// CHECK-NEXT:    }
// CHECK-LABEL: func.func @apply(
// CHECK-SAME:    %{{.*}}: !llvm.ptr) {
// CHECK-NOT:   resnet.{{parameter|slot|read|write}}
// CHECK-NOT:   func.func
resnet.parameter @b "linear_bias" {trained} : tensor<40xf32>
resnet.parameter @w "linear_weight" {trained} : tensor<40x40xf32>
resnet.parameter @n "bn_count" : tensor<i64>
resnet.parameter @g "bn_weight" : tensor<40xf32>
resnet.slot @s "prepare" : tensor<40xf32>
func.func @prepare() {
  %g = resnet.read @g : tensor<40xf32>
  resnet.write @s, %g : tensor<40xf32>
  return
}
func.func @gradients(%x: tensor<?x40xf32>) {
  %db = resnet.channel_sum %x : tensor<?x40xf32> -> tensor<40xf32>
  resnet.accumulate_gradient @b, %db : tensor<40xf32>
  %dw = resnet.linear_dw %x, %x : (tensor<?x40xf32>, tensor<?x40xf32>) -> tensor<40x40xf32>
  resnet.accumulate_gradient @w, %dw : tensor<40x40xf32>
  return
}

// -----

// In double precision nothing is narrowed or widened.
// CHECK-LABEL: func.func @gradients(
// CHECK:       abi.buffer %{{.*}} "records"[%{{.*}}] : memref<?x64xf64>
// CHECK:       abi.scalar %{{.*}} "label_smoothing" : f64
// CHECK-NOT:   f32
// CHECK-NOT:   arith.truncf
// CHECK-NOT:   arith.extf
// CHECK-LABEL: func.func @apply(
// CHECK:       abi.buffer %{{.*}} "trained" : memref<2x32xf64>
// CHECK-NOT:   f32
// CHECK-NOT:   arith.truncf
// CHECK-NOT:   arith.extf
resnet.parameter @b "linear_bias" {trained} : tensor<40xf64>
func.func @gradients(%x: tensor<?x40xf64>, %labels: tensor<?xi64>) {
  %d = resnet.softmax_cross_entropy %x, %labels : tensor<?x40xf64>, tensor<?xi64>
  %db = resnet.channel_sum %d : tensor<?x40xf64> -> tensor<40xf64>
  resnet.accumulate_gradient @b, %db : tensor<40xf64>
  return
}
