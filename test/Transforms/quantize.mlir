// The frozen prefix in int8: which convolutions, how what is between them is stored, and the scales that it takes.
// RUN: resnet-opt %s -split-input-file --resnet-quantize | FileCheck %s

// A stem with its max pool and a bottleneck. Images are signed; what is behind a ReLU has a scale of its own, and the max pool its
// input's; what a residual alone reads is bf16, the record float32.
// CHECK:       resnet.scale @images {is_signed}
// CHECK-NEXT:  resnet.slot @images.factor "prepare" : tensor<3xf32>
// CHECK-NEXT:  resnet.scale @stem
// CHECK-NEXT:  resnet.slot @stem.int8 "prepare" : tensor<8x3x7x7xsi8>
// CHECK-NEXT:  resnet.slot @stem.scale "prepare" : tensor<8xf32>
// CHECK-NEXT:  resnet.slot @stem.shift "prepare" : tensor<8xf32>
// CHECK-NOT:   resnet.scale @down
// CHECK:       resnet.scale @a
// CHECK-NOT:   resnet.scale @
// CHECK-LABEL: func.func @prepare()
// CHECK:       %[[G:.*]] = resnet.read @g : tensor<8xf32>
// CHECK-NEXT:  resnet.write @norm, %[[G]]
// CHECK-NEXT:  %[[F:.*]] = resnet.scale_ratio {under = @images} : tensor<3xf32>
// CHECK-NEXT:  resnet.write @images.factor, %[[F]]
// CHECK-NEXT:  %[[W:.*]] = resnet.read @stem.weight
// CHECK-NEXT:  %[[Q:.*]], %[[S:.*]], %[[SUMS:.*]] = resnet.quantize_weight %[[W]]
// CHECK-NEXT:  %[[A:.*]], %[[B:.*]] = resnet.fold_scales %[[S]] sums(%[[SUMS]]) scale(%[[G]]) shift(%[[G]]) {x = @images, y = @stem}
// CHECK-NEXT:  resnet.write @stem.int8, %[[Q]]
// CHECK-NEXT:  resnet.write @stem.scale, %[[A]]
// CHECK-NEXT:  resnet.write @stem.shift, %[[B]]
// CHECK:       resnet.fold_scales %{{.*}} {x = @stem} : (tensor<8xf32>) ->
// CHECK:       resnet.fold_scales %{{.*}} {x = @stem, y = @a} : (tensor<8xf32>) ->
// CHECK:       resnet.fold_scales %{{.*}} {x = @a} : (tensor<8xf32>) ->
// CHECK-NOT:   resnet.scale_ratio
// CHECK-LABEL: func.func @features(
// CHECK-SAME:    %[[IMAGES:.*]]: tensor
// CHECK:       %[[X:.*]] = resnet.quantize %[[IMAGES]], %{{.*}} -> tensor<?x3x16x16xsi8>
// CHECK:       %[[V:.*]] = resnet.read @stem.int8
// CHECK:       %[[STEM:.*]] = resnet.conv2d %[[X]], %[[V]] scale(%{{.*}}) shift(%{{.*}}) {{.*}} -> tensor<?x8x8x8xui8>
// CHECK-NEXT:  %[[POOL:.*]] = resnet.max_pool %[[STEM]] {{.*}} -> tensor<?x8x4x4xui8>
// CHECK:       %[[DOWN:.*]] = resnet.conv2d %[[POOL]], {{.*}} -> tensor<?x8x4x4xbf16>
// CHECK:       %[[MID:.*]] = resnet.conv2d %[[POOL]], {{.*}} -> tensor<?x8x4x4xui8>
// CHECK:       %[[OUT:.*]] = resnet.conv2d %[[MID]], %{{.*}} scale(%{{.*}}) shift(%{{.*}}) residual(%[[DOWN]]) {{.*}} -> tensor<?x8x4x4xf32>
// CHECK:       return %[[OUT]]
// What it was stays beside it, and once more with counts: of the max pool's values, which alone are read.
// CHECK-LABEL: func.func @features_f32(
// CHECK-NOT:   i8
// CHECK:       return
// CHECK-LABEL: func.func @calibrate(
// CHECK-SAME:    %[[I:.*]]: tensor<?x3x16x16xf32>) {
// CHECK-NEXT:  resnet.histogram %[[I]] {scale = @images}
// CHECK:       resnet.conv2d %[[I]]
// CHECK-NEXT:  %[[M:.*]] = resnet.max_pool
// CHECK-NEXT:  resnet.histogram %[[M]] {scale = @stem}
// CHECK-NOT:   @down
// CHECK:       %[[N:.*]] = resnet.conv2d %[[M]]
// CHECK-NEXT:  resnet.histogram %[[N]] {scale = @a}
// CHECK-NOT:   resnet.conv2d
// CHECK:       return
resnet.parameter @stem.weight "conv_weight" : tensor<8x3x7x7xf32>
resnet.parameter @down.weight "conv_weight" : tensor<8x8x1x1xf32>
resnet.parameter @a.weight "conv_weight" : tensor<8x8x1x1xf32>
resnet.parameter @b.weight "conv_weight" : tensor<8x8x3x3xf32>
resnet.parameter @g "bn_weight" : tensor<8xf32>
resnet.slot @norm "prepare" : tensor<8xf32>
func.func @prepare() {
  %g = resnet.read @g : tensor<8xf32>
  resnet.write @norm, %g : tensor<8xf32>
  return
}
func.func @features(%images: tensor<?x3x16x16xf32>) -> tensor<?x8x4x4xf32> {
  %v = resnet.read @stem.weight : tensor<8x3x7x7xf32>
  %n = resnet.read @norm : tensor<8xf32>
  %s = resnet.conv2d %images, %v scale(%n) shift(%n) {stride = 2, padding = 3, relu} : (tensor<?x3x16x16xf32>, tensor<8x3x7x7xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<?x8x8x8xf32>
  %x = resnet.max_pool %s {kernel = 3, stride = 2, padding = 1} : tensor<?x8x8x8xf32> -> tensor<?x8x4x4xf32>
  %dw = resnet.read @down.weight : tensor<8x8x1x1xf32>
  %d = resnet.conv2d %x, %dw {stride = 1, padding = 0} : (tensor<?x8x4x4xf32>, tensor<8x8x1x1xf32>) -> tensor<?x8x4x4xf32>
  %aw = resnet.read @a.weight : tensor<8x8x1x1xf32>
  %a = resnet.conv2d %x, %aw {stride = 1, padding = 0, relu} : (tensor<?x8x4x4xf32>, tensor<8x8x1x1xf32>) -> tensor<?x8x4x4xf32>
  %bw = resnet.read @b.weight : tensor<8x8x3x3xf32>
  %b = resnet.conv2d %a, %bw residual(%d) {stride = 1, padding = 1, relu, winograd = array<i64: 4, 4>} : (tensor<?x8x4x4xf32>, tensor<8x8x3x3xf32>, tensor<?x8x4x4xf32>) -> tensor<?x8x4x4xf32>
  return %b : tensor<?x8x4x4xf32>
}

// -----

// A record that a convolution reads too stays float32, and is quantised where it is read. What may be negative is not, nor are
// images of five channels.
// CHECK:       resnet.scale @b
// CHECK-NOT:   resnet.scale @
// CHECK-LABEL: func.func @features(
// CHECK:       resnet.conv2d %{{.*}} : (tensor<?x5x4x4xf32>, tensor<8x5x1x1xf32>) -> tensor<?x8x4x4xf32>
// CHECK:       %[[B:.*]] = resnet.conv2d {{.*}} : (tensor<?x8x4x4xf32>, tensor<8x8x1x1xf32>) -> tensor<?x8x4x4xf32>
// CHECK:       %[[Q:.*]] = resnet.quantize %[[B]], %{{.*}} -> tensor<?x8x4x4xui8>
// CHECK:       %[[C:.*]] = resnet.conv2d %[[Q]], %{{.*}} residual(%[[B]]) {{.*}}-> tensor<?x8x4x4xf32>
// CHECK:       return %[[B]], %[[C]]
resnet.parameter @a.weight "conv_weight" : tensor<8x5x1x1xf32>
resnet.parameter @b.weight "conv_weight" : tensor<8x8x1x1xf32>
resnet.parameter @c.weight "conv_weight" : tensor<8x8x1x1xf32>
func.func @prepare() { return }
func.func @features(%images: tensor<?x5x4x4xf32>) -> (tensor<?x8x4x4xf32>, tensor<?x8x4x4xf32>) {
  %aw = resnet.read @a.weight : tensor<8x5x1x1xf32>
  %a = resnet.conv2d %images, %aw {stride = 1, padding = 0} : (tensor<?x5x4x4xf32>, tensor<8x5x1x1xf32>) -> tensor<?x8x4x4xf32>
  %bw = resnet.read @b.weight : tensor<8x8x1x1xf32>
  %b = resnet.conv2d %a, %bw {stride = 1, padding = 0, relu} : (tensor<?x8x4x4xf32>, tensor<8x8x1x1xf32>) -> tensor<?x8x4x4xf32>
  %cw = resnet.read @c.weight : tensor<8x8x1x1xf32>
  %c = resnet.conv2d %b, %cw residual(%b) {stride = 1, padding = 0, relu} : (tensor<?x8x4x4xf32>, tensor<8x8x1x1xf32>, tensor<?x8x4x4xf32>) -> tensor<?x8x4x4xf32>
  return %b, %c : tensor<?x8x4x4xf32>, tensor<?x8x4x4xf32>
}

// -----

// Without a prefix there is nothing to do.
// CHECK-LABEL: func.func @logits
// CHECK-NOT:   features
func.func @logits(%x: tensor<?x8xf32>) -> tensor<?x8xf32> { return %x : tensor<?x8xf32> }
