// Every example of WinogradOps.td, word for word, parses, verifies and prints to what parses to the same again.
// RUN: %python %S/Inputs/examples_match.py %S/../../compiler/IR/WinogradOps.td %s
// RUN: resnet-opt %s -o %t.1
// RUN: resnet-opt %t.1 -o %t.2
// RUN: diff %t.1 %t.2
// RUN: FileCheck %s < %t.1

// CHECK-LABEL: func.func @filter
func.func @filter(%w: tensor<4x2x3x3x32x32xf32>, %e: tensor<4x36x65x32xf32>) {
  // CHECK: winograd.filter {cover = array<i64: 4, 4>} ins(%{{.*}} : tensor<4x2x3x3x32x32xf32>) outs(%{{.*}} : tensor<4x36x65x32xf32>) -> tensor<4x36x65x32xf32>
  %u = winograd.filter {cover = array<i64: 4, 4>} ins(%w : tensor<4x2x3x3x32x32xf32>) outs(%e : tensor<4x36x65x32xf32>) -> tensor<4x36x65x32xf32>
  return
}
// CHECK-LABEL: func.func @conv
func.func @conv(%x: tensor<?x2x16x16x32xf32>, %u: tensor<4x36x65x32xf32>, %e: tensor<?x4x14x14x32xf32>) {
  // CHECK: winograd.conv {cover = array<i64: 4, 4>, images = 2 : i64} ins(
  %y = winograd.conv {images = 2, cover = array<i64: 4, 4>} ins(%x, %u : tensor<?x2x16x16x32xf32>, tensor<4x36x65x32xf32>)
         outs(%e : tensor<?x4x14x14x32xf32>) -> tensor<?x4x14x14x32xf32>
  return
}
// CHECK-LABEL: func.func @conv_dw
func.func @conv_dw(%x: tensor<?x2x16x16x32xf32>, %dy: tensor<?x4x14x14x32xf32>, %e: tensor<8x4x2x3x3x32x32xf32>) {
  // CHECK: winograd.conv_dw {images = 6 : i64, rows = 4 : i64} ins(
  %dw = winograd.conv_dw {images = 6, rows = 4} ins(%x, %dy : tensor<?x2x16x16x32xf32>, tensor<?x4x14x14x32xf32>)
          outs(%e : tensor<8x4x2x3x3x32x32xf32>) -> tensor<8x4x2x3x3x32x32xf32>
  return
}
// CHECK-LABEL: func.func @stem
func.func @stem(%x: tensor<?x229x690xf32>, %w: tensor<2x7x7x3x32xf32>, %e: tensor<?x2x112x112x32xf32>) {
  // CHECK: winograd.stem ins(
  %y = winograd.stem ins(%x, %w : tensor<?x229x690xf32>, tensor<2x7x7x3x32xf32>) outs(%e : tensor<?x2x112x112x32xf32>) -> tensor<?x2x112x112x32xf32>
  return
}
