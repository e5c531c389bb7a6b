// Where the frozen prefix ends: behind the last of its ops, or earlier where less is read behind its end and what is given up costs a step little.
// RUN: resnet-opt %s --split-input-file --resnet-freeze | FileCheck %s
// RUN: resnet-opt %s --split-input-file --resnet-freeze --resnet-differentiate --resnet-fold-batch-norm --resnet-fuse-epilogue --resnet-split --resnet-verify-split | FileCheck %s --check-prefix=SPLIT

// Both conv2 and conv1 would be recorded, since the trained shortcut reads conv1. conv2 is 9 kFLOPs of a step of 6 MFLOPs.
resnet.parameter @conv1.weight "conv_weight" : tensor<8x8x3x3xf32>
resnet.parameter @conv2.weight "conv_weight" : tensor<16x8x1x1xf32>
resnet.parameter @conv3.weight "conv_weight" {trained} : tensor<256x16x3x3xf32>
resnet.parameter @down.weight "conv_weight" {trained} : tensor<256x8x1x1xf32>
resnet.parameter @fc.weight "linear_weight" {trained} : tensor<5x256xf32>
resnet.parameter @fc.bias "linear_bias" {trained} : tensor<5xf32>
func.func @forward(%images: tensor<?x8x6x6xf32>) -> tensor<?x5xf32> {
  %conv1.w = resnet.read @conv1.weight : tensor<8x8x3x3xf32>
  %conv1 = resnet.conv2d %images, %conv1.w {stride = 1, padding = 1} : (tensor<?x8x6x6xf32>, tensor<8x8x3x3xf32>) -> tensor<?x8x6x6xf32>
  %r1 = resnet.relu %conv1 : tensor<?x8x6x6xf32>
  %conv2.w = resnet.read @conv2.weight : tensor<16x8x1x1xf32>
  %conv2 = resnet.conv2d %r1, %conv2.w {stride = 1, padding = 0} : (tensor<?x8x6x6xf32>, tensor<16x8x1x1xf32>) -> tensor<?x16x6x6xf32>
  %r2 = resnet.relu %conv2 : tensor<?x16x6x6xf32>
  %conv3.w = resnet.read @conv3.weight : tensor<256x16x3x3xf32>
  %conv3 = resnet.conv2d %r2, %conv3.w {stride = 1, padding = 1} : (tensor<?x16x6x6xf32>, tensor<256x16x3x3xf32>) -> tensor<?x256x6x6xf32>
  %down.w = resnet.read @down.weight : tensor<256x8x1x1xf32>
  %down = resnet.conv2d %r1, %down.w {stride = 1, padding = 0} : (tensor<?x8x6x6xf32>, tensor<256x8x1x1xf32>) -> tensor<?x256x6x6xf32>
  %sum = resnet.add %conv3, %down : tensor<?x256x6x6xf32>
  %pool = resnet.global_avg_pool %sum : tensor<?x256x6x6xf32> -> tensor<?x256xf32>
  %fc.w = resnet.read @fc.weight : tensor<5x256xf32>
  %fc.b = resnet.read @fc.bias : tensor<5xf32>
  %fc = resnet.linear %pool, %fc.w, %fc.b : (tensor<?x256xf32>, tensor<5x256xf32>, tensor<5xf32>) -> tensor<?x5xf32>
  return %fc : tensor<?x5xf32>
}

// CHECK-LABEL: func.func @forward
// CHECK:       resnet.conv2d {{.*}}frozen_prefix
// CHECK:       resnet.relu {{.*}}frozen_prefix
// CHECK-NOT:   frozen_prefix

// The record is conv1 with its ReLU. The frozen conv2 is computed in a step and has no gradient of its own, nor by its input.
// SPLIT-LABEL: func.func @features(
// SPLIT-SAME:    -> tensor<?x8x6x6xf32>
// SPLIT-LABEL: func.func @gradients(
// SPLIT-SAME:    %[[R:.*]]: tensor<?x8x6x6xf32>, %{{.*}}: tensor<?xi64>) {
// SPLIT:       resnet.read @conv2.weight
// SPLIT:       %[[R2:.*]] = resnet.conv2d %[[R]], {{.*}} relu
// SPLIT:       resnet.softmax_cross_entropy
// SPLIT-NOT:   conv2d_dx
// SPLIT-DAG:   resnet.conv2d_dw %[[R2]],
// SPLIT-DAG:   resnet.conv2d_dw %[[R]],
// SPLIT-NOT:   conv2d_d
// SPLIT:       return

// -----

// The same with a conv2 that would cost a step a third more: both are recorded.
resnet.parameter @conv1.weight "conv_weight" : tensor<8x8x3x3xf32>
resnet.parameter @conv2.weight "conv_weight" : tensor<16x8x3x3xf32>
resnet.parameter @conv3.weight "conv_weight" {trained} : tensor<8x16x3x3xf32>
resnet.parameter @down.weight "conv_weight" {trained} : tensor<8x8x1x1xf32>
resnet.parameter @fc.weight "linear_weight" {trained} : tensor<5x8xf32>
resnet.parameter @fc.bias "linear_bias" {trained} : tensor<5xf32>
func.func @forward(%images: tensor<?x8x6x6xf32>) -> tensor<?x5xf32> {
  %conv1.w = resnet.read @conv1.weight : tensor<8x8x3x3xf32>
  %conv1 = resnet.conv2d %images, %conv1.w {stride = 1, padding = 1} : (tensor<?x8x6x6xf32>, tensor<8x8x3x3xf32>) -> tensor<?x8x6x6xf32>
  %conv2.w = resnet.read @conv2.weight : tensor<16x8x3x3xf32>
  %conv2 = resnet.conv2d %conv1, %conv2.w {stride = 1, padding = 1} : (tensor<?x8x6x6xf32>, tensor<16x8x3x3xf32>) -> tensor<?x16x6x6xf32>
  %conv3.w = resnet.read @conv3.weight : tensor<8x16x3x3xf32>
  %conv3 = resnet.conv2d %conv2, %conv3.w {stride = 1, padding = 1} : (tensor<?x16x6x6xf32>, tensor<8x16x3x3xf32>) -> tensor<?x8x6x6xf32>
  %down.w = resnet.read @down.weight : tensor<8x8x1x1xf32>
  %down = resnet.conv2d %conv1, %down.w {stride = 1, padding = 0} : (tensor<?x8x6x6xf32>, tensor<8x8x1x1xf32>) -> tensor<?x8x6x6xf32>
  %sum = resnet.add %conv3, %down : tensor<?x8x6x6xf32>
  %pool = resnet.global_avg_pool %sum : tensor<?x8x6x6xf32> -> tensor<?x8xf32>
  %fc.w = resnet.read @fc.weight : tensor<5x8xf32>
  %fc.b = resnet.read @fc.bias : tensor<5xf32>
  %fc = resnet.linear %pool, %fc.w, %fc.b : (tensor<?x8xf32>, tensor<5x8xf32>, tensor<5xf32>) -> tensor<?x5xf32>
  return %fc : tensor<?x5xf32>
}

// CHECK-LABEL: func.func @forward
// CHECK:       resnet.conv2d {{.*}}frozen_prefix
// CHECK:       resnet.conv2d {{.*}}frozen_prefix
// CHECK-NOT:   frozen_prefix
// SPLIT-LABEL: func.func @features(
// SPLIT-SAME:    -> (tensor<?x8x6x6xf32>, tensor<?x16x6x6xf32>)

// -----

// Never the images themselves, although they are less than what conv1 makes of them; and of equal records, the one behind more ops: the ReLU's.
resnet.parameter @conv1.weight "conv_weight" : tensor<64x3x1x1xf32>
resnet.parameter @conv2.weight "conv_weight" {trained} : tensor<256x64x3x3xf32>
resnet.parameter @fc.weight "linear_weight" {trained} : tensor<5x256xf32>
resnet.parameter @fc.bias "linear_bias" {trained} : tensor<5xf32>
func.func @forward(%images: tensor<?x3x6x6xf32>) -> tensor<?x5xf32> {
  %conv1.w = resnet.read @conv1.weight : tensor<64x3x1x1xf32>
  %conv1 = resnet.conv2d %images, %conv1.w {stride = 1, padding = 0} : (tensor<?x3x6x6xf32>, tensor<64x3x1x1xf32>) -> tensor<?x64x6x6xf32>
  %r1 = resnet.relu %conv1 : tensor<?x64x6x6xf32>
  %conv2.w = resnet.read @conv2.weight : tensor<256x64x3x3xf32>
  %conv2 = resnet.conv2d %r1, %conv2.w {stride = 1, padding = 1} : (tensor<?x64x6x6xf32>, tensor<256x64x3x3xf32>) -> tensor<?x256x6x6xf32>
  %pool = resnet.global_avg_pool %conv2 : tensor<?x256x6x6xf32> -> tensor<?x256xf32>
  %fc.w = resnet.read @fc.weight : tensor<5x256xf32>
  %fc.b = resnet.read @fc.bias : tensor<5xf32>
  %fc = resnet.linear %pool, %fc.w, %fc.b : (tensor<?x256xf32>, tensor<5x256xf32>, tensor<5xf32>) -> tensor<?x5xf32>
  return %fc : tensor<?x5xf32>
}

// CHECK-LABEL: func.func @forward
// CHECK:       resnet.conv2d {{.*}}frozen_prefix
// CHECK:       resnet.relu {{.*}}frozen_prefix
// CHECK-NOT:   frozen_prefix
// SPLIT-LABEL: func.func @features(
// SPLIT:       resnet.conv2d {{.*}} relu
