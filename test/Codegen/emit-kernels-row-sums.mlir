// Sums over rows of what an elementwise op or a contraction gives are made of the values in registers, with what else they read.
// RUN: resnet-opt %s --resnet-emit-kernels="vector-bytes=64 registers=32" --cse --canonicalize --mlir-print-local-scope | FileCheck %s

#id = affine_map<(n, h, w, c) -> (n, h, w, c)>
#map = affine_map<(n, h, c, w) -> (n, h, w, c)>
#channel = affine_map<(n, h, c, w) -> (c)>
#row = affine_map<(n, h, c, w) -> (n, h, c)>

// CHECK-LABEL: func.func @masked(
// CHECK-SAME:    %[[DY:.*]]: memref<1x3x2x16xf32>, %[[X:.*]]: memref<1x3x2x16xf32>, %[[MEAN:.*]]: memref<16xf32>, %[[G:.*]]: memref<1x3x2x16xf32>, %[[S:.*]]: memref<1x3x16xf32>, %[[P:.*]]: memref<1x3x16xf32>)
// The fills start the sums; each value is stored and goes on in its register.
// CHECK:       scf.for %[[H:.*]] = %c0 to %c3
// CHECK:         %[[G0:.*]] = arith.maximumf
// CHECK:         %[[G1:.*]] = arith.maximumf
// CHECK:         vector.store %[[G0]], %[[G]][%c0, %[[H]], %c0, %c0]
// CHECK:         %[[X0:.*]] = vector.load %[[X]][%c0, %[[H]], %c0, %c0]
// CHECK:         %[[S0:.*]] = vector.load %[[S]][%c0, %[[H]], %c0]
// CHECK:         %[[P0:.*]] = vector.load %[[P]][%c0, %[[H]], %c0]
// CHECK:         %[[S1:.*]] = arith.addf %[[S0]], %[[G0]]
// CHECK:         %[[P1:.*]] = math.fma %{{.*}}, %[[G0]], %[[P0]]
// CHECK:         vector.store %[[G1]], %[[G]][%c0, %[[H]], %c1, %c0]
// CHECK:         %[[S2:.*]] = arith.addf %[[S1]], %[[G1]]
// CHECK:         %[[P2:.*]] = math.fma %{{.*}}, %[[G1]], %[[P1]]
// CHECK:         vector.store %[[S2]], %[[S]][%c0, %[[H]], %c0]
// CHECK:         vector.store %[[P2]], %[[P]][%c0, %[[H]], %c0]
// CHECK-NOT:   scf.for
// CHECK:       return
func.func @masked(%dy: memref<1x3x2x16xf32>, %x: memref<1x3x2x16xf32>, %mean: memref<16xf32>, %g: memref<1x3x2x16xf32>, %s: memref<1x3x16xf32>, %p: memref<1x3x16xf32>) {
  %zero = arith.constant 0.0 : f32
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
    ins(%dy : memref<1x3x2x16xf32>) outs(%g : memref<1x3x2x16xf32>) {
  ^bb0(%a: f32, %o: f32):
    %m = arith.maximumf %a, %zero : f32
    linalg.yield %m : f32
  }
  linalg.fill ins(%zero : f32) outs(%s : memref<1x3x16xf32>)
  linalg.fill ins(%zero : f32) outs(%p : memref<1x3x16xf32>)
  linalg.generic {indexing_maps = [#map, #map, #channel, #row, #row], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
    ins(%x, %g, %mean : memref<1x3x2x16xf32>, memref<1x3x2x16xf32>, memref<16xf32>) outs(%s, %p : memref<1x3x16xf32>, memref<1x3x16xf32>)
    attrs = {resnet.row_sums} {
  ^bb0(%v: f32, %d: f32, %c: f32, %a: f32, %b: f32):
    %centred = arith.subf %v, %c : f32
    %product = arith.mulf %centred, %d : f32
    %q = arith.addf %a, %d : f32
    %r = arith.addf %b, %product : f32
    linalg.yield %q, %r : f32, f32
  }
  return
}

// A fill of what the elementwise op reads stays behind it, and so do the sums.
// CHECK-LABEL: func.func @other_fill(
// CHECK:       scf.for
// CHECK:         arith.maximumf
// CHECK:       }
// CHECK:       scf.for
// CHECK:         arith.addf
// CHECK:       return
func.func @other_fill(%dy: memref<1x3x2x16xf32>, %g: memref<1x3x2x16xf32>, %s: memref<1x3x16xf32>) {
  %zero = arith.constant 0.0 : f32
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
    ins(%dy : memref<1x3x2x16xf32>) outs(%g : memref<1x3x2x16xf32>) {
  ^bb0(%a: f32, %o: f32):
    %m = arith.maximumf %a, %zero : f32
    linalg.yield %m : f32
  }
  linalg.fill ins(%zero : f32) outs(%s : memref<1x3x16xf32>)
  linalg.fill ins(%zero : f32) outs(%dy : memref<1x3x2x16xf32>)
  linalg.generic {indexing_maps = [#map, #row], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
    ins(%g : memref<1x3x2x16xf32>) outs(%s : memref<1x3x16xf32>) attrs = {resnet.row_sums} {
  ^bb0(%d: f32, %a: f32):
    %q = arith.addf %a, %d : f32
    linalg.yield %q : f32
  }
  return
}

// A large result goes past the caches; a fence stands behind it.
// CHECK-LABEL: func.func @streamed(
// CHECK:       vector.store %{{.*}}, %{{.*}} {alignment = 64 : i64, nontemporal = true}
// CHECK:       llvm.call_intrinsic "llvm.x86.sse.sfence"()
// CHECK-NEXT:  return
func.func @streamed(%x: memref<1x3x2x16xf32>, %y: memref<1x3x2x16xf32>) {
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
    ins(%x : memref<1x3x2x16xf32>) outs(%y : memref<1x3x2x16xf32>) attrs = {resnet.stream} {
  ^bb0(%a: f32, %o: f32):
    %m = arith.addf %a, %a : f32
    linalg.yield %m : f32
  }
  return
}
