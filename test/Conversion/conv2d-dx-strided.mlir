// The gradient by the input of a strided convolution: each of the stride*stride phases of dx is a convolution of stride 1
// with the taps that meet it, and goes to its own rows and columns.
// RUN: resnet-opt %s --split-input-file --resnet-to-linalg --mlir-print-local-scope | FileCheck %s

// Window 3, stride 2, padding 1: odd rows and columns of dx meet taps 2 and 0, even ones tap 1. Each phase writes into what
// the one before left, and starts from zeros there.
// CHECK-LABEL: func.func @window3(
// CHECK:       %[[DY:.*]] = bufferization.to_tensor {{.*}} to tensor<?x1x3x4x32xf32>
// CHECK:       %[[DX0:.*]] = tensor.empty(%{{.*}}) : tensor<?x1x5x7x32xf32>

// CHECK:       %[[PART0:.*]] = tensor.extract_slice %[[DX0]][0, 0, 1, 1, 0] [%{{.*}}, 1, 2, 3, 32] [1, 1, 2, 2, 1]
// CHECK:       %[[START0:.*]] = linalg.fill {{.*}} outs(%[[PART0]] :
// CHECK:       %[[W0:.*]] = linalg.generic {indexing_maps = [affine_map<{{[^>]*}}-> (d1, d0, d2 * -2 + 2, d3 * -2 + 2, d5, d4)>, {{.*}} outs(%{{.*}} : tensor<1x1x2x2x32x32xf32>)
// CHECK:       %[[SUM0:.*]] = linalg.generic {indexing_maps = [affine_map<{{[^>]*}}-> (d0, d5, d2 + d6, d3 + d7, d8)>, {{.*}} ins(%[[DY]], %[[W0]] : {{.*}}) outs(%[[START0]] :
// CHECK:       %[[DX1:.*]] = tensor.insert_slice %[[SUM0]] into %[[DX0]][0, 0, 1, 1, 0] [%{{.*}}, 1, 2, 3, 32] [1, 1, 2, 2, 1]

// CHECK:       %[[PART1:.*]] = tensor.extract_slice %[[DX1]][0, 0, 1, 0, 0] [%{{.*}}, 1, 2, 4, 32] [1, 1, 2, 2, 1]
// CHECK:       %[[START1:.*]] = linalg.fill {{.*}} outs(%[[PART1]] :
// CHECK:       %[[W1:.*]] = linalg.generic {indexing_maps = [affine_map<{{[^>]*}}-> (d1, d0, d2 * -2 + 2, d3 * -2 + 1, d5, d4)>, {{.*}} outs(%{{.*}} : tensor<1x1x2x1x32x32xf32>)
// CHECK:       %[[SUM1:.*]] = linalg.generic {{.*}} ins(%[[DY]], %[[W1]] : {{.*}}) outs(%[[START1]] :
// CHECK:       %[[DX2:.*]] = tensor.insert_slice %[[SUM1]] into %[[DX1]][0, 0, 1, 0, 0] [%{{.*}}, 1, 2, 4, 32] [1, 1, 2, 2, 1]

// CHECK:       %[[PART2:.*]] = tensor.extract_slice %[[DX2]][0, 0, 0, 1, 0] [%{{.*}}, 1, 3, 3, 32] [1, 1, 2, 2, 1]
// CHECK:       %[[W2:.*]] = linalg.generic {indexing_maps = [affine_map<{{[^>]*}}-> (d1, d0, d2 * -2 + 1, d3 * -2 + 2, d5, d4)>, {{.*}} outs(%{{.*}} : tensor<1x1x1x2x32x32xf32>)
// CHECK:       %[[SUM2:.*]] = linalg.generic {{.*}} ins(%[[DY]], %[[W2]] :
// CHECK:       %[[DX3:.*]] = tensor.insert_slice %[[SUM2]] into %[[DX2]][0, 0, 0, 1, 0]

// CHECK:       %[[PART3:.*]] = tensor.extract_slice %[[DX3]][0, 0, 0, 0, 0] [%{{.*}}, 1, 3, 4, 32] [1, 1, 2, 2, 1]
// CHECK:       %[[W3:.*]] = linalg.generic {indexing_maps = [affine_map<{{[^>]*}}-> (d1, d0, d2 * -2 + 1, d3 * -2 + 1, d5, d4)>, {{.*}} outs(%{{.*}} : tensor<1x1x1x1x32x32xf32>)
// CHECK:       %[[SUM3:.*]] = linalg.generic {{.*}} ins(%[[DY]], %[[W3]] :
// CHECK:       %[[DX:.*]] = tensor.insert_slice %[[SUM3]] into %[[DX3]][0, 0, 0, 0, 0]
// CHECK-NOT:   tensor.insert_slice
// CHECK:       linalg.generic {{.*}} ins(%[[DX]] :
// CHECK:       return
resnet.parameter @w "conv_weight" : tensor<8x8x3x3xf32>
func.func @features() { return }
func.func @window3(%dy: tensor<?x8x3x4xf32>) -> tensor<?x8x5x7xf32> {
  %w = resnet.read @w : tensor<8x8x3x3xf32>
  %dx = resnet.conv2d_dx %dy, %w {stride = 2, padding = 1} : (tensor<?x8x3x4xf32>, tensor<8x8x3x3xf32>) -> tensor<?x8x5x7xf32>
  return %dx : tensor<?x8x5x7xf32>
}

// -----

// Window 1, stride 2: one phase of four is reached, the others are zeros in parallel and nothing else.
// CHECK-LABEL: func.func @window1(
// CHECK:       tensor.extract_slice %{{.*}}[0, 0, 0, 0, 0] [%{{.*}}, 1, 3, 4, 32] [1, 1, 2, 2, 1]
// CHECK:         arith.mulf
// CHECK-NOT:     arith.mulf
// CHECK:       %[[PART1:.*]] = tensor.extract_slice %{{.*}}[0, 0, 0, 1, 0] [%{{.*}}, 1, 3, 3, 32] [1, 1, 2, 2, 1]
// CHECK-NOT:   linalg.generic
// CHECK:       %[[ZERO1:.*]] = linalg.fill {resnet.tile = {{.*}} outs(%[[PART1]] :
// CHECK-NEXT:  tensor.insert_slice %[[ZERO1]]
// CHECK-NEXT:  %[[PART2:.*]] = tensor.extract_slice %{{.*}}[0, 0, 1, 0, 0] [%{{.*}}, 1, 2, 4, 32] [1, 1, 2, 2, 1]
// CHECK:       %[[ZERO2:.*]] = linalg.fill {resnet.tile = {{.*}} outs(%[[PART2]] :
// CHECK-NEXT:  tensor.insert_slice %[[ZERO2]]
// CHECK-NEXT:  %[[PART3:.*]] = tensor.extract_slice %{{.*}}[0, 0, 1, 1, 0] [%{{.*}}, 1, 2, 3, 32] [1, 1, 2, 2, 1]
// CHECK:       %[[ZERO3:.*]] = linalg.fill {resnet.tile = {{.*}} outs(%[[PART3]] :
// CHECK-NEXT:  tensor.insert_slice %[[ZERO3]]
// CHECK:       return
resnet.parameter @w "conv_weight" : tensor<8x8x1x1xf32>
func.func @features() { return }
func.func @window1(%dy: tensor<?x8x3x4xf32>) -> tensor<?x8x5x7xf32> {
  %w = resnet.read @w : tensor<8x8x1x1xf32>
  %dx = resnet.conv2d_dx %dy, %w {stride = 2, padding = 0} : (tensor<?x8x3x4xf32>, tensor<8x8x1x1xf32>) -> tensor<?x8x5x7xf32>
  return %dx : tensor<?x8x5x7xf32>
}
