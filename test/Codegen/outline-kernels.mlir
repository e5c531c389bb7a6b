// Loops and ops become kernels, functions of the buffers and sizes that they use; what is alike is one.
// RUN: resnet-opt %s --split-input-file --resnet-outline-kernels | FileCheck %s

// Two equal loops over different buffers share their kernel; a loop with another bound has its own. Each has a body that
// finds buffers and sizes from the call, and nothing of what it doesn't need.
// CHECK:       func.func private @resnetc_parallel_for(!llvm.ptr, (!llvm.ptr, i64, i64, i32) -> (), i64)
// CHECK-LABEL: func.func private @features_0(
// CHECK-SAME:    %[[CALL:.*]]: !llvm.ptr, %[[BEGIN64:.*]]: i64, %[[END64:.*]]: i64, %{{.*}}: i32)
// CHECK-NOT:   "stats"
// CHECK:       %[[BATCH64:.*]] = abi.scalar %[[CALL]] "batch"
// CHECK-NEXT:  %[[BATCH:.*]] = arith.index_cast %[[BATCH64]]
// CHECK-NEXT:  %[[ARENA:.*]] = abi.buffer %[[CALL]] "arena"
// CHECK-NEXT:  %[[A:.*]] = memref.view %[[ARENA]][%c0][%[[BATCH]]]
// CHECK-NEXT:  %[[BEGIN:.*]] = arith.index_cast %[[BEGIN64]] : i64 to index
// CHECK-NEXT:  %[[END:.*]] = arith.index_cast %[[END64]] : i64 to index
// CHECK-NEXT:  call @[[SHARED:kernel_[0-9]+]](%[[BATCH]], %[[A]], %[[BEGIN]], %[[END]])
// CHECK-NEXT:  return
// CHECK-LABEL: func.func private @features_1(
// CHECK:       memref.view %{{.*}}[%c4096][
// CHECK:       call @[[SHARED]](
// CHECK-LABEL: func.func private @features_2(
// CHECK-NOT:   call @[[SHARED]](
// CHECK:       call @[[OTHER:kernel_[0-9]+]](

// The loops themselves are calls of the runtime, with as many indices as they had tiles.
// CHECK-LABEL: func.func @features(
// CHECK-SAME:    %[[CALL:.*]]: !llvm.ptr)
// CHECK-NOT:   scf.forall
// CHECK:       %[[N:.*]] = arith.index_cast %{{.*}} : i64 to index
// CHECK:       %[[C3:.*]] = arith.constant 3 : index
// CHECK:       %[[N3:.*]] = arith.muli %[[N]], %[[C3]]
// CHECK:       %[[C4:.*]] = arith.constant 4 : index
// CHECK:       %[[N12:.*]] = arith.muli %[[N3]], %[[C4]]
// CHECK-NEXT:  %[[COUNT:.*]] = arith.index_cast %[[N12]] : index to i64
// CHECK-NEXT:  %[[F:.*]] = constant @features_0
// CHECK-NEXT:  call @resnetc_parallel_for(%[[CALL]], %[[F]], %[[COUNT]])
// CHECK:       constant @features_1
// CHECK:       constant @features_2
// CHECK-NOT:   scf.forall

// A kernel is private, runs over a range of the flat index, of which the last loop variable is the fastest digit, and
// brings its constants along.
// CHECK:       func.func private @[[SHARED]](%{{.*}}: index, %[[A:.*]]: memref<?x32xf32>, %[[BEGIN:.*]]: index, %[[END:.*]]: index) {
// CHECK:         %[[ZERO:.*]] = arith.constant 0.000000e+00 : f32
// CHECK:         scf.for %[[I:.*]] = %[[BEGIN]] to %[[END]] step
// CHECK:           %[[FOUR:.*]] = arith.constant 4 : index
// CHECK:           %[[K:.*]] = arith.remui %[[I]], %[[FOUR]]
// CHECK:           %[[REST:.*]] = arith.divui %[[I]], %[[FOUR]]
// CHECK:           %[[THREE:.*]] = arith.constant 3 : index
// CHECK:           %[[J:.*]] = arith.remui %[[REST]], %[[THREE]]
// CHECK:           %[[N:.*]] = arith.divui %[[REST]], %[[THREE]]
// CHECK:           memref.store %[[ZERO]], %[[A]][%[[N]], %[[K]]]
// CHECK:           memref.store %[[ZERO]], %[[A]][%[[N]], %[[J]]]
// CHECK:       func.func private @[[OTHER]](
// CHECK:           arith.constant 5 : index
// CHECK-NOT:   func.func private @kernel_
func.func @features(%call: !llvm.ptr) {
  %c0 = arith.constant 0 : index
  %c4096 = arith.constant 4096 : index
  %zero = arith.constant 0.0 : f32
  %stats = abi.buffer %call "stats" : memref<32xf32>
  %n64 = abi.scalar %call "batch" : i64
  %n = arith.index_cast %n64 : i64 to index
  %arena = abi.buffer %call "arena"[%c4096] : memref<?xi8>
  %a = memref.view %arena[%c0][%n] : memref<?xi8> to memref<?x32xf32>
  %b = memref.view %arena[%c4096][%n] : memref<?xi8> to memref<?x32xf32>
  scf.forall (%i, %j, %k) in (%n, 3, 4) {
    memref.store %zero, %a[%i, %k] : memref<?x32xf32>
    memref.store %zero, %a[%i, %j] : memref<?x32xf32>
  }
  scf.forall (%i, %j, %k) in (%n, 3, 4) {
    memref.store %zero, %b[%i, %k] : memref<?x32xf32>
    memref.store %zero, %b[%i, %j] : memref<?x32xf32>
  }
  scf.forall (%i, %j, %k) in (%n, 3, 5) {
    memref.store %zero, %b[%i, %k] : memref<?x32xf32>
    memref.store %zero, %b[%i, %j] : memref<?x32xf32>
  }
  return
}

// -----

// Ops outside of loops are called where they stood, a sum together with the fill that starts it.
// CHECK-LABEL: func.func @gradients(
// CHECK:       %[[A:.*]] = abi.buffer %{{.*}} "trained"
// CHECK:       %[[B:.*]] = abi.buffer %{{.*}} "gradients"
// CHECK-NEXT:  call @[[SUM:kernel_[0-9]+]](%[[A]], %[[B]])
// CHECK-NEXT:  call @[[COPY:kernel_[0-9]+]](%[[A]], %[[B]])
// CHECK-NEXT:  call @[[SUM]](%[[B]], %[[A]])
// CHECK-NOT:   resnetc_parallel_for
// CHECK:       scf.if
// CHECK-NEXT:    call @[[FILL:kernel_[0-9]+]](%[[A]])
// CHECK:       return
// CHECK:       func.func private @[[SUM]](%[[X:.*]]: memref<32xf32>, %[[Y:.*]]: memref<32xf32>) {
// CHECK:         linalg.fill {{.*}} outs(%[[X]] :
// CHECK-NEXT:    linalg.generic {{.*}} ins(%[[Y]] : {{.*}}) outs(%[[X]] :
// CHECK:         return
// CHECK-NEXT:  }
// CHECK-NEXT:  func.func private @[[COPY]](%[[X:.*]]: memref<32xf32>, %[[Y:.*]]: memref<32xf32>) {
// CHECK-NEXT:    memref.copy %[[X]], %[[Y]]
// CHECK-NEXT:    return
func.func @gradients(%call: !llvm.ptr) {
  %zero = arith.constant 0.0 : f32
  %a = abi.buffer %call "trained" : memref<32xf32>
  %b = abi.buffer %call "gradients" : memref<32xf32>
  linalg.fill ins(%zero : f32) outs(%a : memref<32xf32>)
  linalg.generic {indexing_maps = [affine_map<(k) -> (k)>, affine_map<(k) -> (k)>], iterator_types = ["parallel"]}
    ins(%b : memref<32xf32>) outs(%a : memref<32xf32>) {
  ^bb0(%x: f32, %o: f32):
    %q = arith.addf %x, %o : f32
    linalg.yield %q : f32
  }
  memref.copy %a, %b : memref<32xf32> to memref<32xf32>
  linalg.fill ins(%zero : f32) outs(%b : memref<32xf32>)
  linalg.generic {indexing_maps = [affine_map<(k) -> (k)>, affine_map<(k) -> (k)>], iterator_types = ["parallel"]}
    ins(%a : memref<32xf32>) outs(%b : memref<32xf32>) {
  ^bb0(%x: f32, %o: f32):
    %q = arith.addf %x, %o : f32
    linalg.yield %q : f32
  }
  %on64 = abi.scalar %call "accumulate" : i64
  %on = arith.trunci %on64 : i64 to i1
  scf.if %on {
    linalg.fill ins(%zero : f32) outs(%a : memref<32xf32>)
  }
  return
}

// -----

// A fill that something else looks at before the next op is a kernel of its own.
// CHECK-LABEL: func.func @looked_at(
// CHECK:       call @[[FILL:kernel_[0-9]+]](
// CHECK-NEXT:  memref.load
// CHECK:       call @[[SUM:kernel_[0-9]+]](
// CHECK:       func.func private @[[FILL]](
// CHECK:         linalg.fill
// CHECK-NOT:     linalg.generic
// CHECK:       func.func private @[[SUM]](
// CHECK:         linalg.generic
func.func @looked_at(%call: !llvm.ptr) -> f32 {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %a = abi.buffer %call "trained" : memref<32xf32>
  linalg.fill ins(%zero : f32) outs(%a : memref<32xf32>)
  %v = memref.load %a[%c0] : memref<32xf32>
  linalg.generic {indexing_maps = [affine_map<(k) -> (k)>], iterator_types = ["parallel"]} outs(%a : memref<32xf32>) {
  ^bb0(%o: f32):
    %q = arith.negf %o : f32
    linalg.yield %q : f32
  }
  return %v : f32
}

// -----

// Steps: as many indices as tiles, and each index times its step.
// CHECK-LABEL: func.func @features(
// CHECK:       %[[N:.*]] = arith.index_cast %{{.*}} : i64 to index
// CHECK:       %[[C4:.*]] = arith.constant 4 : index
// CHECK-NEXT:  %[[TILES:.*]] = arith.ceildivui %[[N]], %[[C4]]
// CHECK:       %[[COUNT:.*]] = arith.muli %[[TILES]], %{{.*}}
// CHECK-NEXT:  arith.index_cast %[[COUNT]]
// CHECK:       func.func private @kernel_0(
// CHECK:         scf.for %[[FLAT:.*]] = %{{.*}} to %{{.*}} step
// CHECK:           %[[THREE:.*]] = arith.constant 3 : index
// CHECK:           %[[J:.*]] = arith.remui %[[FLAT]], %[[THREE]]
// CHECK:           %[[TILE:.*]] = arith.divui %[[FLAT]], %[[THREE]]
// CHECK:           %[[FOUR:.*]] = arith.constant 4 : index
// CHECK:           %[[I:.*]] = arith.muli %[[TILE]], %[[FOUR]]
// CHECK:           memref.store %{{.*}}, %{{.*}}[%[[I]], %[[J]]]
func.func @features(%call: !llvm.ptr) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %n64 = abi.scalar %call "batch" : i64
  %n = arith.index_cast %n64 : i64 to index
  %arena = abi.buffer %call "arena"[%c0] : memref<?xi8>
  %a = memref.view %arena[%c0][%n] : memref<?xi8> to memref<?x32xf32>
  scf.forall (%i, %j) = (0, 0) to (%n, 3) step (4, 1) {
    memref.store %zero, %a[%i, %j] : memref<?x32xf32>
  }
  return
}

// -----

// Which thread runs a part is what the runtime tells the body.
// CHECK-LABEL: func.func private @features_0(
// CHECK-SAME:    %{{.*}}: !llvm.ptr, %{{.*}}: i64, %{{.*}}: i64, %[[WORKER:.*]]: i32)
// CHECK:       %[[T:.*]] = arith.index_castui %[[WORKER]] : i32 to index
// CHECK:       %[[AT:.*]] = arith.muli %[[T]], %c64
// CHECK:       memref.view %{{.*}}[%[[AT]]][]
// CHECK-NOT:   abi.worker
// CHECK:       return
func.func @features(%call: !llvm.ptr) {
  %c64 = arith.constant 64 : index
  %zero = arith.constant 0.0 : f32
  %t = abi.worker %call
  %at = arith.muli %t, %c64 : index
  %end = arith.addi %at, %c64 : index
  %arena = abi.buffer %call "arena"[%end] : memref<?xi8>
  %a = memref.view %arena[%at][] : memref<?xi8> to memref<16xf32>
  scf.forall (%i) in (3) {
    memref.store %zero, %a[%i] : memref<16xf32>
  }
  return
}
