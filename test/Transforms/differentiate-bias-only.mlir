// A trained bias of a frozen batch norm on running statistics: a sum over the channel, and nothing before it.
// RUN: resnet-opt %s --resnet-freeze --resnet-differentiate | FileCheck %s

resnet.parameter @conv1.weight "conv_weight" : tensor<8x8x3x3xf32>
resnet.parameter @running.weight "bn_weight" : tensor<8xf32>
resnet.parameter @running.bias "bn_bias" {trained} : tensor<8xf32>
resnet.parameter @running.running_mean "bn_mean" : tensor<8xf32>
resnet.parameter @running.running_var "bn_var" : tensor<8xf32>
resnet.parameter @running.num_batches_tracked "bn_count" : tensor<i64>
resnet.parameter @conv2.weight "conv_weight" : tensor<8x8x3x3xf32>
resnet.parameter @batch.weight "bn_weight" : tensor<8xf32>
resnet.parameter @batch.bias "bn_bias" : tensor<8xf32>
resnet.parameter @batch.running_mean "bn_mean" : tensor<8xf32>
resnet.parameter @batch.running_var "bn_var" : tensor<8xf32>
resnet.parameter @batch.num_batches_tracked "bn_count" : tensor<i64>
resnet.parameter @fc.weight "linear_weight" : tensor<5x8xf32>
resnet.parameter @fc.bias "linear_bias" : tensor<5xf32>
func.func @forward(%images: tensor<?x8x6x6xf32>) -> tensor<?x5xf32> {
  %conv1.w = resnet.read @conv1.weight : tensor<8x8x3x3xf32>
  %conv1 = resnet.conv2d %images, %conv1.w {stride = 1, padding = 1} : (tensor<?x8x6x6xf32>, tensor<8x8x3x3xf32>) -> tensor<?x8x6x6xf32>
  %running.g = resnet.read @running.weight : tensor<8xf32>
  %running.b = resnet.read @running.bias : tensor<8xf32>
  %running.m = resnet.read @running.running_mean : tensor<8xf32>
  %running.v = resnet.read @running.running_var : tensor<8xf32>
  %running = resnet.batch_norm %conv1, %running.g, %running.b, %running.m, %running.v {eps = 1.0e-5 : f64, module = "running"} : tensor<?x8x6x6xf32>, tensor<8xf32>
  %conv2.w = resnet.read @conv2.weight : tensor<8x8x3x3xf32>
  %conv2 = resnet.conv2d %running, %conv2.w {stride = 1, padding = 1} : (tensor<?x8x6x6xf32>, tensor<8x8x3x3xf32>) -> tensor<?x8x6x6xf32>
  %batch.g = resnet.read @batch.weight : tensor<8xf32>
  %batch.b = resnet.read @batch.bias : tensor<8xf32>
  %batch.m = resnet.read @batch.running_mean : tensor<8xf32>
  %batch.v = resnet.read @batch.running_var : tensor<8xf32>
  %batch = resnet.batch_norm %conv2, %batch.g, %batch.b, %batch.m, %batch.v {eps = 1.0e-5 : f64, policy = "batch", module = "batch"} : tensor<?x8x6x6xf32>, tensor<8xf32>
  %pool = resnet.global_avg_pool %batch : tensor<?x8x6x6xf32> -> tensor<?x8xf32>
  %fc.w = resnet.read @fc.weight : tensor<5x8xf32>
  %fc.b = resnet.read @fc.bias : tensor<5xf32>
  %fc = resnet.linear %pool, %fc.w, %fc.b : (tensor<?x8xf32>, tensor<5x8xf32>, tensor<5xf32>) -> tensor<?x5xf32>
  return %fc : tensor<?x5xf32>
}

// CHECK-LABEL: func.func @gradients
// CHECK-NOT:   resnet.update_statistics @running
// CHECK:       resnet.conv2d_dx
// CHECK-NEXT:  %[[DB:.*]] = resnet.channel_sum
// CHECK-NEXT:  resnet.accumulate_gradient @running.bias, %[[DB]]
// CHECK-NEXT:  return
