// The epilogue of a convolution is an elementwise op behind the sum, which gets a buffer of its own: y*scale + shift, then
// + residual, then ReLU.
// RUN: resnet-opt %s --split-input-file --resnet-to-linalg --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: func.func @everything(
// CHECK:       %[[RESIDUAL:.*]] = bufferization.to_tensor {{.*}} to tensor<?x2x5x7x32xf32>
// CHECK:       %[[OUT:.*]] = tensor.empty(%{{.*}}) : tensor<?x2x5x7x32xf32>
// CHECK:       %[[SCRATCH:.*]] = tensor.empty(%{{.*}}) : tensor<?x2x5x7x32xf32>
// CHECK:       %[[START:.*]] = linalg.fill {{.*}} outs(%[[SCRATCH]] :
// CHECK:       %[[SUM:.*]] = linalg.generic {{.*}} outs(%[[START]] :
// CHECK:       %[[SCALE:.*]] = bufferization.to_tensor
// CHECK:       %[[SHIFT:.*]] = bufferization.to_tensor
// CHECK:       linalg.generic {indexing_maps = [affine_map<{{[^>]*}}-> (d0, d1, d2, d3, d4)>, affine_map<{{[^>]*}}-> (d1, d4)>,
// CHECK-SAME:    affine_map<{{[^>]*}}-> (d1, d4)>, affine_map<{{[^>]*}}-> (d0, d1, d2, d3, d4)>, affine_map<{{[^>]*}}-> (d0, d1, d2, d3, d4)>]
// CHECK-SAME:    ins(%[[SUM]], %[[SCALE]], %[[SHIFT]], %[[RESIDUAL]] : {{.*}}) outs(%[[OUT]] : {{.*}}resnet.tile
// CHECK-NEXT:  ^bb0(%[[V:.*]]: f32, %[[A:.*]]: f32, %[[B:.*]]: f32, %[[R:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT:    %[[SCALED:.*]] = arith.mulf %[[V]], %[[A]]
// CHECK-NEXT:    %[[SHIFTED:.*]] = arith.addf %[[B]], %[[SCALED]]
// CHECK-NEXT:    %[[ADDED:.*]] = arith.addf %[[SHIFTED]], %[[R]]
// CHECK:         %[[Y:.*]] = arith.maximumf %[[ADDED]], %{{.*}}
// CHECK-NEXT:    linalg.yield %[[Y]]
resnet.parameter @w "conv_weight" : tensor<40x8x1x1xf32>
resnet.parameter @a "bn_weight" : tensor<40xf32>
resnet.parameter @b "bn_bias" : tensor<40xf32>
func.func @features() { return }
func.func @everything(%x: tensor<?x8x5x7xf32>, %r: tensor<?x40x5x7xf32>) -> tensor<?x40x5x7xf32> {
  %w = resnet.read @w : tensor<40x8x1x1xf32>
  %a = resnet.read @a : tensor<40xf32>
  %b = resnet.read @b : tensor<40xf32>
  %y = resnet.conv2d %x, %w scale(%a) shift(%b) residual(%r) {stride = 1, padding = 0, relu}
     : (tensor<?x8x5x7xf32>, tensor<40x8x1x1xf32>, tensor<40xf32>, tensor<40xf32>, tensor<?x40x5x7xf32>) -> tensor<?x40x5x7xf32>
  return %y : tensor<?x40x5x7xf32>
}

// -----

// What is not asked for is not there.
// CHECK-LABEL: func.func @residual_alone(
// CHECK:         arith.mulf
// CHECK:       linalg.generic
// CHECK-NEXT:  ^bb0(%[[V:.*]]: f32, %[[R:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT:    %[[Y:.*]] = arith.addf %[[V]], %[[R]]
// CHECK-NEXT:    linalg.yield %[[Y]]
// CHECK-NOT:     arith.
// CHECK:       return
resnet.parameter @w "conv_weight" : tensor<40x8x1x1xf32>
func.func @features() { return }
func.func @residual_alone(%x: tensor<?x8x5x7xf32>, %r: tensor<?x40x5x7xf32>) -> tensor<?x40x5x7xf32> {
  %w = resnet.read @w : tensor<40x8x1x1xf32>
  %y = resnet.conv2d %x, %w residual(%r) {stride = 1, padding = 0}
     : (tensor<?x8x5x7xf32>, tensor<40x8x1x1xf32>, tensor<?x40x5x7xf32>) -> tensor<?x40x5x7xf32>
  return %y : tensor<?x40x5x7xf32>
}

// -----

// CHECK-LABEL: func.func @scale_alone(
// CHECK:         arith.mulf
// CHECK:       linalg.generic
// CHECK-NEXT:  ^bb0(%[[V:.*]]: f32, %[[A:.*]]: f32, %[[B:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT:    %[[SCALED:.*]] = arith.mulf %[[V]], %[[A]]
// CHECK-NEXT:    %[[SHIFTED:.*]] = arith.addf %[[B]], %[[SCALED]]
// CHECK-NEXT:    linalg.yield %[[SHIFTED]]
// CHECK-NOT:     arith.
// CHECK:       return
resnet.parameter @w "conv_weight" : tensor<40x8x1x1xf32>
resnet.parameter @a "bn_weight" : tensor<40xf32>
resnet.parameter @b "bn_bias" : tensor<40xf32>
func.func @features() { return }
func.func @scale_alone(%x: tensor<?x8x5x7xf32>) -> tensor<?x40x5x7xf32> {
  %w = resnet.read @w : tensor<40x8x1x1xf32>
  %a = resnet.read @a : tensor<40xf32>
  %b = resnet.read @b : tensor<40xf32>
  %y = resnet.conv2d %x, %w scale(%a) shift(%b) {stride = 1, padding = 0}
     : (tensor<?x8x5x7xf32>, tensor<40x8x1x1xf32>, tensor<40xf32>, tensor<40xf32>) -> tensor<?x40x5x7xf32>
  return %y : tensor<?x40x5x7xf32>
}
