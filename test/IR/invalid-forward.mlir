// Constraints of the other forward ops.
// RUN: resnet-opt %s -verify-diagnostics -split-input-file

// batch_norm_c1_rank
func.func @f(%x: tensor<?x8xf32>, %g: tensor<8xf32>, %b: tensor<8xf32>, %m: tensor<8xf32>, %v: tensor<8xf32>) {
  // expected-error @+1 {{x must be [N,C,H,W] with all but N static and at least 1, got 'tensor<?x8xf32>'}}
  %y = resnet.batch_norm %x, %g, %b, %m, %v {eps = 1.0e-5 : f64, module = "bn"} : tensor<?x8xf32>, tensor<8xf32>
  return
}

// -----

// batch_norm_c1_channels
func.func @f(%x: tensor<?x7x6x6xf32>, %g: tensor<8xf32>, %b: tensor<8xf32>, %m: tensor<8xf32>, %v: tensor<8xf32>) {
  // expected-error @+1 {{weight must be 'tensor<7xf32>', got 'tensor<8xf32>'}}
  %y = resnet.batch_norm %x, %g, %b, %m, %v {eps = 1.0e-5 : f64, module = "bn"} : tensor<?x7x6x6xf32>, tensor<8xf32>
  return
}

// -----

// batch_norm_c2_eps
func.func @f(%x: tensor<?x8x6x6xf32>, %g: tensor<8xf32>, %b: tensor<8xf32>, %m: tensor<8xf32>, %v: tensor<8xf32>) {
  // expected-error @+1 {{eps must be above 0, got 0}}
  %y = resnet.batch_norm %x, %g, %b, %m, %v {eps = 0.0 : f64, module = "bn"} : tensor<?x8x6x6xf32>, tensor<8xf32>
  return
}

// -----

// batch_norm_c2_policy
func.func @f(%x: tensor<?x8x6x6xf32>, %g: tensor<8xf32>, %b: tensor<8xf32>, %m: tensor<8xf32>, %v: tensor<8xf32>) {
  // expected-error @+1 {{policy must be "running" or "batch", got "frozen"}}
  %y = resnet.batch_norm %x, %g, %b, %m, %v {eps = 1.0e-5 : f64, policy = "frozen", module = "bn"} : tensor<?x8x6x6xf32>, tensor<8xf32>
  return
}

// -----

// batch_norm_batch_c1_channels
func.func @f(%x: tensor<?x7x6x6xf32>, %g: tensor<8xf32>, %b: tensor<8xf32>, %m: tensor<8xf32>, %v: tensor<8xf32>) {
  // expected-error @+1 {{weight must be 'tensor<7xf32>', got 'tensor<8xf32>'}}
  %y, %mean, %var = resnet.batch_norm_batch %x, %g, %b {eps = 1.0e-5 : f64} : tensor<?x7x6x6xf32>, tensor<8xf32>
  return
}

// -----

// batch_norm_batch_c1_residual
func.func @f(%x: tensor<?x8x6x6xf32>, %g: tensor<8xf32>, %b: tensor<8xf32>, %m: tensor<8xf32>, %v: tensor<8xf32>, %r: tensor<?x8x6x7xf32>) {
  // expected-error @+1 {{residual must be 'tensor<?x8x6x6xf32>', got 'tensor<?x8x6x7xf32>'}}
  %y, %mean, %var = resnet.batch_norm_batch %x, %g, %b residual(%r : tensor<?x8x6x7xf32>) {eps = 1.0e-5 : f64} : tensor<?x8x6x6xf32>, tensor<8xf32>
  return
}

// -----

// batch_norm_batch_c2
func.func @f(%x: tensor<?x8x6x6xf32>, %g: tensor<8xf32>, %b: tensor<8xf32>, %m: tensor<8xf32>, %v: tensor<8xf32>) {
  // expected-error @+1 {{eps must be above 0, got -1}}
  %y, %mean, %var = resnet.batch_norm_batch %x, %g, %b {eps = -1.0 : f64} : tensor<?x8x6x6xf32>, tensor<8xf32>
  return
}

// -----

// normalize_c1
func.func @f(%x: tensor<?x7x6x6xf32>, %g: tensor<8xf32>, %b: tensor<8xf32>, %m: tensor<8xf32>, %v: tensor<8xf32>) {
  // expected-error @+1 {{weight must be 'tensor<7xf32>', got 'tensor<8xf32>'}}
  %y = resnet.normalize %x, %g, %b, %m, %v {eps = 1.0e-5 : f64} : tensor<?x7x6x6xf32>, tensor<8xf32>
  return
}

// -----

// normalize_c1_residual
func.func @f(%x: tensor<?x8x6x6xf32>, %r: tensor<?x8x3x3xf32>, %g: tensor<8xf32>, %b: tensor<8xf32>, %m: tensor<8xf32>, %v: tensor<8xf32>) {
  // expected-error @+1 {{residual must be 'tensor<?x8x6x6xf32>', got 'tensor<?x8x3x3xf32>'}}
  %y = resnet.normalize %x, %g, %b, %m, %v residual(%r : tensor<?x8x3x3xf32>) {eps = 1.0e-5 : f64} : tensor<?x8x6x6xf32>, tensor<8xf32>
  return
}

// -----

// normalize_c2
func.func @f(%x: tensor<?x8x6x6xf32>, %g: tensor<8xf32>, %b: tensor<8xf32>, %m: tensor<8xf32>, %v: tensor<8xf32>) {
  // expected-error @+1 {{eps must be above 0, got 0}}
  %y = resnet.normalize %x, %g, %b, %m, %v {eps = 0.0 : f64} : tensor<?x8x6x6xf32>, tensor<8xf32>
  return
}

// -----

// fold_batch_norm_c1
func.func @f(%g: tensor<8x1xf32>) {
  // expected-error @+1 {{operands must be [C] of static shape, got 'tensor<8x1xf32>'}}
  %a, %s = resnet.fold_batch_norm %g, %g, %g, %g {eps = 1.0e-5 : f64} : tensor<8x1xf32>
  return
}

// -----

// fold_batch_norm_c2
func.func @f(%g: tensor<8xf32>) {
  // expected-error @+1 {{eps must be above 0, got 0}}
  %a, %s = resnet.fold_batch_norm %g, %g, %g, %g {eps = 0.0 : f64} : tensor<8xf32>
  return
}

// -----

// scale_shift_c1_rank
func.func @f(%x: tensor<?x8xf32>, %a: tensor<8xf32>) {
  // expected-error @+1 {{x must be [N,C,H,W] with all but N static and at least 1, got 'tensor<?x8xf32>'}}
  %y = resnet.scale_shift %x, %a : tensor<?x8xf32>, tensor<8xf32>
  return
}

// -----

// scale_shift_c1_scale
func.func @f(%x: tensor<?x8x6x6xf32>, %a: tensor<7xf32>) {
  // expected-error @+1 {{scale must be 'tensor<8xf32>', got 'tensor<7xf32>'}}
  %y = resnet.scale_shift %x, %a : tensor<?x8x6x6xf32>, tensor<7xf32>
  return
}

// -----

// scale_shift_c1_shift
func.func @f(%x: tensor<?x8x6x6xf32>, %a: tensor<8xf32>, %b: tensor<7xf32>) {
  // expected-error @+1 {{shift must be 'tensor<8xf32>', got 'tensor<7xf32>'}}
  %y = resnet.scale_shift %x, %a shift(%b : tensor<7xf32>) : tensor<?x8x6x6xf32>, tensor<8xf32>
  return
}

// -----

// max_pool_c1_kernel
func.func @f(%x: tensor<?x8x6x6xf32>) {
  // expected-error @+1 {{must have 1 <= kernel <= 11, stride >= 1 and 0 <= padding <= kernel/2, got kernel 12, stride 2, padding 1}}
  %y = resnet.max_pool %x {kernel = 12, stride = 2, padding = 1} : tensor<?x8x6x6xf32> -> tensor<?x8x3x3xf32>
  return
}

// -----

// max_pool_c1_stride
func.func @f(%x: tensor<?x8x6x6xf32>) {
  // expected-error @+1 {{must have 1 <= kernel <= 11, stride >= 1 and 0 <= padding <= kernel/2, got kernel 3, stride 0, padding 1}}
  %y = resnet.max_pool %x {kernel = 3, stride = 0, padding = 1} : tensor<?x8x6x6xf32> -> tensor<?x8x3x3xf32>
  return
}

// -----

// max_pool_c1_padding
func.func @f(%x: tensor<?x8x6x6xf32>) {
  // expected-error @+1 {{must have 1 <= kernel <= 11, stride >= 1 and 0 <= padding <= kernel/2, got kernel 3, stride 2, padding 2}}
  %y = resnet.max_pool %x {kernel = 3, stride = 2, padding = 2} : tensor<?x8x6x6xf32> -> tensor<?x8x3x3xf32>
  return
}

// -----

// max_pool_c2
func.func @f(%x: tensor<?x8x6x6xf32>) {
  // expected-error @+1 {{y must be 'tensor<?x8x3x3xf32>', got 'tensor<?x8x4x4xf32>'}}
  %y = resnet.max_pool %x {kernel = 3, stride = 2, padding = 1} : tensor<?x8x6x6xf32> -> tensor<?x8x4x4xf32>
  return
}

// -----

// max_pool_c2_empty
func.func @f(%x: tensor<?x8x1x6xf32>) {
  // expected-error @+1 {{must give at least one row and column, got 0x2 from 'tensor<?x8x1x6xf32>'}}
  %y = resnet.max_pool %x {kernel = 4, stride = 3, padding = 1} : tensor<?x8x1x6xf32> -> tensor<?x8x3x3xf32>
  return
}

// -----

// max_pool_c2_winner
func.func @f(%x: tensor<?x8x6x6xf32>) {
  // expected-error @+1 {{winner must be 'tensor<?x8x3x3xi8>', got 'tensor<?x8x3x4xi8>'}}
  %y, %i = resnet.max_pool %x {kernel = 3, stride = 2, padding = 1} : tensor<?x8x6x6xf32> -> tensor<?x8x3x3xf32>, tensor<?x8x3x4xi8>
  return
}

// -----

// global_avg_pool_c1
func.func @f(%x: tensor<?x8x6x6xf32>) {
  // expected-error @+1 {{y must be 'tensor<?x8xf32>', got 'tensor<?x6xf32>'}}
  %y = resnet.global_avg_pool %x : tensor<?x8x6x6xf32> -> tensor<?x6xf32>
  return
}

// -----

// linear_c1_rank
func.func @f(%x: tensor<?x8x1xf32>, %w: tensor<4x8xf32>, %b: tensor<4xf32>) {
  // expected-error @+1 {{x must be [N,C] with all but N static and at least 1, got 'tensor<?x8x1xf32>'}}
  %y = resnet.linear %x, %w, %b : (tensor<?x8x1xf32>, tensor<4x8xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  return
}

// -----

// linear_c1_weight
func.func @f(%x: tensor<?x8xf32>, %w: tensor<8x4xf32>, %b: tensor<4xf32>) {
  // expected-error @+1 {{weight must be 'tensor<4x8xf32>', got 'tensor<8x4xf32>'}}
  %y = resnet.linear %x, %w, %b : (tensor<?x8xf32>, tensor<8x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  return
}

// -----

// linear_c1_bias
func.func @f(%x: tensor<?x8xf32>, %w: tensor<4x8xf32>, %b: tensor<8xf32>) {
  // expected-error @+1 {{bias must be 'tensor<4xf32>', got 'tensor<8xf32>'}}
  %y = resnet.linear %x, %w, %b : (tensor<?x8xf32>, tensor<4x8xf32>, tensor<8xf32>) -> tensor<?x4xf32>
  return
}

// -----

// linear_c1_result
func.func @f(%x: tensor<?x8xf32>, %w: tensor<4x8xf32>, %b: tensor<4xf32>) {
  // expected-error @+1 {{y must be 'tensor<?x4xf32>', got 'tensor<3x4xf32>'}}
  %y = resnet.linear %x, %w, %b : (tensor<?x8xf32>, tensor<4x8xf32>, tensor<4xf32>) -> tensor<3x4xf32>
  return
}

// -----

// dropout_c1_rate
func.func @f(%x: tensor<?x8xf32>) {
  // expected-error @+1 {{rate must be at least 0 and below 1, got 1}}
  %y = resnet.dropout %x {rate = 1.0 : f64, site = 0} : tensor<?x8xf32>
  return
}

// -----

// dropout_c1_rank
func.func @f(%x: tensor<?x8x6x6xf32>) {
  // expected-error @+1 {{x must be [N,C] with all but N static and at least 1, got 'tensor<?x8x6x6xf32>'}}
  %y = resnet.dropout %x {rate = 0.5 : f64, site = 0} : tensor<?x8x6x6xf32>
  return
}
