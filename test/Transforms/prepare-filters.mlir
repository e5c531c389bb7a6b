// Which filters are transformed in @prepare: those of frozen convolutions by Winograd's algorithm, once for all that read them.
// RUN: resnet-opt %s --resnet-prepare-filters --split-input-file | FileCheck %s

// CHECK:       resnet.slot @layer1.0.conv1.filter "prepare" : tensor<64x64x6x6xf32>
// CHECK-NOT:   resnet.slot
// CHECK-LABEL: func.func @prepare()
// CHECK-NEXT:    %[[W:.*]] = resnet.read @layer1.0.conv1.weight
// CHECK-NEXT:    %[[U:.*]] = resnet.transform_filter %[[W]] : tensor<64x64x3x3xf32> -> tensor<64x64x6x6xf32>
// CHECK-NEXT:    resnet.write @layer1.0.conv1.filter, %[[U]]
// CHECK-NEXT:    return
resnet.parameter @layer1.0.conv1.weight "conv_weight" : tensor<64x64x3x3xf32>
resnet.parameter @trained.weight "conv_weight" {trained} : tensor<64x64x3x3xf32>
resnet.parameter @wide.weight "conv_weight" : tensor<64x500x3x3xf32>
func.func @prepare() { return }

// CHECK-LABEL: func.func @features(
// CHECK:         %[[U:.*]] = resnet.read @layer1.0.conv1.filter : tensor<64x64x6x6xf32>
// CHECK-NEXT:    resnet.conv2d %{{.*}}, %{{.*}} filter(%[[U]]) {{{.*}}winograd = array<i64: 4, 4>}
// Direct, trained or wide ones keep their weights; 500 channels fill as many blocks as 512.
// CHECK-NOT:     filter(
func.func @features(%x: tensor<?x64x8x8xf32>, %z: tensor<?x500x8x8xf32>) {
  %w = resnet.read @layer1.0.conv1.weight : tensor<64x64x3x3xf32>
  %0 = resnet.conv2d %x, %w {stride = 1, padding = 1, winograd = array<i64: 4, 4>} : (tensor<?x64x8x8xf32>, tensor<64x64x3x3xf32>) -> tensor<?x64x8x8xf32>
  %1 = resnet.conv2d %x, %w {stride = 1, padding = 1} : (tensor<?x64x8x8xf32>, tensor<64x64x3x3xf32>) -> tensor<?x64x8x8xf32>
  %t = resnet.read @trained.weight : tensor<64x64x3x3xf32>
  %2 = resnet.conv2d %x, %t {stride = 1, padding = 1, winograd = array<i64: 4, 4>} : (tensor<?x64x8x8xf32>, tensor<64x64x3x3xf32>) -> tensor<?x64x8x8xf32>
  %v = resnet.read @wide.weight : tensor<64x500x3x3xf32>
  %3 = resnet.conv2d %z, %v {stride = 1, padding = 1, winograd = array<i64: 4, 4>} : (tensor<?x500x8x8xf32>, tensor<64x500x3x3xf32>) -> tensor<?x64x8x8xf32>
  return
}

// CHECK-LABEL: func.func @gradients(
// CHECK:         resnet.conv2d {{.*}} filter(
func.func @gradients(%x: tensor<?x64x8x8xf32>) {
  %w = resnet.read @layer1.0.conv1.weight : tensor<64x64x3x3xf32>
  %0 = resnet.conv2d %x, %w {stride = 1, padding = 1, winograd = array<i64: 4, 4>} : (tensor<?x64x8x8xf32>, tensor<64x64x3x3xf32>) -> tensor<?x64x8x8xf32>
  return
}

// -----

// Without @prepare there is no place for them.
// CHECK-LABEL: func.func @logits(
// CHECK-NOT:     filter(
resnet.parameter @w "conv_weight" : tensor<64x64x3x3xf32>
func.func @logits(%x: tensor<?x64x8x8xf32>) {
  %w = resnet.read @w : tensor<64x64x3x3xf32>
  %0 = resnet.conv2d %x, %w {stride = 1, padding = 1, winograd = array<i64: 4, 4>} : (tensor<?x64x8x8xf32>, tensor<64x64x3x3xf32>) -> tensor<?x64x8x8xf32>
  return
}
