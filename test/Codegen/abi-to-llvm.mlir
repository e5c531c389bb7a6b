// Fields of a call as loads from it, each at its offset in resnetc_call: these stay where they are, new ones come behind.
// RUN: resnet-opt %s --resnet-abi-to-llvm | FileCheck %s --implicit-check-not=abi.

// A number, a double, and a pointer's address.
// CHECK-LABEL: func.func @scalars(
// CHECK-SAME:    %[[CALL:.*]]: !llvm.ptr)
// CHECK-NEXT:  %[[AT:.*]] = llvm.getelementptr %[[CALL]][16] : (!llvm.ptr) -> !llvm.ptr, i8
// CHECK-NEXT:  %[[BATCH:.*]] = llvm.load %[[AT]] invariant {alignment = 8 : i64} : !llvm.ptr -> i64
// CHECK-NEXT:  %[[AT:.*]] = llvm.getelementptr %[[CALL]][144]
// CHECK-NEXT:  %[[SMOOTHING:.*]] = llvm.load %[[AT]] invariant {{.*}} -> f64
// CHECK-NEXT:  %[[AT:.*]] = llvm.getelementptr %[[CALL]][48]
// CHECK-NEXT:  %[[LOGITS:.*]] = llvm.load %[[AT]] invariant {{.*}} -> i64
// CHECK-NEXT:  return %[[BATCH]], %[[SMOOTHING]], %[[LOGITS]]
func.func @scalars(%call: !llvm.ptr) -> (i64, f64, i64) {
  %batch = abi.scalar %call "batch" : i64
  %smoothing = abi.scalar %call "label_smoothing" : f64
  %logits = abi.scalar %call "logits" : i64
  return %batch, %smoothing, %logits : i64, f64, i64
}

// A buffer is the pointer with dense row-major sizes and strides; the leading size may come at run time.
// CHECK-LABEL: func.func @buffers(
// CHECK-SAME:    %[[CALL:.*]]: !llvm.ptr, %[[N:.*]]: index)
// CHECK-NEXT:  %[[AT:.*]] = llvm.getelementptr %[[CALL]][32]
// CHECK-NEXT:  %[[POINTER:.*]] = llvm.load %[[AT]] invariant {{.*}} -> !llvm.ptr
// CHECK:       llvm.insertvalue %[[POINTER]], %{{.*}}[0] :
// CHECK-NEXT:  llvm.insertvalue %[[POINTER]], %{{.*}}[1] :
// CHECK-NEXT:  %[[ZERO:.*]] = llvm.mlir.constant(0 : i64)
// CHECK-NEXT:  llvm.insertvalue %[[ZERO]], %{{.*}}[2] :
// CHECK-NEXT:  %[[EIGHT:.*]] = llvm.mlir.constant(8 : i64)
// CHECK-NEXT:  llvm.insertvalue %[[EIGHT]], %{{.*}}[3, 2] :
// CHECK-NEXT:  %[[ONE:.*]] = llvm.mlir.constant(1 : i64)
// CHECK-NEXT:  llvm.insertvalue %[[ONE]], %{{.*}}[4, 2] :
// CHECK-NEXT:  %[[FOUR:.*]] = llvm.mlir.constant(4 : i64)
// CHECK-NEXT:  llvm.insertvalue %[[FOUR]], %{{.*}}[3, 1] :
// CHECK-NEXT:  %[[EIGHT:.*]] = llvm.mlir.constant(8 : i64)
// CHECK-NEXT:  llvm.insertvalue %[[EIGHT]], %{{.*}}[4, 1] :
// CHECK-NEXT:  %[[N64:.*]] = builtin.unrealized_conversion_cast %[[N]] : index to i64
// CHECK-NEXT:  llvm.insertvalue %[[N64]], %{{.*}}[3, 0] :
// CHECK-NEXT:  %[[THIRTY_TWO:.*]] = llvm.mlir.constant(32 : i64)
// CHECK-NEXT:  %[[LAST:.*]] = llvm.insertvalue %[[THIRTY_TWO]], %{{.*}}[4, 0] :
// CHECK-NEXT:  %[[BUFFER:.*]] = builtin.unrealized_conversion_cast %[[LAST]] : {{.*}} to memref<?x4x8xf32>
// CHECK-NEXT:  return %[[BUFFER]]
func.func @buffers(%call: !llvm.ptr, %n: index) -> memref<?x4x8xf32> {
  %records = abi.buffer %call "records"[%n] : memref<?x4x8xf32>
  return %records : memref<?x4x8xf32>
}

// CHECK-LABEL: func.func @every_pointer(
// CHECK:       [24] :
// CHECK:       [32] :
// CHECK:       [40] :
// CHECK:       [48] :
// CHECK:       [56] :
// CHECK:       [64] :
// CHECK:       [72] :
// CHECK:       [80] :
// CHECK:       [88] :
// CHECK:       [96] :
// CHECK:       [104] :
// CHECK:       [112] :
// CHECK:       [120] :
// CHECK:       [128] :
// CHECK:       [136] :
// CHECK:       [184] :
// CHECK:       [200] :
func.func @every_pointer(%call: !llvm.ptr) {
  %0 = abi.buffer %call "images" : memref<8xf32>
  %1 = abi.buffer %call "records" : memref<8xf32>
  %2 = abi.buffer %call "labels" : memref<8xi64>
  %3 = abi.buffer %call "logits" : memref<8xf32>
  %4 = abi.buffer %call "frozen" : memref<8xf32>
  %5 = abi.buffer %call "frozen_derived" : memref<8xf32>
  %6 = abi.buffer %call "trained" : memref<8xf32>
  %7 = abi.buffer %call "trained_derived" : memref<8xf32>
  %8 = abi.buffer %call "stats" : memref<8xf32>
  %9 = abi.buffer %call "gradients" : memref<8xf32>
  %10 = abi.buffer %call "state1" : memref<8xf32>
  %11 = abi.buffer %call "state2" : memref<8xf32>
  %12 = abi.buffer %call "arena" : memref<8xi8>
  %13 = abi.buffer %call "loss" : memref<1xf64>
  %14 = abi.buffer %call "hits" : memref<1xi64>
  %15 = abi.buffer %call "sample_ids" : memref<8xi64>
  %16 = abi.buffer %call "rows" : memref<8x5xi64>
  return
}

// CHECK-LABEL: func.func @every_number(
// CHECK:       [152] :
// CHECK-NEXT:  -> f64
// CHECK:       [160] :
// CHECK-NEXT:  -> i64
// CHECK:       [168] :
// CHECK:       [176] :
// CHECK:       [192] :
// CHECK:       [208] :
// CHECK:       [216] :
// CHECK:       [224] :
func.func @every_number(%call: !llvm.ptr) {
  %0 = abi.scalar %call "loss_divisor" : f64
  %1 = abi.scalar %call "accumulate" : i64
  %2 = abi.scalar %call "seed" : i64
  %3 = abi.scalar %call "step" : i64
  %4 = abi.scalar %call "dropout" : i64
  %5 = abi.scalar %call "row_count" : i64
  %6 = abi.scalar %call "optimizer" : i64
  %7 = abi.scalar %call "nesterov" : i64
  return
}
