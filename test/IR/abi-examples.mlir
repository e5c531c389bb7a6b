// Every example of AbiOps.td, word for word, parses, verifies and prints to what parses to the same again.
// RUN: %python %S/Inputs/examples_match.py %S/../../compiler/IR/AbiOps.td %s
// RUN: resnet-opt %s -o %t.1
// RUN: resnet-opt %t.1 -o %t.2
// RUN: diff %t.1 %t.2
// RUN: FileCheck %s < %t.1

// CHECK-LABEL: func.func @fields
func.func @fields(%call: !llvm.ptr) {
  // CHECK: %[[N64:.*]] = call @batch(
  // CHECK: %[[N:.*]] = arith.index_cast %[[N64]]
  // CHECK: abi.buffer %{{.*}} "images"[%[[N]]] : memref<?x224x672xf32>
  // CHECK: abi.buffer %{{.*}} "trained" : memref<10272xf32>
  %0 = func.call @batch(%call) : (!llvm.ptr) -> i64
  %n = arith.index_cast %0 : i64 to index
  %images = abi.buffer %call "images" [%n] : memref<?x224x672xf32>
  %trained = abi.buffer %call "trained" : memref<10272xf32>
  return
}
// CHECK-LABEL: func.func @batch
func.func @batch(%call: !llvm.ptr) -> i64 {
  // CHECK: abi.scalar %{{.*}} "batch" : i64
  %n = abi.scalar %call "batch" : i64
  return %n : i64
}
// CHECK-LABEL: func.func @worker
func.func @worker(%call: !llvm.ptr) {
  // CHECK: abi.worker %{{.*}}
  %t = abi.worker %call
  return
}
