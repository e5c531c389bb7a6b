// Constraints of the loss, the statistics and the backward ops.
// RUN: resnet-opt %s -verify-diagnostics -split-input-file

// update_statistics_c1_missing
resnet.parameter @m "bn_mean" {moves} : tensor<8xf32>
resnet.parameter @v "bn_var" {moves} : tensor<8xf32>
resnet.parameter @still "bn_mean" : tensor<8xf32>
func.func @f(%mean: tensor<8xf32>, %x: tensor<?x8x6x6xf32>) {
  // expected-error @+1 {{@nowhere must name a resnet.parameter}}
  resnet.update_statistics @nowhere, @v, %mean, %mean of %x {momentum = 0.1 : f64} : tensor<8xf32>, tensor<?x8x6x6xf32>
  return
}

// -----

// update_statistics_c1_role
resnet.parameter @m "bn_mean" {moves} : tensor<8xf32>
resnet.parameter @v "bn_var" {moves} : tensor<8xf32>
resnet.parameter @still "bn_mean" : tensor<8xf32>
func.func @f(%mean: tensor<8xf32>, %x: tensor<?x8x6x6xf32>) {
  // expected-error @+1 {{@m must be a bn_var that moves, got role "bn_mean", moving}}
  resnet.update_statistics @m, @m, %mean, %mean of %x {momentum = 0.1 : f64} : tensor<8xf32>, tensor<?x8x6x6xf32>
  return
}

// -----

// update_statistics_c1_moves
resnet.parameter @m "bn_mean" {moves} : tensor<8xf32>
resnet.parameter @v "bn_var" {moves} : tensor<8xf32>
resnet.parameter @still "bn_mean" : tensor<8xf32>
func.func @f(%mean: tensor<8xf32>, %x: tensor<?x8x6x6xf32>) {
  // expected-error @+1 {{@still must be a bn_mean that moves, got role "bn_mean", not moving}}
  resnet.update_statistics @still, @v, %mean, %mean of %x {momentum = 0.1 : f64} : tensor<8xf32>, tensor<?x8x6x6xf32>
  return
}

// -----

// update_statistics_c2_type
resnet.parameter @m "bn_mean" {moves} : tensor<8xf32>
resnet.parameter @v "bn_var" {moves} : tensor<8xf32>
resnet.parameter @still "bn_mean" : tensor<8xf32>
func.func @f(%mean: tensor<7xf32>, %x: tensor<?x8x6x6xf32>) {
  // expected-error @+1 {{mean must be 'tensor<8xf32>', got 'tensor<7xf32>'}}
  resnet.update_statistics @m, @v, %mean, %mean of %x {momentum = 0.1 : f64} : tensor<7xf32>, tensor<?x8x6x6xf32>
  return
}

// -----

// update_statistics_c2_x
resnet.parameter @m "bn_mean" {moves} : tensor<8xf32>
resnet.parameter @v "bn_var" {moves} : tensor<8xf32>
resnet.parameter @still "bn_mean" : tensor<8xf32>
func.func @f(%mean: tensor<8xf32>, %x: tensor<?x7x6x6xf32>) {
  // expected-error @+1 {{mean must be 'tensor<7xf32>', got 'tensor<8xf32>'}}
  resnet.update_statistics @m, @v, %mean, %mean of %x {momentum = 0.1 : f64} : tensor<8xf32>, tensor<?x7x6x6xf32>
  return
}

// -----

// update_statistics_c2_rank
resnet.parameter @m "bn_mean" {moves} : tensor<8xf32>
resnet.parameter @v "bn_var" {moves} : tensor<8xf32>
resnet.parameter @still "bn_mean" : tensor<8xf32>
func.func @f(%mean: tensor<8xf32>, %x: tensor<?x8xf32>) {
  // expected-error @+1 {{x must be [N,C,H,W] with all but N static and at least 1, got 'tensor<?x8xf32>'}}
  resnet.update_statistics @m, @v, %mean, %mean of %x {momentum = 0.1 : f64} : tensor<8xf32>, tensor<?x8xf32>
  return
}

// -----

// update_statistics_c3
resnet.parameter @m "bn_mean" {moves} : tensor<8xf32>
resnet.parameter @v "bn_var" {moves} : tensor<8xf32>
resnet.parameter @still "bn_mean" : tensor<8xf32>
func.func @f(%mean: tensor<8xf32>, %x: tensor<?x8x6x6xf32>) {
  // expected-error @+1 {{momentum must be from 0 to 1, got 2}}
  resnet.update_statistics @m, @v, %mean, %mean of %x {momentum = 2.0 : f64} : tensor<8xf32>, tensor<?x8x6x6xf32>
  return
}

// -----

// softmax_cross_entropy_c1_rank
func.func @f(%x: tensor<?x8x1x1xf32>, %l: tensor<?xi64>) {
  // expected-error @+1 {{logits must be [N,C] with all but N static and at least 1, got 'tensor<?x8x1x1xf32>'}}
  %d = resnet.softmax_cross_entropy %x, %l : tensor<?x8x1x1xf32>, tensor<?xi64>
  return
}

// -----

// softmax_cross_entropy_c1_labels
func.func @f(%x: tensor<?x8xf32>, %l: tensor<4xi64>) {
  // expected-error @+1 {{labels must be 'tensor<?xi64>', got 'tensor<4xi64>'}}
  %d = resnet.softmax_cross_entropy %x, %l : tensor<?x8xf32>, tensor<4xi64>
  return
}

// -----

// conv2d_dx_c1_dx
func.func @f(%dy: tensor<?x4x3x3xf32>, %w: tensor<4x8x3x3xf32>) {
  // expected-error @+1 {{dy must be 'tensor<?x4x4x4xf32>', got 'tensor<?x4x3x3xf32>'}}
  %dx = resnet.conv2d_dx %dy, %w {stride = 2, padding = 1} : (tensor<?x4x3x3xf32>, tensor<4x8x3x3xf32>) -> tensor<?x8x7x7xf32>
  return
}

// -----

// conv2d_dx_c1_rank
func.func @f(%dy: tensor<?x4x3x3xf32>, %w: tensor<4x8x3x3xf32>) {
  // expected-error @+1 {{dx must be [N,C,H,W] with all but N static and at least 1, got 'tensor<?x8xf32>'}}
  %dx = resnet.conv2d_dx %dy, %w {stride = 2, padding = 1} : (tensor<?x4x3x3xf32>, tensor<4x8x3x3xf32>) -> tensor<?x8xf32>
  return
}

// -----

// conv2d_dx_c1_weight
func.func @f(%dy: tensor<?x4x3x3xf32>, %w: tensor<4x7x3x3xf32>) {
  // expected-error @+1 {{weight must be 'tensor<4x8x3x3xf32>', got 'tensor<4x7x3x3xf32>'}}
  %dx = resnet.conv2d_dx %dy, %w {stride = 2, padding = 1} : (tensor<?x4x3x3xf32>, tensor<4x7x3x3xf32>) -> tensor<?x8x6x6xf32>
  return
}

// -----

// conv2d_dw_c1_dw
func.func @f(%x: tensor<?x8x6x6xf32>, %dy: tensor<?x4x3x3xf32>) {
  // expected-error @+1 {{dw must be 'tensor<4x8x3x3xf32>', got 'tensor<4x7x3x3xf32>'}}
  %dw = resnet.conv2d_dw %x, %dy {stride = 2, padding = 1} : (tensor<?x8x6x6xf32>, tensor<?x4x3x3xf32>) -> tensor<4x7x3x3xf32>
  return
}

// -----

// conv2d_dw_c1_dy
func.func @f(%x: tensor<?x8x6x6xf32>, %dy: tensor<?x5x3x3xf32>) {
  // expected-error @+1 {{dy must be 'tensor<?x4x3x3xf32>', got 'tensor<?x5x3x3xf32>'}}
  %dw = resnet.conv2d_dw %x, %dy {stride = 2, padding = 1} : (tensor<?x8x6x6xf32>, tensor<?x5x3x3xf32>) -> tensor<4x8x3x3xf32>
  return
}

// -----

// batch_norm_sums_c1_rank
func.func @f(%x: tensor<?x8xf32>, %m: tensor<8xf32>) {
  // expected-error @+1 {{x must be [N,C,H,W] with all but N static and at least 1, got 'tensor<?x8xf32>'}}
  %g, %b = resnet.batch_norm_sums %x, %x, %m, %m {eps = 1.0e-5 : f64} : tensor<?x8xf32>, tensor<8xf32>
  return
}

// -----

// batch_norm_sums_c1_channels
func.func @f(%x: tensor<?x8x6x6xf32>, %m: tensor<7xf32>) {
  // expected-error @+1 {{mean must be 'tensor<8xf32>', got 'tensor<7xf32>'}}
  %g, %b = resnet.batch_norm_sums %x, %x, %m, %m {eps = 1.0e-5 : f64} : tensor<?x8x6x6xf32>, tensor<7xf32>
  return
}

// -----

// batch_norm_sums_c2
func.func @f(%x: tensor<?x8x6x6xf32>, %m: tensor<8xf32>) {
  // expected-error @+1 {{eps must be above 0, got 0}}
  %g, %b = resnet.batch_norm_sums %x, %x, %m, %m {eps = 0.0 : f64} : tensor<?x8x6x6xf32>, tensor<8xf32>
  return
}

// -----

// batch_norm_dx_c1_rank
func.func @f(%x: tensor<?x8xf32>, %m: tensor<8xf32>) {
  // expected-error @+1 {{x must be [N,C,H,W] with all but N static and at least 1, got 'tensor<?x8xf32>'}}
  %dx = resnet.batch_norm_dx %x, %x, %m, %m, %m, %m, %m {eps = 1.0e-5 : f64} : tensor<?x8xf32>, tensor<8xf32>
  return
}

// -----

// batch_norm_dx_c1_channels
func.func @f(%x: tensor<?x8x6x6xf32>, %m: tensor<7xf32>) {
  // expected-error @+1 {{weight must be 'tensor<8xf32>', got 'tensor<7xf32>'}}
  %dx = resnet.batch_norm_dx %x, %x, %m, %m, %m, %m, %m {eps = 1.0e-5 : f64} : tensor<?x8x6x6xf32>, tensor<7xf32>
  return
}

// -----

// batch_norm_dx_c2
func.func @f(%x: tensor<?x8x6x6xf32>, %m: tensor<8xf32>) {
  // expected-error @+1 {{eps must be above 0, got 0}}
  %dx = resnet.batch_norm_dx %x, %x, %m, %m, %m, %m, %m {eps = 0.0 : f64} : tensor<?x8x6x6xf32>, tensor<8xf32>
  return
}

// -----

// channel_sum_c1_rank
func.func @f(%dy: tensor<?x8x6xf32>) {
  // expected-error @+1 {{dy must be [N,C,H,W] with all but N static and at least 1, got 'tensor<?x8x6xf32>'}}
  %s = resnet.channel_sum %dy : tensor<?x8x6xf32> -> tensor<8xf32>
  return
}

// -----

// channel_sum_c1_result
func.func @f(%dy: tensor<?x8xf32>) {
  // expected-error @+1 {{sum must be 'tensor<8xf32>', got 'tensor<7xf32>'}}
  %s = resnet.channel_sum %dy : tensor<?x8xf32> -> tensor<7xf32>
  return
}

// -----

// max_pool_grad_c1_dx
func.func @f(%dy: tensor<?x8x3x3xf32>, %i: tensor<?x8x3x3xi8>) {
  // expected-error @+1 {{dy must be 'tensor<?x8x4x4xf32>', got 'tensor<?x8x3x3xf32>'}}
  %dx = resnet.max_pool_grad %dy, %i {kernel = 3, stride = 2, padding = 1} : tensor<?x8x3x3xf32>, tensor<?x8x3x3xi8> -> tensor<?x8x7x7xf32>
  return
}

// -----

// max_pool_grad_c1_winner
func.func @f(%dy: tensor<?x8x3x3xf32>, %i: tensor<?x8x3x4xi8>) {
  // expected-error @+1 {{winner must be 'tensor<?x8x3x3xi8>', got 'tensor<?x8x3x4xi8>'}}
  %dx = resnet.max_pool_grad %dy, %i {kernel = 3, stride = 2, padding = 1} : tensor<?x8x3x3xf32>, tensor<?x8x3x4xi8> -> tensor<?x8x6x6xf32>
  return
}

// -----

// max_pool_grad_c1_kernel
func.func @f(%dy: tensor<?x8x3x3xf32>, %i: tensor<?x8x3x3xi8>) {
  // expected-error @+1 {{must have 1 <= kernel <= 11, stride >= 1 and 0 <= padding <= kernel/2, got kernel 12, stride 2, padding 1}}
  %dx = resnet.max_pool_grad %dy, %i {kernel = 12, stride = 2, padding = 1} : tensor<?x8x3x3xf32>, tensor<?x8x3x3xi8> -> tensor<?x8x6x6xf32>
  return
}

// -----

// global_avg_pool_grad_c1_dy
func.func @f(%dy: tensor<?x7xf32>) {
  // expected-error @+1 {{dy must be 'tensor<?x8xf32>', got 'tensor<?x7xf32>'}}
  %dx = resnet.global_avg_pool_grad %dy : tensor<?x7xf32> -> tensor<?x8x6x6xf32>
  return
}

// -----

// global_avg_pool_grad_c1_dx
func.func @f(%dy: tensor<?x8xf32>) {
  // expected-error @+1 {{dx must be [N,C,H,W] with all but N static and at least 1, got 'tensor<?x8xf32>'}}
  %dx = resnet.global_avg_pool_grad %dy : tensor<?x8xf32> -> tensor<?x8xf32>
  return
}

// -----

// linear_dx_c1
func.func @f(%dy: tensor<?x4xf32>, %w: tensor<8x4xf32>) {
  // expected-error @+1 {{weight must be 'tensor<4x8xf32>', got 'tensor<8x4xf32>'}}
  %dx = resnet.linear_dx %dy, %w : (tensor<?x4xf32>, tensor<8x4xf32>) -> tensor<?x8xf32>
  return
}

// -----

// linear_dx_c1_batch
func.func @f(%dy: tensor<3x4xf32>, %w: tensor<4x8xf32>) {
  // expected-error @+1 {{dy must be 'tensor<?x4xf32>', got 'tensor<3x4xf32>'}}
  %dx = resnet.linear_dx %dy, %w : (tensor<3x4xf32>, tensor<4x8xf32>) -> tensor<?x8xf32>
  return
}

// -----

// linear_dw_c1
func.func @f(%x: tensor<?x8xf32>, %dy: tensor<?x4xf32>) {
  // expected-error @+1 {{dw must be 'tensor<4x8xf32>', got 'tensor<8x4xf32>'}}
  %dw = resnet.linear_dw %x, %dy : (tensor<?x8xf32>, tensor<?x4xf32>) -> tensor<8x4xf32>
  return
}
