// A trained batch norm normalises by the batch, moves its statistics in @gradients alone, and gives three gradients.
// RUN: resnet-opt %s --resnet-freeze --resnet-differentiate | FileCheck %s

resnet.parameter @conv1.weight "conv_weight" {trained} : tensor<8x8x3x3xf32>
resnet.parameter @bn1.weight "bn_weight" {trained} : tensor<8xf32>
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
  %r1 = resnet.relu %bn1 : tensor<?x8x6x6xf32>
  %pool = resnet.global_avg_pool %r1 : tensor<?x8x6x6xf32> -> tensor<?x8xf32>
  %fc.w = resnet.read @fc.weight : tensor<5x8xf32>
  %fc.b = resnet.read @fc.bias : tensor<5xf32>
  %fc = resnet.linear %pool, %fc.w, %fc.b : (tensor<?x8xf32>, tensor<5x8xf32>, tensor<5xf32>) -> tensor<?x5xf32>
  return %fc : tensor<?x5xf32>
}

// CHECK-LABEL: func.func @forward
// CHECK-NOT:   resnet.batch_norm_batch
// CHECK-NOT:   resnet.update_statistics
// CHECK:       return

// CHECK-LABEL: func.func @gradients
// CHECK-SAME:    %[[X:.*]]: tensor<?x8x6x6xf32>, %
// CHECK:       %[[C:.*]] = resnet.conv2d %[[X]]
// CHECK:       %[[G:.*]] = resnet.read @bn1.weight
// CHECK:       %[[N:.*]], %[[MEAN:.*]], %[[VAR:.*]] = resnet.batch_norm_batch %[[C]], %[[G]], %{{.*}} {eps = 1.000000e-05 : f64} :
// CHECK-NEXT:  resnet.update_statistics @bn1.running_mean, @bn1.running_var, %[[MEAN]], %[[VAR]] of %[[C]] {momentum = 1.000000e-01 : f64}
// CHECK:       %[[DN:.*]] = resnet.relu_grad
// CHECK-NEXT:  %[[DG:.*]], %[[DB:.*]] = resnet.batch_norm_sums %[[C]], %[[DN]], %[[MEAN]], %[[VAR]]
// CHECK-DAG:   resnet.accumulate_gradient @bn1.weight, %[[DG]]
// CHECK-DAG:   resnet.accumulate_gradient @bn1.bias, %[[DB]]
// CHECK:       %[[DC:.*]] = resnet.batch_norm_dx %[[C]], %[[DN]], %[[G]], %[[MEAN]], %[[VAR]], %[[DG]], %[[DB]]
// CHECK-NEXT:  %[[DW:.*]] = resnet.conv2d_dw %[[X]], %[[DC]]
// CHECK-NEXT:  resnet.accumulate_gradient @conv1.weight, %[[DW]]
// CHECK-NEXT:  return
