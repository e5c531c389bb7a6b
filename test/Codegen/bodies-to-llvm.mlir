// A body of several dialects becomes LLVM's at once; what it takes and gives is LLVM's already.
// RUN: resnet-opt %s --pass-pipeline='builtin.module(llvm.func(resnet-bodies-to-llvm,reconcile-unrealized-casts))' | FileCheck %s --implicit-check-not=unrealized

// CHECK-LABEL: llvm.func @body(
// CHECK:       llvm.load %{{.*}} : !llvm.ptr -> vector<8xf32>
// CHECK:       llvm.shufflevector {{.*}} [0, 0, 0, 0, 0, 0, 0, 0]
// CHECK:       llvm.intr.fma
// CHECK:       llvm.store %{{.*}} : vector<8xf32>, !llvm.ptr
// CHECK:       llvm.udiv
// CHECK:       llvm.cond_br
// CHECK:       llvm.intr.sqrt
!descriptor = !llvm.struct<(ptr, ptr, i64, array<2 x i64>, array<2 x i64>)>
llvm.func @body(%given: !descriptor, %count: i64, %x: f32) {
  %m = builtin.unrealized_conversion_cast %given : !descriptor to memref<?x32xf32>
  %n = builtin.unrealized_conversion_cast %count : i64 to index
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %v = vector.load %m[%c0, %c0] : memref<?x32xf32>, vector<8xf32>
  %w = vector.broadcast %x : f32 to vector<8xf32>
  %f = math.fma %v, %w, %v : vector<8xf32>
  vector.store %f, %m[%c0, %c4] : memref<?x32xf32>, vector<8xf32>
  %steps = arith.ceildivui %n, %c4 : index
  %some = arith.cmpi ne, %steps, %c0 : index
  cf.cond_br %some, ^bb1(%steps : index), ^bb2
^bb1(%at: index):
  %y = memref.load %m[%at, %c0] : memref<?x32xf32>
  %root = math.sqrt %y : f32
  memref.store %root, %m[%at, %c4] : memref<?x32xf32>
  cf.br ^bb2
^bb2:
  llvm.return
}

// A declaration stays.
// CHECK: llvm.func @outside(!llvm.ptr)
llvm.func @outside(!llvm.ptr)
