// Winograd's algorithm as loops: the input's transform, and for each block of output channels 36 products, which are a kernel like any
// contraction's, and the output's transform with the epilogue on its results.
// RUN: resnet-opt %s --resnet-emit-kernels | FileCheck %s

// CHECK-LABEL: func.func @conv(
// CHECK-SAME:    %[[X:[^ ]*]]: memref<1x2x9x10x32xf32>, %[[U:[^ ]*]]: memref<4x36x65x32xf32>, %[[SCALE:[^ ]*]]: memref<4x32xf32>, %[[Y:[^ ]*]]: memref<1x4x7x8x32xf32>, %[[V:[^ ]*]]: memref<36x9x32xf32>, %[[M:[^ ]*]]: memref<36x5x32xf32>)
// CHECK-NOT:   memref.alloc
// Seven rows are strips of four and three. Of a tile two rows of six a time, from all that they need.
// CHECK:       scf.for
// CHECK-COUNT-36: vector.load %[[X]][
// CHECK-COUNT-12: vector.store %{{.*}}, %[[V]][
// CHECK-COUNT-36: vector.load %[[X]][
// CHECK-COUNT-12: vector.store %{{.*}}, %[[V]][
// CHECK-COUNT-36: vector.load %[[X]][
// CHECK-COUNT-12: vector.store %{{.*}}, %[[V]][
// The shorter strip has no row at infinity.
// CHECK-COUNT-30: vector.load %[[X]][
// CHECK-COUNT-6: vector.store %{{.*}}, %[[V]][
// CHECK-COUNT-30: vector.load %[[X]][
// CHECK-COUNT-12: vector.store %{{.*}}, %[[V]][
// CHECK-COUNT-30: vector.load %[[X]][
// CHECK-COUNT-12: vector.store %{{.*}}, %[[V]][
// CHECK-NOT:   %[[X]][
// CHECK:       scf.for
// CHECK:         scf.for %{{.*}} = %c0{{.*}} to %c5
// CHECK:           scf.for %{{.*}} = %c0{{.*}} to %c6
// CHECK:           %[[RIGHT:.*]] = memref.subview %[[U]][%{{.*}}, %{{.*}}, 0, 0] [1, 1, 64, 32]
// The four tiles of the image are one group, 32 channels of each beside those of the others.
// CHECK:           %[[LEFT:.*]] = memref.reinterpret_cast %[[V]] {{.*}} sizes: [1, 2, 4, 32]
// CHECK:           %[[SUM:.*]] = memref.reinterpret_cast %[[M]] {{.*}} sizes: [1, 4, 32]
// CHECK:           scf.for
// CHECK:             %[[ROWS:.*]] = memref.subview %[[LEFT]]
// CHECK:             scf.for
// CHECK:               vector.load %[[RIGHT]]
// CHECK:               memref.load %[[ROWS]]
// CHECK:               math.fma
// The sums of 32 channels are added up by themselves.
// CHECK:             arith.addf
// CHECK-NOT:           memref.prefetch
// At infinity only the whole strip takes part.
// CHECK:         scf.for %{{.*}} = %c0{{.*}} to %c6
// CHECK:               math.fma
// CHECK-COUNT-36: vector.load %[[M]][
// CHECK-COUNT-16: vector.store %{{.*}}, %[[Y]][
// CHECK-COUNT-30: vector.load %[[M]][
// CHECK-COUNT-12: vector.store %{{.*}}, %[[Y]][
// CHECK-NOT:   vector.store
// CHECK:       return
#map = affine_map<(a, b, c, d, e) -> (a, b, c, d, e)>
func.func @conv(%x: memref<1x2x9x10x32xf32>, %u: memref<4x36x65x32xf32>, %scale: memref<4x32xf32>, %y: memref<1x4x7x8x32xf32>,
                %v: memref<36x9x32xf32>, %m: memref<36x5x32xf32>) {
  %s = memref.alloc() : memref<1x4x7x8x32xf32>
  winograd.conv {images = 1, cover = array<i64: 4, 4>} ins(%x, %u : memref<1x2x9x10x32xf32>, memref<4x36x65x32xf32>) outs(%s : memref<1x4x7x8x32xf32>)
    scratch(%v, %m : memref<36x9x32xf32>, memref<36x5x32xf32>)
  linalg.generic {indexing_maps = [#map, affine_map<(a, b, c, d, e) -> (b, e)>, #map],
    iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]}
    ins(%s, %scale : memref<1x4x7x8x32xf32>, memref<4x32xf32>) outs(%y : memref<1x4x7x8x32xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %p = arith.mulf %a, %b : f32
    linalg.yield %p : f32
  }
  return
}

// Of a batch whose size is known at run time groups of five tiles, the last of which may not be full: five images of nine tiles take
// up to nine groups. At each step of a product a part of the next panel is fetched, for nine groups 32/9 elements.
// CHECK-LABEL: func.func @groups(
// CHECK-SAME:    %[[X:[^ ]*]]: memref<?x4x14x14x32xf32>, %[[U:[^ ]*]]: memref<2x36x129x32xf32>
// CHECK:       %[[RIGHT:.*]] = memref.subview %[[U]]{{.*}} [1, 1, 128, 32]
// CHECK:       arith.ceildivui
// CHECK:       memref.reinterpret_cast %{{.*}} sizes: [%{{.*}}, 4, 5, 32], strides: [640, 160, 32, 1]
// CHECK:         math.fma
// CHECK:         %[[NEXT:.*]] = memref.collapse_shape
// CHECK:         memref.prefetch %[[NEXT]][
// CHECK-NOT:     memref.prefetch
// CHECK:       vector.store
func.func @groups(%x: memref<?x4x14x14x32xf32>, %u: memref<2x36x129x32xf32>, %y: memref<?x2x12x12x32xf32>, %v: memref<36x193x32xf32>,
                  %m: memref<36x49x32xf32>) {
  winograd.conv {images = 5, cover = array<i64: 4, 4>} ins(%x, %u : memref<?x4x14x14x32xf32>, memref<2x36x129x32xf32>) outs(%y : memref<?x2x12x12x32xf32>)
    scratch(%v, %m : memref<36x193x32xf32>, memref<36x49x32xf32>)
  return
}

// A wide filter is transformed on the way: of four blocks of input channels the input and then, for each block of output channels, the
// filter and the products, whose sums have a place for each such block.
// CHECK-LABEL: func.func @wide(
// CHECK-SAME:    %[[X:[^ ]*]]: memref<?x16x9x9x32xf32>, %[[W:[^ ]*]]: memref<2x16x3x3x32x32xf32>, %{{.*}}: memref<?x2x7x7x32xf32>, %{{.*}}: memref<36x33x32xf32>, %[[M:[^ ]*]]: memref<36x17x32xf32>, %[[T:[^ ]*]]: memref<36x129x32xf32>)
// CHECK:       scf.for %{{.*}} = %{{.*}} to %c16{{.*}} step %c4
// CHECK:         vector.load %[[X]]
// CHECK:         scf.for
// CHECK:           vector.load %[[W]]
// CHECK:           vector.store %{{.*}}, %[[T]]
// CHECK:           memref.reinterpret_cast %[[T]] {{.*}} sizes: [128, 32]
// CHECK:           memref.reinterpret_cast %[[M]] {{.*}} sizes: [%{{.*}}, 4, 32]
// CHECK:           math.fma
func.func @wide(%x: memref<?x16x9x9x32xf32>, %w: memref<2x16x3x3x32x32xf32>, %y: memref<?x2x7x7x32xf32>, %v: memref<36x33x32xf32>,
                %m: memref<36x17x32xf32>, %t: memref<36x129x32xf32>) {
  winograd.conv {images = 2, cover = array<i64: 4, 4>} ins(%x, %w : memref<?x16x9x9x32xf32>, memref<2x16x3x3x32x32xf32>) outs(%y : memref<?x2x7x7x32xf32>)
    scratch(%v, %m, %t : memref<36x33x32xf32>, memref<36x17x32xf32>, memref<36x129x32xf32>)
  return
}

// A large plane goes by blocks of strips: of 56 x 28 three whole ones, of six rows, and two shorter ones.
// CHECK-LABEL: func.func @strips(
// CHECK-SAME:    %[[X:[^ ]*]]: memref<1x2x58x58x32xf32>
// CHECK:       scf.for %{{.*}} = %c0{{.*}} to %c36{{.*}} step %c18
// CHECK:         vector.load %[[X]]
// CHECK:         math.fma
// CHECK:       scf.for %{{.*}} = %c36{{.*}} to %c56{{.*}} step %c10
// CHECK:         vector.load %[[X]]
// CHECK:         math.fma
func.func @strips(%x: memref<1x2x58x58x32xf32>, %u: memref<2x64x65x32xf32>, %y: memref<1x2x56x56x32xf32>, %v: memref<64x61x32xf32>,
                  %m: memref<64x31x32xf32>) {
  winograd.conv {images = 1, cover = array<i64: 6, 6>} ins(%x, %u : memref<1x2x58x58x32xf32>, memref<2x64x65x32xf32>) outs(%y : memref<1x2x56x56x32xf32>)
    scratch(%v, %m : memref<64x61x32xf32>, memref<64x31x32xf32>)
  return
}

// At a stride of 2 a tile of 3x3 reads 7x7 values and has as many products, zero and infinity or two more points' rows at a time and then plain rows; those of three plain products share
// a panel of the filter, the fifth along an axis.
// CHECK-LABEL: func.func @strided(
// CHECK-SAME:    %[[X:[^ ]*]]: memref<1x1x7x7x32xf32>, %[[U:[^ ]*]]: memref<1x25x33x32xf32>, %[[Y:[^ ]*]]: memref<1x1x3x3x32xf32>, %[[V:[^ ]*]]: memref<49x5x32xf32>, %[[M:[^ ]*]]: memref<49x5x32xf32>)
// CHECK:       scf.for
// CHECK-COUNT-49: vector.load %[[X]][
// CHECK-COUNT-14: vector.store %{{.*}}, %[[V]][
// CHECK-COUNT-49: vector.load %[[X]][
// CHECK-COUNT-14: vector.store %{{.*}}, %[[V]][
// CHECK-COUNT-49: vector.load %[[X]][
// CHECK-COUNT-7: vector.store %{{.*}}, %[[V]][
// CHECK:       scf.for %[[I:.*]] = %c0{{.*}} to %c7
// CHECK:         scf.for %[[J:.*]] = %c0{{.*}} to %c7
// CHECK:           arith.cmpi eq, %[[I]], %c5
// CHECK:           arith.select %{{.*}}, %c3{{.*}}, %c4
// CHECK:           arith.cmpi ult, %[[I]], %c3
// CHECK:           %[[Q:.*]] = arith.addi
// CHECK:           memref.subview %[[U]][%{{.*}}, %[[Q]], 0, 0] [1, 1, 32, 32]
// CHECK-COUNT-49: vector.load %[[M]][
// CHECK-COUNT-9: vector.store %{{.*}}, %[[Y]][
// CHECK-NOT:   vector.store
// CHECK:       return
func.func @strided(%x: memref<1x1x7x7x32xf32>, %u: memref<1x25x33x32xf32>, %y: memref<1x1x3x3x32xf32>, %v: memref<49x5x32xf32>, %m: memref<49x5x32xf32>) {
  winograd.conv {images = 1, cover = array<i64: 3, 3>} ins(%x, %u : memref<1x1x7x7x32xf32>, memref<1x25x33x32xf32>) outs(%y : memref<1x1x3x3x32xf32>)
    scratch(%v, %m : memref<49x5x32xf32>, memref<49x5x32xf32>)
  return
}
