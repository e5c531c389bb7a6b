// Buffers become places in one arena. (Canonical form only names the offsets: %c64 is 64 bytes.)
// RUN: resnet-opt %s --split-input-file --resnet-plan-memory --canonicalize | FileCheck %s

// What lives at different times shares a place; each place is rounded up to a cache line.
// CHECK-LABEL: func.func @one_after_the_other(
// CHECK-SAME:    attributes {resnet.arena = array<i64: 128, 0, 0>}
// CHECK-DAG:   %[[SIZE:.*]] = arith.constant 128 : index
// CHECK-DAG:   %[[ZERO:.*]] = arith.constant 0 : index
// CHECK:       %[[ARENA:.*]] = abi.buffer %{{.*}} "arena"[%[[SIZE]]] : memref<?xi8>
// CHECK:       %[[A:.*]] = memref.view %[[ARENA]][%[[ZERO]]][] : memref<?xi8> to memref<17xf32>
// CHECK-NEXT:  call @use(%[[A]])
// CHECK-NEXT:  %[[B:.*]] = memref.view %[[ARENA]][%[[ZERO]]][] : memref<?xi8> to memref<17xf32>
// CHECK-NEXT:  call @use(%[[B]])
// CHECK-NOT:   memref.alloc
func.func private @use(memref<17xf32>)
func.func @one_after_the_other(%call: !llvm.ptr) {
  %a = memref.alloc() : memref<17xf32>
  func.call @use(%a) : (memref<17xf32>) -> ()
  %b = memref.alloc() : memref<17xf32>
  func.call @use(%b) : (memref<17xf32>) -> ()
  return
}

// -----

// What lives at the same time does not: the later one's birth is not after the other's last use.
// CHECK-LABEL: func.func @together(
// CHECK-SAME:    attributes {resnet.arena = array<i64: 128, 0, 0>}
// CHECK:       memref.view %{{.*}}[%c0][]
// CHECK:       memref.view %{{.*}}[%c64][]
func.func private @use(memref<16xf32>)
func.func @together(%call: !llvm.ptr) {
  %a = memref.alloc() : memref<16xf32>
  %b = memref.alloc() : memref<16xf32>
  func.call @use(%a) : (memref<16xf32>) -> ()
  func.call @use(%b) : (memref<16xf32>) -> ()
  return
}

// -----

// A view keeps its buffer, and so does a view of the view.
// CHECK-LABEL: func.func @views(
// CHECK-SAME:    attributes {resnet.arena = array<i64: 192, 0, 0>}
func.func private @part(memref<4xf32, strided<[1], offset: 4>>)
func.func private @use(memref<16xf32>)
func.func @views(%call: !llvm.ptr) {
  %a = memref.alloc() : memref<2x16xf32>
  %row = memref.subview %a[0, 0] [1, 16] [1, 1] : memref<2x16xf32> to memref<16xf32>
  %part = memref.subview %row[4] [4] [1] : memref<16xf32> to memref<4xf32, strided<[1], offset: 4>>
  %b = memref.alloc() : memref<16xf32>
  func.call @use(%b) : (memref<16xf32>) -> ()
  func.call @part(%part) : (memref<4xf32, strided<[1], offset: 4>>) -> ()
  return
}

// -----

// Uses in a loop last as long as the loop.
// CHECK-LABEL: func.func @loop(
// CHECK-SAME:    attributes {resnet.arena = array<i64: 128, 0, 0>}
func.func private @use(memref<16xf32>)
func.func @loop(%call: !llvm.ptr, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %a = memref.alloc() : memref<16xf32>
  %b = memref.alloc() : memref<16xf32>
  scf.for %i = %c0 to %n step %c1 {
    func.call @use(%a) : (memref<16xf32>) -> ()
    func.call @use(%b) : (memref<16xf32>) -> ()
  }
  return
}

// -----

// Large ones first, each as low as it can be: the long-lived 128 bytes at 0, and both short ones, one before and one behind
// each other's time, above it.
// CHECK-LABEL: func.func @gaps(
// CHECK-SAME:    attributes {resnet.arena = array<i64: 192, 0, 0>}
// CHECK:       memref.view %{{.*}}[%c128][] : memref<?xi8> to memref<16xf32>
// CHECK:       memref.view %{{.*}}[%c0][] : memref<?xi8> to memref<32xf32>
// CHECK:       memref.view %{{.*}}[%c128][] : memref<?xi8> to memref<8xf64>
func.func private @small(memref<16xf32>)
func.func private @other(memref<8xf64>)
func.func private @large(memref<32xf32>)
func.func @gaps(%call: !llvm.ptr) {
  %a = memref.alloc() : memref<16xf32>
  %b = memref.alloc() : memref<32xf32>
  func.call @small(%a) : (memref<16xf32>) -> ()
  %c = memref.alloc() : memref<8xf64>
  func.call @other(%c) : (memref<8xf64>) -> ()
  func.call @large(%b) : (memref<32xf32>) -> ()
  return
}

// -----

// What grows with the batch lies behind what does not, at fixed + batch * (bytes of an image before it).
// CHECK-LABEL: func.func @growing(
// CHECK-SAME:    attributes {resnet.arena = array<i64: 64, 192, 0>}
// CHECK-DAG:   %[[C64:.*]] = arith.constant 64 : index
// CHECK-DAG:   %[[C128:.*]] = arith.constant 128 : index
// CHECK-DAG:   %[[C192:.*]] = arith.constant 192 : index
// CHECK:       %[[BATCH64:.*]] = abi.scalar %{{.*}} "batch"
// CHECK:       %[[BATCH:.*]] = arith.index_cast %[[BATCH64]]
// CHECK:       %[[IMAGES:.*]] = arith.muli %[[BATCH]], %[[C192]]
// CHECK:       %[[SIZE:.*]] = arith.addi %[[IMAGES]], %[[C64]]
// CHECK:       %[[ARENA:.*]] = abi.buffer %{{.*}} "arena"[%[[SIZE]]]
// CHECK:       memref.view %[[ARENA]][%c0][] : memref<?xi8> to memref<16xf32>
// CHECK:       %[[BEFORE:.*]] = arith.muli %[[BATCH]], %[[C128]]
// CHECK:       %[[AT:.*]] = arith.addi %[[BEFORE]], %[[C64]]
// CHECK:       memref.view %[[ARENA]][%[[AT]]][%{{.*}}] : memref<?xi8> to memref<?x3xi8>
// CHECK:       memref.view %[[ARENA]][%[[C64]]][%{{.*}}] : memref<?xi8> to memref<?x4x8xf32>
func.func private @use(memref<16xf32>, memref<?x3xi8>, memref<?x4x8xf32>)
func.func @growing(%call: !llvm.ptr, %n: index) {
  %a = memref.alloc() : memref<16xf32>
  %b = memref.alloc(%n) : memref<?x3xi8>
  %c = memref.alloc(%n) : memref<?x4x8xf32>
  func.call @use(%a, %b, %c) : (memref<16xf32>, memref<?x3xi8>, memref<?x4x8xf32>) -> ()
  return
}

// -----

// A tile's own buffers stay; a function without buffers asks for no arena.
// CHECK-LABEL: func.func @inside(
// CHECK-SAME:    attributes {resnet.arena = array<i64: 0, 0, 0>}
// CHECK-NOT:   "arena"
// CHECK:       scf.forall
// CHECK-NEXT:    memref.alloc() : memref<16xf32>
func.func private @use(memref<16xf32>)
func.func @inside(%call: !llvm.ptr) {
  scf.forall (%i) in (4) {
    %a = memref.alloc() : memref<16xf32>
    func.call @use(%a) : (memref<16xf32>) -> ()
  }
  return
}

// -----

// What each thread has of its own lies behind all that grows with the batch; loops follow one another, so theirs begin at one place.
// CHECK-LABEL: func.func @per_thread(
// CHECK-SAME:    attributes {resnet.arena = array<i64: 0, 64, 192>}
// CHECK:       %[[BATCH:.*]] = arith.index_cast
// CHECK:       %[[SHARED:.*]] = arith.muli %[[BATCH]], %c64
// CHECK:       %[[WORKER:.*]] = abi.worker
// CHECK:       %[[BEFORE:.*]] = arith.muli %[[WORKER]], %c192
// CHECK:       %[[AT:.*]] = arith.addi %[[SHARED]], %[[BEFORE]]
// CHECK-DAG:   %[[A:.*]] = memref.view %{{.*}}[%[[AT]]][] : memref<?xi8> to memref<17xf32>
// CHECK-DAG:   %[[SECOND:.*]] = arith.addi %[[AT]], %c128
// CHECK-DAG:   %[[B:.*]] = memref.view %{{.*}}[%[[SECOND]]][] : memref<?xi8> to memref<16xf32>
// CHECK-DAG:   %[[C:.*]] = memref.view %{{.*}}[%[[AT]]][] : memref<?xi8> to memref<16xf32>
// CHECK:       scf.forall
// CHECK-NEXT:    call @use(%[[A]])
// CHECK-NEXT:    call @use16(%[[B]])
// CHECK:       scf.forall
// CHECK-NEXT:    call @use16(%[[C]])
func.func private @use(memref<17xf32>)
func.func private @use16(memref<16xf32>)
func.func private @keep(memref<?x16xf32>)
func.func @per_thread(%call: !llvm.ptr, %n: index) {
  %x = memref.alloc(%n) : memref<?x16xf32>
  scf.forall (%i) in (4) {
    %a = memref.alloc() {resnet.per_thread} : memref<17xf32>
    %b = memref.alloc() {resnet.per_thread} : memref<16xf32>
    func.call @use(%a) : (memref<17xf32>) -> ()
    func.call @use16(%b) : (memref<16xf32>) -> ()
  }
  scf.forall (%i) in (4) {
    %c = memref.alloc() {resnet.per_thread} : memref<16xf32>
    func.call @use16(%c) : (memref<16xf32>) -> ()
  }
  func.call @keep(%x) : (memref<?x16xf32>) -> ()
  return
}
