// A batch norm on batch statistics takes residual and ReLU; the update of its statistics moves behind it. The ReLU's gradient
// reads the fused output.
// RUN: resnet-opt %s --resnet-freeze --resnet-differentiate --resnet-fold-batch-norm --resnet-fuse-epilogue | FileCheck %s

resnet.parameter @conv1.weight "conv_weight" {trained} : tensor<8x8x3x3xf32>
resnet.parameter @conv2.weight "conv_weight" {trained} : tensor<8x8x3x3xf32>
resnet.parameter @bn2.weight "bn_weight" {trained} : tensor<8xf32>
resnet.parameter @bn2.bias "bn_bias" {trained} : tensor<8xf32>
resnet.parameter @bn2.running_mean "bn_mean" : tensor<8xf32>
resnet.parameter @bn2.running_var "bn_var" : tensor<8xf32>
resnet.parameter @bn2.num_batches_tracked "bn_count" : tensor<i64>
resnet.parameter @down.weight "conv_weight" {trained} : tensor<8x8x3x3xf32>
resnet.parameter @downbn.weight "bn_weight" {trained} : tensor<8xf32>
resnet.parameter @downbn.bias "bn_bias" {trained} : tensor<8xf32>
resnet.parameter @downbn.running_mean "bn_mean" : tensor<8xf32>
resnet.parameter @downbn.running_var "bn_var" : tensor<8xf32>
resnet.parameter @downbn.num_batches_tracked "bn_count" : tensor<i64>
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
  %down.w = resnet.read @down.weight : tensor<8x8x3x3xf32>
  %down = resnet.conv2d %conv1, %down.w {stride = 1, padding = 1} : (tensor<?x8x6x6xf32>, tensor<8x8x3x3xf32>) -> tensor<?x8x6x6xf32>
  %downbn.g = resnet.read @downbn.weight : tensor<8xf32>
  %downbn.b = resnet.read @downbn.bias : tensor<8xf32>
  %downbn.m = resnet.read @downbn.running_mean : tensor<8xf32>
  %downbn.v = resnet.read @downbn.running_var : tensor<8xf32>
  %downbn = resnet.batch_norm %down, %downbn.g, %downbn.b, %downbn.m, %downbn.v {eps = 1.0e-5 : f64, module = "downbn"} : tensor<?x8x6x6xf32>, tensor<8xf32>
  %sum = resnet.add %bn2, %downbn : tensor<?x8x6x6xf32>
  %r2 = resnet.relu %sum : tensor<?x8x6x6xf32>
  %pool = resnet.global_avg_pool %r2 : tensor<?x8x6x6xf32> -> tensor<?x8xf32>
  %fc.w = resnet.read @fc.weight : tensor<5x8xf32>
  %fc.b = resnet.read @fc.bias : tensor<5xf32>
  %fc = resnet.linear %pool, %fc.w, %fc.b : (tensor<?x8xf32>, tensor<5x8xf32>, tensor<5xf32>) -> tensor<?x5xf32>
  return %fc : tensor<?x5xf32>
}

// CHECK-LABEL: func.func @gradients
// CHECK:       %[[R:.*]], %{{.*}}, %{{.*}} = resnet.batch_norm_batch
// CHECK-NEXT:  resnet.update_statistics @downbn.running_mean
// CHECK-NEXT:  %[[Y:.*]], %[[MEAN:.*]], %[[VAR:.*]] = resnet.batch_norm_batch {{.*}} residual(%[[R]] : tensor<?x8x6x6xf32>) {eps = 1.000000e-05 : f64, relu}
// CHECK-NEXT:  resnet.update_statistics @bn2.running_mean, @bn2.running_var, %[[MEAN]], %[[VAR]]
// CHECK-NEXT:  resnet.global_avg_pool %[[Y]]
// CHECK-NOT:   resnet.relu %
// CHECK:       resnet.relu_grad %{{.*}}, %[[Y]]
