// An outer reduction goes around all tiles: block by block the sums come back from memory, where zeros were stored before.
// RUN: resnet-opt %s --resnet-emit-kernels="vector-bytes=16 registers=8" --cse --canonicalize | FileCheck %s

#x = affine_map<(n, k, c) -> (n, c)>
#w = affine_map<(n, k, c) -> (c, k)>
#y = affine_map<(n, k, c) -> (n, k)>

// The block divides the dimension: of six, four become three.
// CHECK-LABEL: func.func @blocks(
// CHECK-COUNT-4: vector.store %cst, %[[Y:.*]][
// CHECK:       scf.for %[[BLOCK:.*]] = %c0 to %c6 step %c3 {
// CHECK:         %[[A:.*]] = vector.load %[[Y:.*]][%c0, %c0] : memref<2x8xf32>
// CHECK:         %[[PART:.*]] = memref.subview %{{.*}}[0, %[[BLOCK]]] [2, 3]
// CHECK:         %[[SUM:.*]]:4 = scf.for %[[C:.*]] = %c0 to %c3 step %c1 iter_args(%{{[^ ]*}} = %[[A]]
// CHECK-NEXT:      %[[AT:.*]] = arith.addi %[[BLOCK]], %[[C]]
// CHECK:           memref.load %[[PART]][%c0, %[[C]]]
// CHECK:           vector.load %{{.*}}[%[[AT]], %c0]
// CHECK:         vector.store %[[SUM]]#0, %[[Y]][%c0, %c0]
// CHECK:       return
func.func @blocks(%x: memref<2x6xf32>, %w: memref<6x8xf32>, %y: memref<2x8xf32>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%y : memref<2x8xf32>)
  linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
    ins(%x, %w : memref<2x6xf32>, memref<6x8xf32>) outs(%y : memref<2x8xf32>) attrs = {resnet.outer = array<i64: 2, 4>} {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %p = arith.mulf %a, %c : f32
    %q = arith.addf %o, %p : f32
    linalg.yield %q : f32
  }
  return
}

// A dimension whose size is known at run time alone: the last block has what is left.
// CHECK-LABEL: func.func @dynamic_blocks(
// CHECK:       %[[N:.*]] = memref.dim
// CHECK:       scf.for %[[BLOCK:.*]] = %c0 to %[[N]] step %c4 {
// CHECK:         %[[REST:.*]] = arith.subi %[[N]], %[[BLOCK]]
// CHECK:         %[[SIZE:.*]] = arith.minui %[[REST]], %c4
// CHECK:         :4 = scf.for %[[C:.*]] = %c0 to %[[SIZE]] step %c1
// CHECK-NEXT:      arith.addi %[[BLOCK]], %[[C]]
// CHECK:       return
func.func @dynamic_blocks(%x: memref<2x?xf32>, %w: memref<?x8xf32>, %y: memref<2x8xf32>) {
  linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
    ins(%x, %w : memref<2x?xf32>, memref<?x8xf32>) outs(%y : memref<2x8xf32>) attrs = {resnet.outer = array<i64: 2, 4>} {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %p = arith.mulf %a, %c : f32
    %q = arith.addf %o, %p : f32
    linalg.yield %q : f32
  }
  return
}

// No epilogue in such a tile: it is not done when a tile ends.
// CHECK-LABEL: func.func @no_epilogue(
// CHECK:       scf.for %{{.*}} = %c0 to %c6 step %c2
// CHECK-NOT:     arith.maximumf
// CHECK:       }
// CHECK:       {{^    }}}
// CHECK:       arith.maximumf
// CHECK:       return
func.func @no_epilogue(%x: memref<2x6xf32>, %w: memref<6x8xf32>, %y: memref<2x8xf32>) {
  %zero = arith.constant 0.0 : f32
  %s = memref.alloc() : memref<2x8xf32>
  linalg.fill ins(%zero : f32) outs(%s : memref<2x8xf32>)
  linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
    ins(%x, %w : memref<2x6xf32>, memref<6x8xf32>) outs(%s : memref<2x8xf32>) attrs = {resnet.outer = array<i64: 2, 2>} {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %p = arith.mulf %a, %c : f32
    %q = arith.addf %o, %p : f32
    linalg.yield %q : f32
  }
  linalg.generic {indexing_maps = [affine_map<(n, k) -> (n, k)>, affine_map<(n, k) -> (n, k)>], iterator_types = ["parallel", "parallel"]}
    ins(%s : memref<2x8xf32>) outs(%y : memref<2x8xf32>) {
  ^bb0(%v: f32, %o: f32):
    %m = arith.maximumf %v, %zero : f32
    linalg.yield %m : f32
  }
  return
}

// Vectors go around all tiles of a block, and the few steps of an innermost loop that is no block are written out.
// CHECK-LABEL: func.func @written_out(
// CHECK:       scf.for %[[BLOCK:.*]] = %c0 to %c6 step %c2 {
// CHECK:         scf.for %[[VECTOR:.*]] = %c0 to %c16 step %c8 {
// CHECK:           scf.for %{{.*}} = %c0 to %c4 step %c2 {
// CHECK:             :4 = scf.for %{{.*}} = %c0 to %c2 step %c1
// CHECK-COUNT-6:       memref.load
// CHECK-NOT:         {{scf.for|memref.load}}
// CHECK:             scf.yield
// CHECK:       return
func.func @written_out(%x: memref<5x1x6x3xf32>, %w: memref<6x3x16xf32>, %y: memref<5x1x16xf32>) {
  linalg.generic {indexing_maps = [affine_map<(n, h, k, b, c) -> (n, h, b, c)>, affine_map<(n, h, k, b, c) -> (b, c, k)>,
                                   affine_map<(n, h, k, b, c) -> (n, h, k)>],
                  iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction"]}
    ins(%x, %w : memref<5x1x6x3xf32>, memref<6x3x16xf32>) outs(%y : memref<5x1x16xf32>) attrs = {resnet.outer = array<i64: 3, 2>} {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %p = arith.mulf %a, %b : f32
    %q = arith.addf %o, %p : f32
    linalg.yield %q : f32
  }
  return
}
