// A linear layer: (kb, n, k | cb, c) over weights [K/32][C/32][32 of C][32 of K], then the bias, which starts no sum.
// RUN: resnet-opt %s --split-input-file --resnet-to-linalg --mlir-print-local-scope | FileCheck %s

// Little work runs serially: no tile.
// CHECK-LABEL: func.func @small(
// CHECK:       %[[X:.*]] = bufferization.to_tensor {{.*}} to tensor<?x2x32xf32>
// CHECK:       %[[W:.*]] = bufferization.to_tensor {{.*}} to tensor<1x2x32x32xf32>
// CHECK:       %[[OUT:.*]] = tensor.empty(%{{.*}}) : tensor<?x1x32xf32>
// CHECK:       %[[SCRATCH:.*]] = tensor.empty(%{{.*}}) : tensor<?x1x32xf32>
// CHECK:       %[[START:.*]] = linalg.fill {{.*}} outs(%[[SCRATCH]] :
// CHECK-NEXT:  %[[SUM:.*]] = linalg.generic {indexing_maps = [affine_map<{{[^>]*}}-> (d1, d3, d4)>, affine_map<{{[^>]*}}-> (d0, d3, d4, d2)>, affine_map<{{[^>]*}}-> (d1, d0, d2)>],
// CHECK-SAME:    iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction"]} ins(%[[X]], %[[W]] : {{.*}}) outs(%[[START]] : tensor<?x1x32xf32>) {
// CHECK:         arith.mulf
// CHECK-NEXT:    arith.addf
// CHECK:       %[[BIAS:.*]] = bufferization.to_tensor {{.*}} to tensor<1x32xf32>
// CHECK-NEXT:  linalg.generic {indexing_maps = [affine_map<{{[^>]*}}-> (d1, d0, d2)>, affine_map<{{[^>]*}}-> (d0, d2)>, affine_map<{{[^>]*}}-> (d1, d0, d2)>],
// CHECK-SAME:    ins(%[[SUM]], %[[BIAS]] : {{.*}}) outs(%[[OUT]] : tensor<?x1x32xf32>) {
// CHECK-NEXT:  ^bb0(%[[V:.*]]: f32, %[[B:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT:    %[[Y:.*]] = arith.addf %[[V]], %[[B]]
// CHECK-NEXT:    linalg.yield %[[Y]]
// CHECK:       return
resnet.parameter @w "linear_weight" : tensor<5x40xf32>
resnet.parameter @b "linear_bias" : tensor<5xf32>
func.func @small(%x: tensor<?x40xf32>) -> tensor<?x5xf32> {
  %w = resnet.read @w : tensor<5x40xf32>
  %b = resnet.read @b : tensor<5xf32>
  %y = resnet.linear %x, %w, %b : (tensor<?x40xf32>, tensor<5x40xf32>, tensor<5xf32>) -> tensor<?x5xf32>
  return %y : tensor<?x5xf32>
}

// -----

// Much work runs in parallel over blocks of outputs, sum and bias alike.
// CHECK-LABEL: func.func @large(
// CHECK:       linalg.generic {{.*}}"reduction"{{.*}} attrs = {resnet.tile = array<i64: 1>}
// CHECK:       linalg.generic {{.*}} outs({{.*}} : tensor<?x32x32xf32>) attrs = {resnet.tile = array<i64: 1>}
// CHECK:       return
resnet.parameter @w "linear_weight" : tensor<1000x512xf32>
resnet.parameter @b "linear_bias" : tensor<1000xf32>
func.func @large(%x: tensor<?x512xf32>) -> tensor<?x1000xf32> {
  %w = resnet.read @w : tensor<1000x512xf32>
  %b = resnet.read @b : tensor<1000xf32>
  %y = resnet.linear %x, %w, %b : (tensor<?x512xf32>, tensor<1000x512xf32>, tensor<1000xf32>) -> tensor<?x1000xf32>
  return %y : tensor<?x1000xf32>
}
