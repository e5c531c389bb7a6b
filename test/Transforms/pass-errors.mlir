// What each pass says to a module that it can't work on.
// RUN: not resnet-opt %s -split-input-file --resnet-freeze 2>&1 | FileCheck %s --check-prefix=FREEZE
// RUN: not resnet-opt %s -split-input-file --resnet-differentiate 2>&1 | FileCheck %s --check-prefix=DIFF
// RUN: not resnet-opt %s -split-input-file --resnet-split 2>&1 | FileCheck %s --check-prefix=SPLIT
// RUN: not resnet-opt %s -split-input-file --resnet-verify-split 2>&1 | FileCheck %s --check-prefix=VERIFY

// FREEZE: error: has no function @forward
// DIFF: error: has no function @forward from images to logits
// SPLIT: error: has no functions @forward(images) and @gradients(images, labels) to split
// VERIFY: error: has no function @prepare
func.func @other() { return }

// -----

// DIFF: error: trains nothing: no parameter that the logits depend on is `trained`
func.func @forward(%images: tensor<?x5xf32>) -> tensor<?x5xf32> {
  return %images : tensor<?x5xf32>
}

// -----

// DIFF: error: 'resnet.parameter' op is trained, but the logits do not depend on it
resnet.parameter @w "linear_weight" {trained} : tensor<5x5xf32>
resnet.parameter @b "linear_bias" {trained} : tensor<5xf32>
resnet.parameter @lost "linear_bias" {trained} : tensor<5xf32>
func.func @forward(%images: tensor<?x5xf32>) -> tensor<?x5xf32> {
  %w = resnet.read @w : tensor<5x5xf32>
  %b = resnet.read @b : tensor<5xf32>
  %0 = resnet.linear %images, %w, %b : (tensor<?x5xf32>, tensor<5x5xf32>, tensor<5xf32>) -> tensor<?x5xf32>
  return %0 : tensor<?x5xf32>
}

// -----

// DIFF: error: 'arith.negf' op has no gradient rule; add one to Transforms/Gradients.cpp
resnet.parameter @w "linear_weight" {trained} : tensor<5x5xf32>
resnet.parameter @b "linear_bias" : tensor<5xf32>
func.func @forward(%images: tensor<?x5xf32>) -> tensor<?x5xf32> {
  %w = resnet.read @w : tensor<5x5xf32>
  %b = resnet.read @b : tensor<5xf32>
  %0 = resnet.linear %images, %w, %b : (tensor<?x5xf32>, tensor<5x5xf32>, tensor<5xf32>) -> tensor<?x5xf32>
  %1 = arith.negf %0 : tensor<?x5xf32>
  return %1 : tensor<?x5xf32>
}

// -----

// FREEZE: error: 'resnet.batch_norm' op has a weight that is not read from a parameter
func.func @forward(%x: tensor<?x3x2x2xf32>, %g: tensor<3xf32>) -> tensor<?x3x2x2xf32> {
  %y = resnet.batch_norm %x, %g, %g, %g, %g {eps = 1.0e-5 : f64, module = "bn"} : tensor<?x3x2x2xf32>, tensor<3xf32>
  return %y : tensor<?x3x2x2xf32>
}

// -----

// FREEZE: error: 'resnet.batch_norm' op normalises by the batch, but not all of running_mean, running_var and num_batches_tracked of 'bn' are parameters
// DIFF: error: 'resnet.batch_norm' op normalises by running statistics, which a trained weight rules out: run --resnet-freeze first
resnet.parameter @bn.weight "bn_weight" {trained} : tensor<3xf32>
func.func @forward(%x: tensor<?x3x2x2xf32>) -> tensor<?x3xf32> {
  %g = resnet.read @bn.weight : tensor<3xf32>
  %y = resnet.batch_norm %x, %g, %g, %g, %g {eps = 1.0e-5 : f64, module = "bn"} : tensor<?x3x2x2xf32>, tensor<3xf32>
  %z = resnet.global_avg_pool %y : tensor<?x3x2x2xf32> -> tensor<?x3xf32>
  return %z : tensor<?x3xf32>
}

// -----

// DIFF: error: @gradients is there already
func.func @forward(%images: tensor<?x5xf32>) -> tensor<?x5xf32> {
  return %images : tensor<?x5xf32>
}
func.func @gradients() { return }

// -----

// DIFF: error: 'resnet.conv2d' op has a fused epilogue: differentiate before --resnet-fuse-epilogue
resnet.parameter @w "conv_weight" {trained} : tensor<3x3x1x1xf32>
func.func @forward(%x: tensor<?x3x2x2xf32>) -> tensor<?x3xf32> {
  %w = resnet.read @w : tensor<3x3x1x1xf32>
  %y = resnet.conv2d %x, %w {stride = 1, padding = 0, relu} : (tensor<?x3x2x2xf32>, tensor<3x3x1x1xf32>) -> tensor<?x3x2x2xf32>
  %z = resnet.global_avg_pool %y : tensor<?x3x2x2xf32> -> tensor<?x3xf32>
  return %z : tensor<?x3xf32>
}

// -----

// SPLIT: error: 'resnet.fold_batch_norm' op has an operand that is not read from a parameter
func.func @forward(%x: tensor<?x3x2x2xf32>) -> tensor<?x3x2x2xf32> {
  %g = arith.constant dense<1.0> : tensor<3xf32>
  %scale, %shift = resnet.fold_batch_norm %g, %g, %g, %g {eps = 1.0e-5 : f64} : tensor<3xf32>
  %y = resnet.scale_shift %x, %scale shift(%shift : tensor<3xf32>) : tensor<?x3x2x2xf32>, tensor<3xf32>
  return %y : tensor<?x3x2x2xf32>
}
func.func @gradients(%x: tensor<?x3x2x2xf32>, %labels: tensor<?xi64>) { return }

// -----

// SPLIT: error: 'func.func' op has another frozen prefix than @forward
func.func @forward(%x: tensor<?x3xf32>) -> tensor<?x3xf32> {
  %y = resnet.relu %x {frozen_prefix} : tensor<?x3xf32>
  return %y : tensor<?x3xf32>
}
func.func @gradients(%x: tensor<?x3xf32>, %labels: tensor<?xi64>) { return }

// -----

// SPLIT: error: 'func.func' op reads the images both in the frozen prefix and behind it; a record holds no images
func.func @forward(%x: tensor<?x3xf32>) -> tensor<?x3xf32> {
  %a = resnet.relu %x {frozen_prefix} : tensor<?x3xf32>
  %b = resnet.add %a, %x : tensor<?x3xf32>
  return %b : tensor<?x3xf32>
}
func.func @gradients(%x: tensor<?x3xf32>, %labels: tensor<?xi64>) {
  %a = resnet.relu %x {frozen_prefix} : tensor<?x3xf32>
  %b = resnet.add %a, %x : tensor<?x3xf32>
  %d = resnet.softmax_cross_entropy %b, %labels : tensor<?x3xf32>, tensor<?xi64>
  return
}
