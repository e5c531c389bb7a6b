// What a sum starts from: a fill right before it is a constant in the registers, else what the buffer holds.
// RUN: resnet-opt %s --resnet-emit-kernels="vector-bytes=16 registers=8" --cse --canonicalize | FileCheck %s

#x = affine_map<(n, k, c) -> (n, c)>
#w = affine_map<(n, k, c) -> (c, k)>
#y = affine_map<(n, k, c) -> (n, k)>

// CHECK-LABEL: func.func @filled(
// CHECK-SAME:    %[[Y:[^ ]*]]: memref<2x8xf32>)
// CHECK:       %[[START:.*]] = arith.constant dense<5.000000e-01> : vector<4xf32>
// CHECK-NOT:   %[[Y]]
// CHECK:       %[[SUM:.*]]:4 = scf.for {{.*}} iter_args(%{{[^ ]*}} = %[[START]], %{{[^ ]*}} = %[[START]], %{{[^ ]*}} = %[[START]], %{{[^ ]*}} = %[[START]])
// CHECK-NOT:   %[[Y]]
// CHECK:       vector.store %[[SUM]]#0, %[[Y]][%c0, %c0]
// CHECK-NEXT:  vector.store %[[SUM]]#1, %[[Y]][%c0, %c4]
// CHECK-NEXT:  vector.store %[[SUM]]#2, %[[Y]][%c1, %c0]
// CHECK-NEXT:  vector.store %[[SUM]]#3, %[[Y]][%c1, %c4]
// CHECK-NEXT:  return
func.func @filled(%x: memref<2x3xf32>, %w: memref<3x8xf32>, %y: memref<2x8xf32>) {
  %half = arith.constant 0.5 : f32
  linalg.fill ins(%half : f32) outs(%y : memref<2x8xf32>)
  linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
    ins(%x, %w : memref<2x3xf32>, memref<3x8xf32>) outs(%y : memref<2x8xf32>) {
  ^bb0(%a: f32, %b: f32, %s: f32):
    %p = arith.mulf %a, %b : f32
    %q = arith.addf %s, %p : f32
    linalg.yield %q : f32
  }
  return
}

// CHECK-LABEL: func.func @accumulates(
// CHECK-SAME:    %[[Y:[^ ]*]]: memref<2x8xf32>)
// CHECK:       %[[A:.*]] = vector.load %[[Y]][%c0, %c0]
// CHECK:       %[[B:.*]] = vector.load %[[Y]][%c0, %c4]
// CHECK:       %[[C:.*]] = vector.load %[[Y]][%c1, %c0]
// CHECK:       %[[D:.*]] = vector.load %[[Y]][%c1, %c4]
// CHECK:       :4 = scf.for {{.*}} iter_args(%{{[^ ]*}} = %[[A]], %{{[^ ]*}} = %[[B]], %{{[^ ]*}} = %[[C]], %{{[^ ]*}} = %[[D]])
// CHECK:       return
func.func @accumulates(%x: memref<2x3xf32>, %w: memref<3x8xf32>, %y: memref<2x8xf32>) {
  linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
    ins(%x, %w : memref<2x3xf32>, memref<3x8xf32>) outs(%y : memref<2x8xf32>) {
  ^bb0(%a: f32, %b: f32, %s: f32):
    %p = arith.mulf %a, %b : f32
    %q = arith.addf %s, %p : f32
    linalg.yield %q : f32
  }
  return
}

// A fill that is written over before the sum begins does not start it.
// CHECK-LABEL: func.func @touched(
// CHECK:       vector.store %{{.*}}, %[[Y:.*]][%c0, %c0]
// CHECK:       memref.store %{{.*}}, %[[Y]][%c0, %c0]
// CHECK:       vector.load %[[Y]][%c0, %c0]
// CHECK:       scf.for
// CHECK:       return
func.func @touched(%x: memref<2x3xf32>, %w: memref<3x8xf32>, %y: memref<2x8xf32>) {
  %c0 = arith.constant 0 : index
  %half = arith.constant 0.5 : f32
  %one = arith.constant 1.0 : f32
  linalg.fill ins(%half : f32) outs(%y : memref<2x8xf32>)
  memref.store %one, %y[%c0, %c0] : memref<2x8xf32>
  linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
    ins(%x, %w : memref<2x3xf32>, memref<3x8xf32>) outs(%y : memref<2x8xf32>) {
  ^bb0(%a: f32, %b: f32, %s: f32):
    %p = arith.mulf %a, %b : f32
    %q = arith.addf %s, %p : f32
    linalg.yield %q : f32
  }
  return
}

// Fills and copies that stand alone; a copy onto itself is nothing.
// CHECK-LABEL: func.func @fill_and_copy(
// CHECK-SAME:    %[[X:.*]]: memref<1x8xf32>, %[[Y:.*]]: memref<1x8xf32>)
// CHECK:       %[[ONE:.*]] = arith.constant dense<1.000000e+00> : vector<4xf32>
// CHECK:       vector.store %[[ONE]], %[[X]][%c0, %c0]
// CHECK:       vector.store %[[ONE]], %[[X]][%c0, %c4]
// CHECK:       %[[A:.*]] = vector.load %[[X]][%c0, %c0]
// CHECK:       %[[B:.*]] = vector.load %[[X]][%c0, %c4]
// CHECK:       vector.store %[[A]], %[[Y]][%c0, %c0]
// CHECK-NEXT:  vector.store %[[B]], %[[Y]][%c0, %c4]
// CHECK-NEXT:  return
func.func @fill_and_copy(%x: memref<1x8xf32>, %y: memref<1x8xf32>) {
  %one = arith.constant 1.0 : f32
  linalg.fill ins(%one : f32) outs(%x : memref<1x8xf32>)
  memref.copy %x, %y : memref<1x8xf32> to memref<1x8xf32>
  memref.copy %y, %y : memref<1x8xf32> to memref<1x8xf32>
  return
}
