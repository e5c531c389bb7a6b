// A batch norm that is frozen but for its bias: evaluation reads slots of @refresh, a training step folds the present values.
// RUN: resnet-opt %s --resnet-freeze --resnet-differentiate --resnet-fold-batch-norm --resnet-fuse-epilogue --resnet-split --resnet-verify-split | FileCheck %s

resnet.parameter @conv1.weight "conv_weight" : tensor<8x8x3x3xf32>
resnet.parameter @bn1.weight "bn_weight" : tensor<8xf32>
resnet.parameter @bn1.bias "bn_bias" {trained} : tensor<8xf32>
resnet.parameter @bn1.running_mean "bn_mean" : tensor<8xf32>
resnet.parameter @bn1.running_var "bn_var" : tensor<8xf32>
resnet.parameter @bn1.num_batches_tracked "bn_count" : tensor<i64>
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
  %pool = resnet.global_avg_pool %bn1 : tensor<?x8x6x6xf32> -> tensor<?x8xf32>
  %fc.w = resnet.read @fc.weight : tensor<5x8xf32>
  %fc.b = resnet.read @fc.bias : tensor<5xf32>
  %fc = resnet.linear %pool, %fc.w, %fc.b : (tensor<?x8xf32>, tensor<5x8xf32>, tensor<5xf32>) -> tensor<?x5xf32>
  return %fc : tensor<?x5xf32>
}

// CHECK-DAG:   resnet.slot @bn1.scale "refresh"
// CHECK-DAG:   resnet.slot @bn1.shift "refresh"
// CHECK-LABEL: func.func @prepare()
// CHECK-NEXT:  return
// CHECK-LABEL: func.func @logits
// CHECK:       resnet.read @bn1.shift
// CHECK-LABEL: func.func @gradients(
// CHECK-SAME:    %[[R:.*]]: tensor<?x8x6x6xf32>, %
// CHECK-NOT:   @bn1.s
// CHECK:       %[[B:.*]] = resnet.read @bn1.bias
// CHECK:       %[[SCALE:.*]], %[[SHIFT:.*]] = resnet.fold_batch_norm %{{.*}}, %[[B]],
// CHECK-NEXT:  resnet.scale_shift %[[R]], %[[SCALE]] shift(%[[SHIFT]] :
// CHECK-NOT:   @bn1.s
