// A convolution in int8 is one contraction of lanes of four bytes into sums of 32 bits, and what surrounds it scales.
// RUN: resnet-opt %s -split-input-file -verify-diagnostics --resnet-to-linalg --mlir-print-local-scope | FileCheck %s

// The weight's lanes are written to their slot, [K/32][C/32][R][S][8 of 4 of C][32 of K], and the scales are the call's.
// CHECK-LABEL: func.func @prepare(
// CHECK:       %[[W:.*]] = bufferization.to_tensor %{{.*}} : memref<2x1x3x3x32x32xf32>
// CHECK:       %[[MOST:.*]] = linalg.generic {{.*}} ins(%[[W]] : {{.*}}) outs(%{{.*}} : tensor<2x32xf32>)
// CHECK:         math.absf
// CHECK-NEXT:    arith.maximumf
// CHECK:       %[[SCALE:.*]] = linalg.generic {{.*}} ins(%[[MOST]]
// CHECK:         arith.divf
// CHECK:       %[[SLOT:.*]] = memref.view %{{.*}} : memref<{{.*}}xi8> to memref<2x1x3x3x8x32xi32>
// CHECK:       linalg.generic {indexing_maps = [affine_map<{{.*}} -> (d0, d1, d2, d3, d4 * 4, d5)>, affine_map<{{.*}} -> (d0, d1, d2, d3, d4 * 4 + 1, d5)>,
// CHECK-SAME:    ins(%[[W]], %[[W]], %[[W]], %[[W]], %[[SCALE]] :
// CHECK:         arith.divf
// CHECK-NEXT:    math.roundeven
// CHECK-NEXT:    arith.fptosi {{.*}} : f32 to i32
// CHECK:       %[[SCALES:.*]] = abi.buffer %{{.*}} "scales" : memref<2xf32>
// CHECK:       %[[ZERO:.*]] = arith.constant 0 : index
// CHECK:       %[[X:.*]] = memref.load %[[SCALES]][%[[ZERO]]]
// CHECK:       %[[ONE:.*]] = arith.constant 1 : index
// CHECK:       %[[Y:.*]] = memref.load %{{.*}}[%[[ONE]]]
// CHECK:         %[[P:.*]] = arith.mulf %{{.*}}, %[[X]]
// CHECK-NEXT:    arith.divf %[[P]], %[[Y]]

// x in bytes with its halo, seen in lanes; the epilogue is float32, and gives bytes.
// CHECK-LABEL: func.func @features(
// CHECK:       %[[PADS:.*]] = tensor.empty(%{{.*}}) : tensor<?x1x7x6x32xi8>
// CHECK:       packed.quantize
// CHECK:       %[[V:.*]] = packed.view %{{.*}} : tensor<?x1x7x6x32xi8> to tensor<?x1x7x6x8xi32>
// CHECK:       %[[START:.*]] = linalg.fill {{.*}} -> tensor<?x2x5x4x32xi32>
// CHECK:       %[[SUM:.*]] = linalg.generic {{.*}} ins(%[[V]], %{{.*}} : tensor<?x1x7x6x8xi32>, tensor<2x1x3x3x8x32xi32>) outs(%[[START]] :
// CHECK:         packed.dot %{{.*}}, %{{.*}}, %{{.*}} : i32, i32
// CHECK:       linalg.generic {{.*}} ins(%[[SUM]], %{{.*}} outs(%{{.*}} : tensor<?x2x5x4x32xi8>)
// CHECK:         arith.sitofp
// CHECK-NEXT:    arith.mulf
// CHECK-NEXT:    arith.addf
// CHECK-NEXT:    packed.quantize
// A residual in bytes is multiplied by its factor, and float32 is what a record takes.
// CHECK:       linalg.generic {{.*}} outs(%{{.*}} : tensor<?x2x5x4x32xf32>)
// CHECK:         arith.uitofp
// CHECK-NEXT:    arith.mulf
// CHECK-NEXT:    arith.addf
// CHECK:         arith.maximumf
resnet.scale @x
resnet.scale @y
resnet.parameter @s "conv_weight" : tensor<8x8x1x1xf32>
resnet.parameter @w "conv_weight" : tensor<40x8x3x3xf32>
resnet.slot @v "prepare" : tensor<40x8x3x3xsi8>
resnet.slot @a "prepare" : tensor<40xf32>
resnet.slot @b "prepare" : tensor<40xf32>
resnet.slot @t "prepare" : tensor<40x40x1x1xsi8>
resnet.slot @f "prepare" : tensor<8xf32>
func.func @prepare() {
  %w = resnet.read @w : tensor<40x8x3x3xf32>
  %q, %s, %t = resnet.quantize_weight %w : tensor<40x8x3x3xf32> -> tensor<40x8x3x3xsi8>, tensor<40xf32>
  %a, %b = resnet.fold_scales %s {x = @x, y = @y} : (tensor<40xf32>) -> (tensor<40xf32>, tensor<40xf32>)
  resnet.write @v, %q : tensor<40x8x3x3xsi8>
  resnet.write @a, %a : tensor<40xf32>
  resnet.write @b, %b : tensor<40xf32>
  return
}
func.func @features(%images: tensor<?x8x5x4xf32>) -> tensor<?x40x5x4xf32> {
  %s = resnet.read @s : tensor<8x8x1x1xf32>
  %x = resnet.conv2d %images, %s {stride = 1, padding = 0, relu} : (tensor<?x8x5x4xf32>, tensor<8x8x1x1xf32>) -> tensor<?x8x5x4xf32>
  %f = resnet.read @f : tensor<8xf32>
  %q = resnet.quantize %x, %f : (tensor<?x8x5x4xf32>, tensor<8xf32>) -> tensor<?x8x5x4xui8>
  %v = resnet.read @v : tensor<40x8x3x3xsi8>
  %a = resnet.read @a : tensor<40xf32>
  %b = resnet.read @b : tensor<40xf32>
  %y = resnet.conv2d %q, %v scale(%a) shift(%b) {stride = 1, padding = 1, relu} : (tensor<?x8x5x4xui8>, tensor<40x8x3x3xsi8>, tensor<40xf32>, tensor<40xf32>) -> tensor<?x40x5x4xui8>
  %t = resnet.read @t : tensor<40x40x1x1xsi8>
  %z = resnet.conv2d %y, %t scale(%a) shift(%b) residual(%y) times(%a) {stride = 1, padding = 0, relu}
     : (tensor<?x40x5x4xui8>, tensor<40x40x1x1xsi8>, tensor<40xf32>, tensor<40xf32>, tensor<?x40x5x4xui8>, tensor<40xf32>) -> tensor<?x40x5x4xf32>
  return %z : tensor<?x40x5x4xf32>
}

// -----

// The stem: a pixel is a lane, with 128 added and pads of that; so is a weight's tap, whose fourth byte is zero. A max pool is one of bytes.
// CHECK-LABEL: func.func @prepare(
// CHECK:       memref.view %{{.*}} to memref<1x3x3x32xi32>
// CHECK:       affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, 2, d3)>
// CHECK-LABEL: func.func @features(
// CHECK:       %[[PAD:.*]] = arith.constant -2139062144 : i32
// CHECK:       linalg.fill {{.*}}ins(%[[PAD]] : i32)
// CHECK:       linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2 * 3)>, affine_map<(d0, d1, d2) -> (d0, d1, d2 * 3 + 1)>, affine_map<(d0, d1, d2) -> (d0, d1, d2 * 3 + 2)>, affine_map<(d0, d1, d2) -> (0, 0)>
// CHECK:         packed.quantize
// CHECK:       linalg.generic {indexing_maps = [affine_map<{{[^>]*}}-> (d0, d2 * 2 + d5, d3 * 2 + d6)>,
// CHECK-SAME:    ins(%{{.*}}, %{{.*}} : tensor<?x7x5xi32>, tensor<1x3x3x32xi32>)
// CHECK:       linalg.generic {{.*}} outs(%{{.*}} : tensor<?x1x1x1x32xi8>)
// CHECK:         arith.maxui {{.*}} : i8
resnet.parameter @w "conv_weight" : tensor<8x3x3x3xf32>
resnet.slot @v "prepare" : tensor<8x3x3x3xsi8>
resnet.slot @a "prepare" : tensor<8xf32>
resnet.slot @f "prepare" : tensor<3xf32>
func.func @prepare() {
  %w = resnet.read @w : tensor<8x3x3x3xf32>
  %q, %s, %t = resnet.quantize_weight %w : tensor<8x3x3x3xf32> -> tensor<8x3x3x3xsi8>, tensor<8xf32>
  resnet.write @v, %q : tensor<8x3x3x3xsi8>
  return
}
func.func @features(%images: tensor<?x3x6x4xf32>) -> tensor<?x8x1x1xf32> {
  %f = resnet.read @f : tensor<3xf32>
  %q = resnet.quantize %images, %f : (tensor<?x3x6x4xf32>, tensor<3xf32>) -> tensor<?x3x6x4xsi8>
  %v = resnet.read @v : tensor<8x3x3x3xsi8>
  %a = resnet.read @a : tensor<8xf32>
  %y = resnet.conv2d %q, %v scale(%a) shift(%a) {stride = 2, padding = 1, relu} : (tensor<?x3x6x4xsi8>, tensor<8x3x3x3xsi8>, tensor<8xf32>, tensor<8xf32>) -> tensor<?x8x3x2xui8>
  %p = resnet.max_pool %y {kernel = 2, stride = 2, padding = 0} : tensor<?x8x3x2xui8> -> tensor<?x8x1x1xui8>
  %t = resnet.read @u : tensor<8x8x1x1xsi8>
  %z = resnet.conv2d %p, %t scale(%a) shift(%a) {stride = 1, padding = 0} : (tensor<?x8x1x1xui8>, tensor<8x8x1x1xsi8>, tensor<8xf32>, tensor<8xf32>) -> tensor<?x8x1x1xf32>
  return %z : tensor<?x8x1x1xf32>
}
resnet.slot @u "prepare" : tensor<8x8x1x1xsi8>

// -----

resnet.parameter @w "conv_weight" : tensor<8x8x1x1xf32>
resnet.slot @f "prepare" : tensor<8xf32>
func.func @features(%images: tensor<?x8x1x1xf32>) -> tensor<?x8x1x1xsi8> {
  %f = resnet.read @f : tensor<8xf32>
  // expected-error @+1 {{in si8 expected images of at most four channels}}
  %q = resnet.quantize %images, %f : (tensor<?x8x1x1xf32>, tensor<8xf32>) -> tensor<?x8x1x1xsi8>
  return %q : tensor<?x8x1x1xsi8>
}
