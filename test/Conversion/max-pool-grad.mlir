// The gradient of max pooling, phase by phase as conv2d_dx: each input sums dy over the windows that kept it as winner.
// RUN: resnet-opt %s --split-input-file --resnet-to-linalg --mlir-print-local-scope | FileCheck %s

// Phase (1, 1) of stride 2: rows 1, 3 and columns 1, 3, 5 meet window positions 8 - 6*t - 2*u of outputs at + t, + u.
// CHECK-LABEL: func.func @strided(
// CHECK:       %[[DY:.*]] = bufferization.to_tensor {{.*}} to tensor<?x1x3x4x32xf32>
// CHECK:       %[[KEPT:.*]]:2 = linalg.generic
// CHECK:       %[[DX0:.*]] = tensor.empty(%{{.*}}) : tensor<?x1x5x7x32xf32>
// CHECK:       %[[PART:.*]] = tensor.extract_slice %[[DX0]][0, 0, 1, 1, 0] [%{{.*}}, 1, 2, 3, 32] [1, 1, 2, 2, 1]
// CHECK:       %[[WINDOW:.*]] = tensor.empty() : tensor<2x2xf32>
// CHECK:       %[[START:.*]] = linalg.fill {{.*}} outs(%[[PART]] :
// CHECK:       %[[SUM:.*]] = linalg.generic {indexing_maps = [affine_map<{{[^>]*}}-> (d0, d1, d2 + d5, d3 + d6, d4)>, affine_map<{{[^>]*}}-> (d0, d1, d2 + d5, d3 + d6, d4)>,
// CHECK-SAME:    affine_map<{{[^>]*}}-> (d5, d6)>, affine_map<{{[^>]*}}-> (d0, d1, d2, d3, d4)>]
// CHECK-SAME:    ins(%[[DY]], %[[KEPT]]#1, %[[WINDOW]] : {{.*}}) outs(%[[START]] : {{.*}}resnet.tile = array<i64: 1, 1
// CHECK-NEXT:  ^bb0(%[[D:.*]]: f32, %[[WINNER:.*]]: i8, %{{.*}}: f32, %[[ACC:.*]]: f32):
// CHECK:         %[[T:.*]] = linalg.index 5
// CHECK:         %[[U:.*]] = linalg.index 6
// CHECK:         %[[M6:.*]] = arith.constant -6
// CHECK:         arith.muli %[[T]], %[[M6]]
// CHECK:         %[[M2:.*]] = arith.constant -2
// CHECK:         arith.muli %[[U]], %[[M2]]
// CHECK:         %[[FIRST:.*]] = arith.constant 8 : index
// CHECK:         %[[AT:.*]] = arith.addi %{{.*}}, %[[FIRST]]
// CHECK:         %[[HERE:.*]] = arith.index_cast %[[AT]] : index to i8
// CHECK:         %[[WON:.*]] = arith.cmpi eq, %[[WINNER]], %[[HERE]]
// CHECK:         %[[SHARE:.*]] = arith.select %[[WON]], %[[D]], %{{.*}}
// CHECK:         %[[NEXT:.*]] = arith.addf %[[ACC]], %[[SHARE]]
// CHECK-NEXT:    linalg.yield %[[NEXT]]
// CHECK:       tensor.insert_slice %[[SUM]] into %[[DX0]][0, 0, 1, 1, 0] [%{{.*}}, 1, 2, 3, 32] [1, 1, 2, 2, 1]
// The others, by the position that their first window gives them.
// CHECK:       tensor.extract_slice %{{.*}}[0, 0, 1, 0, 0] [%{{.*}}, 1, 2, 4, 32] [1, 1, 2, 2, 1]
// CHECK:         arith.constant 7 : index
// CHECK:       tensor.extract_slice %{{.*}}[0, 0, 0, 1, 0] [%{{.*}}, 1, 3, 3, 32] [1, 1, 2, 2, 1]
// CHECK:         arith.constant 5 : index
// CHECK:       tensor.extract_slice %{{.*}}[0, 0, 0, 0, 0] [%{{.*}}, 1, 3, 4, 32] [1, 1, 2, 2, 1]
// CHECK:         arith.constant 4 : index
// CHECK:       return
resnet.parameter @unused "bn_weight" : tensor<8xf32>
func.func @features() { return }
func.func @strided(%x: tensor<?x8x5x7xf32>, %dy: tensor<?x8x3x4xf32>) -> tensor<?x8x5x7xf32> {
  %y, %winner = resnet.max_pool %x {kernel = 3, stride = 2, padding = 1} : tensor<?x8x5x7xf32> -> tensor<?x8x3x4xf32>, tensor<?x8x3x4xi8>
  %dx = resnet.max_pool_grad %dy, %winner {kernel = 3, stride = 2, padding = 1} : tensor<?x8x3x4xf32>, tensor<?x8x3x4xi8> -> tensor<?x8x5x7xf32>
  return %dx : tensor<?x8x5x7xf32>
}

// -----

// Windows that do not touch: inputs that none of them reaches get zeros.
// CHECK-LABEL: func.func @gaps(
// CHECK:       %[[KEPT:.*]]:2 = linalg.generic
// CHECK:       linalg.generic {{.*}} ins(%{{.*}}, %[[KEPT]]#1, %{{.*}} : {{.*}}, tensor<1x1xf32>)
// CHECK-NOT:   ins(%{{.*}}, %[[KEPT]]#1
// CHECK:       linalg.fill {resnet.tile
// CHECK:       linalg.fill {resnet.tile
// CHECK:       linalg.fill {resnet.tile
// CHECK-NOT:   linalg.fill
// CHECK-NOT:   ins(%{{.*}}, %[[KEPT]]#1
// CHECK:       return
resnet.parameter @unused "bn_weight" : tensor<8xf32>
func.func @features() { return }
func.func @gaps(%x: tensor<?x8x3x3xf32>, %dy: tensor<?x8x2x2xf32>) -> tensor<?x8x3x3xf32> {
  %y, %winner = resnet.max_pool %x {kernel = 1, stride = 2, padding = 0} : tensor<?x8x3x3xf32> -> tensor<?x8x2x2xf32>, tensor<?x8x2x2xi8>
  %dx = resnet.max_pool_grad %dy, %winner {kernel = 1, stride = 2, padding = 0} : tensor<?x8x2x2xf32>, tensor<?x8x2x2xi8> -> tensor<?x8x3x3xf32>
  return %dx : tensor<?x8x3x3xf32>
}

// -----

// Of stride 1: dy and winners have a halo, which no position matches wrongly since its dy is zero.
// CHECK-LABEL: func.func @dense(
// CHECK:       %[[KEPT:.*]]:2 = linalg.generic {{.*}} outs({{.*}} : tensor<?x1x5x5x32xf32>, tensor<?x1x5x5x32xi8>)
// CHECK:       %[[WINNER:.*]] = tensor.insert_slice %[[KEPT]]#1 into %{{.*}}[0, 0, 1, 1, 0] {{.*}} into tensor<?x1x7x7x32xi8>
// CHECK:       %[[DY:.*]] = tensor.insert_slice %{{.*}}[0, 0, 1, 1, 0] {{.*}} into tensor<?x1x7x7x32xf32>
// CHECK:       linalg.generic {{.*}} ins(%[[DY]], %[[WINNER]], %{{.*}} : {{.*}}, tensor<3x3xf32>)
// CHECK:       return
resnet.parameter @unused "bn_weight" : tensor<8xf32>
func.func @features() { return }
func.func @dense(%x: tensor<?x8x5x5xf32>, %dy: tensor<?x8x5x5xf32>) -> tensor<?x8x5x5xf32> {
  %y, %winner = resnet.max_pool %x {kernel = 3, stride = 1, padding = 1} : tensor<?x8x5x5xf32> -> tensor<?x8x5x5xf32>, tensor<?x8x5x5xi8>
  %dx = resnet.max_pool_grad %dy, %winner {kernel = 3, stride = 1, padding = 1} : tensor<?x8x5x5xf32>, tensor<?x8x5x5xi8> -> tensor<?x8x5x5xf32>
  return %dx : tensor<?x8x5x5xf32>
}
