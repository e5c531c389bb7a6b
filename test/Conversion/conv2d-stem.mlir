// A convolution that reads images takes them as the loader gives them, [n][H][W*C]: one contraction over (n, kb, h, w, k |
// r, sc), a window's row of pixels being contiguous. Weights lie in [K/32][R][S][C][32 of K].
// RUN: resnet-opt %s --resnet-to-linalg --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: func.func @features(
// CHECK:       %[[BUFFER:.*]] = abi.buffer %{{.*}} "images"[%{{.*}}] : memref<?x6x12xf32>
// CHECK-NEXT:  %[[IMAGES:.*]] = bufferization.to_tensor %[[BUFFER]] restrict
// The halo: a row above and a column of three channels to the left; below and to the right no window looks.
// CHECK-NEXT:  %[[WHOLE:.*]] = tensor.empty(%{{.*}}) : tensor<?x7x15xf32>
// CHECK:       tensor.extract_slice %[[WHOLE]][0, 0, 0] [%{{.*}}, 1, 15]
// CHECK:       linalg.fill
// CHECK:       tensor.extract_slice %{{.*}}[0, 1, 0] [%{{.*}}, 6, 3]
// CHECK:       linalg.fill
// CHECK-NOT:   linalg.fill
// CHECK:       %[[INSIDE:.*]] = tensor.extract_slice %[[PADS:.*]][0, 1, 3] [%{{.*}}, 6, 12]
// CHECK:       %[[COPY:.*]] = linalg.generic {{.*}} ins(%[[IMAGES]] : {{.*}}) outs(%[[INSIDE]] :
// CHECK:       %[[X:.*]] = tensor.insert_slice %[[COPY]] into %[[PADS]][0, 1, 3]
// CHECK:       %[[W:.*]] = bufferization.to_tensor %{{.*}} : memref<2x3x3x3x32xf32>
// CHECK:       %[[ROWS:.*]] = tensor.collapse_shape %[[W]] {{\[\[}}0], [1], [2, 3], [4]] : {{.*}} into tensor<2x3x9x32xf32>
// CHECK:       linalg.generic {indexing_maps = [affine_map<{{[^>]*}}-> (d0, d2 * 2 + d5, d3 * 6 + d6)>,
// CHECK-SAME:    affine_map<{{[^>]*}}-> (d1, d5, d6, d4)>, affine_map<{{[^>]*}}-> (d0, d1, d2, d3, d4)>],
// CHECK-SAME:    iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]}
// CHECK-SAME:    ins(%[[X]], %[[ROWS]] : {{.*}}) outs(%{{.*}} : tensor<?x2x3x2x32xf32>)
resnet.parameter @w "conv_weight" : tensor<40x3x3x3xf32>
func.func @features(%images: tensor<?x3x6x4xf32>) -> tensor<?x40x3x2xf32> {
  %w = resnet.read @w : tensor<40x3x3x3xf32>
  %y = resnet.conv2d %images, %w {stride = 2, padding = 1} : (tensor<?x3x6x4xf32>, tensor<40x3x3x3xf32>) -> tensor<?x40x3x2xf32>
  return %y : tensor<?x40x3x2xf32>
}
