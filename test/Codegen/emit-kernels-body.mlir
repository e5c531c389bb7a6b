// The body of an op in vectors: what varies along the vector is a vector, what does not stays a number until it meets one.
// RUN: resnet-opt %s --resnet-emit-kernels="vector-bytes=16 registers=8" --canonicalize --cse | FileCheck %s --check-prefixes=CHECK,FMA
// RUN: resnet-opt %s --resnet-emit-kernels="vector-bytes=16 registers=8 fma=false" --canonicalize --cse | FileCheck %s --check-prefixes=CHECK,TWO

#vector = affine_map<(n, k) -> (n, k)>
#row = affine_map<(n, k) -> (n)>

// CHECK-LABEL: func.func @uniform(
// CHECK-SAME:    %[[X:.*]]: memref<1x4xf32>, %[[A:.*]]: memref<1xf32>, %[[Y:.*]]: memref<1x4xf32>, %[[B:.*]]: f32)
// CHECK:       %[[V:.*]] = vector.load %[[X]][%c0, %c0]
// CHECK:       %[[N:.*]] = memref.load %[[A]][%c0]
// CHECK:       %[[M:.*]] = arith.subf %[[N]], %[[B]] : f32
// CHECK:       %[[SPREAD:.*]] = vector.broadcast %[[M]] : f32 to vector<4xf32>
// CHECK:       %[[D:.*]] = arith.divf %[[V]], %[[SPREAD]] : vector<4xf32>
// CHECK:       vector.store %[[D]], %[[Y]][%c0, %c0]
func.func @uniform(%x: memref<1x4xf32>, %a: memref<1xf32>, %y: memref<1x4xf32>, %b: f32) {
  linalg.generic {indexing_maps = [#vector, #row, #vector], iterator_types = ["parallel", "parallel"]}
    ins(%x, %a : memref<1x4xf32>, memref<1xf32>) outs(%y : memref<1x4xf32>) {
  ^bb0(%v: f32, %n: f32, %o: f32):
    %m = arith.subf %n, %b : f32
    %d = arith.divf %v, %m : f32
    linalg.yield %d : f32
  }
  return
}

// Indices: along the vector one a lane, along the rows the row's own.
// CHECK-LABEL: func.func @indices(
// CHECK-DAG:   %[[LANES0:.*]] = arith.constant dense<[0, 1]> : vector<2xi64>
// CHECK-DAG:   %[[LANES2:.*]] = arith.constant dense<[2, 3]> : vector<2xi64>
// CHECK-DAG:   %[[ROW0:.*]] = arith.constant dense<0.000000e+00> : vector<2xf64>
// CHECK-DAG:   %[[ROW1:.*]] = arith.constant dense<1.000000e+00> : vector<2xf64>
// CHECK:       %[[J0:.*]] = memref.load %[[J:.*]][%c0]
// CHECK:       vector.broadcast %[[J0]] : i64 to vector<2xi64>
// CHECK:       arith.cmpi eq, %{{.*}}, %[[LANES0]]
// CHECK:       arith.select %{{.*}}, %{{.*}}, %[[ROW0]]
// CHECK:       arith.cmpi eq, %{{.*}}, %[[LANES2]]
// CHECK:       arith.select %{{.*}}, %{{.*}}, %[[ROW0]]
// CHECK:       memref.load %[[J]][%c1]
// CHECK:       arith.select %{{.*}}, %{{.*}}, %[[ROW1]]
// CHECK:       arith.select %{{.*}}, %{{.*}}, %[[ROW1]]
// CHECK:       vector.store
func.func @indices(%x: memref<2x4xf64>, %j: memref<2xi64>, %y: memref<2x4xf64>) {
  linalg.generic {indexing_maps = [#vector, #row, #vector], iterator_types = ["parallel", "parallel"]}
    ins(%x, %j : memref<2x4xf64>, memref<2xi64>) outs(%y : memref<2x4xf64>) {
  ^bb0(%v: f64, %i: i64, %o: f64):
    %c = linalg.index 1 : index
    %c64 = arith.index_cast %c : index to i64
    %is = arith.cmpi eq, %c64, %i : i64
    %n = linalg.index 0 : index
    %n64 = arith.index_cast %n : index to i64
    %nf = arith.sitofp %n64 : i64 to f64
    %m = arith.select %is, %v, %nf : f64
    linalg.yield %m : f64
  }
  return
}

// a*b + c and c + a*b are one rounding where the CPU has it; a product that someone else reads is a product.
// CHECK-LABEL: func.func @contracted(
// CHECK:       %[[V:.*]] = vector.load
// CHECK:       %[[W:.*]] = vector.load
// FMA-NOT:     arith.mulf
// FMA:         %[[LEFT:.*]] = math.fma %[[V]], %[[V]], %[[W]] : vector<4xf32>
// FMA:         %[[RIGHT:.*]] = math.fma %[[W]], %[[W]], %[[V]] : vector<4xf32>
// FMA:         %[[P:.*]] = arith.mulf %[[V]], %[[W]] : vector<4xf32>
// FMA:         %[[Q:.*]] = arith.addf %[[P]], %[[W]] : vector<4xf32>
// FMA-NOT:     math.fma
// TWO-NOT:     math.fma
// TWO-COUNT-3: arith.mulf
// CHECK:       vector.store
func.func @contracted(%x: memref<1x4xf32>, %w: memref<1x4xf32>, %y: memref<1x4xf32>) {
  linalg.generic {indexing_maps = [#vector, #vector, #vector], iterator_types = ["parallel", "parallel"]}
    ins(%x, %w : memref<1x4xf32>, memref<1x4xf32>) outs(%y : memref<1x4xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %p0 = arith.mulf %a, %a : f32
    %left = arith.addf %p0, %b : f32
    %p1 = arith.mulf %b, %b : f32
    %right = arith.addf %a, %p1 : f32
    %p2 = arith.mulf %a, %b : f32
    %q = arith.addf %p2, %b : f32
    %r0 = arith.subf %left, %right : f32
    %r1 = arith.subf %r0, %q : f32
    %r2 = arith.subf %r1, %p2 : f32
    linalg.yield %r2 : f32
  }
  return
}

// Several results; an input that nobody reads is not loaded.
// CHECK-LABEL: func.func @results(
// CHECK-SAME:    %{{.*}}: memref<1x4xf32>, %[[UNREAD:.*]]: memref<1x4xf32>, %[[Y:.*]]: memref<1x4xf32>, %[[Z:.*]]: memref<1x4xf32>)
// CHECK-NOT:   %[[UNREAD]]
// CHECK:       %[[OLD:.*]] = vector.load %[[Z]]
// CHECK:       %[[NEG:.*]] = arith.negf
// CHECK:       vector.store %[[NEG]], %[[Y]]
// CHECK:       vector.store %[[OLD]], %[[Z]]
// CHECK:       return
func.func @results(%x: memref<1x4xf32>, %u: memref<1x4xf32>, %y: memref<1x4xf32>, %z: memref<1x4xf32>) {
  linalg.generic {indexing_maps = [#vector, #vector, #vector, #vector], iterator_types = ["parallel", "parallel"]}
    ins(%x, %u : memref<1x4xf32>, memref<1x4xf32>) outs(%y, %z : memref<1x4xf32>, memref<1x4xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32, %old: f32):
    %n = arith.negf %a : f32
    linalg.yield %n, %old : f32, f32
  }
  return
}
