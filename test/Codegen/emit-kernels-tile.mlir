// The register tile: rows by vectors, kept in values through the reduction, for each width of registers and whatever the
// number of rows.
// RUN: resnet-opt %s --resnet-emit-kernels="vector-bytes=64 registers=32" --cse --canonicalize | FileCheck %s --check-prefix=ZMM
// RUN: resnet-opt %s --resnet-emit-kernels="vector-bytes=32 registers=16" --cse --canonicalize | FileCheck %s --check-prefix=YMM
// RUN: resnet-opt %s --resnet-emit-kernels="vector-bytes=16 registers=16" --cse --canonicalize | FileCheck %s --check-prefix=XMM
// RUN: resnet-opt %s --resnet-emit-kernels="vector-bytes=16 registers=12 fma=false" --cse --canonicalize | FileCheck %s

#x = affine_map<(n, k, c) -> (n, c)>
#w = affine_map<(n, k, c) -> (c, k)>
#y = affine_map<(n, k, c) -> (n, k)>

// The tile fills the registers: most of them are accumulators, and some are left for what a step loads.
// ZMM-LABEL: func.func @registers(
// ZMM:       scf.for {{.*}} -> ({{((vector<16xf32>(, )?){20,29})}}) {
// ZMM:         math.fma {{.*}} : vector<16xf32>
// YMM-LABEL: func.func @registers(
// YMM:       scf.for {{.*}} -> ({{((vector<8xf32>(, )?){8,13})}}) {
// YMM:         math.fma {{.*}} : vector<8xf32>
// XMM-LABEL: func.func @registers(
// XMM:       scf.for {{.*}} -> ({{((vector<4xf32>(, )?){8,13})}}) {
// XMM:         math.fma {{.*}} : vector<4xf32>
func.func @registers(%x: memref<420x64xf32>, %w: memref<64x64xf32>, %y: memref<420x64xf32>) {
  linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
    ins(%x, %w : memref<420x64xf32>, memref<64x64xf32>) outs(%y : memref<420x64xf32>) {
  ^bb0(%a: f32, %b: f32, %s: f32):
    %p = arith.mulf %a, %b : f32
    %q = arith.addf %s, %p : f32
    linalg.yield %q : f32
  }
  return
}

// A vector has half as many doubles; two results need twice the registers.
// YMM-LABEL: func.func @doubles(
// YMM:       scf.for {{.*}} -> ({{((vector<4xf64>(, )?){8,13})}}) {
// YMM-LABEL: func.func @two_results(
// YMM:       scf.for {{.*}} -> ({{((vector<8xf32>(, )?){8,13})}}) {
func.func @doubles(%x: memref<420x64xf64>, %w: memref<64x64xf64>, %y: memref<420x64xf64>) {
  linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
    ins(%x, %w : memref<420x64xf64>, memref<64x64xf64>) outs(%y : memref<420x64xf64>) {
  ^bb0(%a: f64, %b: f64, %s: f64):
    %p = arith.mulf %a, %b : f64
    %q = arith.addf %s, %p : f64
    linalg.yield %q : f64
  }
  return
}
func.func @two_results(%x: memref<420x64xf32>, %w: memref<64x64xf32>, %y: memref<420x64xf32>, %z: memref<420x64xf32>) {
  linalg.generic {indexing_maps = [#x, #w, #y, #y], iterator_types = ["parallel", "parallel", "reduction"]}
    ins(%x, %w : memref<420x64xf32>, memref<64x64xf32>) outs(%y, %z : memref<420x64xf32>, memref<420x64xf32>) {
  ^bb0(%a: f32, %b: f32, %s: f32, %m: f32):
    %p = arith.mulf %a, %b : f32
    %q = arith.addf %s, %p : f32
    %r = arith.maximumf %m, %p : f32
    linalg.yield %q, %r : f32, f32
  }
  return
}

// Eleven rows, a prime: tiles of four, then one of three behind them. The weights are loaded once a step as vectors, x
// once a row as a number that is spread; the order of each sum is the same in both tiles.
// YMM-LABEL: func.func @rest(
// CHECK-LABEL: func.func @rest(
// CHECK:       scf.for %[[ROW:.*]] = %c0 to %c8 step %c4 {
// CHECK:         vector.load %[[Y:.*]][%[[ROW]], %c0] : memref<11x8xf32>, vector<4xf32>
// CHECK:         %[[X:.*]] = memref.subview %{{.*}}[%[[ROW]], 0] [4, 3]
// CHECK:         %[[SUM:.*]]:8 = scf.for %[[C:.*]] = %c0 to %c3 step %c1 iter_args(%[[S0:[^ ]*]] = {{.*}} {
// CHECK-NEXT:      %[[X0:.*]] = memref.load %[[X]][%c0, %[[C]]]
// CHECK-NEXT:      %[[W0:.*]] = vector.load %[[W:.*]][%[[C]], %c0]
// CHECK-NEXT:      %[[SPREAD:.*]] = vector.broadcast %[[X0]] : f32 to vector<4xf32>
// CHECK-NEXT:      %[[PRODUCT:.*]] = arith.mulf %[[SPREAD]], %[[W0]]
// CHECK-NEXT:      arith.addf %[[S0]], %[[PRODUCT]]
// CHECK-NEXT:      vector.load %[[W]][%[[C]], %c4]
// CHECK-NOT:       vector.load
// CHECK-COUNT-3:   memref.load %[[X]]
// CHECK-NOT:       memref.load
// CHECK:           scf.yield
// CHECK:         vector.store %[[SUM]]#0, %[[Y]][%[[ROW]], %c0]
// CHECK-COUNT-7: vector.store
// CHECK-NOT:     vector.store
// CHECK:       }
// CHECK:       %[[X:.*]] = memref.subview %{{.*}}[8, 0] [3, 3]
// CHECK:       %[[SUM:.*]]:6 = scf.for
// CHECK-COUNT-3:   memref.load %[[X]][%{{c0|c1|c2}}, %{{.*}}]
// CHECK:       vector.store %[[SUM]]#0, %[[Y]][%c8, %c0]
// CHECK:       vector.store %[[SUM]]#5, %[[Y]][%c10, %c4]
// CHECK-NOT:   scf.for
// CHECK-NOT:   linalg.
// CHECK:       return
func.func @rest(%x: memref<11x3xf32>, %w: memref<3x8xf32>, %y: memref<11x8xf32>) {
  linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
    ins(%x, %w : memref<11x3xf32>, memref<3x8xf32>) outs(%y : memref<11x8xf32>) {
  ^bb0(%a: f32, %b: f32, %s: f32):
    %p = arith.mulf %a, %b : f32
    %q = arith.addf %s, %p : f32
    linalg.yield %q : f32
  }
  return
}

// Six rows: twice three, not four and two.
// CHECK-LABEL: func.func @divides(
// CHECK:       scf.for %{{.*}} = %c0 to %c6 step %c3 {
// CHECK:         :6 = scf.for
// CHECK-NOT:   scf.for
// CHECK:       return
func.func @divides(%x: memref<6x3xf32>, %w: memref<3x8xf32>, %y: memref<6x8xf32>) {
  linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
    ins(%x, %w : memref<6x3xf32>, memref<3x8xf32>) outs(%y : memref<6x8xf32>) {
  ^bb0(%a: f32, %b: f32, %s: f32):
    %p = arith.mulf %a, %b : f32
    %q = arith.addf %s, %p : f32
    linalg.yield %q : f32
  }
  return
}

// Rows whose number is known at run time alone: whole tiles, then one row after the other.
// CHECK-LABEL: func.func @dynamic(
// CHECK:       %[[N:.*]] = memref.dim
// CHECK:       %[[LEFT:.*]] = arith.remui %[[N]], %[[TILE:.*]] : index
// CHECK:       %[[WHOLE:.*]] = arith.subi %[[N]], %[[LEFT]]
// CHECK:       scf.for %{{.*}} = %c0 to %[[WHOLE]] step %[[TILE]] {
// CHECK:         :8 = scf.for
// CHECK:       scf.for %[[ROW:.*]] = %[[WHOLE]] to %[[N]] step %c1 {
// CHECK:         %[[SUM:.*]]:2 = scf.for
// CHECK:         vector.store %[[SUM]]#0, %{{.*}}[%[[ROW]], %c0]
// CHECK:         vector.store %[[SUM]]#1, %{{.*}}[%[[ROW]], %c4]
// CHECK-NOT:   scf.for
// CHECK:       return
func.func @dynamic(%x: memref<?x3xf32>, %w: memref<3x8xf32>, %y: memref<?x8xf32>) {
  linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
    ins(%x, %w : memref<?x3xf32>, memref<3x8xf32>) outs(%y : memref<?x8xf32>) {
  ^bb0(%a: f32, %b: f32, %s: f32):
    %p = arith.mulf %a, %b : f32
    %q = arith.addf %s, %p : f32
    linalg.yield %q : f32
  }
  return
}

// Two columns alone leave registers empty: three lines go together, column by column. The epilogue goes along.
// CHECK-LABEL: func.func @lines(
// CHECK:       scf.for %[[COLUMN:.*]] = %c0 to %c2 step %c1 {
// CHECK:         %[[SUM:.*]]:6 = scf.for
// CHECK-COUNT-3:   memref.load %[[X:.*]][
// CHECK-NOT:       memref.load
// CHECK:           scf.yield
// CHECK:         arith.maximumf %[[SUM]]#0,
// CHECK:         vector.store %{{.*}}, %[[Y:.*]][%c0, %[[COLUMN]], %c0]
// CHECK:         vector.store %{{.*}}, %[[Y]][%c0, %[[COLUMN]], %c4]
// CHECK:         arith.maximumf %[[SUM]]#5,
// CHECK:         vector.store %{{.*}}, %[[Y]][%c2, %[[COLUMN]], %c4]
// CHECK-NOT:   scf.for
// CHECK:       return
func.func @lines(%x: memref<3x2x3xf32>, %w: memref<3x8xf32>, %y: memref<3x2x8xf32>) {
  %zero = arith.constant 0.0 : f32
  %s = memref.alloc() : memref<3x2x8xf32>
  linalg.fill ins(%zero : f32) outs(%s : memref<3x2x8xf32>)
  linalg.generic {indexing_maps = [affine_map<(h, w, k, c) -> (h, w, c)>, affine_map<(h, w, k, c) -> (c, k)>,
                                   affine_map<(h, w, k, c) -> (h, w, k)>],
                  iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
    ins(%x, %w : memref<3x2x3xf32>, memref<3x8xf32>) outs(%s : memref<3x2x8xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %p = arith.mulf %a, %b : f32
    %q = arith.addf %o, %p : f32
    linalg.yield %q : f32
  }
  linalg.generic {indexing_maps = [affine_map<(h, w, k) -> (h, w, k)>, affine_map<(h, w, k) -> (h, w, k)>],
                  iterator_types = ["parallel", "parallel", "parallel"]}
    ins(%s : memref<3x2x8xf32>) outs(%y : memref<3x2x8xf32>) {
  ^bb0(%v: f32, %o: f32):
    %m = arith.maximumf %v, %zero : f32
    linalg.yield %m : f32
  }
  return
}

// Seven by seven: no rectangle of at most six divides it. Five columns of each line, five lines of the other two columns, and
// the corner of two by two: each tile has the eight sums that two multiply-adds a cycle need.
// YMM-LABEL: func.func @plane(
// YMM:       scf.for %[[LINE:.*]] = %c0 to %c7 step %c1 {
// YMM:         :10 = scf.for
// YMM:         vector.store {{.*}}[%[[LINE]], %c0, %c0]
// YMM:         vector.store {{.*}}[%[[LINE]], %c4, %c8]
// YMM:       scf.for %[[ROW:.*]] = %c5 to %c7 step %c1 {
// YMM:         :10 = scf.for
// YMM:         vector.store {{.*}}[%c0, %[[ROW]], %c0]
// YMM:         vector.store {{.*}}[%c4, %[[ROW]], %c8]
// YMM:       :8 = scf.for
// YMM:       vector.store {{.*}}[%c5, %c5, %c0]
// YMM:       vector.store {{.*}}[%c6, %c6, %c8]
// YMM-NOT:   scf.for
// YMM:       return
func.func @plane(%x: memref<7x7x3xf32>, %w: memref<3x16xf32>, %y: memref<7x7x16xf32>) {
  linalg.generic {indexing_maps = [affine_map<(h, w, k, c) -> (h, w, c)>, affine_map<(h, w, k, c) -> (c, k)>,
                                   affine_map<(h, w, k, c) -> (h, w, k)>],
                  iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
    ins(%x, %w : memref<7x7x3xf32>, memref<3x16xf32>) outs(%y : memref<7x7x16xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %p = arith.mulf %a, %b : f32
    %q = arith.addf %o, %p : f32
    linalg.yield %q : f32
  }
  return
}

// An odd number of vectors: one a row. More of them than a tile holds: a loop over the vectors around the rows.
// CHECK-LABEL: func.func @one_vector(
// CHECK:       scf.for %[[V:.*]] = %c0 to %c12 step %c4 {
// CHECK:         :4 = scf.for
// CHECK:         vector.store {{.*}}[%c0, %[[V]]]
// CHECK:         vector.store {{.*}}[%c3, %[[V]]]
// CHECK:       return
func.func @one_vector(%x: memref<4x3xf32>, %w: memref<3x12xf32>, %y: memref<4x12xf32>) {
  linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
    ins(%x, %w : memref<4x3xf32>, memref<3x12xf32>) outs(%y : memref<4x12xf32>) {
  ^bb0(%a: f32, %b: f32, %s: f32):
    %p = arith.mulf %a, %b : f32
    %q = arith.addf %s, %p : f32
    linalg.yield %q : f32
  }
  return
}
