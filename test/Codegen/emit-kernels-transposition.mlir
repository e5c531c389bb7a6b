// A copy that swaps rows and columns goes through squares of vectors in registers: log2(lanes) steps of shuffles.
// RUN: resnet-opt %s --resnet-emit-kernels="vector-bytes=16 registers=16" --cse --canonicalize --mlir-print-local-scope | FileCheck %s

#id = affine_map<(b, k, c) -> (b, k, c)>
#turned = affine_map<(b, k, c) -> (1 - b, c, k)>

// CHECK-LABEL: func.func @turned(
// CHECK-SAME:    %[[X:.*]]: memref<2x8x4xf32>, %[[Y:.*]]: memref<2x4x8xf32>)
// CHECK:       scf.for %[[B:.*]] = %c0 to %c2 step %c1
// CHECK-NEXT:    scf.for %[[C:.*]] = %c0 to %c8 step %c4
// CHECK:           %[[FROM:.*]] = affine.apply affine_map<(d0) -> (-d0 + 1)>(%[[B]])
// CHECK:           %[[R0:.*]] = vector.load %[[X]][%[[FROM]], %[[C]], %c0]
// CHECK:           %[[R1:.*]] = vector.load %[[X]][%[[FROM]], %{{.*}}, %c0]
// CHECK:           %[[R2:.*]] = vector.load
// CHECK:           %[[R3:.*]] = vector.load
// CHECK:           %[[S0:.*]] = vector.shuffle %[[R0]], %[[R1]] [0, 4, 2, 6]
// CHECK-NEXT:      %[[S1:.*]] = vector.shuffle %[[R0]], %[[R1]] [1, 5, 3, 7]
// CHECK-NEXT:      %[[S2:.*]] = vector.shuffle %[[R2]], %[[R3]] [0, 4, 2, 6]
// CHECK-NEXT:      %[[S3:.*]] = vector.shuffle %[[R2]], %[[R3]] [1, 5, 3, 7]
// CHECK-NEXT:      %[[T0:.*]] = vector.shuffle %[[S0]], %[[S2]] [0, 1, 4, 5]
// CHECK-NEXT:      %[[T2:.*]] = vector.shuffle %[[S0]], %[[S2]] [2, 3, 6, 7]
// CHECK-NEXT:      %[[T1:.*]] = vector.shuffle %[[S1]], %[[S3]] [0, 1, 4, 5]
// CHECK-NEXT:      %[[T3:.*]] = vector.shuffle %[[S1]], %[[S3]] [2, 3, 6, 7]
// CHECK:           vector.store %[[T0]], %[[Y]][%[[B]], %c0, %[[C]]]
// CHECK:           vector.store %[[T1]], %[[Y]][%[[B]], %c1, %[[C]]]
// CHECK:           vector.store %[[T2]], %[[Y]][%[[B]], %c2, %[[C]]]
// CHECK:           vector.store %[[T3]], %[[Y]][%[[B]], %c3, %[[C]]]
// CHECK:       return
func.func @turned(%x: memref<2x8x4xf32>, %y: memref<2x4x8xf32>) {
  linalg.generic {indexing_maps = [#turned, #id], iterator_types = ["parallel", "parallel", "parallel"]}
    ins(%x : memref<2x8x4xf32>) outs(%y : memref<2x4x8xf32>) {
  ^bb0(%a: f32, %o: f32):
    linalg.yield %a : f32
  }
  return
}

// A size that is no multiple of a vector is copied one by one.
// CHECK-LABEL: func.func @odd(
// CHECK-NOT:   vector
// CHECK:       memref.load
// CHECK-NEXT:  memref.store
func.func @odd(%x: memref<6x4xf32>, %y: memref<4x6xf32>) {
  linalg.generic {indexing_maps = [affine_map<(k, c) -> (c, k)>, affine_map<(k, c) -> (k, c)>], iterator_types = ["parallel", "parallel"]}
    ins(%x : memref<6x4xf32>) outs(%y : memref<4x6xf32>) {
  ^bb0(%a: f32, %o: f32):
    linalg.yield %a : f32
  }
  return
}
