// A max pool keeps its winners where something trained lies upstream; @forward never does.
// RUN: resnet-opt %s --resnet-freeze --resnet-differentiate | FileCheck %s

resnet.parameter @conv1.weight "conv_weight" {trained} : tensor<8x8x3x3xf32>
resnet.parameter @fc.weight "linear_weight" : tensor<5x8xf32>
resnet.parameter @fc.bias "linear_bias" : tensor<5xf32>
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

// CHECK-LABEL: func.func @forward
// CHECK-NOT:   xi8>

// CHECK-LABEL: func.func @gradients
// CHECK:       %{{.*}}, %[[I:.*]] = resnet.max_pool {{.*}} -> tensor<?x8x6x6xf32>, tensor<?x8x6x6xi8>
// CHECK:       resnet.max_pool_grad %{{.*}}, %[[I]] {kernel = 3 : i64, padding = 1 : i64, stride = 1 : i64}
