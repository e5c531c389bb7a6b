// A batch norm normalises by the batch where its weight is trained or the spec says so; its statistics then move. The
// frozen prefix ends there.
// RUN: resnet-opt %s --resnet-freeze | FileCheck %s

resnet.parameter @conv1.weight "conv_weight" : tensor<8x8x3x3xf32>
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
resnet.parameter @conv3.weight "conv_weight" {trained} : tensor<8x8x3x3xf32>
resnet.parameter @bn3.weight "bn_weight" {trained} : tensor<8xf32>
resnet.parameter @bn3.bias "bn_bias" {trained} : tensor<8xf32>
resnet.parameter @bn3.running_mean "bn_mean" : tensor<8xf32>
resnet.parameter @bn3.running_var "bn_var" : tensor<8xf32>
resnet.parameter @bn3.num_batches_tracked "bn_count" : tensor<i64>
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
  %bn2 = resnet.batch_norm %conv2, %bn2.g, %bn2.b, %bn2.m, %bn2.v {eps = 1.0e-5 : f64, policy = "batch", module = "bn2"} : tensor<?x8x6x6xf32>, tensor<8xf32>
  %r2 = resnet.relu %bn2 : tensor<?x8x6x6xf32>
  %conv3.w = resnet.read @conv3.weight : tensor<8x8x3x3xf32>
  %conv3 = resnet.conv2d %r2, %conv3.w {stride = 1, padding = 1} : (tensor<?x8x6x6xf32>, tensor<8x8x3x3xf32>) -> tensor<?x8x6x6xf32>
  %bn3.g = resnet.read @bn3.weight : tensor<8xf32>
  %bn3.b = resnet.read @bn3.bias : tensor<8xf32>
  %bn3.m = resnet.read @bn3.running_mean : tensor<8xf32>
  %bn3.v = resnet.read @bn3.running_var : tensor<8xf32>
  %bn3 = resnet.batch_norm %conv3, %bn3.g, %bn3.b, %bn3.m, %bn3.v {eps = 1.0e-5 : f64, module = "bn3"} : tensor<?x8x6x6xf32>, tensor<8xf32>
  %pool = resnet.global_avg_pool %bn3 : tensor<?x8x6x6xf32> -> tensor<?x8xf32>
  %fc.w = resnet.read @fc.weight : tensor<5x8xf32>
  %fc.b = resnet.read @fc.bias : tensor<5xf32>
  %fc = resnet.linear %pool, %fc.w, %fc.b : (tensor<?x8xf32>, tensor<5x8xf32>, tensor<5xf32>) -> tensor<?x5xf32>
  return %fc : tensor<?x5xf32>
}

// CHECK:     resnet.parameter @bn1.running_mean "bn_mean" : tensor<8xf32>
// CHECK:     resnet.parameter @bn1.running_var "bn_var" : tensor<8xf32>
// CHECK:     resnet.parameter @bn1.num_batches_tracked "bn_count" : tensor<i64>
// CHECK:     resnet.parameter @bn2.weight "bn_weight" : tensor<8xf32>
// CHECK:     resnet.parameter @bn2.running_mean "bn_mean" {moves} : tensor<8xf32>
// CHECK:     resnet.parameter @bn2.running_var "bn_var" {moves} : tensor<8xf32>
// CHECK:     resnet.parameter @bn2.num_batches_tracked "bn_count" {moves} : tensor<i64>
// CHECK:     resnet.parameter @bn3.weight "bn_weight" {trained} : tensor<8xf32>
// CHECK:     resnet.parameter @bn3.running_mean "bn_mean" {moves} : tensor<8xf32>
// CHECK:     resnet.parameter @bn3.running_var "bn_var" {moves} : tensor<8xf32>
// CHECK:     resnet.parameter @bn3.num_batches_tracked "bn_count" {moves} : tensor<i64>

// CHECK-LABEL: func.func @forward
// CHECK:       resnet.conv2d {{.*}}frozen_prefix
// CHECK:       resnet.batch_norm
// CHECK-NOT:   batch_statistics
// CHECK-SAME:  frozen_prefix, module = "bn1"
// CHECK:       resnet.relu {{.*}}frozen_prefix
// CHECK:       resnet.conv2d {{.*}}frozen_prefix
// CHECK-NOT:   frozen_prefix
// CHECK:       resnet.batch_norm {{.*}}batch_statistics{{.*}}module = "bn2"
// CHECK:       resnet.batch_norm {{.*}}batch_statistics{{.*}}module = "bn3"
// CHECK:       resnet.linear
// CHECK-NOT:   frozen_prefix
