// Every value that crosses the end of the prefix is recorded, and none that does not (conv1 is read within it alone).
// RUN: resnet-opt %s --resnet-freeze --resnet-differentiate --resnet-fold-batch-norm --resnet-fuse-epilogue --resnet-split --resnet-verify-split | FileCheck %s

resnet.parameter @conv1.weight "conv_weight" : tensor<8x8x3x3xf32>
resnet.parameter @conv2.weight "conv_weight" : tensor<8x8x3x3xf32>
resnet.parameter @conv3.weight "conv_weight" {trained} : tensor<8x8x3x3xf32>
resnet.parameter @down.weight "conv_weight" : tensor<8x8x3x3xf32>
resnet.parameter @fc.weight "linear_weight" {trained} : tensor<5x8xf32>
resnet.parameter @fc.bias "linear_bias" {trained} : tensor<5xf32>
func.func @forward(%images: tensor<?x8x6x6xf32>) -> tensor<?x5xf32> {
  %conv1.w = resnet.read @conv1.weight : tensor<8x8x3x3xf32>
  %conv1 = resnet.conv2d %images, %conv1.w {stride = 1, padding = 1} : (tensor<?x8x6x6xf32>, tensor<8x8x3x3xf32>) -> tensor<?x8x6x6xf32>
  %conv2.w = resnet.read @conv2.weight : tensor<8x8x3x3xf32>
  %conv2 = resnet.conv2d %conv1, %conv2.w {stride = 1, padding = 1} : (tensor<?x8x6x6xf32>, tensor<8x8x3x3xf32>) -> tensor<?x8x6x6xf32>
  %conv3.w = resnet.read @conv3.weight : tensor<8x8x3x3xf32>
  %conv3 = resnet.conv2d %conv2, %conv3.w {stride = 1, padding = 1} : (tensor<?x8x6x6xf32>, tensor<8x8x3x3xf32>) -> tensor<?x8x6x6xf32>
  %down.w = resnet.read @down.weight : tensor<8x8x3x3xf32>
  %down = resnet.conv2d %conv1, %down.w {stride = 1, padding = 1} : (tensor<?x8x6x6xf32>, tensor<8x8x3x3xf32>) -> tensor<?x8x6x6xf32>
  %sum = resnet.add %conv3, %down : tensor<?x8x6x6xf32>
  %pool = resnet.global_avg_pool %sum : tensor<?x8x6x6xf32> -> tensor<?x8xf32>
  %fc.w = resnet.read @fc.weight : tensor<5x8xf32>
  %fc.b = resnet.read @fc.bias : tensor<5xf32>
  %fc = resnet.linear %pool, %fc.w, %fc.b : (tensor<?x8xf32>, tensor<5x8xf32>, tensor<5xf32>) -> tensor<?x5xf32>
  return %fc : tensor<?x5xf32>
}

// CHECK-LABEL: func.func @features
// CHECK-SAME:    -> (tensor<?x8x6x6xf32>, tensor<?x8x6x6xf32>)
// CHECK:       %[[X:.*]] = resnet.conv2d
// CHECK:       %[[A:.*]] = resnet.conv2d %[[X]]
// CHECK:       %[[B:.*]] = resnet.conv2d %[[X]]
// CHECK-NEXT:  return %[[A]], %[[B]]
// CHECK-LABEL: func.func @logits(
// CHECK-SAME:    %[[A:.*]]: tensor<?x8x6x6xf32>, %[[B:.*]]: tensor<?x8x6x6xf32>)
// CHECK:       resnet.conv2d %[[A]], %{{.*}} residual(%[[B]])
// CHECK-LABEL: func.func @gradients(
// CHECK-SAME:    %[[A:.*]]: tensor<?x8x6x6xf32>, %[[B:.*]]: tensor<?x8x6x6xf32>, %{{.*}}: tensor<?xi64>) {
// CHECK:       resnet.conv2d %[[A]], %{{.*}} residual(%[[B]])
