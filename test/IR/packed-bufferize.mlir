// A view of a tensor in lanes becomes the view of its buffer: nothing is copied.
// RUN: resnet-opt %s -split-input-file -verify-diagnostics --one-shot-bufferize | FileCheck %s

// CHECK-LABEL: func.func @view(
// CHECK-SAME:    %[[X:.*]]: memref<4x36xbf16>
// CHECK:       %[[PART:.*]] = memref.subview %[[X]][1, 2] [2, 32] [1, 1] : memref<4x36xbf16> to memref<2x32xbf16, strided<[36, 1], offset: 38>>
// CHECK-NEXT:  %[[LANES:.*]] = packed.view %[[PART]] : memref<2x32xbf16, strided<[36, 1], offset: 38>> to memref<2x16xi32, strided<[18, 1], offset: 19>>
// CHECK-NEXT:  memref.load %[[LANES]]
// CHECK-NOT:   memref.copy
func.func @view(%x: memref<4x36xbf16>, %i: index) -> i32 {
  %t = bufferization.to_tensor %x restrict : memref<4x36xbf16> to tensor<4x36xbf16>
  %part = tensor.extract_slice %t[1, 2] [2, 32] [1, 1] : tensor<4x36xbf16> to tensor<2x32xbf16>
  %lanes = packed.view %part : tensor<2x32xbf16> to tensor<2x16xi32>
  %lane = tensor.extract %lanes[%i, %i] : tensor<2x16xi32>
  return %lane : i32
}

// -----

// Rows that begin in the middle of a pair.
func.func @odd(%x: memref<4x33xbf16>, %i: index) -> i32 {
  %t = bufferization.to_tensor %x restrict : memref<4x33xbf16> to tensor<4x33xbf16>
  %part = tensor.extract_slice %t[0, 0] [2, 32] [1, 1] : tensor<4x33xbf16> to tensor<2x32xbf16>
  // expected-error @+2 {{expected a buffer of whole lanes}}
  // expected-error @+1 {{failed to bufferize op}}
  %lanes = packed.view %part : tensor<2x32xbf16> to tensor<2x16xi32>
  %lane = tensor.extract %lanes[%i, %i] : tensor<2x16xi32>
  return %lane : i32
}
