// Lanes are a descriptor with half the strides, a dot product is the instruction's intrinsic.
// RUN: resnet-opt %s -split-input-file -verify-diagnostics --resnet-packed-to-llvm | FileCheck %s --implicit-check-not=packed.

// CHECK-LABEL: func.func @view(
// CHECK-SAME:    %[[X:.*]]: memref<?x32xbf16, strided<[?, 1], offset: ?>>)
// CHECK:       %[[D:.*]] = builtin.unrealized_conversion_cast %[[X]]
// CHECK:       %[[TWO:.*]] = llvm.mlir.constant(2 : i64)
// CHECK:       %[[OFFSET:.*]] = llvm.extractvalue %[[D]][2]
// CHECK:       %[[HALF:.*]] = llvm.udiv %[[OFFSET]], %[[TWO]]
// CHECK:       llvm.insertvalue %[[HALF]], %{{.*}}[2]
// CHECK:       %[[ROWS:.*]] = llvm.extractvalue %[[D]][3, 0]
// CHECK:       llvm.insertvalue %[[ROWS]], %{{.*}}[3, 0]
// CHECK:       %[[STRIDE:.*]] = llvm.extractvalue %[[D]][4, 0]
// CHECK:       %[[LANES:.*]] = llvm.udiv %[[STRIDE]], %[[TWO]]
// CHECK:       llvm.insertvalue %[[LANES]], %{{.*}}[4, 0]
// CHECK:       %[[SIXTEEN:.*]] = llvm.mlir.constant(16 : i64)
// CHECK:       llvm.insertvalue %[[SIXTEEN]], %{{.*}}[3, 1]
// CHECK:       builtin.unrealized_conversion_cast {{.*}} to memref<?x16xi32, strided<[?, 1], offset: ?>>
func.func @view(%x: memref<?x32xbf16, strided<[?, 1], offset: ?>>) -> memref<?x16xi32, strided<[?, 1], offset: ?>> {
  %v = packed.view %x : memref<?x32xbf16, strided<[?, 1], offset: ?>> to memref<?x16xi32, strided<[?, 1], offset: ?>>
  return %v : memref<?x16xi32, strided<[?, 1], offset: ?>>
}

// CHECK-LABEL: func.func @dot(
// CHECK-SAME:    %[[A:.*]]: vector<16xi32>, %[[B:.*]]: vector<16xi32>, %[[S:.*]]: vector<16xf32>
// CHECK-NEXT:  %[[X:.*]] = llvm.bitcast %[[A]] : vector<16xi32> to vector<32xbf16>
// CHECK-NEXT:  %[[Y:.*]] = llvm.bitcast %[[B]] : vector<16xi32> to vector<32xbf16>
// CHECK-NEXT:  llvm.call_intrinsic "llvm.x86.avx512bf16.dpbf16ps.512"(%[[S]], %[[X]], %[[Y]])
func.func @dot(%a: vector<16xi32>, %b: vector<16xi32>, %s: vector<16xf32>) -> vector<16xf32> {
  %r = packed.dot %a, %b, %s : vector<16xi32>, vector<16xf32>
  return %r : vector<16xf32>
}

// Registers of half the size.
// CHECK-LABEL: func.func @narrow(
// CHECK:       "llvm.x86.avx512bf16.dpbf16ps.256"
func.func @narrow(%a: vector<8xi32>, %s: vector<8xf32>) -> vector<8xf32> {
  %r = packed.dot %a, %a, %s : vector<8xi32>, vector<8xf32>
  return %r : vector<8xf32>
}

// Four bytes in a lane.
// CHECK-LABEL: func.func @quads(
// CHECK:       %[[FOUR:.*]] = llvm.mlir.constant(4 : i64)
// CHECK:       llvm.udiv %{{.*}}, %[[FOUR]]
// CHECK:       builtin.unrealized_conversion_cast {{.*}} to memref<?x8xi32, strided<[?, 1], offset: ?>>
func.func @quads(%x: memref<?x32xi8, strided<[?, 1], offset: ?>>) -> memref<?x8xi32, strided<[?, 1], offset: ?>> {
  %v = packed.view %x : memref<?x32xi8, strided<[?, 1], offset: ?>> to memref<?x8xi32, strided<[?, 1], offset: ?>>
  return %v : memref<?x8xi32, strided<[?, 1], offset: ?>>
}

// CHECK-LABEL: func.func @bytes(
// CHECK-SAME:    %[[A:.*]]: vector<16xi32>, %[[B:.*]]: vector<16xi32>, %[[S:.*]]: vector<16xi32>
// CHECK-NEXT:  %[[X:.*]] = llvm.bitcast %[[A]] : vector<16xi32> to vector<64xi8>
// CHECK-NEXT:  %[[Y:.*]] = llvm.bitcast %[[B]] : vector<16xi32> to vector<64xi8>
// CHECK-NEXT:  llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.512"(%[[S]], %[[X]], %[[Y]])
func.func @bytes(%a: vector<16xi32>, %b: vector<16xi32>, %s: vector<16xi32>) -> vector<16xi32> {
  %r = packed.dot %a, %b, %s : vector<16xi32>, vector<16xi32>
  return %r : vector<16xi32>
}

// CHECK-LABEL: func.func @quantize(
// CHECK-SAME:    %[[V:.*]]: vector<16xf32>, %[[W:.*]]: f32
// CHECK:       %[[P:.*]] = llvm.intr.maxnum(%[[V]], %{{.*}})
// CHECK-NEXT:  %[[I:.*]] = llvm.intr.lrint(%[[P]]) : (vector<16xf32>) -> vector<16xi32>
// CHECK:       %[[U:.*]] = llvm.intr.umin(%[[I]], %{{.*}})
// CHECK-NEXT:  llvm.trunc %[[U]] : vector<16xi32> to vector<16xi8>
// CHECK:       llvm.trunc %{{.*}} : i32 to i8
func.func @quantize(%v: vector<16xf32>, %w: f32) -> (vector<16xi8>, i8) {
  %q = packed.quantize %v : vector<16xf32> to vector<16xi8>
  %r = packed.quantize %w : f32 to i8
  return %q, %r : vector<16xi8>, i8
}

// -----

func.func @scalar(%a: i32, %s: f32) -> f32 {
  // expected-error @+1 {{expected a vector of 4, 8 or 16 lanes, got 'f32'}}
  %r = packed.dot %a, %a, %s : i32, f32
  return %r : f32
}
