// With each step of a sum over blocks of channels one line each is fetched of what comes next, instead of a burst at the tile's start.
// RUN: resnet-opt %s --resnet-emit-kernels="vector-bytes=64 registers=32" --cse --canonicalize --mlir-print-local-scope | FileCheck %s

#x = affine_map<(h, k, b, c) -> (b, h, c)>
#w = affine_map<(h, k, b, c) -> (b, c, k)>
#y = affine_map<(h, k, b, c) -> (h, k)>
#id = affine_map<(h, k) -> (h, k)>

// CHECK-LABEL: func.func @sum(
// CHECK-SAME:    %[[X:.*]]: memref<2x14x32xf32>, %[[W:.*]]: memref<2x32x32xf32>, %[[R:.*]]: memref<14x32xf32>, %[[Y:.*]]: memref<14x32xf32>)
// The residual is not fetched as a whole before the sum.
// CHECK-NOT:   memref.prefetch
// CHECK:       scf.for %[[B:.*]] = %c0 to %c2
// CHECK:         scf.for %[[C:.*]] = %c0 to %c32
// CHECK:           %[[NEXT:.*]] = arith.addi %[[B]], %c1
// CHECK:           %[[LAST:.*]] = arith.cmpi eq, %[[NEXT]], %c2
// Behind the last block comes the next tile's first one.
// CHECK:           %[[BLOCK:.*]] = arith.select %[[LAST]], %c0, %[[NEXT]]
// CHECK:           %[[TILE:.*]] = arith.select %[[LAST]], %c14, %c0
// Products stand between the fetches.
// CHECK:           math.fma
// CHECK:           %[[LINE:.*]] = arith.remui %[[C]], %c2
// CHECK:           %[[HALF:.*]] = arith.muli %[[LINE]], %c16
// CHECK:           %[[PIXEL:.*]] = arith.divui %[[C]], %c2
// CHECK:           memref.prefetch %[[X]][%[[BLOCK]], %{{.*}}, %[[HALF]]], read, locality<3>
// CHECK:           math.fma
// CHECK:           memref.prefetch %[[W]][%[[B]], %{{.*}}, %c0], read, locality<3>
// CHECK-NEXT:      memref.prefetch %[[W]][%[[B]], %{{.*}}, %c16], read, locality<3>
// CHECK:           math.fma
// CHECK:           memref.prefetch %[[R]][%[[PIXEL]], %[[HALF]]], read, locality<3>
// CHECK:           math.fma
// CHECK:           memref.prefetch %[[Y]][%[[PIXEL]], %[[HALF]]], write, locality<3>
// CHECK-NOT:   memref.prefetch
// CHECK:       return
func.func @sum(%x: memref<2x14x32xf32>, %w: memref<2x32x32xf32>, %r: memref<14x32xf32>, %y: memref<14x32xf32>) {
  %zero = arith.constant 0.0 : f32
  %s = memref.alloc() : memref<14x32xf32>
  linalg.fill ins(%zero : f32) outs(%s : memref<14x32xf32>)
  linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
    ins(%x, %w : memref<2x14x32xf32>, memref<2x32x32xf32>) outs(%s : memref<14x32xf32>) attrs = {resnet.creep = 2 : i64} {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %p = arith.mulf %a, %c : f32
    %q = arith.addf %o, %p : f32
    linalg.yield %q : f32
  }
  linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]}
    ins(%s, %r : memref<14x32xf32>, memref<14x32xf32>) outs(%y : memref<14x32xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %q = arith.addf %a, %b : f32
    linalg.yield %q : f32
  }
  return
}

// Block by block, to the second-level cache: behind the last block of pixels the next image's first one.
// CHECK-LABEL: func.func @blocks(
// CHECK-SAME:    %[[X:.*]]: memref<4x6x32xf32>, %[[DY:.*]]: memref<4x6x32xf32>,
// CHECK:       scf.for %[[N:.*]] = %c0 to %c4
// CHECK:         scf.for %[[P:.*]] = %c0 to %c6 step %c3
// CHECK:           %[[END:.*]] = arith.cmpi uge
// CHECK:           %[[BACK:.*]] = arith.subi %c0, %[[P]]
// CHECK:           %[[STEP:.*]] = arith.select %[[END]], %[[BACK]], %c3
// CHECK:           %[[IMAGE:.*]] = arith.select %[[END]], %{{.*}}, %c0
// CHECK:           memref.prefetch %[[X]]{{.*}} locality<2>
// CHECK:           memref.prefetch %[[DY]]{{.*}} locality<2>
// CHECK:       return
func.func @blocks(%x: memref<4x6x32xf32>, %dy: memref<4x6x32xf32>, %dw: memref<32x32xf32>) {
  linalg.generic {indexing_maps = [affine_map<(c, k, n, p) -> (n, p, c)>, affine_map<(c, k, n, p) -> (n, p, k)>, affine_map<(c, k, n, p) -> (c, k)>],
    iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
    ins(%x, %dy : memref<4x6x32xf32>, memref<4x6x32xf32>) outs(%dw : memref<32x32xf32>) attrs = {resnet.ahead, resnet.outer = array<i64: 2, 1, 3, 3>} {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %p = arith.mulf %a, %c : f32
    %q = arith.addf %o, %p : f32
    linalg.yield %q : f32
  }
  return
}
