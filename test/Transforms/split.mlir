// The functions of the seam: folds of frozen parameters in @prepare, of trained ones in @refresh, the prefix in @features.
// RUN: resnet-opt %s --resnet-freeze --resnet-differentiate --resnet-fold-batch-norm --resnet-fuse-epilogue --resnet-split --resnet-verify-split | FileCheck %s

resnet.parameter @conv1.weight "conv_weight" : tensor<8x8x3x3xf32>
resnet.parameter @bn1.weight "bn_weight" : tensor<8xf32>
resnet.parameter @bn1.bias "bn_bias" : tensor<8xf32>
resnet.parameter @bn1.running_mean "bn_mean" : tensor<8xf32>
resnet.parameter @bn1.running_var "bn_var" : tensor<8xf32>
resnet.parameter @bn1.num_batches_tracked "bn_count" : tensor<i64>
resnet.parameter @conv2.weight "conv_weight" {trained} : tensor<8x8x3x3xf32>
resnet.parameter @bn2.weight "bn_weight" {trained} : tensor<8xf32>
resnet.parameter @bn2.bias "bn_bias" {trained} : tensor<8xf32>
resnet.parameter @bn2.running_mean "bn_mean" : tensor<8xf32>
resnet.parameter @bn2.running_var "bn_var" : tensor<8xf32>
resnet.parameter @bn2.num_batches_tracked "bn_count" : tensor<i64>
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
  %r2 = resnet.relu %bn2 : tensor<?x8x6x6xf32>
  %pool = resnet.global_avg_pool %r2 : tensor<?x8x6x6xf32> -> tensor<?x8xf32>
  %drop = resnet.dropout %pool {rate = 0.5 : f64, site = 0} : tensor<?x8xf32>
  %fc.w = resnet.read @fc.weight : tensor<5x8xf32>
  %fc.b = resnet.read @fc.bias : tensor<5xf32>
  %fc = resnet.linear %drop, %fc.w, %fc.b : (tensor<?x8xf32>, tensor<5x8xf32>, tensor<5xf32>) -> tensor<?x5xf32>
  return %fc : tensor<?x5xf32>
}

// CHECK-DAG:   resnet.slot @bn1.scale "prepare" : tensor<8xf32>
// CHECK-DAG:   resnet.slot @bn1.shift "prepare" : tensor<8xf32>
// CHECK-DAG:   resnet.slot @bn2.scale "refresh" : tensor<8xf32>
// CHECK-DAG:   resnet.slot @bn2.shift "refresh" : tensor<8xf32>
// CHECK-NOT:   @forward

// CHECK-LABEL: func.func @prepare()
// CHECK-NOT:   @bn2
// CHECK:       %[[A:.*]], %[[S:.*]] = resnet.fold_batch_norm
// CHECK-NEXT:  resnet.write @bn1.scale, %[[A]]
// CHECK-NEXT:  resnet.write @bn1.shift, %[[S]]
// CHECK-NEXT:  return

// CHECK-LABEL: func.func @refresh()
// CHECK-NOT:   @bn1
// CHECK:       %[[A:.*]], %[[S:.*]] = resnet.fold_batch_norm
// CHECK-NEXT:  resnet.write @bn2.scale, %[[A]]
// CHECK-NEXT:  resnet.write @bn2.shift, %[[S]]
// CHECK-NEXT:  return

// CHECK-LABEL: func.func @features(
// CHECK-SAME:    %[[IMAGES:.*]]: tensor<?x8x6x6xf32>) -> tensor<?x8x6x6xf32>
// CHECK:       %[[A:.*]] = resnet.read @bn1.scale
// CHECK:       %[[S:.*]] = resnet.read @bn1.shift
// CHECK:       %[[R:.*]] = resnet.conv2d %[[IMAGES]], %{{.*}} scale(%[[A]]) shift(%[[S]])
// CHECK-NEXT:  return %[[R]]

// CHECK-LABEL: func.func @logits(
// CHECK-SAME:    %[[R:.*]]: tensor<?x8x6x6xf32>) -> tensor<?x5xf32>
// CHECK-NOT:   @conv1
// CHECK-NOT:   @bn1
// CHECK:       %[[A:.*]] = resnet.read @bn2.scale
// CHECK:       %[[S:.*]] = resnet.read @bn2.shift
// CHECK:       resnet.conv2d %[[R]], %{{.*}} scale(%[[A]]) shift(%[[S]])
// CHECK-NOT:   resnet.dropout
// CHECK:       return

// CHECK-LABEL: func.func @gradients(
// CHECK-SAME:    %[[R:.*]]: tensor<?x8x6x6xf32>, %[[LABELS:.*]]: tensor<?xi64>) {
// CHECK-NOT:   @conv1
// CHECK-NOT:   .scale
// CHECK:       resnet.conv2d %[[R]]
// CHECK:       resnet.batch_norm_batch
// CHECK:       resnet.dropout
// CHECK:       resnet.softmax_cross_entropy %{{.*}}, %[[LABELS]]
// CHECK-NOT:   .scale
// CHECK:       resnet.conv2d_dw %[[R]]
// CHECK-NOT:   frozen_prefix
