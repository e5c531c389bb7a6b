// A convolution of bf16 weights is one contraction of lanes: pairs of input channels, or of the values of images.
// RUN: resnet-opt %s -split-input-file -verify-diagnostics --resnet-to-linalg --mlir-print-local-scope | FileCheck %s

// The weight's lanes are written to their slot: [K/32][C/32][R][S][16 of 2 of C][32 of K].
// CHECK-LABEL: func.func @prepare(
// CHECK:       %[[W:.*]] = bufferization.to_tensor %{{.*}} : memref<2x1x3x3x32x32xf32>
// CHECK:       %[[SLOT:.*]] = memref.view %{{.*}} : memref<45056xi8> to memref<2x1x3x3x16x32xi32>
// CHECK:       %[[OUT:.*]] = bufferization.to_tensor %[[SLOT]] restrict writable
// CHECK:       %[[LANES:.*]] = linalg.generic {indexing_maps = [affine_map<{{.*}} -> (d0, d1, d2, d3, d4 * 2, d5)>, affine_map<{{.*}} -> (d0, d1, d2, d3, d4 * 2 + 1, d5)>
// CHECK-SAME:    ins(%[[W]], %[[W]] : {{.*}}) outs(%[[OUT]] :
// CHECK-NEXT:  ^bb0(%[[LOW:.*]]: f32, %[[HIGH:.*]]: f32, %{{.*}}: i32):
// CHECK:         arith.truncf %[[LOW]] : f32 to bf16
// CHECK:         arith.truncf %[[HIGH]] : f32 to bf16
// CHECK:         arith.ori
// CHECK:       bufferization.materialize_in_destination %[[LANES]] in restrict writable %[[SLOT]]

// x in float32 is copied to bf16 with its halo; sums are float32, and y is rounded behind the epilogue.
// CHECK-LABEL: func.func @features(
// CHECK:       %[[PADS:.*]] = tensor.empty(%{{.*}}) : tensor<?x1x7x6x32xbf16>
// CHECK:       arith.truncf
// CHECK:       %[[X:.*]] = packed.view %{{.*}} : tensor<?x1x7x6x32xbf16> to tensor<?x1x7x6x16xi32>
// CHECK:       %[[START:.*]] = linalg.fill {{.*}} -> tensor<?x2x5x4x32xf32>
// CHECK:       %[[V:.*]] = bufferization.to_tensor %{{.*}} : memref<2x1x3x3x16x32xi32>
// CHECK:       %[[SUM:.*]] = linalg.generic {{.*}} ins(%[[X]], %[[V]] : {{.*}}) outs(%[[START]] :
// CHECK-NEXT:  ^bb0(%[[A:.*]]: i32, %[[B:.*]]: i32, %[[C:.*]]: f32):
// CHECK-NEXT:    packed.dot %[[A]], %[[B]], %[[C]] : i32, f32
// CHECK:       linalg.generic {{.*}} ins(%[[SUM]] : tensor<?x2x5x4x32xf32>) outs(%{{.*}} : tensor<?x2x5x4x32xbf16>)
// CHECK:         arith.maximumf {{.*}} : f32
// CHECK-NEXT:    arith.truncf {{.*}} : f32 to bf16
// The next one reads what is bf16 as it is, and the residual is widened.
// CHECK:       packed.view %{{.*}} : tensor<?x2x5x4x32xbf16> to tensor<?x2x5x4x16xi32>
// CHECK:       packed.dot
// CHECK:       linalg.generic {{.*}}outs(%{{.*}} : tensor<?x2x5x4x32xf32>)
// CHECK:         arith.extf {{.*}} : bf16 to f32
resnet.parameter @s "conv_weight" : tensor<8x8x1x1xf32>
resnet.parameter @w "conv_weight" : tensor<40x8x3x3xf32>
resnet.parameter @u "conv_weight" : tensor<40x40x1x1xf32>
resnet.slot @v "prepare" : tensor<40x8x3x3xbf16>
resnet.slot @t "prepare" : tensor<40x40x1x1xbf16>
func.func @prepare() {
  %w = resnet.read @w : tensor<40x8x3x3xf32>
  %r = resnet.round %w : tensor<40x8x3x3xf32> -> tensor<40x8x3x3xbf16>
  resnet.write @v, %r : tensor<40x8x3x3xbf16>
  return
}
func.func @features(%images: tensor<?x8x5x4xf32>) -> tensor<?x40x5x4xf32> {
  %s = resnet.read @s : tensor<8x8x1x1xf32>
  %x = resnet.conv2d %images, %s {stride = 1, padding = 0} : (tensor<?x8x5x4xf32>, tensor<8x8x1x1xf32>) -> tensor<?x8x5x4xf32>
  %v = resnet.read @v : tensor<40x8x3x3xbf16>
  %y = resnet.conv2d %x, %v {stride = 1, padding = 1, relu} : (tensor<?x8x5x4xf32>, tensor<40x8x3x3xbf16>) -> tensor<?x40x5x4xbf16>
  %t = resnet.read @t : tensor<40x40x1x1xbf16>
  %z = resnet.conv2d %y, %t residual(%y) {stride = 1, padding = 0} : (tensor<?x40x5x4xbf16>, tensor<40x40x1x1xbf16>, tensor<?x40x5x4xbf16>) -> tensor<?x40x5x4xf32>
  return %z : tensor<?x40x5x4xf32>
}

// -----

// The stem: a window's row of 9 values is five lanes, the last one with a zero. Rows of images get one more column, so that they
// are whole lanes and the last window's last lane lies within them.
// CHECK-LABEL: func.func @prepare(
// CHECK:       tensor.extract_slice %{{.*}}[0, 0, 0, 0] [1, 3, 4, 32]
// CHECK:       tensor.extract_slice %{{.*}}[0, 0, 4, 0] [1, 3, 1, 32]
// CHECK:       affine_map<(d0, d1, d2) -> (d0, d1, 8, d2)>
// CHECK-LABEL: func.func @features(
// CHECK:       packed.view %{{.*}} : tensor<?x7x18xbf16> to tensor<?x7x9xi32>
// CHECK:       linalg.generic {indexing_maps = [affine_map<{{[^>]*}}-> (d0, d2 * 2 + d5, d3 * 3 + d6)>,
// CHECK-SAME:    ins(%{{.*}}, %{{.*}} : tensor<?x7x9xi32>, tensor<1x3x5x32xi32>)
resnet.parameter @w "conv_weight" : tensor<8x3x3x3xf32>
resnet.slot @v "prepare" : tensor<8x3x3x3xbf16>
func.func @prepare() {
  %w = resnet.read @w : tensor<8x3x3x3xf32>
  %r = resnet.round %w : tensor<8x3x3x3xf32> -> tensor<8x3x3x3xbf16>
  resnet.write @v, %r : tensor<8x3x3x3xbf16>
  return
}
func.func @features(%images: tensor<?x3x6x4xf32>) -> tensor<?x8x3x2xf32> {
  %v = resnet.read @v : tensor<8x3x3x3xbf16>
  %y = resnet.conv2d %images, %v {stride = 2, padding = 1} : (tensor<?x3x6x4xf32>, tensor<8x3x3x3xbf16>) -> tensor<?x8x3x2xf32>
  return %y : tensor<?x8x3x2xf32>
}

// -----

// A maximum of bf16 is taken in float32, and rounded for nothing.
// CHECK-LABEL: func.func @features(
// CHECK:       linalg.generic {{.*}} outs(%{{.*}} : tensor<?x1x2x2x32xf32>)
// CHECK:         arith.extf
// CHECK-NEXT:    arith.maximumf {{.*}} : f32
// CHECK:       linalg.generic {{.*}} outs(%{{.*}} : tensor<?x1x2x2x32xbf16>)
// CHECK:         arith.truncf
resnet.parameter @w "conv_weight" : tensor<8x8x1x1xf32>
resnet.slot @s "prepare" : tensor<8x8x1x1xbf16>
resnet.slot @v "prepare" : tensor<8x8x1x1xbf16>
func.func @features(%images: tensor<?x8x4x4xf32>) -> tensor<?x8x2x2xf32> {
  %v = resnet.read @v : tensor<8x8x1x1xbf16>
  %s = resnet.read @s : tensor<8x8x1x1xbf16>
  %x = resnet.conv2d %images, %s {stride = 1, padding = 0} : (tensor<?x8x4x4xf32>, tensor<8x8x1x1xbf16>) -> tensor<?x8x4x4xbf16>
  %y = resnet.max_pool %x {kernel = 2, stride = 2, padding = 0} : tensor<?x8x4x4xbf16> -> tensor<?x8x2x2xbf16>
  %z = resnet.conv2d %y, %v {stride = 1, padding = 0} : (tensor<?x8x2x2xbf16>, tensor<8x8x1x1xbf16>) -> tensor<?x8x2x2xf32>
  return %z : tensor<?x8x2x2xf32>
}

// -----

resnet.parameter @w "conv_weight" : tensor<8x8x1x1xf32>
func.func @prepare() {
  %w = resnet.read @w : tensor<8x8x1x1xf32>
  // expected-error @+1 {{expected its result to be written to slots alone}}
  %r = resnet.round %w : tensor<8x8x1x1xf32> -> tensor<8x8x1x1xbf16>
  %y = arith.negf %r : tensor<8x8x1x1xbf16>
  return
}
