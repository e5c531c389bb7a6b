// relu, add, scale_shift and relu_grad: one parallel op each; a vector of channels is indexed by (block, channel in the
// block).
// RUN: resnet-opt %s --split-input-file --resnet-to-linalg --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: func.func @relu(
// CHECK:       %[[X:.*]] = bufferization.to_tensor {{.*}} to tensor<?x2x3x4x32xf32>
// CHECK:       %[[F:.*]] = bufferization.to_tensor {{.*}} to tensor<?x2x32xf32>
// CHECK:       %[[ZERO:.*]] = arith.constant 0.000000e+00 : f32
// CHECK:       linalg.generic {indexing_maps = [affine_map<{{[^>]*}}-> (d0, d1, d2, d3, d4)>, affine_map<{{[^>]*}}-> (d0, d1, d2, d3, d4)>],
// CHECK-SAME:    ["parallel", "parallel", "parallel", "parallel", "parallel"]} ins(%[[X]] : {{.*}} attrs = {resnet.tile = array<i64: 1, 1
// CHECK-NEXT:  ^bb0(%[[V:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT:    %[[Y:.*]] = arith.maximumf %[[V]], %[[ZERO]]
// CHECK-NEXT:    linalg.yield %[[Y]]
// Features are few: serially.
// CHECK:       linalg.generic {{.*}} ["parallel", "parallel", "parallel"]} ins(%[[F]] : tensor<?x2x32xf32>) outs(%{{.*}} : tensor<?x2x32xf32>) {
// CHECK-NEXT:  ^bb0
// CHECK-NEXT:    arith.maximumf
// CHECK:       return
resnet.parameter @unused "bn_weight" : tensor<8xf32>
func.func @features() { return }
func.func @relu(%x: tensor<?x40x3x4xf32>, %f: tensor<?x40xf32>) -> (tensor<?x40x3x4xf32>, tensor<?x40xf32>) {
  %y = resnet.relu %x : tensor<?x40x3x4xf32>
  %g = resnet.relu %f : tensor<?x40xf32>
  return %y, %g : tensor<?x40x3x4xf32>, tensor<?x40xf32>
}

// -----

// CHECK-LABEL: func.func @add(
// CHECK:       %[[A:.*]] = bufferization.to_tensor
// CHECK:       %[[B:.*]] = bufferization.to_tensor
// CHECK:       linalg.generic {{.*}} ins(%[[A]], %[[B]] : {{.*}}resnet.tile
// CHECK-NEXT:  ^bb0(%[[V:.*]]: f32, %[[W:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT:    %[[Y:.*]] = arith.addf %[[V]], %[[W]]
// CHECK-NEXT:    linalg.yield %[[Y]]
// CHECK:       return
resnet.parameter @unused "bn_weight" : tensor<8xf32>
func.func @features() { return }
func.func @add(%a: tensor<?x40x3x4xf32>, %b: tensor<?x40x3x4xf32>) -> tensor<?x40x3x4xf32> {
  %y = resnet.add %a, %b : tensor<?x40x3x4xf32>
  return %y : tensor<?x40x3x4xf32>
}

// -----

// CHECK-LABEL: func.func @scale_shift(
// CHECK:       %[[X:.*]] = bufferization.to_tensor {{.*}} to tensor<?x2x3x4x32xf32>
// CHECK:       %[[SCALE:.*]] = bufferization.to_tensor {{.*}} to tensor<2x32xf32>
// CHECK:       %[[SHIFT:.*]] = bufferization.to_tensor {{.*}} to tensor<2x32xf32>
// CHECK:       linalg.generic {indexing_maps = [affine_map<{{[^>]*}}-> (d0, d1, d2, d3, d4)>, affine_map<{{[^>]*}}-> (d1, d4)>, affine_map<{{[^>]*}}-> (d1, d4)>, affine_map<{{[^>]*}}-> (d0, d1, d2, d3, d4)>]
// CHECK-SAME:    ins(%[[X]], %[[SCALE]], %[[SHIFT]] :
// CHECK-NEXT:  ^bb0(%[[V:.*]]: f32, %[[A:.*]]: f32, %[[B:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT:    %[[SCALED:.*]] = arith.mulf %[[V]], %[[A]]
// CHECK-NEXT:    %[[SHIFTED:.*]] = arith.addf %[[B]], %[[SCALED]]
// CHECK-NEXT:    linalg.yield %[[SHIFTED]]
// CHECK:       linalg.generic {{.*}} ins(%[[X]], %[[SCALE]] :
// CHECK-NEXT:  ^bb0(%[[V:.*]]: f32, %[[A:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT:    %[[SCALED:.*]] = arith.mulf %[[V]], %[[A]]
// CHECK-NEXT:    linalg.yield %[[SCALED]]
// CHECK:       return
resnet.parameter @scale "bn_weight" : tensor<40xf32>
resnet.parameter @shift "bn_bias" : tensor<40xf32>
func.func @features() { return }
func.func @scale_shift(%x: tensor<?x40x3x4xf32>) -> (tensor<?x40x3x4xf32>, tensor<?x40x3x4xf32>) {
  %a = resnet.read @scale : tensor<40xf32>
  %b = resnet.read @shift : tensor<40xf32>
  %y = resnet.scale_shift %x, %a shift(%b : tensor<40xf32>) : tensor<?x40x3x4xf32>, tensor<40xf32>
  %z = resnet.scale_shift %x, %a : tensor<?x40x3x4xf32>, tensor<40xf32>
  return %y, %z : tensor<?x40x3x4xf32>, tensor<?x40x3x4xf32>
}

// -----

// dy where the output was above zero: zero itself lets nothing through.
// CHECK-LABEL: func.func @relu_grad(
// CHECK:       %[[DY:.*]] = bufferization.to_tensor
// CHECK:       %[[Y:.*]] = bufferization.to_tensor
// CHECK:       %[[ZERO:.*]] = arith.constant 0.000000e+00 : f32
// CHECK:       linalg.generic {{.*}} ins(%[[DY]], %[[Y]] : {{.*}}resnet.tile
// CHECK-NEXT:  ^bb0(%[[D:.*]]: f32, %[[V:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT:    %[[ON:.*]] = arith.cmpf ogt, %[[V]], %[[ZERO]]
// CHECK-NEXT:    %[[DX:.*]] = arith.select %[[ON]], %[[D]], %[[ZERO]]
// CHECK-NEXT:    linalg.yield %[[DX]]
// CHECK:       return
resnet.parameter @unused "bn_weight" : tensor<8xf32>
func.func @features() { return }
func.func @relu_grad(%dy: tensor<?x40x3x4xf32>, %y: tensor<?x40x3x4xf32>) -> tensor<?x40x3x4xf32> {
  %dx = resnet.relu_grad %dy, %y : tensor<?x40x3x4xf32>
  return %dx : tensor<?x40x3x4xf32>
}
