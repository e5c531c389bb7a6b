// Scale, shift, residual and ReLU join their convolution. Of the two sides of a sum the main path takes the other as residual.
// RUN: resnet-opt %s --resnet-freeze --resnet-differentiate --resnet-fold-batch-norm --resnet-fuse-epilogue | FileCheck %s

resnet.parameter @conv1.weight "conv_weight" {trained} : tensor<8x8x3x3xf32>
resnet.parameter @bn1.weight "bn_weight" : tensor<8xf32>
resnet.parameter @bn1.bias "bn_bias" : tensor<8xf32>
resnet.parameter @bn1.running_mean "bn_mean" : tensor<8xf32>
resnet.parameter @bn1.running_var "bn_var" : tensor<8xf32>
resnet.parameter @bn1.num_batches_tracked "bn_count" : tensor<i64>
resnet.parameter @conv2.weight "conv_weight" : tensor<8x8x3x3xf32>
resnet.parameter @bn2.weight "bn_weight" : tensor<8xf32>
resnet.parameter @bn2.bias "bn_bias" : tensor<8xf32>
resnet.parameter @bn2.running_mean "bn_mean" : tensor<8xf32>
resnet.parameter @bn2.running_var "bn_var" : tensor<8xf32>
resnet.parameter @bn2.num_batches_tracked "bn_count" : tensor<i64>
resnet.parameter @down.weight "conv_weight" : tensor<8x8x3x3xf32>
resnet.parameter @downbn.weight "bn_weight" : tensor<8xf32>
resnet.parameter @downbn.bias "bn_bias" : tensor<8xf32>
resnet.parameter @downbn.running_mean "bn_mean" : tensor<8xf32>
resnet.parameter @downbn.running_var "bn_var" : tensor<8xf32>
resnet.parameter @downbn.num_batches_tracked "bn_count" : tensor<i64>
resnet.parameter @fc.weight "linear_weight" {trained} : tensor<5x8xf32>
resnet.parameter @fc.bias "linear_bias" {trained} : tensor<5xf32>
func.func @forward(%images: tensor<?x8x6x6xf32>) -> tensor<?x5xf32> {
  %conv1.w = resnet.read @conv1.weight : tensor<8x8x3x3xf32>
  %conv1 = resnet.conv2d %images, %conv1.w {stride = 1, padding = 1} : (tensor<?x8x6x6xf32>, tensor<8x8x3x3xf32>) -> tensor<?x8x6x6xf32>
  %bn1.g = resnet.read @bn1.weight : tensor<8xf32>
  %bn1.b = resnet.read @bn1.bias : tensor<8xf32>
  %bn1.m = resnet.read @bn1.running_mean : tensor<8xf32>
  %bn1.v = resnet.read @bn1.running_var : tensor<8xf32>
  %bn1 = resnet.batch_norm %conv1, %bn1.g, %bn1.b, %bn1.m, %bn1.v {eps = 1.0e-5 : f64, module = "bn1"} : tensor<?x8x6x6xf32>, tensor<8xf32>
  %r1 = resnet.relu %bn1 : tensor<?x8x6x6xf32>
  %conv2.w = resnet.read @conv2.weight : tensor<8x8x3x3xf32>
  %conv2 = resnet.conv2d %r1, %conv2.w {stride = 1, padding = 1} : (tensor<?x8x6x6xf32>, tensor<8x8x3x3xf32>) -> tensor<?x8x6x6xf32>
  %bn2.g = resnet.read @bn2.weight : tensor<8xf32>
  %bn2.b = resnet.read @bn2.bias : tensor<8xf32>
  %bn2.m = resnet.read @bn2.running_mean : tensor<8xf32>
  %bn2.v = resnet.read @bn2.running_var : tensor<8xf32>
  %bn2 = resnet.batch_norm %conv2, %bn2.g, %bn2.b, %bn2.m, %bn2.v {eps = 1.0e-5 : f64, module = "bn2"} : tensor<?x8x6x6xf32>, tensor<8xf32>
  %down.w = resnet.read @down.weight : tensor<8x8x3x3xf32>
  %down = resnet.conv2d %r1, %down.w {stride = 1, padding = 1} : (tensor<?x8x6x6xf32>, tensor<8x8x3x3xf32>) -> tensor<?x8x6x6xf32>
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

// CHECK-LABEL: func.func @forward
// CHECK:       %[[X:.*]] = resnet.conv2d %{{.*}} scale(%{{.*}}) shift(%{{.*}}) {padding = 1 : i64, relu, stride = 1 : i64}
// CHECK:       %[[W2:.*]] = resnet.read @conv2.weight
// CHECK:       %[[R:.*]] = resnet.conv2d %[[X]], %{{.*}} scale(%{{.*}}) shift(%{{.*}}) {padding = 1 : i64, stride = 1 : i64}
// CHECK-NEXT:  resnet.conv2d %[[X]], %[[W2]] scale(%{{.*}}) shift(%{{.*}}) residual(%[[R]]) {padding = 1 : i64, relu, stride = 1 : i64}
// CHECK-NOT:   resnet.scale_shift
// CHECK-NOT:   resnet.add
// CHECK-NOT:   resnet.relu
// CHECK:       return
