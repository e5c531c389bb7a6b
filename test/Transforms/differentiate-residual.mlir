// A value with two readers gets the sum of what they contribute.
// RUN: resnet-opt %s --resnet-freeze --resnet-differentiate | FileCheck %s

resnet.parameter @conv1.weight "conv_weight" {trained} : tensor<8x8x3x3xf32>
resnet.parameter @conv2.weight "conv_weight" {trained} : tensor<8x8x3x3xf32>
resnet.parameter @bn2.weight "bn_weight" : tensor<8xf32>
resnet.parameter @bn2.bias "bn_bias" : tensor<8xf32>
resnet.parameter @bn2.running_mean "bn_mean" : tensor<8xf32>
resnet.parameter @bn2.running_var "bn_var" : tensor<8xf32>
resnet.parameter @bn2.num_batches_tracked "bn_count" : tensor<i64>
resnet.parameter @fc.weight "linear_weight" : tensor<5x8xf32>
resnet.parameter @fc.bias "linear_bias" : tensor<5xf32>
func.func @forward(%images: tensor<?x8x6x6xf32>) -> tensor<?x5xf32> {
  %conv1.w = resnet.read @conv1.weight : tensor<8x8x3x3xf32>
  %conv1 = resnet.conv2d %images, %conv1.w {stride = 1, padding = 1} : (tensor<?x8x6x6xf32>, tensor<8x8x3x3xf32>) -> tensor<?x8x6x6xf32>
  %conv2.w = resnet.read @conv2.weight : tensor<8x8x3x3xf32>
  %conv2 = resnet.conv2d %conv1, %conv2.w {stride = 1, padding = 1} : (tensor<?x8x6x6xf32>, tensor<8x8x3x3xf32>) -> tensor<?x8x6x6xf32>
  %bn2.g = resnet.read @bn2.weight : tensor<8xf32>
  %bn2.b = resnet.read @bn2.bias : tensor<8xf32>
  %bn2.m = resnet.read @bn2.running_mean : tensor<8xf32>
  %bn2.v = resnet.read @bn2.running_var : tensor<8xf32>
  %bn2 = resnet.batch_norm %conv2, %bn2.g, %bn2.b, %bn2.m, %bn2.v {eps = 1.0e-5 : f64, module = "bn2"} : tensor<?x8x6x6xf32>, tensor<8xf32>
  %r2 = resnet.relu %bn2 : tensor<?x8x6x6xf32>
  %sum = resnet.add %r2, %conv1 : tensor<?x8x6x6xf32>
  %r3 = resnet.relu %sum : tensor<?x8x6x6xf32>
  %pool = resnet.global_avg_pool %r3 : tensor<?x8x6x6xf32> -> tensor<?x8xf32>
  %fc.w = resnet.read @fc.weight : tensor<5x8xf32>
  %fc.b = resnet.read @fc.bias : tensor<5xf32>
  %fc = resnet.linear %pool, %fc.w, %fc.b : (tensor<?x8xf32>, tensor<5x8xf32>, tensor<5xf32>) -> tensor<?x5xf32>
  return %fc : tensor<?x5xf32>
}

// CHECK-LABEL: func.func @gradients
// CHECK:       %[[X:.*]] = resnet.conv2d
// CHECK:       %[[SUM:.*]] = resnet.add
// CHECK:       %[[Y:.*]] = resnet.relu %[[SUM]]
// CHECK:       %[[DS:.*]] = resnet.relu_grad %{{.*}}, %[[Y]]
// CHECK:       resnet.conv2d_dw %[[X]],
// CHECK:       %[[DX:.*]] = resnet.conv2d_dx
// CHECK-NEXT:  %[[D:.*]] = resnet.add %[[DS]], %[[DX]]
// CHECK-NEXT:  resnet.conv2d_dw %{{.*}}, %[[D]]
