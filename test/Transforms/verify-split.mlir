// Each clause of the invariant after Transforms, broken once.
// RUN: resnet-opt %s -split-input-file -verify-diagnostics --resnet-verify-split

func.func @prepare() { return }
func.func @refresh() { return }
// expected-error @+1 {{is neither a parameter, a slot, a scale nor a function of the seam with one block}}
func.func @forward() { return }
func.func @logits(%r: tensor<?x5xf32>) -> tensor<?x5xf32> { return %r : tensor<?x5xf32> }
func.func @gradients(%r: tensor<?x5xf32>, %labels: tensor<?xi64>) { return }

// -----

func.func @prepare() { return }
func.func @refresh() { return }
func.func @logits(%r: tensor<?x5xf32>) -> tensor<?x5xf32> {
  // expected-error @+1 {{must not be in @logits after --resnet-split}}
  %0 = resnet.dropout %r {rate = 0.5 : f64, site = 0} : tensor<?x5xf32>
  return %0 : tensor<?x5xf32>
}
func.func @gradients(%r: tensor<?x5xf32>, %labels: tensor<?xi64>) { return }

// -----

func.func @prepare() { return }
func.func @refresh() { return }
func.func @logits(%r: tensor<?x5xf32>) -> tensor<?x5xf32> {
  // expected-error @+1 {{computes what no one reads}}
  %0 = resnet.relu %r : tensor<?x5xf32>
  return %r : tensor<?x5xf32>
}
func.func @gradients(%r: tensor<?x5xf32>, %labels: tensor<?xi64>) { return }

// -----

func.func @prepare() { return }
func.func @refresh() { return }
func.func @logits(%r: tensor<?x5xf32>) -> tensor<?x5xf32> {
  // expected-error @+1 {{is still marked frozen_prefix}}
  %0 = resnet.relu %r {frozen_prefix} : tensor<?x5xf32>
  return %0 : tensor<?x5xf32>
}
func.func @gradients(%r: tensor<?x5xf32>, %labels: tensor<?xi64>) { return }

// -----

resnet.slot @s "refresh" : tensor<5xf32>
resnet.parameter @b "bn_bias" {trained} : tensor<5xf32>
func.func @prepare() { return }
func.func @refresh() { return }
func.func @logits(%r: tensor<?x5xf32>) -> tensor<?x5xf32> { return %r : tensor<?x5xf32> }
func.func @gradients(%r: tensor<?x5xf32>, %labels: tensor<?xi64>) {
  // expected-error @+1 {{of @s, which training changes, outside @refresh and @logits}}
  %0 = resnet.read @s : tensor<5xf32>
  resnet.accumulate_gradient @b, %0 : tensor<5xf32>
  return
}

// -----

resnet.parameter @b "bn_bias" {trained} : tensor<5xf32>
resnet.slot @s "prepare" : tensor<5xf32>
func.func @prepare() {
  // expected-error @+1 {{of @b, which training changes, outside @refresh and @logits}}
  %0 = resnet.read @b : tensor<5xf32>
  resnet.write @s, %0 : tensor<5xf32>
  return
}
func.func @refresh() { return }
func.func @logits(%r: tensor<?x5xf32>) -> tensor<?x5xf32> { return %r : tensor<?x5xf32> }
func.func @gradients(%r: tensor<?x5xf32>, %labels: tensor<?xi64>) { return }

// -----

resnet.slot @s "prepare" : tensor<5xf32>
func.func @prepare() { return }
func.func @refresh() {
  // expected-error @+1 {{of slot @s where slots are only written}}
  %0 = resnet.read @s : tensor<5xf32>
  resnet.write @s, %0 : tensor<5xf32>
  return
}
func.func @logits(%r: tensor<?x5xf32>) -> tensor<?x5xf32> { return %r : tensor<?x5xf32> }
func.func @gradients(%r: tensor<?x5xf32>, %labels: tensor<?xi64>) { return }

// -----

func.func @prepare() { return }
func.func @refresh() { return }
// expected-error @+1 {{gives other records than @logits takes}}
func.func @features(%i: tensor<?x3xf32>) -> tensor<?x3xf32> { return %i : tensor<?x3xf32> }
func.func @logits(%r: tensor<?x5xf32>) -> tensor<?x5xf32> { return %r : tensor<?x5xf32> }
func.func @gradients(%r: tensor<?x5xf32>, %labels: tensor<?xi64>) { return }

// -----

func.func @prepare() { return }
func.func @refresh() { return }
func.func @logits(%r: tensor<?x5xf32>) -> tensor<?x5xf32> { return %r : tensor<?x5xf32> }
// expected-error @+1 {{takes other records than @logits}}
func.func @gradients(%r: tensor<?x4xf32>, %labels: tensor<?xi64>) { return }

// -----

func.func @prepare() { return }
func.func @refresh() { return }
func.func @logits(%r: tensor<?x5xf32>) -> tensor<?x5xf32> { return %r : tensor<?x5xf32> }
// expected-error @+1 {{must give nothing, and @logits one tensor}}
func.func @gradients(%r: tensor<?x5xf32>, %labels: tensor<?xi64>) -> tensor<?x5xf32> { return %r : tensor<?x5xf32> }

// -----

resnet.parameter @p "bn_bias" : tensor<5xf32>
resnet.slot @s "prepare" : tensor<5xf32>
func.func @prepare() { return }
func.func @refresh() {
  %0 = resnet.read @p : tensor<5xf32>
  // expected-error @+1 {{to a slot of @prepare in @refresh}}
  resnet.write @s, %0 : tensor<5xf32>
  return
}
func.func @logits(%r: tensor<?x5xf32>) -> tensor<?x5xf32> { return %r : tensor<?x5xf32> }
func.func @gradients(%r: tensor<?x5xf32>, %labels: tensor<?xi64>) { return }

// -----

// expected-error @+1 {{must be written once in @prepare, got 0}}
resnet.slot @s "prepare" : tensor<5xf32>
func.func @prepare() { return }
func.func @refresh() { return }
func.func @logits(%r: tensor<?x5xf32>) -> tensor<?x5xf32> { return %r : tensor<?x5xf32> }
func.func @gradients(%r: tensor<?x5xf32>, %labels: tensor<?xi64>) { return }

// -----

// expected-error @+1 {{gets 0 gradients, expected 1}}
resnet.parameter @b "bn_bias" {trained} : tensor<5xf32>
func.func @prepare() { return }
func.func @refresh() { return }
func.func @logits(%r: tensor<?x5xf32>) -> tensor<?x5xf32> { return %r : tensor<?x5xf32> }
func.func @gradients(%r: tensor<?x5xf32>, %labels: tensor<?xi64>) { return }

// -----

resnet.parameter @b "bn_bias" {trained} : tensor<5xf32>
func.func @prepare() { return }
func.func @refresh() { return }
func.func @logits(%r: tensor<?x5xf32>) -> tensor<?x5xf32> { return %r : tensor<?x5xf32> }
// expected-error @+1 {{must hold one softmax_cross_entropy, got 2}}
func.func @gradients(%r: tensor<?x5xf32>, %labels: tensor<?xi64>) {
  %0 = resnet.softmax_cross_entropy %r, %labels : tensor<?x5xf32>, tensor<?xi64>
  %1 = resnet.softmax_cross_entropy %r, %labels : tensor<?x5xf32>, tensor<?xi64>
  %2 = resnet.add %0, %1 : tensor<?x5xf32>
  %3 = resnet.channel_sum %2 : tensor<?x5xf32> -> tensor<5xf32>
  resnet.accumulate_gradient @b, %3 : tensor<5xf32>
  return
}

// -----

resnet.parameter @w "conv_weight" {trained} : tensor<4x4x3x3xf32>
resnet.slot @u "refresh" : tensor<4x4x6x6xf32>
func.func @prepare() { return }
func.func @refresh() {
  %0 = resnet.read @w : tensor<4x4x3x3xf32>
  // expected-error @+1 {{must not be in @refresh after --resnet-split}}
  %1 = resnet.transform_filter %0 : tensor<4x4x3x3xf32> -> tensor<4x4x6x6xf32>
  resnet.write @u, %1 : tensor<4x4x6x6xf32>
  return
}
func.func @logits(%r: tensor<?x5xf32>) -> tensor<?x5xf32> { return %r : tensor<?x5xf32> }
func.func @gradients(%r: tensor<?x5xf32>, %labels: tensor<?xi64>) { return }

// -----

func.func @prepare() { return }
func.func @refresh() { return }
func.func @logits(%r: tensor<?x5xf32>) -> tensor<?x5xf32> { return %r : tensor<?x5xf32> }
func.func @gradients(%r: tensor<?x5xf32>, %labels: tensor<?xi64>) { return }
// expected-error @+1 {{is a copy of @gradients; only @features, @logits and @prepare have copies, beside them}}
func.func @gradients_single(%r: tensor<?x5xf32>, %labels: tensor<?xi64>) { return }

// -----

func.func @prepare() { return }
func.func @refresh() { return }
func.func @logits(%r: tensor<?x5xf32>) -> tensor<?x5xf32> { return %r : tensor<?x5xf32> }
func.func @gradients(%r: tensor<?x5xf32>, %labels: tensor<?xi64>) { return }
// expected-error @+1 {{is a copy of @features; only @features, @logits and @prepare have copies, beside them}}
func.func @features_f32(%r: tensor<?x5xf32>) -> tensor<?x5xf32> { return %r : tensor<?x5xf32> }

// -----

func.func @prepare() { return }
func.func @refresh() { return }
func.func @logits(%r: tensor<?x5xf32>) -> tensor<?x5xf32> { return %r : tensor<?x5xf32> }
// expected-error @+1 {{is of type '(tensor<?x6xf32>) -> tensor<?x6xf32>', expected that of @logits, '(tensor<?x5xf32>) -> tensor<?x5xf32>'}}
func.func @logits_single(%r: tensor<?x6xf32>) -> tensor<?x6xf32> { return %r : tensor<?x6xf32> }
func.func @gradients(%r: tensor<?x5xf32>, %labels: tensor<?xi64>) { return }
