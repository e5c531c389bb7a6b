// Every example of ResnetOps.td, word for word (Inputs/examples_match.py holds the two together), parses, verifies and prints
// to what parses to the same again.
// RUN: %python %S/Inputs/examples_match.py %S/../../compiler/IR/ResnetOps.td %s
// RUN: resnet-opt %s -o %t.1
// RUN: resnet-opt %t.1 -o %t.2
// RUN: diff %t.1 %t.2
// RUN: FileCheck %s < %t.1

resnet.parameter @conv1.weight "conv_weight" : tensor<64x3x7x7xf32>
resnet.parameter @fc.weight "linear_weight" {trained, replaced} : tensor<20x512xf32>
resnet.parameter @fc.bias "linear_bias" {trained, replaced} : tensor<20xf32>
resnet.parameter @bn1.running_mean "bn_mean" {moves} : tensor<64xf32>
resnet.parameter @bn1.running_var "bn_var" {moves} : tensor<64xf32>
resnet.parameter @bn1.num_batches_tracked "bn_count" {moves} : tensor<i64>
resnet.slot @bn1.scale "prepare" : tensor<64xf32>
resnet.slot @layer1.0.conv1.filter "prepare" only "features_f32" : tensor<64x64x6x6xf32>
resnet.scale @images {is_signed}
resnet.scale @conv1
resnet.scale @layer1.0.conv1
resnet.scale @layer1.0.conv2
resnet.scale @layer1.1.conv2

// CHECK-LABEL: func.func @state
func.func @state(%scale: tensor<64xf32>, %db: tensor<20xf32>) {
  // CHECK: resnet.read @conv1.weight : tensor<64x3x7x7xf32>
  %w = resnet.read @conv1.weight : tensor<64x3x7x7xf32>
  // CHECK: resnet.write @bn1.scale, %{{.*}} : tensor<64xf32>
  resnet.write @bn1.scale, %scale : tensor<64xf32>
  // CHECK: resnet.accumulate_gradient @fc.bias, %{{.*}} : tensor<20xf32>
  resnet.accumulate_gradient @fc.bias, %db : tensor<20xf32>
  return
}

// CHECK-LABEL: func.func @bf16
func.func @bf16(%x: tensor<?x64x56x56xf32>, %w: tensor<256x64x1x1xf32>) {
  // CHECK: resnet.round %{{.*}} : tensor<256x64x1x1xf32> -> tensor<256x64x1x1xbf16>
  %v = resnet.round %w : tensor<256x64x1x1xf32> -> tensor<256x64x1x1xbf16>
  // CHECK: resnet.conv2d %{{.*}} : (tensor<?x64x56x56xf32>, tensor<256x64x1x1xbf16>) -> tensor<?x256x56x56xbf16>
  %n = resnet.conv2d %x, %v {stride = 1, padding = 0} : (tensor<?x64x56x56xf32>, tensor<256x64x1x1xbf16>) -> tensor<?x256x56x56xbf16>
  return
}

// CHECK-LABEL: func.func @int8
func.func @int8(%w: tensor<64x64x3x3xf32>, %g: tensor<64xf32>, %h: tensor<64xf32>) {
  // CHECK: resnet.quantize_weight %{{.*}} : tensor<64x64x3x3xf32> -> tensor<64x64x3x3xsi8>, tensor<64xf32>
  %q, %s, %t = resnet.quantize_weight %w : tensor<64x64x3x3xf32> -> tensor<64x64x3x3xsi8>, tensor<64xf32>
  // CHECK: resnet.fold_scales %{{.*}} sums(%{{.*}}) scale(%{{.*}}) shift(%{{.*}}) {x = @images, y = @conv1}
  %a, %b = resnet.fold_scales %s sums(%t) scale(%g) shift(%h) {x = @images, y = @conv1}
           : (tensor<64xf32>, tensor<64xf32>, tensor<64xf32>, tensor<64xf32>) -> (tensor<64xf32>, tensor<64xf32>)
  // CHECK: resnet.scale_ratio {over = @layer1.0.conv2, under = @layer1.1.conv2} : tensor<64xf32>
  %f = resnet.scale_ratio {over = @layer1.0.conv2, under = @layer1.1.conv2} : tensor<64xf32>
  return
}

// CHECK-LABEL: func.func @int8_features
func.func @int8_features(%x: tensor<?x3x224x224xf32>, %f: tensor<3xf32>) {
  // CHECK: resnet.quantize %{{.*}}, %{{.*}} : (tensor<?x3x224x224xf32>, tensor<3xf32>) -> tensor<?x3x224x224xsi8>
  %q = resnet.quantize %x, %f : (tensor<?x3x224x224xf32>, tensor<3xf32>) -> tensor<?x3x224x224xsi8>
  return
}

// CHECK-LABEL: func.func @int8_conv
func.func @int8_conv(%i: tensor<?x64x56x56xui8>, %u: tensor<64x64x1x1xsi8>, %a: tensor<64xf32>, %b: tensor<64xf32>, %j: tensor<?x64x56x56xui8>, %f: tensor<64xf32>) {
  // CHECK: resnet.conv2d %{{.*}}, %{{.*}} scale(%{{.*}}) shift(%{{.*}}) residual(%{{.*}}) times(%{{.*}}) {padding = 0 : i64, relu, stride = 1 : i64}
  %m = resnet.conv2d %i, %u scale(%a) shift(%b) residual(%j) times(%f) {stride = 1, padding = 0, relu}
     : (tensor<?x64x56x56xui8>, tensor<64x64x1x1xsi8>, tensor<64xf32>, tensor<64xf32>, tensor<?x64x56x56xui8>, tensor<64xf32>) -> tensor<?x64x56x56xui8>
  return
}

// CHECK-LABEL: func.func @calibrate
func.func @calibrate(%x: tensor<?x64x56x56xf32>) {
  // CHECK: resnet.histogram %{{.*}} {scale = @layer1.0.conv1} : tensor<?x64x56x56xf32>
  resnet.histogram %x {scale = @layer1.0.conv1} : tensor<?x64x56x56xf32>
  return
}

// CHECK-LABEL: func.func @stem
func.func @stem(%x: tensor<?x3x224x224xf32>, %w: tensor<64x3x7x7xf32>) {
  // CHECK: resnet.conv2d %{{.*}}, %{{.*}} {padding = 3 : i64, stride = 2 : i64}
  %y = resnet.conv2d %x, %w {stride = 2, padding = 3} : (tensor<?x3x224x224xf32>, tensor<64x3x7x7xf32>) -> tensor<?x64x112x112xf32>
  return
}

// CHECK-LABEL: func.func @filter
func.func @filter(%w: tensor<64x64x3x3xf32>) {
  // CHECK: resnet.transform_filter %{{.*}} : tensor<64x64x3x3xf32> -> tensor<64x64x6x6xf32>
  %u = resnet.transform_filter %w : tensor<64x64x3x3xf32> -> tensor<64x64x6x6xf32>
  return
}

// CHECK-LABEL: func.func @epilogue
func.func @epilogue(%x: tensor<?x64x56x56xf32>, %w: tensor<64x64x3x3xf32>, %a: tensor<64xf32>, %b: tensor<64xf32>, %r: tensor<?x64x56x56xf32>) {
  // CHECK: resnet.conv2d %{{.*}}, %{{.*}} scale(%{{.*}}) shift(%{{.*}}) residual(%{{.*}}) {padding = 1 : i64, relu, stride = 1 : i64}
  %z = resnet.conv2d %x, %w scale(%a) shift(%b) residual(%r) {stride = 1, padding = 1, relu}
     : (tensor<?x64x56x56xf32>, tensor<64x64x3x3xf32>, tensor<64xf32>, tensor<64xf32>, tensor<?x64x56x56xf32>) -> tensor<?x64x56x56xf32>
  return
}

// CHECK-LABEL: func.func @running_norm
func.func @running_norm(%x: tensor<?x64x112x112xf32>, %g: tensor<64xf32>, %b: tensor<64xf32>, %m: tensor<64xf32>, %v: tensor<64xf32>) {
  // CHECK: resnet.batch_norm
  %y = resnet.batch_norm %x, %g, %b, %m, %v {eps = 1.0e-5 : f64, policy = "running", module = "bn1"}
     : tensor<?x64x112x112xf32>, tensor<64xf32>
  // CHECK: resnet.fold_batch_norm
  %scale, %shift = resnet.fold_batch_norm %g, %b, %m, %v {eps = 1.0e-5 : f64} : tensor<64xf32>
  return
}

// CHECK-LABEL: func.func @batch_norm
func.func @batch_norm(%x: tensor<?x64x56x56xf32>, %dy: tensor<?x64x56x56xf32>, %g: tensor<64xf32>, %b: tensor<64xf32>) {
  // CHECK: resnet.batch_norm_batch
  %y, %mean, %var = resnet.batch_norm_batch %x, %g, %b {eps = 1.0e-5 : f64} : tensor<?x64x56x56xf32>, tensor<64xf32>
  // CHECK: resnet.normalize %{{.*}} {eps = 1.000000e-05 : f64, relu}
  %n = resnet.normalize %x, %g, %b, %mean, %var {eps = 1.0e-5 : f64, relu} : tensor<?x64x56x56xf32>, tensor<64xf32>
  // CHECK: resnet.normalize %{{.*}} residual(%{{.*}} : tensor<?x64x56x56xf32>) {eps = 1.000000e-05 : f64, relu}
  %r = resnet.normalize %x, %g, %b, %mean, %var residual(%n : tensor<?x64x56x56xf32>) {eps = 1.0e-5 : f64, relu} : tensor<?x64x56x56xf32>, tensor<64xf32>
  // CHECK: resnet.update_statistics @bn1.running_mean, @bn1.running_var
  resnet.update_statistics @bn1.running_mean, @bn1.running_var, %mean, %var of %x {momentum = 0.1 : f64} : tensor<64xf32>, tensor<?x64x56x56xf32>
  // CHECK: resnet.batch_norm_sums
  %dg, %db = resnet.batch_norm_sums %x, %dy, %mean, %var {eps = 1.0e-5 : f64} : tensor<?x64x56x56xf32>, tensor<64xf32>
  // CHECK: resnet.batch_norm_dx
  %dx = resnet.batch_norm_dx %x, %dy, %g, %mean, %var, %dg, %db {eps = 1.0e-5 : f64} : tensor<?x64x56x56xf32>, tensor<64xf32>
  // The optional operand and flag, which no example shows.
  // CHECK: resnet.batch_norm_batch %{{.*}} residual(%{{.*}} : tensor<?x64x56x56xf32>) {eps = 1.000000e-05 : f64, relu}
  %z, %m2, %v2 = resnet.batch_norm_batch %x, %g, %b residual(%dy : tensor<?x64x56x56xf32>) {eps = 1.0e-5 : f64, relu} : tensor<?x64x56x56xf32>, tensor<64xf32>
  return
}

// CHECK-LABEL: func.func @affine
func.func @affine(%x: tensor<?x64x56x56xf32>, %scale: tensor<64xf32>, %shift: tensor<64xf32>) {
  // CHECK: resnet.scale_shift %{{.*}}, %{{.*}} shift(%{{.*}} : tensor<64xf32>) : tensor<?x64x56x56xf32>, tensor<64xf32>
  %y = resnet.scale_shift %x, %scale shift(%shift : tensor<64xf32>) : tensor<?x64x56x56xf32>, tensor<64xf32>
  return
}

// CHECK-LABEL: func.func @affine_grad
func.func @affine_grad(%dy: tensor<?x64x56x56xf32>, %scale: tensor<64xf32>) {
  // CHECK: resnet.scale_shift %{{.*}}, %{{.*}} : tensor<?x64x56x56xf32>, tensor<64xf32>
  %dx = resnet.scale_shift %dy, %scale : tensor<?x64x56x56xf32>, tensor<64xf32>
  return
}

// CHECK-LABEL: func.func @relu
func.func @relu(%x: tensor<?x64x56x56xf32>, %dy: tensor<?x64x56x56xf32>) {
  // CHECK: resnet.relu
  %y = resnet.relu %x : tensor<?x64x56x56xf32>
  // CHECK: resnet.relu_grad
  %dx = resnet.relu_grad %dy, %y : tensor<?x64x56x56xf32>
  return
}

// CHECK-LABEL: func.func @add
func.func @add(%a: tensor<?x64x56x56xf32>, %b: tensor<?x64x56x56xf32>) {
  // CHECK: resnet.add
  %y = resnet.add %a, %b : tensor<?x64x56x56xf32>
  return
}

// CHECK-LABEL: func.func @pool
func.func @pool(%x: tensor<?x64x112x112xf32>, %dy: tensor<?x64x56x56xf32>) {
  // CHECK: resnet.max_pool
  %y = resnet.max_pool %x {kernel = 3, stride = 2, padding = 1} : tensor<?x64x112x112xf32> -> tensor<?x64x56x56xf32>
  // CHECK: %{{.*}}, %{{.*}} = resnet.max_pool
  %z, %i = resnet.max_pool %x {kernel = 3, stride = 2, padding = 1} : tensor<?x64x112x112xf32> -> tensor<?x64x56x56xf32>, tensor<?x64x56x56xi8>
  // CHECK: resnet.max_pool_grad
  %dx = resnet.max_pool_grad %dy, %i {kernel = 3, stride = 2, padding = 1} : tensor<?x64x56x56xf32>, tensor<?x64x56x56xi8> -> tensor<?x64x112x112xf32>
  return
}

// CHECK-LABEL: func.func @mean
func.func @mean(%x: tensor<?x512x7x7xf32>) {
  // CHECK: resnet.global_avg_pool
  %y = resnet.global_avg_pool %x : tensor<?x512x7x7xf32> -> tensor<?x512xf32>
  return
}

// CHECK-LABEL: func.func @mean_grad
func.func @mean_grad(%dy: tensor<?x512xf32>) {
  // CHECK: resnet.global_avg_pool_grad
  %dx = resnet.global_avg_pool_grad %dy : tensor<?x512xf32> -> tensor<?x512x7x7xf32>
  return
}

// CHECK-LABEL: func.func @linear
func.func @linear(%x: tensor<?x512xf32>, %w: tensor<20x512xf32>, %b: tensor<20xf32>) {
  // CHECK: resnet.linear
  %y = resnet.linear %x, %w, %b : (tensor<?x512xf32>, tensor<20x512xf32>, tensor<20xf32>) -> tensor<?x20xf32>
  return
}

// CHECK-LABEL: func.func @linear_grad
func.func @linear_grad(%x: tensor<?x512xf32>, %w: tensor<20x512xf32>, %dy: tensor<?x20xf32>) {
  // CHECK: resnet.linear_dx
  %dx = resnet.linear_dx %dy, %w : (tensor<?x20xf32>, tensor<20x512xf32>) -> tensor<?x512xf32>
  // CHECK: resnet.linear_dw
  %dw = resnet.linear_dw %x, %dy : (tensor<?x512xf32>, tensor<?x20xf32>) -> tensor<20x512xf32>
  // CHECK: resnet.channel_sum
  %db = resnet.channel_sum %dy : tensor<?x20xf32> -> tensor<20xf32>
  return
}

// CHECK-LABEL: func.func @dropout
func.func @dropout(%x: tensor<?x512xf32>) {
  // CHECK: resnet.dropout
  %y = resnet.dropout %x {rate = 0.2 : f64, site = 0} : tensor<?x512xf32>
  return
}

// CHECK-LABEL: func.func @loss
func.func @loss(%logits: tensor<?x20xf32>, %labels: tensor<?xi64>) {
  // CHECK: resnet.softmax_cross_entropy
  %d = resnet.softmax_cross_entropy %logits, %labels : tensor<?x20xf32>, tensor<?xi64>
  return
}

// CHECK-LABEL: func.func @conv_dx
func.func @conv_dx(%dy: tensor<?x128x28x28xf32>, %w: tensor<128x64x3x3xf32>) {
  // CHECK: resnet.conv2d_dx
  %dx = resnet.conv2d_dx %dy, %w {stride = 2, padding = 1} : (tensor<?x128x28x28xf32>, tensor<128x64x3x3xf32>) -> tensor<?x64x56x56xf32>
  return
}

// CHECK-LABEL: func.func @conv_dw
func.func @conv_dw(%x: tensor<?x64x56x56xf32>, %dy: tensor<?x64x56x56xf32>) {
  // CHECK: resnet.conv2d_dw
  %dw = resnet.conv2d_dw %x, %dy {stride = 1, padding = 1} : (tensor<?x64x56x56xf32>, tensor<?x64x56x56xf32>) -> tensor<64x64x3x3xf32>
  return
}
