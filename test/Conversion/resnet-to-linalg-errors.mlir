// RUN: resnet-opt %s --split-input-file --verify-diagnostics --resnet-to-linalg

// A weight's gradient is written where it belongs, so someone must say where.
resnet.parameter @w "conv_weight" {trained} : tensor<8x8x1x1xf32>
func.func @gradients(%x: tensor<?x8x2x2xf32>) {
  // expected-error @+1 {{'resnet.conv2d_dw' op expected its result to be accumulated}}
  %dw = resnet.conv2d_dw %x, %x {stride = 1, padding = 0} : (tensor<?x8x2x2xf32>, tensor<?x8x2x2xf32>) -> tensor<8x8x1x1xf32>
  return
}

// -----

resnet.parameter @w "linear_weight" {trained} : tensor<5x5xf32>
func.func @gradients(%x: tensor<?x5xf32>) {
  // expected-error @+1 {{'resnet.linear_dw' op expected its result to be accumulated}}
  %dw = resnet.linear_dw %x, %x : (tensor<?x5xf32>, tensor<?x5xf32>) -> tensor<5x5xf32>
  return
}

// -----

// Batch norms on running statistics are folded before.
resnet.parameter @g "bn_weight" : tensor<8xf32>
func.func @features(%x: tensor<?x8x2x2xf32>) -> tensor<?x8x2x2xf32> {
  %g = resnet.read @g : tensor<8xf32>
  // expected-error @+1 {{'resnet.batch_norm' op has no lowering to linalg}}
  %y = resnet.batch_norm %x, %g, %g, %g, %g {eps = 1.0e-5 : f64, module = "bn"} : tensor<?x8x2x2xf32>, tensor<8xf32>
  return %y : tensor<?x8x2x2xf32>
}

// -----

resnet.parameter @g "bn_weight" : tensor<8xf32>
func.func @logits(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  // expected-error @+1 {{'arith.negf' op has no lowering to linalg}}
  %y = arith.negf %x : tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----

// expected-error @below {{expected a parameter of a float type: the element type is its}}
module {
  func.func @prepare() { return }
}
