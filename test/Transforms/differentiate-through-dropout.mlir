// With something trained before it, dropout is applied to dy at the same site; the frozen linear layer has dx alone.
// RUN: resnet-opt %s --resnet-freeze --resnet-differentiate | FileCheck %s

resnet.parameter @conv1.weight "conv_weight" {trained} : tensor<8x8x3x3xf32>
resnet.parameter @fc.weight "linear_weight" : tensor<5x8xf32>
resnet.parameter @fc.bias "linear_bias" : tensor<5xf32>
func.func @forward(%images: tensor<?x8x6x6xf32>) -> tensor<?x5xf32> {
  %conv1.w = resnet.read @conv1.weight : tensor<8x8x3x3xf32>
  %conv1 = resnet.conv2d %images, %conv1.w {stride = 1, padding = 1} : (tensor<?x8x6x6xf32>, tensor<8x8x3x3xf32>) -> tensor<?x8x6x6xf32>
  %pool = resnet.global_avg_pool %conv1 : tensor<?x8x6x6xf32> -> tensor<?x8xf32>
  %drop = resnet.dropout %pool {rate = 0.5 : f64, site = 0} : tensor<?x8xf32>
  %fc.w = resnet.read @fc.weight : tensor<5x8xf32>
  %fc.b = resnet.read @fc.bias : tensor<5xf32>
  %fc = resnet.linear %drop, %fc.w, %fc.b : (tensor<?x8xf32>, tensor<5x8xf32>, tensor<5xf32>) -> tensor<?x5xf32>
  return %fc : tensor<?x5xf32>
}

// CHECK-LABEL: func.func @gradients
// CHECK:       resnet.softmax_cross_entropy
// CHECK-NEXT:  %[[DX:.*]] = resnet.linear_dx
// CHECK-NEXT:  %[[D:.*]] = resnet.dropout %[[DX]] {rate = 5.000000e-01 : f64, site = 0 : i64}
// CHECK-NEXT:  resnet.global_avg_pool_grad %[[D]]
