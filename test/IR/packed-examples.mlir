// Every example of PackedOps.td, word for word, parses, verifies and prints to what parses to the same again.
// RUN: %python %S/Inputs/examples_match.py %S/../../compiler/IR/PackedOps.td %s
// RUN: resnet-opt %s -o %t.1
// RUN: resnet-opt %t.1 -o %t.2
// RUN: diff %t.1 %t.2
// RUN: FileCheck %s < %t.1

// CHECK-LABEL: func.func @view
func.func @view(%x: tensor<?x2x58x58x32xbf16>, %y: tensor<?x2x58x58x32xi8>, %b: memref<4x32xbf16, strided<[64, 1], offset: 6>>) {
  // CHECK: packed.view %{{.*}} : tensor<?x2x58x58x32xbf16> to tensor<?x2x58x58x16xi32>
  %lanes = packed.view %x : tensor<?x2x58x58x32xbf16> to tensor<?x2x58x58x16xi32>
  // CHECK: packed.view %{{.*}} : tensor<?x2x58x58x32xi8> to tensor<?x2x58x58x8xi32>
  %quads = packed.view %y : tensor<?x2x58x58x32xi8> to tensor<?x2x58x58x8xi32>
  // CHECK: packed.view %{{.*}} : memref<4x32xbf16, strided<[64, 1], offset: 6>> to memref<4x16xi32, strided<[32, 1], offset: 3>>
  %v = packed.view %b : memref<4x32xbf16, strided<[64, 1], offset: 6>> to memref<4x16xi32, strided<[32, 1], offset: 3>>
  return
}
// CHECK-LABEL: func.func @dot
func.func @dot(%a: vector<16xi32>, %b: vector<16xi32>, %sum: vector<16xf32>, %total: vector<16xi32>) {
  // CHECK: packed.dot %{{.*}}, %{{.*}}, %{{.*}} : vector<16xi32>, vector<16xf32>
  %s = packed.dot %a, %b, %sum : vector<16xi32>, vector<16xf32>
  // CHECK: packed.dot %{{.*}}, %{{.*}}, %{{.*}} : vector<16xi32>, vector<16xi32>
  %t = packed.dot %a, %b, %total : vector<16xi32>, vector<16xi32>
  return
}
// CHECK-LABEL: func.func @quantize
func.func @quantize(%v: vector<16xf32>) {
  // CHECK: packed.quantize %{{.*}} : vector<16xf32> to vector<16xi8>
  %q = packed.quantize %v : vector<16xf32> to vector<16xi8>
  return
}
