// What @features leaves for @logits and @gradients: one record an image, its values one behind the other, blocked, without
// halo.
// RUN: resnet-opt %s --split-input-file --resnet-to-linalg --mlir-print-local-scope | FileCheck %s

// 2*3*4*32 elements and then 2*32: 832 a record.
// CHECK-LABEL: func.func @features(
// CHECK:       abi.buffer %{{.*}} "images"[%{{.*}}] : memref<?x3x12xf32>
// CHECK:         arith.mulf
// CHECK:         arith.maximumf
// CHECK:       %[[MEAN:.*]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<?x2x32xf32>) {
// CHECK:       %[[RECORDS:.*]] = abi.buffer %{{.*}} "records"[%[[N:[0-9]+]]] : memref<?x832xf32>
// CHECK-NEXT:  %[[FIRST:.*]] = memref.reinterpret_cast %[[RECORDS]] to offset: [0], sizes: [%[[N]], 2, 3, 4, 32], strides: [832, 384, 128, 32, 1]
// CHECK-NEXT:  %[[SECOND:.*]] = memref.reinterpret_cast %[[RECORDS]] to offset: [768], sizes: [%[[N]], 2, 32], strides: [832, 32, 1]
// CHECK:       %[[DENSE:.*]] = tensor.extract_slice %{{.*}}[0, 0, 1, 1, 0] [%{{.*}}, 2, 3, 4, 32] [1, 1, 1, 1, 1]
// CHECK-NEXT:  %[[INTO:.*]] = bufferization.to_tensor %[[FIRST]] restrict writable
// CHECK-NEXT:  %[[COPY:.*]] = linalg.generic {{.*}} ins(%[[DENSE]] : {{.*}}) outs(%[[INTO]] :
// CHECK:       bufferization.materialize_in_destination %[[COPY]] in restrict writable %[[FIRST]]
// CHECK:       %[[INTO:.*]] = bufferization.to_tensor %[[SECOND]] restrict writable
// CHECK-NEXT:  %[[COPY:.*]] = linalg.generic {{.*}} ins(%[[MEAN]] : {{.*}}) outs(%[[INTO]] :
// CHECK:       bufferization.materialize_in_destination %[[COPY]] in restrict writable %[[SECOND]]
// CHECK-NEXT:  return

// CHECK-LABEL: func.func @gradients(
// CHECK-NOT:   "images"
// CHECK:       abi.buffer %{{.*}} "labels"
// CHECK:       %[[RECORDS:.*]] = abi.buffer %{{.*}} "records"[%[[N:[0-9]+]]] : memref<?x832xf32>
// CHECK-NEXT:  %[[FIRST:.*]] = memref.reinterpret_cast %[[RECORDS]] to offset: [0], sizes: [%[[N]], 2, 3, 4, 32], strides: [832, 384, 128, 32, 1]
// CHECK-NEXT:  %[[SECOND:.*]] = memref.reinterpret_cast %[[RECORDS]] to offset: [768], sizes: [%[[N]], 2, 32], strides: [832, 32, 1]
// What is not the function's own is not written.
// CHECK-NEXT:  bufferization.to_tensor %[[FIRST]] restrict :
// CHECK-NEXT:  bufferization.to_tensor %[[SECOND]] restrict :
// CHECK:       return
resnet.parameter @w "conv_weight" : tensor<40x3x1x1xf32>
resnet.parameter @b "linear_bias" {trained} : tensor<40xf32>
func.func @features(%images: tensor<?x3x3x4xf32>) -> (tensor<?x40x3x4xf32>, tensor<?x40xf32>) {
  %w = resnet.read @w : tensor<40x3x1x1xf32>
  %c = resnet.conv2d %images, %w {stride = 1, padding = 0} : (tensor<?x3x3x4xf32>, tensor<40x3x1x1xf32>) -> tensor<?x40x3x4xf32>
  %y = resnet.relu %c : tensor<?x40x3x4xf32>
  %p = resnet.max_pool %y {kernel = 3, stride = 1, padding = 1} : tensor<?x40x3x4xf32> -> tensor<?x40x3x4xf32>
  %m = resnet.global_avg_pool %p : tensor<?x40x3x4xf32> -> tensor<?x40xf32>
  return %y, %m : tensor<?x40x3x4xf32>, tensor<?x40xf32>
}
func.func @gradients(%y: tensor<?x40x3x4xf32>, %m: tensor<?x40xf32>, %labels: tensor<?xi64>) {
  %d = resnet.softmax_cross_entropy %m, %labels : tensor<?x40xf32>, tensor<?xi64>
  %db = resnet.channel_sum %d : tensor<?x40xf32> -> tensor<40xf32>
  resnet.accumulate_gradient @b, %db : tensor<40xf32>
  return
}

// -----

// Without a frozen prefix an image is its own record, in the loader's layout.
// CHECK-LABEL: func.func @logits(
// CHECK:       abi.buffer %{{.*}} "records"[%{{.*}}] : memref<?x3x12xf32>
// Logits go out dense, without the pads of their blocks.
// CHECK:       %[[MEAN:.*]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<?x2x32xf32>) {
// CHECK:       %[[ROWS:.*]] = tensor.collapse_shape %[[MEAN]] {{.*}} into tensor<?x64xf32>
// CHECK-NEXT:  %[[CLASSES:.*]] = tensor.extract_slice %[[ROWS]][0, 0] [%{{.*}}, 40] [1, 1]
// CHECK-NEXT:  %[[OUT:.*]] = abi.buffer %{{.*}} "logits"[%{{.*}}] : memref<?x40xf32>
// CHECK-NEXT:  %[[INTO:.*]] = bufferization.to_tensor %[[OUT]] restrict writable
// CHECK-NEXT:  %[[COPY:.*]] = linalg.generic {{.*}} ins(%[[CLASSES]] : {{.*}}) outs(%[[INTO]] :
// CHECK:       bufferization.materialize_in_destination %[[COPY]] in restrict writable %[[OUT]]
// CHECK-NEXT:  return
resnet.parameter @w "conv_weight" : tensor<40x3x1x1xf32>
func.func @logits(%images: tensor<?x3x3x4xf32>) -> tensor<?x40xf32> {
  %w = resnet.read @w : tensor<40x3x1x1xf32>
  %c = resnet.conv2d %images, %w {stride = 1, padding = 0} : (tensor<?x3x3x4xf32>, tensor<40x3x1x1xf32>) -> tensor<?x40x3x4xf32>
  %m = resnet.global_avg_pool %c : tensor<?x40x3x4xf32> -> tensor<?x40xf32>
  return %m : tensor<?x40xf32>
}
