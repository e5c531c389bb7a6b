// In @forward every batch norm becomes a scale and a shift, also one that training normalises by the batch; the gradient of
// a frozen one shares its fold.
// RUN: resnet-opt %s --resnet-freeze --resnet-differentiate --resnet-fold-batch-norm | FileCheck %s

resnet.parameter @conv1.weight "conv_weight" {trained} : tensor<8x8x3x3xf32>
resnet.parameter @bn1.weight "bn_weight" : tensor<8xf32>
resnet.parameter @bn1.bias "bn_bias" : tensor<8xf32>
resnet.parameter @bn1.running_mean "bn_mean" : tensor<8xf32>
resnet.parameter @bn1.running_var "bn_var" : tensor<8xf32>
resnet.parameter @bn1.num_batches_tracked "bn_count" : tensor<i64>
resnet.parameter @conv2.weight "conv_weight" : tensor<8x8x3x3xf32>
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
  %conv2.w = resnet.read @conv2.weight : tensor<8x8x3x3xf32>
  %conv2 = resnet.conv2d %bn1, %conv2.w {stride = 1, padding = 1} : (tensor<?x8x6x6xf32>, tensor<8x8x3x3xf32>) -> tensor<?x8x6x6xf32>
  %bn2.g = resnet.read @bn2.weight : tensor<8xf32>
  %bn2.b = resnet.read @bn2.bias : tensor<8xf32>
  %bn2.m = resnet.read @bn2.running_mean : tensor<8xf32>
  %bn2.v = resnet.read @bn2.running_var : tensor<8xf32>
  %bn2 = resnet.batch_norm %conv2, %bn2.g, %bn2.b, %bn2.m, %bn2.v {eps = 1.0e-5 : f64, module = "bn2"} : tensor<?x8x6x6xf32>, tensor<8xf32>
  %pool = resnet.global_avg_pool %bn2 : tensor<?x8x6x6xf32> -> tensor<?x8xf32>
  %fc.w = resnet.read @fc.weight : tensor<5x8xf32>
  %fc.b = resnet.read @fc.bias : tensor<5xf32>
  %fc = resnet.linear %pool, %fc.w, %fc.b : (tensor<?x8xf32>, tensor<5x8xf32>, tensor<5xf32>) -> tensor<?x5xf32>
  return %fc : tensor<?x5xf32>
}

// CHECK-LABEL: func.func @forward
// CHECK:       resnet.fold_batch_norm
// CHECK-NEXT:  resnet.scale_shift
// CHECK:       resnet.fold_batch_norm
// CHECK-NEXT:  resnet.scale_shift
// CHECK-NOT:   resnet.batch_norm
// CHECK:       return

// CHECK-LABEL: func.func @gradients
// CHECK:       %[[SCALE:.*]], %[[SHIFT:.*]] = resnet.fold_batch_norm
// CHECK-NEXT:  resnet.scale_shift %{{.*}}, %[[SCALE]] shift(%[[SHIFT]] :
// CHECK:       resnet.batch_norm_batch
// CHECK-NOT:   resnet.fold_batch_norm
// CHECK:       resnet.scale_shift %{{.*}}, %[[SCALE]] :
// CHECK-NOT:   resnet.batch_norm %
