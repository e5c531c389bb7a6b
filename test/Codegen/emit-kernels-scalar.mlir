// Where the last loop does not run over neighbours everywhere, or a vector does not divide it, there are scalar loops.
// RUN: resnet-opt %s --resnet-emit-kernels="vector-bytes=16 registers=16" --canonicalize --cse | FileCheck %s --implicit-check-not='vector<'

#vector = affine_map<(n, k) -> (n, k)>

// CHECK-LABEL: func.func @transpose(
// CHECK:       scf.for %[[N:.*]] = %c0 to %c3 step %c1 {
// CHECK-NEXT:    scf.for %[[K:.*]] = %c0 to %c8 step %c1 {
// CHECK-NEXT:      %[[V:.*]] = memref.load %{{.*}}[%[[N]], %[[K]]]
// CHECK-NEXT:      memref.store %[[V]], %{{.*}}[%[[K]], %[[N]]]
func.func @transpose(%x: memref<3x8xf32>, %y: memref<8x3xf32>) {
  linalg.generic {indexing_maps = [#vector, affine_map<(n, k) -> (k, n)>], iterator_types = ["parallel", "parallel"]}
    ins(%x: memref<3x8xf32>) outs(%y : memref<8x3xf32>) {
  ^bb0(%v: f32, %o: f32):
    linalg.yield %v : f32
  }
  return
}

// CHECK-LABEL: func.func @odd(
// CHECK:       memref.store
func.func @odd(%x: memref<3x7xf32>, %y: memref<3x7xf32>) {
  linalg.generic {indexing_maps = [#vector, #vector], iterator_types = ["parallel", "parallel"]}
    ins(%x: memref<3x7xf32>) outs(%y : memref<3x7xf32>) {
  ^bb0(%v: f32, %o: f32):
    linalg.yield %v : f32
  }
  return
}

// CHECK-LABEL: func.func @every_other(
// CHECK:       memref.store
func.func @every_other(%x: memref<3x16xf32>, %y: memref<3x8xf32>) {
  linalg.generic {indexing_maps = [affine_map<(n, k) -> (n, k * 2)>, #vector], iterator_types = ["parallel", "parallel"]}
    ins(%x: memref<3x16xf32>) outs(%y : memref<3x8xf32>) {
  ^bb0(%v: f32, %o: f32):
    linalg.yield %v : f32
  }
  return
}

// CHECK-LABEL: func.func @strided(
// CHECK:       memref.store
func.func @strided(%x: memref<3x8xf32, strided<[16, 2]>>, %y: memref<3x8xf32>) {
  linalg.generic {indexing_maps = [#vector, #vector], iterator_types = ["parallel", "parallel"]}
    ins(%x: memref<3x8xf32, strided<[16, 2]>>) outs(%y : memref<3x8xf32>) {
  ^bb0(%v: f32, %o: f32):
    linalg.yield %v : f32
  }
  return
}

// A sum over all that there is.
// CHECK-LABEL: func.func @sum(
// CHECK:       %[[START:.*]] = memref.load %[[Y:.*]][%c0]
// CHECK:       %[[SUM:.*]] = scf.for {{.*}} iter_args(%{{.*}} = %[[START]]) -> (f32)
// CHECK:       memref.store %[[SUM]], %[[Y]][%c0]
func.func @sum(%x: memref<8xf32>, %y: memref<1xf32>) {
  linalg.generic {indexing_maps = [affine_map<(o, n) -> (n)>, affine_map<(o, n) -> (o)>], iterator_types = ["parallel", "reduction"]}
    ins(%x: memref<8xf32>) outs(%y : memref<1xf32>) {
  ^bb0(%v: f32, %o: f32):
    %s = arith.addf %o, %v : f32
    linalg.yield %s : f32
  }
  return
}
