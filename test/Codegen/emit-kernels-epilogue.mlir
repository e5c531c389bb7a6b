// The elementwise op behind a sum is computed in the tile; their buffer between is gone.
// RUN: resnet-opt %s --resnet-emit-kernels="vector-bytes=16 registers=8" --cse --canonicalize | FileCheck %s

#vector = affine_map<(n, k) -> (n, k)>
#x = affine_map<(n, k, c) -> (n, c)>
#w = affine_map<(n, k, c) -> (c, k)>
#y = affine_map<(n, k, c) -> (n, k)>

// CHECK-LABEL: func.func @epilogue(
// CHECK-SAME:    %[[SCALE:[^ ]*]]: memref<8xf32>, %[[SHIFT:[^ ]*]]: memref<2x8xf32>, %[[Y:[^ ]*]]: memref<2x8xf32>)
// CHECK-NOT:   memref.alloc
// CHECK:       %[[SUM:.*]]:4 = scf.for
// CHECK:       }
// CHECK-NEXT:  %[[A:.*]] = vector.load %[[SCALE]][%c0]
// CHECK-NEXT:  %[[B:.*]] = vector.load %[[SHIFT]][%c0, %c0]
// CHECK-NEXT:  %[[V:.*]] = math.fma %[[SUM]]#0, %[[A]], %[[B]]
// CHECK-NEXT:  %[[R:.*]] = arith.maximumf %[[V]], %{{.*}} : vector<4xf32>
// CHECK-NEXT:  vector.store %[[R]], %[[Y]][%c0, %c0]
// CHECK:       math.fma %[[SUM]]#1
// CHECK:       vector.store %{{.*}}, %[[Y]][%c0, %c4]
// CHECK:       vector.load %[[SHIFT]][%c1, %c0]
// CHECK:       math.fma %[[SUM]]#2
// CHECK:       math.fma %[[SUM]]#3
// CHECK:       vector.store %{{.*}}, %[[Y]][%c1, %c4]
// CHECK-NEXT:  return
func.func @epilogue(%x: memref<2x3xf32>, %w: memref<3x8xf32>, %scale: memref<8xf32>, %shift: memref<2x8xf32>, %y: memref<2x8xf32>) {
  %zero = arith.constant 0.0 : f32
  %s = memref.alloc() : memref<2x8xf32>
  linalg.fill ins(%zero : f32) outs(%s : memref<2x8xf32>)
  linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
    ins(%x, %w : memref<2x3xf32>, memref<3x8xf32>) outs(%s : memref<2x8xf32>) {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %p = arith.mulf %a, %c : f32
    %q = arith.addf %o, %p : f32
    linalg.yield %q : f32
  }
  linalg.generic {indexing_maps = [#vector, affine_map<(n, k) -> (k)>, #vector, #vector], iterator_types = ["parallel", "parallel"]}
    ins(%s, %scale, %shift : memref<2x8xf32>, memref<8xf32>, memref<2x8xf32>) outs(%y : memref<2x8xf32>) {
  ^bb0(%v: f32, %c: f32, %d: f32, %o: f32):
    %p = arith.mulf %v, %c : f32
    %q = arith.addf %d, %p : f32
    %m = arith.maximumf %q, %zero : f32
    linalg.yield %m : f32
  }
  return
}

// Loops in another order: the epilogue's variables are those that meet the sum's through the buffer between.
// CHECK-LABEL: func.func @transposed(
// CHECK-NOT:   memref.alloc
// CHECK:       %[[SUM:.*]]:4 = scf.for
// CHECK:       vector.store %{{.*}}, %[[Y:.*]][%c0, %c0, %c0] : memref<1x2x8xf32>
// CHECK:       vector.store %{{.*}}, %[[Y]][%c0, %c1, %c4] : memref<1x2x8xf32>
// CHECK:       return
func.func @transposed(%x: memref<2x3xf32>, %w: memref<1x3x8xf32>, %y: memref<1x2x8xf32>) {
  %zero = arith.constant 0.0 : f32
  %s = memref.alloc() : memref<2x1x8xf32>
  linalg.fill ins(%zero : f32) outs(%s : memref<2x1x8xf32>)
  linalg.generic {indexing_maps = [affine_map<(b, n, k, c) -> (n, c)>, affine_map<(b, n, k, c) -> (b, c, k)>, affine_map<(b, n, k, c) -> (n, b, k)>],
    iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
    ins(%x, %w : memref<2x3xf32>, memref<1x3x8xf32>) outs(%s : memref<2x1x8xf32>) {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %p = arith.mulf %a, %c : f32
    %q = arith.addf %o, %p : f32
    linalg.yield %q : f32
  }
  linalg.generic {indexing_maps = [affine_map<(n, b, k) -> (n, b, k)>, affine_map<(n, b, k) -> (b, n, k)>], iterator_types = ["parallel", "parallel", "parallel"]}
    ins(%s : memref<2x1x8xf32>) outs(%y : memref<1x2x8xf32>) {
  ^bb0(%v: f32, %o: f32):
    %m = arith.maximumf %v, %zero : f32
    linalg.yield %m : f32
  }
  return
}

// A second reader wants the sum itself: it is stored, and the two run behind it.
// CHECK-LABEL: func.func @two_readers(
// CHECK:       %[[S:.*]] = memref.alloca() {alignment = 64 : i64} : memref<2x8xf32>
// CHECK:       %[[SUM:.*]]:4 = scf.for
// CHECK:       vector.store %[[SUM]]#3, %[[S]][%c1, %c4]
// CHECK:       vector.load %[[S]]
// CHECK:       arith.maximumf
// CHECK:       vector.load %[[S]]
// CHECK:       arith.negf
// CHECK:       return
func.func @two_readers(%x: memref<2x3xf32>, %w: memref<3x8xf32>, %y: memref<2x8xf32>, %z: memref<2x8xf32>) {
  %zero = arith.constant 0.0 : f32
  %s = memref.alloc() : memref<2x8xf32>
  linalg.fill ins(%zero : f32) outs(%s : memref<2x8xf32>)
  linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
    ins(%x, %w : memref<2x3xf32>, memref<3x8xf32>) outs(%s : memref<2x8xf32>) {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %p = arith.mulf %a, %c : f32
    %q = arith.addf %o, %p : f32
    linalg.yield %q : f32
  }
  linalg.generic {indexing_maps = [#vector, #vector], iterator_types = ["parallel", "parallel"]}
    ins(%s : memref<2x8xf32>) outs(%y : memref<2x8xf32>) {
  ^bb0(%v: f32, %o: f32):
    %m = arith.maximumf %v, %zero : f32
    linalg.yield %m : f32
  }
  linalg.generic {indexing_maps = [#vector, #vector], iterator_types = ["parallel", "parallel"]}
    ins(%s : memref<2x8xf32>) outs(%z : memref<2x8xf32>) {
  ^bb0(%v: f32, %o: f32):
    %m = arith.negf %v : f32
    linalg.yield %m : f32
  }
  return
}
