// Each op's part of a step, as the metadata of the locations of what it becomes: of a layer its name and direction, FLOPs of one image, and the bytes
// of operands and results, of one image and whatever the batch.
// RUN: resnet-opt %s --resnet-to-linalg --mlir-print-debuginfo --mlir-print-local-scope | FileCheck %s

// 8*5*7 + 8*3*4 floats an image; 8*8*3*3 of the weight. 2 * 576 * 12 FLOPs, in each direction.
// CHECK-LABEL: func.func @gradients(
// CHECK:       linalg.generic {{.*}}"parallel", "parallel", "parallel", "parallel"
// CHECK:       } -> {{.*}} loc(fused<{bytes = 0 : i64, bytes_per_image = 0 : i64, direction = "other", flops = 0 : i64, name = "ReLU"}>["act"])
// CHECK:       linalg.generic {{.*}}"reduction", "reduction", "reduction", "reduction"]
// CHECK:       } -> {{.*}} loc(fused<{bytes = 2304 : i64, bytes_per_image = 1504 : i64, direction = "forward", flops = 13824 : i64, name = "layer1.0.conv1"}>["layer1.0.conv1"])
// CHECK:       linalg.generic {{.*}}"reduction", "reduction", "reduction"]
// CHECK:       } -> {{.*}} loc(fused<{bytes = 2304 : i64, bytes_per_image = 1504 : i64, direction = "dw", flops = 13824 : i64, name = "layer1.0.conv1"}>["layer1.0.conv1"])
// The transposed weights are dx's.
// CHECK:       linalg.generic {{.*}}"parallel", "parallel", "parallel", "parallel", "parallel", "parallel"]
// CHECK:       } -> {{.*}} loc(fused<{bytes = 2304 : i64, bytes_per_image = 1504 : i64, direction = "dx", flops = 13824 : i64, name = "layer1.0.conv1"}>["layer1.0.conv1"])
resnet.parameter @w "conv_weight" {trained} : tensor<8x8x3x3xf32>
func.func @features() { return }
func.func @gradients(%x0: tensor<?x8x5x7xf32>, %dy: tensor<?x8x3x4xf32>) -> (tensor<?x8x3x4xf32>, tensor<?x8x5x7xf32>) {
  %w = resnet.read @w : tensor<8x8x3x3xf32>
  %x = resnet.relu %x0 : tensor<?x8x5x7xf32> loc("act")
  %y = resnet.conv2d %x, %w {stride = 2, padding = 1} : (tensor<?x8x5x7xf32>, tensor<8x8x3x3xf32>) -> tensor<?x8x3x4xf32> loc("layer1.0.conv1")
  %dw = resnet.conv2d_dw %x, %dy {stride = 2, padding = 1} : (tensor<?x8x5x7xf32>, tensor<?x8x3x4xf32>) -> tensor<8x8x3x3xf32> loc("layer1.0.conv1")
  resnet.accumulate_gradient @w, %dw : tensor<8x8x3x3xf32>
  %dx = resnet.conv2d_dx %dy, %w {stride = 2, padding = 1} : (tensor<?x8x3x4xf32>, tensor<8x8x3x3xf32>) -> tensor<?x8x5x7xf32> loc("layer1.0.conv1")
  return %y, %dx : tensor<?x8x3x4xf32>, tensor<?x8x5x7xf32>
}

// A linear layer: 2 * 4 * 6 FLOPs, 10 floats an image, weight and bias 28. Its bias's gradient and the loss are other work.
// CHECK-LABEL: func.func @logits(
// CHECK:       } -> {{.*}} loc(fused<{bytes = 112 : i64, bytes_per_image = 40 : i64, direction = "forward", flops = 48 : i64, name = "fc"}>["fc"])
resnet.parameter @fc "linear_weight" : tensor<4x6xf32>
resnet.parameter @fcb "linear_bias" : tensor<4xf32>
func.func @logits(%x: tensor<?x6xf32>) -> tensor<?x4xf32> {
  %w = resnet.read @fc : tensor<4x6xf32>
  %b = resnet.read @fcb : tensor<4xf32>
  %y = resnet.linear %x, %w, %b : (tensor<?x6xf32>, tensor<4x6xf32>, tensor<4xf32>) -> tensor<?x4xf32> loc("fc")
  return %y : tensor<?x4xf32>
}
// The optimizer has no layer.
// CHECK-LABEL: func.func @apply(
// CHECK:       loc(fused<{{{.*}}direction = "other", flops = 0 : i64, name = "optimizer"}>[
