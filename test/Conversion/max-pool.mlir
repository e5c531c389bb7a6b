// Max pooling is a reduction over the window from the lowest number; an empty tensor gives the window's loops their bounds.
// RUN: resnet-opt %s --split-input-file --resnet-to-linalg --mlir-print-local-scope | FileCheck %s

// Pads are the lowest number, so that none wins. Inference keeps no winner.
// CHECK-LABEL: func.func @inference(
// CHECK-NOT:   0.000000e+00
// CHECK:       %[[X:.*]] = tensor.insert_slice %{{.*}}[0, 0, 1, 1, 0] {{.*}} into tensor<?x2x7x9x32xf32>
// CHECK:       %[[WINDOW:.*]] = tensor.empty() : tensor<3x3xf32>
// CHECK:       %[[LOWEST:.*]] = arith.constant 0xFF800000 : f32
// CHECK-NEXT:  %[[START:.*]] = linalg.fill ins(%[[LOWEST]] : f32)
// CHECK-NEXT:  linalg.generic {indexing_maps = [affine_map<{{[^>]*}}-> (d0, d1, d2 * 2 + d5, d3 * 2 + d6, d4)>, affine_map<{{[^>]*}}-> (d5, d6)>,
// CHECK-SAME:    affine_map<{{[^>]*}}-> (d0, d1, d2, d3, d4)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]}
// CHECK-SAME:    ins(%[[X]], %[[WINDOW]] : {{.*}}) outs(%[[START]] : {{.*}}resnet.tile = array<i64: 1, 1
// CHECK-NEXT:  ^bb0(%[[V:.*]]: f32, %{{.*}}: f32, %[[BEST:.*]]: f32):
// CHECK-NEXT:    %[[NEXT:.*]] = arith.maximumf %[[BEST]], %[[V]]
// CHECK-NEXT:    linalg.yield %[[NEXT]]
// CHECK-NOT:   i8
// CHECK:       return
resnet.parameter @unused "bn_weight" : tensor<8xf32>
func.func @features() { return }
func.func @inference(%x: tensor<?x40x5x7xf32>) -> tensor<?x40x3x4xf32> {
  %y = resnet.max_pool %x {kernel = 3, stride = 2, padding = 1} : tensor<?x40x5x7xf32> -> tensor<?x40x3x4xf32>
  return %y : tensor<?x40x3x4xf32>
}

// -----

// Training keeps row*3 + column of the winner in a byte. The first of equals stays; not-a-number wins over all, as in
// PyTorch.
// CHECK-LABEL: func.func @training(
// CHECK:       %[[LOWEST:.*]] = linalg.fill {{.*}} -> tensor<?x2x3x4x32xf32>
// CHECK:       %[[NONE:.*]] = linalg.fill {{.*}} -> tensor<?x2x3x4x32xi8>
// CHECK:       %[[BOTH:.*]]:2 = linalg.generic {{.*}} outs(%[[LOWEST]], %[[NONE]] : tensor<?x2x3x4x32xf32>, tensor<?x2x3x4x32xi8>)
// CHECK-NEXT:  ^bb0(%[[V:.*]]: f32, %{{.*}}: f32, %[[BEST:.*]]: f32, %[[WINNER:.*]]: i8):
// CHECK-NEXT:    %[[GREATER:.*]] = arith.cmpf ogt, %[[V]], %[[BEST]]
// CHECK-NEXT:    %[[NAN:.*]] = arith.cmpf uno, %[[V]], %[[V]]
// CHECK-NEXT:    %[[WINS:.*]] = arith.ori %[[GREATER]], %[[NAN]]
// CHECK-NEXT:    %[[R:.*]] = linalg.index 5
// CHECK-NEXT:    %[[S:.*]] = linalg.index 6
// CHECK:         %[[THREE:.*]] = arith.constant 3 : index
// CHECK-NEXT:    %[[ROW:.*]] = arith.muli %[[R]], %[[THREE]]
// CHECK:         %[[COLUMN:.*]] = arith.muli %[[S]], %{{.*}}
// CHECK-NEXT:    arith.addi %[[ROW]], %[[COLUMN]]
// CHECK:         %[[HERE:.*]] = arith.index_cast %{{.*}} : index to i8
// CHECK-NEXT:    %[[NEXT:.*]] = arith.select %[[WINS]], %[[V]], %[[BEST]]
// CHECK-NEXT:    %[[POSITION:.*]] = arith.select %[[WINS]], %[[HERE]], %[[WINNER]]
// CHECK-NEXT:    linalg.yield %[[NEXT]], %[[POSITION]]
// CHECK:       return
resnet.parameter @unused "bn_weight" : tensor<8xf32>
func.func @features() { return }
func.func @training(%x: tensor<?x40x5x7xf32>, %dy: tensor<?x40x3x4xf32>) -> (tensor<?x40x3x4xf32>, tensor<?x40x5x7xf32>) {
  %y, %winner = resnet.max_pool %x {kernel = 3, stride = 2, padding = 1} : tensor<?x40x5x7xf32> -> tensor<?x40x3x4xf32>, tensor<?x40x3x4xi8>
  %dx = resnet.max_pool_grad %dy, %winner {kernel = 3, stride = 2, padding = 1} : tensor<?x40x3x4xf32>, tensor<?x40x3x4xi8> -> tensor<?x40x5x7xf32>
  return %y, %dx : tensor<?x40x3x4xf32>, tensor<?x40x5x7xf32>
}

// -----

// Behind a convolution's ReLU no number is below zero: their bits order them, and zero pads do. Behind the stem a task may take strips, of seven rows at
// least.
// CHECK-LABEL: func.func @features(
// CHECK-NOT:   0xFF800000
// CHECK:       tensor.empty() : tensor<3x3xi32>
// CHECK:       linalg.generic {{.*}} attrs = {{.*}}resnet.strip = array<i64: 3, 7>, resnet.tile = array<i64: 1, 1, 1>
// CHECK-NEXT:  ^bb0(%[[V:.*]]: f32, %{{.*}}: i32, %[[BEST:.*]]: f32):
// CHECK-NEXT:    %[[B:.*]] = arith.bitcast %[[BEST]] : f32 to i32
// CHECK-NEXT:    %[[A:.*]] = arith.bitcast %[[V]] : f32 to i32
// CHECK-NEXT:    %[[M:.*]] = arith.maxui %[[B]], %[[A]] : i32
// CHECK-NEXT:    arith.bitcast %[[M]] : i32 to f32
// CHECK:       return
resnet.parameter @w "conv_weight" : tensor<8x3x3x3xf32>
func.func @features(%images: tensor<?x3x5x7xf32>) -> tensor<?x8x3x4xf32> {
  %w = resnet.read @w : tensor<8x3x3x3xf32>
  %x = resnet.conv2d %images, %w {stride = 1, padding = 1, relu} : (tensor<?x3x5x7xf32>, tensor<8x3x3x3xf32>) -> tensor<?x8x5x7xf32>
  %y = resnet.max_pool %x {kernel = 3, stride = 2, padding = 1} : tensor<?x8x5x7xf32> -> tensor<?x8x3x4xf32>
  return %y : tensor<?x8x3x4xf32>
}
