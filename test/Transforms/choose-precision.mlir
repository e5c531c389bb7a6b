// Which convolutions of the frozen prefix compute in bf16, and what is stored so.
// RUN: resnet-opt %s -split-input-file --resnet-choose-precision=precision=bf16 | FileCheck %s
// RUN: resnet-opt %s -split-input-file --resnet-choose-precision="precision=bf16 conv=winograd" | FileCheck %s --check-prefix=WINOGRAD
// RUN: resnet-opt %s -split-input-file --resnet-choose-precision | FileCheck %s --check-prefix=F32 --implicit-check-not=bf16
// RUN: not resnet-opt %s -split-input-file --resnet-choose-precision=precision=int4 2>&1 | FileCheck %s --check-prefix=ERROR
// RUN: not resnet-opt %s -split-input-file --resnet-choose-precision="precision=bf16 conv=fast" 2>&1 | FileCheck %s --check-prefix=CONV
// CONV: error: conv takes "auto", "direct" or "winograd", got "fast"
// F32: resnet.conv2d
// ERROR: error: precision takes "f32" or "bf16", got "int4"

// A bottleneck: windows of one in bf16, Winograd's algorithm where it saves more. What convolutions in bf16 alone read is stored
// so, a residual too; what Winograd's algorithm reads, and the record, are not.
// CHECK-LABEL: func.func @prepare()
// CHECK-NEXT:  %[[W:.*]] = resnet.read @a
// CHECK-NEXT:  %[[R:.*]] = resnet.round %[[W]] : tensor<64x256x1x1xf32> -> tensor<64x256x1x1xbf16>
// CHECK-NEXT:  resnet.write @a.bf16, %[[R]]
// CHECK-NEXT:  resnet.read @c
// CHECK-NEXT:  resnet.round
// CHECK-NEXT:  resnet.write @c.bf16
// CHECK-NEXT:  return
// CHECK-LABEL: func.func @features(
// CHECK:       %[[B:.*]] = resnet.read @b : tensor<64x64x3x3xf32>
// CHECK:       %[[IN:.*]] = resnet.conv2d %{{.*}} -> tensor<?x256x56x56xbf16>
// CHECK-NEXT:  %[[A:.*]] = resnet.read @a.bf16 : tensor<64x256x1x1xbf16>
// CHECK:       %[[Y:.*]] = resnet.conv2d %[[IN]], %[[A]] {{.*}} -> tensor<?x64x56x56xf32>
// CHECK:       %[[Z:.*]] = resnet.conv2d %[[Y]], %[[B]] {{.*}}winograd{{.*}} -> tensor<?x64x56x56xbf16>
// CHECK-NEXT:  %[[C:.*]] = resnet.read @c.bf16 : tensor<256x64x1x1xbf16>
// CHECK:       %[[OUT:.*]] = resnet.conv2d %[[Z]], %[[C]] residual(%[[IN]]) {{.*}} -> tensor<?x256x56x56xf32>
// CHECK:       return %[[OUT]]
// What it was stays beside it.
// CHECK-LABEL: func.func @features_f32(
// CHECK-NOT:   bf16
// CHECK:       return
resnet.parameter @in "conv_weight" : tensor<256x64x3x3xf32>
resnet.parameter @a "conv_weight" : tensor<64x256x1x1xf32>
resnet.parameter @b "conv_weight" : tensor<64x64x3x3xf32>
resnet.parameter @c "conv_weight" : tensor<256x64x1x1xf32>
func.func @prepare() { return }
func.func @features(%images: tensor<?x64x56x56xf32>) -> tensor<?x256x56x56xf32> {
  %v = resnet.read @in : tensor<256x64x3x3xf32>
  %a = resnet.read @a : tensor<64x256x1x1xf32>
  %b = resnet.read @b : tensor<64x64x3x3xf32>
  %c = resnet.read @c : tensor<256x64x1x1xf32>
  %x = resnet.conv2d %images, %v {stride = 1, padding = 1, winograd = array<i64: 4, 4>} : (tensor<?x64x56x56xf32>, tensor<256x64x3x3xf32>) -> tensor<?x256x56x56xf32>
  %y = resnet.conv2d %x, %a {stride = 1, padding = 0, relu} : (tensor<?x256x56x56xf32>, tensor<64x256x1x1xf32>) -> tensor<?x64x56x56xf32>
  %z = resnet.conv2d %y, %b {stride = 1, padding = 1, relu, winograd = array<i64: 4, 4>} : (tensor<?x64x56x56xf32>, tensor<64x64x3x3xf32>) -> tensor<?x64x56x56xf32>
  %out = resnet.conv2d %z, %c residual(%x) {stride = 1, padding = 0, relu} : (tensor<?x64x56x56xf32>, tensor<256x64x1x1xf32>, tensor<?x256x56x56xf32>) -> tensor<?x256x56x56xf32>
  return %out : tensor<?x256x56x56xf32>
}

// -----

// A plane of 5 by 5 takes four tiles of 9 outputs: 2.25 products for one are less, after the transforms, than bf16's two. Where
// Winograd's algorithm is asked for it stays.
// CHECK-LABEL: func.func @features(
// CHECK:       resnet.conv2d {{.*}} {padding = 1 : i64, stride = 1 : i64} : (tensor<?x64x5x5xf32>, tensor<64x64x3x3xbf16>) -> tensor<?x64x5x5xf32>
// WINOGRAD-LABEL: func.func @features(
// WINOGRAD:    resnet.conv2d {{.*}}winograd
resnet.parameter @w "conv_weight" : tensor<64x64x3x3xf32>
func.func @prepare() { return }
func.func @features(%images: tensor<?x64x5x5xf32>) -> tensor<?x64x5x5xf32> {
  %w = resnet.read @w : tensor<64x64x3x3xf32>
  %x = resnet.conv2d %images, %w {stride = 1, padding = 1, winograd = array<i64: 4, 4>} : (tensor<?x64x5x5xf32>, tensor<64x64x3x3xf32>) -> tensor<?x64x5x5xf32>
  return %x : tensor<?x64x5x5xf32>
}

// -----

// The stem: bf16 saves more than Winograd's algorithm along rows does. Its output is stored in bf16 where the max pool's is, which convolutions in bf16 read.
// CHECK-LABEL: func.func @features(
// CHECK:       resnet.conv2d {{.*}} : (tensor<?x3x16x16xf32>, tensor<8x3x7x7xbf16>) -> tensor<?x8x8x8xbf16>
// CHECK:       resnet.max_pool {{.*}} : tensor<?x8x8x8xbf16> -> tensor<?x8x4x4xbf16>
resnet.parameter @stem "conv_weight" : tensor<8x3x7x7xf32>
resnet.parameter @w "conv_weight" : tensor<8x8x1x1xf32>
func.func @prepare() { return }
func.func @features(%images: tensor<?x3x16x16xf32>) -> tensor<?x8x4x4xf32> {
  %v = resnet.read @stem : tensor<8x3x7x7xf32>
  %w = resnet.read @w : tensor<8x8x1x1xf32>
  %x = resnet.conv2d %images, %v {stride = 2, padding = 3, relu, winograd = array<i64: 1, 4>} : (tensor<?x3x16x16xf32>, tensor<8x3x7x7xf32>) -> tensor<?x8x8x8xf32>
  %y = resnet.max_pool %x {kernel = 3, stride = 2, padding = 1} : tensor<?x8x8x8xf32> -> tensor<?x8x4x4xf32>
  %z = resnet.conv2d %y, %w {stride = 1, padding = 0} : (tensor<?x8x4x4xf32>, tensor<8x8x1x1xf32>) -> tensor<?x8x4x4xf32>
  return %z : tensor<?x8x4x4xf32>
}

// -----

// Pixels that are three values apart begin in the middle of a pair. A max pool whose result float32 reads is not rounded, and
// a record that a convolution in bf16 reads stays whole.
// CHECK-LABEL: func.func @features(
// CHECK:       resnet.conv2d {{.*}} : (tensor<?x3x16x16xf32>, tensor<8x3x3x3xf32>) -> tensor<?x8x16x16xf32>
// CHECK:       resnet.max_pool {{.*}} -> tensor<?x8x8x8xf32>
// CHECK:       resnet.conv2d {{.*}} : (tensor<?x8x8x8xf32>, tensor<8x8x1x1xbf16>) -> tensor<?x8x8x8xf32>
resnet.parameter @stem "conv_weight" : tensor<8x3x3x3xf32>
resnet.parameter @w "conv_weight" : tensor<8x8x1x1xf32>
func.func @prepare() { return }
func.func @features(%images: tensor<?x3x16x16xf32>) -> (tensor<?x8x8x8xf32>, tensor<?x8x8x8xf32>) {
  %v = resnet.read @stem : tensor<8x3x3x3xf32>
  %w = resnet.read @w : tensor<8x8x1x1xf32>
  %x = resnet.conv2d %images, %v {stride = 1, padding = 1, relu} : (tensor<?x3x16x16xf32>, tensor<8x3x3x3xf32>) -> tensor<?x8x16x16xf32>
  %y = resnet.max_pool %x {kernel = 3, stride = 2, padding = 1} : tensor<?x8x16x16xf32> -> tensor<?x8x8x8xf32>
  %z = resnet.conv2d %y, %w {stride = 1, padding = 0} : (tensor<?x8x8x8xf32>, tensor<8x8x1x1xf32>) -> tensor<?x8x8x8xf32>
  return %y, %z : tensor<?x8x8x8xf32>, tensor<?x8x8x8xf32>
}
