// Batch norm on the batch's own statistics: mean and variance of one pass over x, from sums around a pivot, which are exact
// where the mean is large beside the deviation; then one elementwise op, residual and ReLU in it.
// RUN: resnet-opt %s --split-input-file --resnet-to-linalg --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: func.func @everything(
// CHECK:       %[[N:.*]] = arith.index_cast %{{.*}} : i64 to index
// CHECK:       %[[X:.*]] = bufferization.to_tensor {{.*}} to tensor<?x2x3x4x32xf32>
// CHECK:       %[[R:.*]] = bufferization.to_tensor {{.*}} to tensor<?x2x3x4x32xf32>
// The number of values a channel is N*H*W.
// CHECK:       %[[PLANE:.*]] = arith.constant 12 : index
// CHECK-NEXT:  %[[COUNT:.*]] = arith.muli %[[N]], %[[PLANE]]
// CHECK-NEXT:  %[[COUNT64:.*]] = arith.index_cast %[[COUNT]] : index to i64
// CHECK-NEXT:  %[[M:.*]] = arith.sitofp %[[COUNT64]] : i64 to f32
// The pivot is the mean of the first row of the first image.
// CHECK:       %[[ROW:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (0, d0, 0, d2, d1)>, {{.*}} ins(%[[X]] : tensor<?x2x3x4x32xf32>)
// CHECK:       %[[SHARE:.*]] = arith.constant 2.500000e-01 : f32
// CHECK:       %[[PIVOT:.*]] = linalg.generic {{.*}} ins(%[[ROW]] : tensor<2x32xf32>)
// CHECK:         arith.mulf %{{.*}}, %[[SHARE]]
// CHECK:       linalg.generic {indexing_maps = [affine_map<{{[^>]*}}-> (d0, d1, d2, d4, d3)>, affine_map<{{[^>]*}}-> (d1, d3)>, {{.*}} ins(%[[X]], %[[PIVOT]] :
// CHECK-NEXT:  ^bb0(%[[V:.*]]: f32, %[[C:.*]]: f32, %[[ACC0:.*]]: f32, %[[ACC1:.*]]: f32):
// CHECK-NEXT:    %[[CENTRED:.*]] = arith.subf %[[V]], %[[C]]
// CHECK-NEXT:    %[[SQUARE:.*]] = arith.mulf %[[CENTRED]], %[[CENTRED]]
// CHECK-NEXT:    %[[NEXT0:.*]] = arith.addf %[[ACC0]], %[[CENTRED]]
// CHECK-NEXT:    %[[NEXT1:.*]] = arith.addf %[[ACC1]], %[[SQUARE]]
// CHECK-NEXT:    linalg.yield %[[NEXT0]], %[[NEXT1]]
// CHECK:       %[[SUM:.*]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<2x32xf32>) {
// CHECK:       %[[SQUARES:.*]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<2x32xf32>) {
// CHECK:       %[[MEAN:.*]] = linalg.generic {{.*}} ins(%[[PIVOT]], %[[SUM]] :
// CHECK-NEXT:  ^bb0(%[[P:.*]]: f32, %[[S:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT:    %[[AVERAGE:.*]] = arith.divf %[[S]], %[[M]]
// CHECK-NEXT:    arith.addf %[[P]], %[[AVERAGE]]
// CHECK:       %[[VAR:.*]] = linalg.generic {{.*}} ins(%[[SUM]], %[[SQUARES]] :
// CHECK-NEXT:  ^bb0(%[[S:.*]]: f32, %[[Q:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT:    %[[CENTRE:.*]] = arith.divf %[[S]], %[[M]]
// CHECK-NEXT:    %[[POWER:.*]] = arith.divf %[[Q]], %[[M]]
// CHECK-NEXT:    %[[OFF:.*]] = arith.mulf %[[CENTRE]], %[[CENTRE]]
// CHECK-NEXT:    %[[AROUND:.*]] = arith.subf %[[POWER]], %[[OFF]]
// CHECK-NEXT:    arith.maximumf %[[AROUND]]
// CHECK:       %[[DEVIATION:.*]] = linalg.generic {{.*}} ins(%[[VAR]] :
// CHECK:         math.sqrt
// CHECK:       %[[WEIGHT:.*]] = bufferization.to_tensor
// CHECK:       %[[SCALE:.*]] = linalg.generic {{.*}} ins(%[[WEIGHT]], %[[DEVIATION]] :
// CHECK-NEXT:  ^bb0
// CHECK-NEXT:    arith.mulf
// CHECK:       %[[BIAS:.*]] = bufferization.to_tensor
// CHECK:       linalg.generic {indexing_maps = [affine_map<{{[^>]*}}-> (d0, d1, d2, d3, d4)>, affine_map<{{[^>]*}}-> (d1, d4)>, affine_map<{{[^>]*}}-> (d1, d4)>,
// CHECK-SAME:    affine_map<{{[^>]*}}-> (d1, d4)>, affine_map<{{[^>]*}}-> (d0, d1, d2, d3, d4)>, affine_map<{{[^>]*}}-> (d0, d1, d2, d3, d4)>]
// CHECK-SAME:    ins(%[[X]], %[[MEAN]], %[[SCALE]], %[[BIAS]], %[[R]] : {{.*}}resnet.tile
// CHECK-NEXT:  ^bb0(%[[V:.*]]: f32, %[[A:.*]]: f32, %[[B:.*]]: f32, %[[C:.*]]: f32, %[[D:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT:    %[[V0:.*]] = arith.subf %[[V]], %[[A]]
// CHECK-NEXT:    %[[V1:.*]] = arith.mulf %[[V0]], %[[B]]
// CHECK-NEXT:    %[[V2:.*]] = arith.addf %[[C]], %[[V1]]
// CHECK-NEXT:    %[[V3:.*]] = arith.addf %[[V2]], %[[D]]
// CHECK-NEXT:    %[[V4:.*]] = arith.maximumf %[[V3]], %{{.*}}
// CHECK-NEXT:    linalg.yield %[[V4]]
// CHECK:       return
resnet.parameter @weight "bn_weight" : tensor<40xf32>
resnet.parameter @bias "bn_bias" : tensor<40xf32>
func.func @features() { return }
func.func @everything(%x: tensor<?x40x3x4xf32>, %r: tensor<?x40x3x4xf32>) -> tensor<?x40x3x4xf32> {
  %g = resnet.read @weight : tensor<40xf32>
  %b = resnet.read @bias : tensor<40xf32>
  %y, %mean, %var = resnet.batch_norm_batch %x, %g, %b residual(%r : tensor<?x40x3x4xf32>) {eps = 0.25 : f64, relu} : tensor<?x40x3x4xf32>, tensor<40xf32>
  return %y : tensor<?x40x3x4xf32>
}

// -----

// CHECK-LABEL: func.func @plain(
// CHECK:         math.sqrt
// CHECK:       linalg.generic {{.*}} outs(%{{.*}} : tensor<?x2x3x4x32xf32>)
// CHECK-NEXT:  ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:    arith.subf
// CHECK-NEXT:    arith.mulf
// CHECK-NEXT:    arith.addf
// CHECK-NEXT:    linalg.yield
// CHECK:       return
resnet.parameter @weight "bn_weight" : tensor<40xf32>
resnet.parameter @bias "bn_bias" : tensor<40xf32>
func.func @features() { return }
func.func @plain(%x: tensor<?x40x3x4xf32>) -> tensor<?x40x3x4xf32> {
  %g = resnet.read @weight : tensor<40xf32>
  %b = resnet.read @bias : tensor<40xf32>
  %y, %mean, %var = resnet.batch_norm_batch %x, %g, %b {eps = 0.25 : f64} : tensor<?x40x3x4xf32>, tensor<40xf32>
  return %y : tensor<?x40x3x4xf32>
}

// -----

// Behind a convolution the pivot is the running mean, read before this batch moves it: no row of x is needed before x is computed.
// CHECK-LABEL: func.func @gradients(
// CHECK:       %[[STATS:.*]] = abi.buffer %{{.*}} "stats"
// CHECK:       %[[VIEW:.*]] = memref.view %[[STATS]]
// CHECK:       %[[PIVOT:.*]] = bufferization.to_tensor %[[VIEW]]
// CHECK-NOT:   -> (0,
// CHECK:       linalg.generic {{.*}} ins(%{{.*}}, %[[PIVOT]] : tensor<?x2x3x4x32xf32>, tensor<2x32xf32>) {{.*}}resnet.row_sums
resnet.parameter @k "conv_weight" {trained} : tensor<40x40x1x1xf32>
resnet.parameter @weight "bn_weight" {trained} : tensor<40xf32>
resnet.parameter @bias "bn_bias" {trained} : tensor<40xf32>
resnet.parameter @mean "bn_mean" {moves} : tensor<40xf32>
resnet.parameter @var "bn_var" {moves} : tensor<40xf32>
func.func @features() { return }
func.func @gradients(%x: tensor<?x40x3x4xf32>) {
  %k = resnet.read @k : tensor<40x40x1x1xf32>
  %w = resnet.read @weight : tensor<40xf32>
  %b = resnet.read @bias : tensor<40xf32>
  %c = resnet.conv2d %x, %k {stride = 1, padding = 0} : (tensor<?x40x3x4xf32>, tensor<40x40x1x1xf32>) -> tensor<?x40x3x4xf32>
  %y, %m, %v = resnet.batch_norm_batch %c, %w, %b {eps = 1.0e-5 : f64} : tensor<?x40x3x4xf32>, tensor<40xf32>
  resnet.update_statistics @mean, @var, %m, %v of %c {momentum = 0.1 : f64} : tensor<40xf32>, tensor<?x40x3x4xf32>
  return
}
