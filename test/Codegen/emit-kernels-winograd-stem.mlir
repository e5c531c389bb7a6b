// The stem by Winograd's algorithm along rows as loops: the filter's transform, that of all rows of images that a task reads, and for each row
// of outputs 13 products, which are a kernel like any contraction's, and their transform with the epilogue on its results.
// RUN: resnet-opt %s --resnet-emit-kernels | FileCheck %s

// CHECK-LABEL: func.func @stem(
// CHECK-SAME:    %[[X:[^ ]*]]: memref<1x9x70xf32>, %[[W:[^ ]*]]: memref<2x7x7x3x32xf32>, %[[SCALE:[^ ]*]]: memref<2x32xf32>, %[[Y:[^ ]*]]: memref<1x2x2x9x32xf32>, %[[V:[^ ]*]]: memref<13x5x32xf32>, %[[F:[^ ]*]]: memref<13x43x32xf32>, %[[M:[^ ]*]]: memref<13x7x32xf32>)
// CHECK-NOT:   memref.alloc
// Seven taps of a row of the window, four even ones and three odd ones, at 7 and 6 points.
// CHECK-COUNT-7: vector.load %[[W]][
// CHECK-COUNT-13: vector.store %{{.*}}, %[[F]][
// Four tiles at a time, of which the last ones end with the row: the columns of 9 are 0 to 3, 4 to 7 and 5 to 8.
// CHECK:       scf.for %{{.*}} = %c0{{.*}} to %c9
// CHECK:         arith.minui %{{.*}}, %c5
// CHECK-COUNT-52: vector.load %[[X]][{{.*}} vector<4xf32>
// CHECK-NOT:     vector.load
// CHECK:         memref.reinterpret_cast %[[V]] {{.*}} sizes: [16], strides: [1]
// CHECK:       scf.for
// CHECK:         scf.for %[[P:.*]] = %c0{{.*}} to %c13
// CHECK:           %[[LEFT:.*]] = memref.reinterpret_cast %[[V]] {{.*}} sizes: [3, 7, 3], strides: [4, 16, 1]
// CHECK:           %[[RIGHT:.*]] = memref.reinterpret_cast %[[F]] {{.*}} sizes: [7, 3, 32], strides: [96, 32, 1]
// CHECK:           %[[SUM:.*]] = memref.reinterpret_cast %[[M]] {{.*}} sizes: [3, 32], strides: [32, 1]
// Rows of the window in a loop, the channels written out: three tiles by two vectors of each.
// CHECK:           scf.for %{{.*}} = %c0{{.*}} to %c7
// CHECK-COUNT-18:    math.fma
// CHECK-NEXT:        scf.yield
// CHECK-COUNT-6:   vector.store %{{.*}}, %[[SUM]][
// CHECK-COUNT-13: vector.load %[[M]][
// CHECK-COUNT-4: vector.store %{{.*}}, %[[Y]][
// CHECK-NOT:   vector.store
// CHECK:       return
#map = affine_map<(a, b, c, d, e) -> (a, b, c, d, e)>
func.func @stem(%x: memref<1x9x70xf32>, %w: memref<2x7x7x3x32xf32>, %scale: memref<2x32xf32>, %y: memref<1x2x2x9x32xf32>, %v: memref<13x5x32xf32>,
                %f: memref<13x43x32xf32>, %m: memref<13x7x32xf32>) {
  %s = memref.alloc() : memref<1x2x2x9x32xf32>
  winograd.stem ins(%x, %w : memref<1x9x70xf32>, memref<2x7x7x3x32xf32>) outs(%s : memref<1x2x2x9x32xf32>)
    scratch(%v, %f, %m : memref<13x5x32xf32>, memref<13x43x32xf32>, memref<13x7x32xf32>)
  linalg.generic {indexing_maps = [#map, affine_map<(a, b, c, d, e) -> (b, e)>, #map],
    iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]}
    ins(%s, %scale : memref<1x2x2x9x32xf32>, memref<2x32xf32>) outs(%y : memref<1x2x2x9x32xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %p = arith.mulf %a, %b : f32
    linalg.yield %p : f32
  }
  return
}
