// Nothing is fused across the end of the frozen prefix (conv1 is recorded, its batch norm is not), nor where a second reader
// needs the value between (conv2).
// RUN: resnet-opt %s --resnet-freeze --resnet-differentiate --resnet-fold-batch-norm --resnet-fuse-epilogue | FileCheck %s

resnet.parameter @conv1.weight "conv_weight" : tensor<8x8x3x3xf32>
resnet.parameter @bn1.weight "bn_weight" : tensor<8xf32>
resnet.parameter @bn1.bias "bn_bias" {trained} : tensor<8xf32>
resnet.parameter @bn1.running_mean "bn_mean" : tensor<8xf32>
resnet.parameter @bn1.running_var "bn_var" : tensor<8xf32>
resnet.parameter @bn1.num_batches_tracked "bn_count" : tensor<i64>
resnet.parameter @conv2.weight "conv_weight" : tensor<8x8x3x3xf32>
resnet.parameter @fc.weight "linear_weight" : tensor<5x8xf32>
resnet.parameter @fc.bias "linear_bias" : tensor<5xf32>
func.func @forward(%images: tensor<?x8x6x6xf32>) -> tensor<?x5xf32> {
  %conv1.w = resnet.read @conv1.weight : tensor<8x8x3x3xf32>
  %conv1 = resnet.conv2d %images, %conv1.w {stride = 1, padding = 1} : (tensor<?x8x6x6xf32>, tensor<8x8x3x3xf32>) -> tensor<?x8x6x6xf32>
  %bn1.g = resnet.read @bn1.weight : tensor<8xf32>
  %bn1.b = resnet.read @bn1.bias : tensor<8xf32>
  %bn1.m = resnet.read @bn1.running_mean : tensor<8xf32>
  %bn1.v = resnet.read @bn1.running_var : tensor<8xf32>
  %bn1 = resnet.batch_norm %conv1, %bn1.g, %bn1.b, %bn1.m, %bn1.v {eps = 1.0e-5 : f64, module = "bn1"} : tensor<?x8x6x6xf32>, tensor<8xf32>
  %conv2.w = resnet.read @conv2.weight : tensor<8x8x3x3xf32>
  %conv2 = resnet.conv2d %bn1, %conv2.w {stride = 1, padding = 1} : (tensor<?x8x6x6xf32>, tensor<8x8x3x3xf32>) -> tensor<?x8x6x6xf32>
  %r = resnet.relu %conv2 : tensor<?x8x6x6xf32>
  %sum = resnet.add %r, %conv2 : tensor<?x8x6x6xf32>
  %pool = resnet.global_avg_pool %sum : tensor<?x8x6x6xf32> -> tensor<?x8xf32>
  %fc.w = resnet.read @fc.weight : tensor<5x8xf32>
  %fc.b = resnet.read @fc.bias : tensor<5xf32>
  %fc = resnet.linear %pool, %fc.w, %fc.b : (tensor<?x8xf32>, tensor<5x8xf32>, tensor<5xf32>) -> tensor<?x5xf32>
  return %fc : tensor<?x5xf32>
}

// CHECK-LABEL: func.func @forward
// CHECK:       %[[C:.*]] = resnet.conv2d %{{.*}}, %{{.*}} {frozen_prefix, padding = 1 : i64, stride = 1 : i64}
// CHECK:       resnet.scale_shift %[[C]]
// CHECK:       %[[D:.*]] = resnet.conv2d %{{.*}}, %{{.*}} {padding = 1 : i64, stride = 1 : i64}
// CHECK-NEXT:  %[[E:.*]] = resnet.relu %[[D]]
// CHECK-NEXT:  resnet.add %[[E]], %[[D]]
