// Winograd's algorithm as loops: the input's transform, and for each block of output channels 36 products, which are a kernel like any
// contraction's, and the output's transform with the epilogue on its results.
// RUN: resnet-opt %s --resnet-emit-kernels | FileCheck %s

// CHECK-LABEL: func.func @conv(
// CHECK-SAME:    %[[X:[^ ]*]]: memref<1x2x10x10x32xf32>, %[[U:[^ ]*]]: memref<4x36x65x32xf32>, %[[SCALE:[^ ]*]]: memref<4x32xf32>, %[[Y:[^ ]*]]: memref<1x4x6x8x32xf32>, %[[V:[^ ]*]]: memref<36x9x32xf32>, %[[M:[^ ]*]]: memref<36x5x32xf32>)
// CHECK-NOT:   memref.alloc
// Of a tile two rows of six a time, from all that they need.
// CHECK:       scf.for
// CHECK-COUNT-36: vector.load %[[X]][
// CHECK-COUNT-12: vector.store %{{.*}}, %[[V]][
// CHECK-COUNT-36: vector.load %[[X]][
// CHECK-COUNT-12: vector.store %{{.*}}, %[[V]][
// CHECK-COUNT-36: vector.load %[[X]][
// CHECK-COUNT-12: vector.store %{{.*}}, %[[V]][
// CHECK-NOT:   %[[X]][
// CHECK:       scf.for
// CHECK:         scf.for %[[P:.*]] =
// CHECK:           %[[LEFT:.*]] = memref.reinterpret_cast %[[V]] {{.*}} sizes: [4, 64]
// CHECK:           %[[RIGHT:.*]] = memref.subview %[[U]][%{{.*}}, %[[P]], 0, 0] [1, 1, 64, 32]
// CHECK:           %[[SUM:.*]] = memref.reinterpret_cast %[[M]] {{.*}} sizes: [4, 32]
// CHECK:           scf.for
// CHECK:             vector.load %[[RIGHT]]
// CHECK:             memref.load %[[LEFT]]
// CHECK:             math.fma
// Whole tiles, and of six rows the tiles that have two.
// CHECK-COUNT-36: vector.load %[[M]][
// CHECK-COUNT-16: vector.store %{{.*}}, %[[Y]][
// CHECK-COUNT-36: vector.load %[[M]][
// CHECK-COUNT-8: vector.store %{{.*}}, %[[Y]][
// CHECK-NOT:   vector.store
// CHECK:       return
#map = affine_map<(a, b, c, d, e) -> (a, b, c, d, e)>
func.func @conv(%x: memref<1x2x10x10x32xf32>, %u: memref<4x36x65x32xf32>, %scale: memref<4x32xf32>, %y: memref<1x4x6x8x32xf32>,
                %v: memref<36x9x32xf32>, %m: memref<36x5x32xf32>) {
  %s = memref.alloc() : memref<1x4x6x8x32xf32>
  winograd.conv {images = 1} ins(%x, %u : memref<1x2x10x10x32xf32>, memref<4x36x65x32xf32>) outs(%s : memref<1x4x6x8x32xf32>)
    scratch(%v, %m : memref<36x9x32xf32>, memref<36x5x32xf32>)
  linalg.generic {indexing_maps = [#map, affine_map<(a, b, c, d, e) -> (b, e)>, #map],
    iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]}
    ins(%s, %scale : memref<1x4x6x8x32xf32>, memref<4x32xf32>) outs(%y : memref<1x4x6x8x32xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %p = arith.mulf %a, %b : f32
    linalg.yield %p : f32
  }
  return
}
