// Where each parameter lies: a flat buffer for the frozen, the trained, and the running statistics that move, each in the
// order of declaration, by bytes; and its blocked form, padded to 32 channels.
// RUN: resnet-opt %s --split-input-file --resnet-to-linalg --mlir-print-local-scope | FileCheck %s

// In "frozen": the stem's weight [K/32][R][S][C][32 of K] at 0 (2*2*2*3*32 floats), the convolution's
// [K/32][C/32][R][S][32 of C][32 of K] at 3072 (2*1*32*32 floats), the mean that does not move at 11264. In "trained",
// apart from these: the vector at 0, the linear weight [K/32][C/32][32 of C][32 of K] behind it. A counter takes no place.
// CHECK-LABEL: func.func @features(
// CHECK:       %[[F:.*]] = abi.buffer %{{.*}} "frozen" : memref<11520xi8>
// CHECK-NEXT:  %[[AT:.*]] = arith.constant 0 : index
// CHECK-NEXT:  memref.view %[[F]][%[[AT]]][] : memref<11520xi8> to memref<2x2x2x3x32xf32>
// CHECK:       %[[F:.*]] = abi.buffer %{{.*}} "frozen" : memref<11520xi8>
// CHECK-NEXT:  %[[AT:.*]] = arith.constant 3072 : index
// CHECK-NEXT:  memref.view %[[F]][%[[AT]]][] : memref<11520xi8> to memref<1x2x1x1x32x32xf32>
// CHECK:       %[[F:.*]] = abi.buffer %{{.*}} "frozen" : memref<11520xi8>
// CHECK-NEXT:  %[[AT:.*]] = arith.constant 11264 : index
// CHECK-NEXT:  memref.view %[[F]][%[[AT]]][] : memref<11520xi8> to memref<2x32xf32>

// CHECK-LABEL: func.func @logits(
// CHECK:       %[[T:.*]] = abi.buffer %{{.*}} "trained" : memref<8448xi8>
// CHECK-NEXT:  %[[AT:.*]] = arith.constant 256 : index
// CHECK-NEXT:  memref.view %[[T]][%[[AT]]][] : memref<8448xi8> to memref<2x1x32x32xf32>
// CHECK:       %[[T:.*]] = abi.buffer %{{.*}} "trained" : memref<8448xi8>
// CHECK-NEXT:  %[[AT:.*]] = arith.constant 0 : index
// CHECK-NEXT:  memref.view %[[T]][%[[AT]]][] : memref<8448xi8> to memref<2x32xf32>

// Slots: derived from the frozen apart from those that a refresh writes; statistics that move in their own buffer.
// CHECK-LABEL: func.func @refresh(
// CHECK:       abi.buffer %{{.*}} "stats" : memref<256xi8>
// CHECK:       %[[S:.*]] = abi.buffer %{{.*}} "trained_derived" : memref<256xi8>
// CHECK-NEXT:  %[[AT:.*]] = arith.constant 0 : index
// CHECK-NEXT:  memref.view %[[S]][%[[AT]]][]
// CHECK:       %[[S:.*]] = abi.buffer %{{.*}} "frozen_derived" : memref<384xi8>
// CHECK-NEXT:  %[[AT:.*]] = arith.constant 128 : index
// CHECK-NEXT:  memref.view %[[S]][%[[AT]]][]
resnet.parameter @stem "conv_weight" : tensor<40x3x2x2xf32>
resnet.parameter @b "linear_bias" {trained} : tensor<40xf32>
resnet.parameter @conv "conv_weight" : tensor<8x40x1x1xf32>
resnet.parameter @count "bn_count" : tensor<i64>
resnet.parameter @mean "bn_mean" : tensor<40xf32>
resnet.parameter @moving "bn_mean" {moves} : tensor<40xf32>
resnet.parameter @fc "linear_weight" {trained} : tensor<40x8xf32>
resnet.slot @first "prepare" : tensor<8xf32>
resnet.slot @fresh "refresh" : tensor<40xf32>
resnet.slot @second "prepare" : tensor<40xf32>
func.func @features(%images: tensor<?x3x2x2xf32>) -> tensor<?x8xf32> {
  %stem = resnet.read @stem : tensor<40x3x2x2xf32>
  %conv = resnet.read @conv : tensor<8x40x1x1xf32>
  %mean = resnet.read @mean : tensor<40xf32>
  %x = resnet.conv2d %images, %stem {stride = 1, padding = 0} : (tensor<?x3x2x2xf32>, tensor<40x3x2x2xf32>) -> tensor<?x40x1x1xf32>
  %y = resnet.conv2d %x, %conv {stride = 1, padding = 0} : (tensor<?x40x1x1xf32>, tensor<8x40x1x1xf32>) -> tensor<?x8x1x1xf32>
  %z = resnet.scale_shift %x, %mean : tensor<?x40x1x1xf32>, tensor<40xf32>
  %m = resnet.global_avg_pool %y : tensor<?x8x1x1xf32> -> tensor<?x8xf32>
  return %m : tensor<?x8xf32>
}
func.func @logits(%x: tensor<?x8xf32>) -> tensor<?x40xf32> {
  %w = resnet.read @fc : tensor<40x8xf32>
  %b = resnet.read @b : tensor<40xf32>
  %y = resnet.linear %x, %w, %b : (tensor<?x8xf32>, tensor<40x8xf32>, tensor<40xf32>) -> tensor<?x40xf32>
  return %y : tensor<?x40xf32>
}
func.func @refresh() {
  %m = resnet.read @moving : tensor<40xf32>
  resnet.write @fresh, %m : tensor<40xf32>
  resnet.write @second, %m : tensor<40xf32>
  return
}
