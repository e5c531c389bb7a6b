// A tile's buffers that registers do not replace go on the stack: once, at the function's entry, not once a tile.
// RUN: resnet-opt %s --split-input-file --verify-diagnostics --resnet-emit-kernels | FileCheck %s

// CHECK-LABEL: func.func @stack(
// CHECK-NEXT:  %[[S:.*]] = memref.alloca() {alignment = 64 : i64} : memref<16xf32>
// CHECK-NOT:   memref.alloc
// CHECK:       scf.for
// CHECK-NOT:   memref.alloc
// CHECK:         call @use(%[[S]])
func.func private @use(memref<16xf32>)
func.func @stack(%n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %i = %c0 to %n step %c1 {
    %s = memref.alloc() : memref<16xf32>
    func.call @use(%s) : (memref<16xf32>) -> ()
  }
  return
}

// -----

// A buffer that registers replace may have any size: it is gone.
// CHECK-LABEL: func.func @replaced(
// CHECK-NOT:   memref.alloc
// CHECK:       return
func.func @replaced(%x: memref<1024x3xf32>, %w: memref<3x256xf32>, %y: memref<1024x256xf32>) {
  %zero = arith.constant 0.0 : f32
  %s = memref.alloc() : memref<1024x256xf32>
  linalg.fill ins(%zero : f32) outs(%s : memref<1024x256xf32>)
  linalg.generic {indexing_maps = [affine_map<(n, k, c) -> (n, c)>, affine_map<(n, k, c) -> (c, k)>, affine_map<(n, k, c) -> (n, k)>],
    iterator_types = ["parallel", "parallel", "reduction"]}
    ins(%x, %w : memref<1024x3xf32>, memref<3x256xf32>) outs(%s : memref<1024x256xf32>) {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %p = arith.mulf %a, %c : f32
    %q = arith.addf %o, %p : f32
    linalg.yield %q : f32
  }
  linalg.generic {indexing_maps = [affine_map<(n, k) -> (n, k)>, affine_map<(n, k) -> (n, k)>], iterator_types = ["parallel", "parallel"]}
    ins(%s : memref<1024x256xf32>) outs(%y : memref<1024x256xf32>) {
  ^bb0(%v: f32, %o: f32):
    %m = arith.maximumf %v, %zero : f32
    linalg.yield %m : f32
  }
  return
}

// -----

// So is one of which registers replace a part, that of a smaller last tile.
// CHECK-LABEL: func.func @part_replaced(
// CHECK-NOT:   memref.alloc
// CHECK:       return
func.func @part_replaced(%x: memref<?x3xf32>, %w: memref<3x256xf32>, %y: memref<?x256xf32>, %n: index) {
  %zero = arith.constant 0.0 : f32
  %whole = memref.alloc() : memref<1024x256xf32>
  %s = memref.subview %whole[0, 0] [%n, 256] [1, 1] : memref<1024x256xf32> to memref<?x256xf32, strided<[256, 1]>>
  linalg.fill ins(%zero : f32) outs(%s : memref<?x256xf32, strided<[256, 1]>>)
  linalg.generic {indexing_maps = [affine_map<(n, k, c) -> (n, c)>, affine_map<(n, k, c) -> (c, k)>, affine_map<(n, k, c) -> (n, k)>],
    iterator_types = ["parallel", "parallel", "reduction"]}
    ins(%x, %w : memref<?x3xf32>, memref<3x256xf32>) outs(%s : memref<?x256xf32, strided<[256, 1]>>) {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %p = arith.mulf %a, %c : f32
    %q = arith.addf %o, %p : f32
    linalg.yield %q : f32
  }
  linalg.generic {indexing_maps = [affine_map<(n, k) -> (n, k)>, affine_map<(n, k) -> (n, k)>], iterator_types = ["parallel", "parallel"]}
    ins(%s : memref<?x256xf32, strided<[256, 1]>>) outs(%y : memref<?x256xf32>) {
  ^bb0(%v: f32, %o: f32):
    %m = arith.maximumf %v, %zero : f32
    linalg.yield %m : f32
  }
  return
}

// -----

func.func private @use(memref<1048576xf32>)
func.func @too_large() {
  // expected-error @+1 {{expected a tile's buffer to be replaced by registers, or to have a size that fits a stack}}
  %s = memref.alloc() : memref<1048576xf32>
  func.call @use(%s) : (memref<1048576xf32>) -> ()
  return
}

// -----

func.func private @use(memref<?xf32>)
func.func @of_no_known_size(%n: index) {
  // expected-error @+1 {{expected a tile's buffer to be replaced by registers, or to have a size that fits a stack}}
  %s = memref.alloc(%n) : memref<?xf32>
  func.call @use(%s) : (memref<?xf32>) -> ()
  return
}
