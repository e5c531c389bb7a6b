// Values are counted by their magnitude, pads of channels apart, and added to the scale's row of the call.
// RUN: resnet-opt %s --resnet-to-linalg | FileCheck %s

// CHECK-LABEL: func.func @calibrate(
// CHECK:       %[[IMAGES:.*]] = bufferization.to_tensor %{{.*}} : memref<?x5x12xf32>
// CHECK:       %[[TABLES:.*]] = memref.alloc() : memref<4x1024xi64>
// CHECK:       scf.for
// CHECK:       memref.store %{{.*}}, %[[TABLES]]
// CHECK:       tensor.extract %[[IMAGES]]
// CHECK-NEXT:  arith.bitcast
// CHECK:       arith.andi
// CHECK:       arith.shrui
// CHECK:       arith.subi
// CHECK:       arith.maxsi
// CHECK:       arith.minsi
// CHECK:       %[[ALL:.*]] = abi.buffer %{{.*}} "histograms" : memref<2048xi64>
// CHECK:       memref.reinterpret_cast %[[ALL]] to offset: [0], sizes: [1024]
// CHECK:       memref.alloc() : memref<4x1024xi64>
// Of 40 channels, the eight of the second block: two steps of four.
// CHECK:       %[[EIGHT:.*]] = arith.constant 8 : index
// CHECK:       scf.for %{{.*}} = %{{.*}} to %[[EIGHT]]
// CHECK:       memref.reinterpret_cast %{{.*}} to offset: [1024], sizes: [1024]
resnet.scale @images {is_signed}
resnet.scale @a
resnet.parameter @w "conv_weight" : tensor<40x3x1x1xf32>
func.func @features(%images: tensor<?x3x5x4xf32>) -> tensor<?x40x5x4xf32> {
  %w = resnet.read @w : tensor<40x3x1x1xf32>
  %x = resnet.conv2d %images, %w {stride = 1, padding = 0, relu} : (tensor<?x3x5x4xf32>, tensor<40x3x1x1xf32>) -> tensor<?x40x5x4xf32>
  return %x : tensor<?x40x5x4xf32>
}
func.func @calibrate(%images: tensor<?x3x5x4xf32>) {
  resnet.histogram %images {scale = @images} : tensor<?x3x5x4xf32>
  %w = resnet.read @w : tensor<40x3x1x1xf32>
  %x = resnet.conv2d %images, %w {stride = 1, padding = 0, relu} : (tensor<?x3x5x4xf32>, tensor<40x3x1x1xf32>) -> tensor<?x40x5x4xf32>
  resnet.histogram %x {scale = @a} : tensor<?x40x5x4xf32>
  return
}
