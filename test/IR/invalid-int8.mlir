// Constraints of what computes in int8.
// RUN: resnet-opt %s -verify-diagnostics -split-input-file

// slot_c1
// expected-error @+1 {{of one precision must say "prepare" and "features" or "features_f32", got "refresh" and "features"}}
resnet.slot @s "refresh" only "features" : tensor<4xf32>

// -----

// slot_c1
// expected-error @+1 {{got "prepare" and "logits"}}
resnet.slot @s "prepare" only "logits" : tensor<4xf32>

// -----

// slot_c2
// expected-error @+1 {{type must have a static shape and elements of a float type or si8, got 'tensor<4xui8>'}}
resnet.slot @s "prepare" : tensor<4xui8>

// -----

// quantize_weight_c1
func.func @f(%w: tensor<4x8x3x3xbf16>) {
  // expected-error @+1 {{weight must be [K,C,R,R] of f32, got 'tensor<4x8x3x3xbf16>'}}
  %q, %s, %t = resnet.quantize_weight %w : tensor<4x8x3x3xbf16> -> tensor<4x8x3x3xsi8>, tensor<4xf32>
  return
}

// -----

// quantize_weight_c1
func.func @f(%w: tensor<4x8x3x3xf32>) {
  // expected-error @+1 {{quantized must be 'tensor<4x8x3x3xsi8>', got 'tensor<4x8x1x1xsi8>'}}
  %q, %s, %t = resnet.quantize_weight %w : tensor<4x8x3x3xf32> -> tensor<4x8x1x1xsi8>, tensor<4xf32>
  return
}

// -----

// quantize_weight_c1
func.func @f(%w: tensor<4x8x3x3xf32>) {
  // expected-error @+1 {{scale must be 'tensor<4xf32>', got 'tensor<8xf32>'}}
  %q, %s, %t = resnet.quantize_weight %w : tensor<4x8x3x3xf32> -> tensor<4x8x3x3xsi8>, tensor<8xf32>
  return
}

// -----

// fold_scales_c1
resnet.scale @x
func.func @f(%s: tensor<4xf32>, %g: tensor<8xf32>) {
  // expected-error @+1 {{each vector must be 'tensor<4xf32>', got 'tensor<8xf32>'}}
  %a, %b = resnet.fold_scales %s scale(%g) shift(%g) {x = @x} : (tensor<4xf32>, tensor<8xf32>, tensor<8xf32>) -> (tensor<4xf32>, tensor<4xf32>)
  return
}

// -----

// fold_scales_c1
resnet.scale @x
func.func @f(%s: tensor<4xf32>) {
  // expected-error @+1 {{scale and shift must come together, got scale alone}}
  %a, %b = resnet.fold_scales %s scale(%s) {x = @x} : (tensor<4xf32>, tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>)
  return
}

// -----

// fold_scales_c2
resnet.slot @x "prepare" : tensor<4xf32>
func.func @f(%s: tensor<4xf32>) {
  // expected-error @+1 {{@x must name a resnet.scale}}
  %a, %b = resnet.fold_scales %s {x = @x} : (tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>)
  return
}

// -----

// scale_ratio_c1
func.func @f() {
  // expected-error @+1 {{@x must name a resnet.scale}}
  %f = resnet.scale_ratio {under = @x} : tensor<4xf32>
  return
}

// -----

// scale_ratio_c2
resnet.scale @x
func.func @f() {
  // expected-error @+1 {{ratio must be [C] of f32, got 'tensor<4x4xf32>'}}
  %f = resnet.scale_ratio {under = @x} : tensor<4x4xf32>
  return
}

// -----

// quantize_c1
func.func @f(%x: tensor<?x4x7x7xf32>, %f: tensor<4xf32>) {
  // expected-error @+1 {{must give ui8 or si8, got 'tensor<?x4x7x7xf32>'}}
  %q = resnet.quantize %x, %f : (tensor<?x4x7x7xf32>, tensor<4xf32>) -> tensor<?x4x7x7xf32>
  return
}

// -----

// quantize_c1
func.func @f(%x: tensor<?x4x7x7xf32>, %f: tensor<8xf32>) {
  // expected-error @+1 {{factor must be 'tensor<4xf32>', got 'tensor<8xf32>'}}
  %q = resnet.quantize %x, %f : (tensor<?x4x7x7xf32>, tensor<8xf32>) -> tensor<?x4x7x7xui8>
  return
}

// -----

// histogram_c1
func.func @f(%x: tensor<?x4x7x7xf32>) {
  // expected-error @+1 {{@y must name a resnet.scale}}
  resnet.histogram %x {scale = @y} : tensor<?x4x7x7xf32>
  return
}

// -----

// histogram_c2
resnet.scale @y
func.func @f(%x: tensor<?x4x7x7xbf16>) {
  // expected-error @+1 {{x must be of f32, got 'tensor<?x4x7x7xbf16>'}}
  resnet.histogram %x {scale = @y} : tensor<?x4x7x7xbf16>
  return
}

// -----

// max_pool_c3
func.func @f(%x: tensor<?x4x8x8xui8>) {
  // expected-error @+1 {{of int8 must not have a winner}}
  %y, %i = resnet.max_pool %x {kernel = 2, stride = 2, padding = 0} : tensor<?x4x8x8xui8> -> tensor<?x4x4x4xui8>, tensor<?x4x4x4xi8>
  return
}

// -----

// conv2d_c8
func.func @f(%x: tensor<?x4x7x7xf32>, %w: tensor<4x4x1x1xsi8>, %a: tensor<4xf32>) {
  // expected-error @+1 {{x and weight are int8 together, got 'tensor<?x4x7x7xf32>' and 'tensor<4x4x1x1xsi8>'}}
  %y = resnet.conv2d %x, %w scale(%a) shift(%a) {stride = 1, padding = 0} : (tensor<?x4x7x7xf32>, tensor<4x4x1x1xsi8>, tensor<4xf32>, tensor<4xf32>) -> tensor<?x4x7x7xf32>
  return
}

// -----

// conv2d_c8
func.func @f(%x: tensor<?x4x7x7xui8>, %w: tensor<4x4x1x1xsi8>) {
  // expected-error @+1 {{a weight of int8 takes scale and shift, and excludes winograd}}
  %y = resnet.conv2d %x, %w {stride = 1, padding = 0} : (tensor<?x4x7x7xui8>, tensor<4x4x1x1xsi8>) -> tensor<?x4x7x7xf32>
  return
}

// -----

// conv2d_c8
func.func @f(%x: tensor<?x4x7x7xf32>, %w: tensor<4x4x1x1xf32>) {
  // expected-error @+1 {{y and residual are int8 only where weight is, got 'tensor<4x4x1x1xf32>'}}
  %y = resnet.conv2d %x, %w {stride = 1, padding = 0} : (tensor<?x4x7x7xf32>, tensor<4x4x1x1xf32>) -> tensor<?x4x7x7xui8>
  return
}

// -----

// conv2d_c8
func.func @f(%x: tensor<?x4x7x7xui8>, %w: tensor<4x4x1x1xsi8>, %a: tensor<4xf32>) {
  // expected-error @+1 {{y must not be si8}}
  %y = resnet.conv2d %x, %w scale(%a) shift(%a) {stride = 1, padding = 0} : (tensor<?x4x7x7xui8>, tensor<4x4x1x1xsi8>, tensor<4xf32>, tensor<4xf32>) -> tensor<?x4x7x7xsi8>
  return
}

// -----

// conv2d_c8
func.func @f(%x: tensor<?x4x7x7xui8>, %w: tensor<4x4x1x1xsi8>, %a: tensor<4xf32>) {
  // expected-error @+1 {{a residual that is not on y's scale needs its factor}}
  %y = resnet.conv2d %x, %w scale(%a) shift(%a) residual(%x) {stride = 1, padding = 0}
     : (tensor<?x4x7x7xui8>, tensor<4x4x1x1xsi8>, tensor<4xf32>, tensor<4xf32>, tensor<?x4x7x7xui8>) -> tensor<?x4x7x7xf32>
  return
}

// -----

// conv2d_c9
func.func @f(%x: tensor<?x4x7x7xf32>, %w: tensor<4x4x1x1xf32>, %a: tensor<4xf32>) {
  // expected-error @+1 {{takes a residual's factor with a residual and a weight of int8 alone}}
  %y = resnet.conv2d %x, %w residual(%x) times(%a) {stride = 1, padding = 0}
     : (tensor<?x4x7x7xf32>, tensor<4x4x1x1xf32>, tensor<?x4x7x7xf32>, tensor<4xf32>) -> tensor<?x4x7x7xf32>
  return
}
