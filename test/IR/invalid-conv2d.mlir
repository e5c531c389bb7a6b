// Constraints of conv2d.
// RUN: resnet-opt %s -verify-diagnostics -split-input-file

// conv2d_c1_rank
func.func @f(%x: tensor<?x8xf32>, %w: tensor<4x8x3x3xf32>) {
  // expected-error @+1 {{x must be [N,C,H,W] with all but N static and at least 1, got 'tensor<?x8xf32>'}}
  %y = resnet.conv2d %x, %w {stride = 1, padding = 1} : (tensor<?x8xf32>, tensor<4x8x3x3xf32>) -> tensor<?x4x6x6xf32>
  return
}

// -----

// conv2d_c1_dynamic
func.func @f(%x: tensor<?x8x?x6xf32>, %w: tensor<4x8x3x3xf32>) {
  // expected-error @+1 {{x must be [N,C,H,W] with all but N static and at least 1, got 'tensor<?x8x?x6xf32>'}}
  %y = resnet.conv2d %x, %w {stride = 1, padding = 1} : (tensor<?x8x?x6xf32>, tensor<4x8x3x3xf32>) -> tensor<?x4x6x6xf32>
  return
}

// -----

// conv2d_c1_weight
func.func @f(%x: tensor<?x8x6x6xf32>, %w: tensor<4x8x3x1xf32>) {
  // expected-error @+1 {{weight must be [K,C,R,R] of static shape, got 'tensor<4x8x3x1xf32>'}}
  %y = resnet.conv2d %x, %w {stride = 1, padding = 1} : (tensor<?x8x6x6xf32>, tensor<4x8x3x1xf32>) -> tensor<?x4x6x6xf32>
  return
}

// -----

// conv2d_c1_channels
func.func @f(%x: tensor<?x8x6x6xf32>, %w: tensor<4x7x3x3xf32>) {
  // expected-error @+1 {{weight must be 'tensor<4x8x3x3xf32>', got 'tensor<4x7x3x3xf32>'}}
  %y = resnet.conv2d %x, %w {stride = 1, padding = 1} : (tensor<?x8x6x6xf32>, tensor<4x7x3x3xf32>) -> tensor<?x4x6x6xf32>
  return
}

// -----

// conv2d_c1_element
func.func @f(%x: tensor<?x8x6x6xf32>, %w: tensor<4x8x3x3xf64>) {
  // expected-error @+1 {{weight must be 'tensor<4x8x3x3xf32>', got 'tensor<4x8x3x3xf64>'}}
  %y = resnet.conv2d %x, %w {stride = 1, padding = 1} : (tensor<?x8x6x6xf32>, tensor<4x8x3x3xf64>) -> tensor<?x4x6x6xf32>
  return
}

// -----

// conv2d_c2_stride
func.func @f(%x: tensor<?x8x6x6xf32>, %w: tensor<4x8x3x3xf32>) {
  // expected-error @+1 {{stride must be at least 1 and padding at least 0, got 0 and 1}}
  %y = resnet.conv2d %x, %w {stride = 0, padding = 1} : (tensor<?x8x6x6xf32>, tensor<4x8x3x3xf32>) -> tensor<?x4x6x6xf32>
  return
}

// -----

// conv2d_c2_padding
func.func @f(%x: tensor<?x8x6x6xf32>, %w: tensor<4x8x3x3xf32>) {
  // expected-error @+1 {{stride must be at least 1 and padding at least 0, got 1 and -1}}
  %y = resnet.conv2d %x, %w {stride = 1, padding = -1} : (tensor<?x8x6x6xf32>, tensor<4x8x3x3xf32>) -> tensor<?x4x6x6xf32>
  return
}

// -----

// conv2d_c2_empty
func.func @f(%x: tensor<?x8x2x6xf32>, %w: tensor<4x8x3x3xf32>) {
  // expected-error @+1 {{must give at least one row and column, got 0x4 from 'tensor<?x8x2x6xf32>'}}
  %y = resnet.conv2d %x, %w {stride = 1, padding = 0} : (tensor<?x8x2x6xf32>, tensor<4x8x3x3xf32>) -> tensor<?x4x6x6xf32>
  return
}

// -----

// conv2d_c3
func.func @f(%x: tensor<?x8x6x6xf32>, %w: tensor<4x8x3x3xf32>) {
  // expected-error @+1 {{y must be 'tensor<?x4x3x3xf32>', got 'tensor<?x4x6x6xf32>'}}
  %y = resnet.conv2d %x, %w {stride = 2, padding = 1} : (tensor<?x8x6x6xf32>, tensor<4x8x3x3xf32>) -> tensor<?x4x6x6xf32>
  return
}

// -----

// conv2d_c3_batch
func.func @f(%x: tensor<2x8x6x6xf32>, %w: tensor<4x8x3x3xf32>) {
  // expected-error @+1 {{y must be 'tensor<2x4x6x6xf32>', got 'tensor<?x4x6x6xf32>'}}
  %y = resnet.conv2d %x, %w {stride = 1, padding = 1} : (tensor<2x8x6x6xf32>, tensor<4x8x3x3xf32>) -> tensor<?x4x6x6xf32>
  return
}

// -----

// conv2d_c4_alone
func.func @f(%x: tensor<?x8x6x6xf32>, %w: tensor<4x8x3x3xf32>, %a: tensor<4xf32>) {
  // expected-error @+1 {{scale and shift must come together, got scale alone}}
  %y = resnet.conv2d %x, %w scale(%a) {stride = 1, padding = 1} : (tensor<?x8x6x6xf32>, tensor<4x8x3x3xf32>, tensor<4xf32>) -> tensor<?x4x6x6xf32>
  return
}

// -----

// conv2d_c4_scale
func.func @f(%x: tensor<?x8x6x6xf32>, %w: tensor<4x8x3x3xf32>, %a: tensor<8xf32>) {
  // expected-error @+1 {{scale must be 'tensor<4xf32>', got 'tensor<8xf32>'}}
  %y = resnet.conv2d %x, %w scale(%a) shift(%a) {stride = 1, padding = 1} : (tensor<?x8x6x6xf32>, tensor<4x8x3x3xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<?x4x6x6xf32>
  return
}

// -----

// conv2d_c4_shift
func.func @f(%x: tensor<?x8x6x6xf32>, %w: tensor<4x8x3x3xf32>, %a: tensor<4xf32>, %b: tensor<8xf32>) {
  // expected-error @+1 {{shift must be 'tensor<4xf32>', got 'tensor<8xf32>'}}
  %y = resnet.conv2d %x, %w scale(%a) shift(%b) {stride = 1, padding = 1} : (tensor<?x8x6x6xf32>, tensor<4x8x3x3xf32>, tensor<4xf32>, tensor<8xf32>) -> tensor<?x4x6x6xf32>
  return
}

// -----

// conv2d_c4_residual
func.func @f(%x: tensor<?x8x6x6xf32>, %w: tensor<4x8x3x3xf32>) {
  // expected-error @+1 {{residual must be 'tensor<?x4x6x6xf32>', got 'tensor<?x8x6x6xf32>'}}
  %y = resnet.conv2d %x, %w residual(%x) {stride = 1, padding = 1} : (tensor<?x8x6x6xf32>, tensor<4x8x3x3xf32>, tensor<?x8x6x6xf32>) -> tensor<?x4x6x6xf32>
  return
}
