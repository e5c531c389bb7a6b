// A frozen layer between trained ones passes the gradient on and gets none: dx without dw. Its batch norm is one scale.
// RUN: resnet-opt %s --resnet-freeze --resnet-differentiate | FileCheck %s

resnet.parameter @conv1.weight "conv_weight" {trained} : tensor<8x8x3x3xf32>
resnet.parameter @conv2.weight "conv_weight" : tensor<8x8x3x3xf32>
resnet.parameter @bn2.weight "bn_weight" : tensor<8xf32>
resnet.parameter @bn2.bias "bn_bias" : tensor<8xf32>
resnet.parameter @bn2.running_mean "bn_mean" : tensor<8xf32>
resnet.parameter @bn2.running_var "bn_var" : tensor<8xf32>
resnet.parameter @bn2.num_batches_tracked "bn_count" : tensor<i64>
resnet.parameter @fc.weight "linear_weight" {trained} : tensor<5x8xf32>
resnet.parameter @fc.bias "linear_bias" {trained} : tensor<5xf32>
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
  %pool = resnet.global_avg_pool %r2 : tensor<?x8x6x6xf32> -> tensor<?x8xf32>
  %fc.w = resnet.read @fc.weight : tensor<5x8xf32>
  %fc.b = resnet.read @fc.bias : tensor<5xf32>
  %fc = resnet.linear %pool, %fc.w, %fc.b : (tensor<?x8xf32>, tensor<5x8xf32>, tensor<5xf32>) -> tensor<?x5xf32>
  return %fc : tensor<?x5xf32>
}

// CHECK-LABEL: func.func @gradients
// CHECK:       %[[W2:.*]] = resnet.read @conv2.weight
// CHECK:       %[[G:.*]] = resnet.read @bn2.weight
// CHECK:       %[[B:.*]] = resnet.read @bn2.bias
// CHECK:       %[[M:.*]] = resnet.read @bn2.running_mean
// CHECK:       %[[V:.*]] = resnet.read @bn2.running_var
// CHECK:       resnet.batch_norm
// CHECK:       %[[Y:.*]] = resnet.relu
// CHECK:       resnet.softmax_cross_entropy
// CHECK:       %[[DP:.*]] = resnet.linear_dx
// CHECK-NEXT:  %[[DY:.*]] = resnet.global_avg_pool_grad %[[DP]]
// CHECK-NEXT:  %[[DR:.*]] = resnet.relu_grad %[[DY]], %[[Y]]
// CHECK-NEXT:  %[[SCALE:.*]], %{{.*}} = resnet.fold_batch_norm %[[G]], %[[B]], %[[M]], %[[V]]
// CHECK-NEXT:  %[[DC:.*]] = resnet.scale_shift %[[DR]], %[[SCALE]] :
// CHECK-NEXT:  %[[DX:.*]] = resnet.conv2d_dx %[[DC]], %[[W2]]
// CHECK-NEXT:  %[[DW:.*]] = resnet.conv2d_dw %{{.*}}, %[[DX]]
// CHECK-NEXT:  resnet.accumulate_gradient @conv1.weight, %[[DW]]
// CHECK-NEXT:  return
