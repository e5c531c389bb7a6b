// A max pool with nothing trained before it keeps nothing.
// RUN: resnet-opt %s --resnet-freeze --resnet-differentiate | FileCheck %s

resnet.parameter @conv1.weight "conv_weight" : tensor<8x8x3x3xf32>
resnet.parameter @fc.weight "linear_weight" {trained} : tensor<5x8xf32>
resnet.parameter @fc.bias "linear_bias" {trained} : tensor<5xf32>
func.func @forward(%images: tensor<?x8x6x6xf32>) -> tensor<?x5xf32> {
  %conv1.w = resnet.read @conv1.weight : tensor<8x8x3x3xf32>
  %conv1 = resnet.conv2d %images, %conv1.w {stride = 1, padding = 1} : (tensor<?x8x6x6xf32>, tensor<8x8x3x3xf32>) -> tensor<?x8x6x6xf32>
  %max = resnet.max_pool %conv1 {kernel = 3, stride = 1, padding = 1} : tensor<?x8x6x6xf32> -> tensor<?x8x6x6xf32>
  %pool = resnet.global_avg_pool %max : tensor<?x8x6x6xf32> -> tensor<?x8xf32>
  %fc.w = resnet.read @fc.weight : tensor<5x8xf32>
  %fc.b = resnet.read @fc.bias : tensor<5xf32>
  %fc = resnet.linear %pool, %fc.w, %fc.b : (tensor<?x8xf32>, tensor<5x8xf32>, tensor<5xf32>) -> tensor<?x5xf32>
  return %fc : tensor<?x5xf32>
}

// CHECK-LABEL: func.func @gradients
// CHECK:       resnet.max_pool
// CHECK-NOT:   xi8>
// CHECK-NOT:   resnet.max_pool_grad
// CHECK:       return
