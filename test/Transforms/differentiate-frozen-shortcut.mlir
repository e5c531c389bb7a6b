// Nothing trained lies upstream of the shortcut, so the sum of gradients never exists.
// RUN: resnet-opt %s --resnet-freeze --resnet-differentiate | FileCheck %s

resnet.parameter @conv1.weight "conv_weight" : tensor<8x8x3x3xf32>
resnet.parameter @conv2.weight "conv_weight" {trained} : tensor<8x8x3x3xf32>
resnet.parameter @fc.weight "linear_weight" : tensor<5x8xf32>
resnet.parameter @fc.bias "linear_bias" : tensor<5xf32>
func.func @forward(%images: tensor<?x8x6x6xf32>) -> tensor<?x5xf32> {
  %conv1.w = resnet.read @conv1.weight : tensor<8x8x3x3xf32>
  %conv1 = resnet.conv2d %images, %conv1.w {stride = 1, padding = 1} : (tensor<?x8x6x6xf32>, tensor<8x8x3x3xf32>) -> tensor<?x8x6x6xf32>
  %conv2.w = resnet.read @conv2.weight : tensor<8x8x3x3xf32>
  %conv2 = resnet.conv2d %conv1, %conv2.w {stride = 1, padding = 1} : (tensor<?x8x6x6xf32>, tensor<8x8x3x3xf32>) -> tensor<?x8x6x6xf32>
  %sum = resnet.add %conv2, %conv1 : tensor<?x8x6x6xf32>
  %pool = resnet.global_avg_pool %sum : tensor<?x8x6x6xf32> -> tensor<?x8xf32>
  %fc.w = resnet.read @fc.weight : tensor<5x8xf32>
  %fc.b = resnet.read @fc.bias : tensor<5xf32>
  %fc = resnet.linear %pool, %fc.w, %fc.b : (tensor<?x8xf32>, tensor<5x8xf32>, tensor<5xf32>) -> tensor<?x5xf32>
  return %fc : tensor<?x5xf32>
}

// CHECK-LABEL: func.func @gradients
// CHECK:       resnet.softmax_cross_entropy
// CHECK-NOT:   resnet.add
// CHECK-NOT:   resnet.conv2d_dx
// CHECK:       return
