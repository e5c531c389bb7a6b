// Each precision's function prepares what it alone reads, and what both do.
// RUN: resnet-opt %s -split-input-file --resnet-split-prepare | FileCheck %s

// CHECK:       resnet.slot @mine "prepare" only "features" : tensor<8xf32>
// CHECK:       resnet.slot @plain "prepare" only "features_f32" : tensor<8xf32>
// CHECK:       resnet.slot @counted "prepare" only "features_f32" : tensor<8xf32>
// CHECK:       resnet.slot @both "prepare" : tensor<8xf32>
// CHECK:       resnet.slot @head "prepare" : tensor<8xf32>
// CHECK-LABEL: func.func @prepare()
// CHECK-DAG:   resnet.read @a
// CHECK-DAG:   resnet.write @mine
// CHECK-DAG:   resnet.write @both
// CHECK-DAG:   resnet.write @head
// CHECK-NOT:   resnet.read @b
// CHECK-NOT:   resnet.write
// CHECK:       return
// CHECK-LABEL: func.func @prepare_f32()
// CHECK:       resnet.write @plain
// CHECK:       resnet.write @counted
// CHECK:       resnet.write @both
// CHECK:       resnet.write @head
// CHECK-NOT:   resnet.write
// CHECK:       return
resnet.parameter @a "bn_bias" : tensor<8xf32>
resnet.parameter @b "bn_bias" : tensor<8xf32>
resnet.slot @mine "prepare" : tensor<8xf32>
resnet.slot @plain "prepare" : tensor<8xf32>
resnet.slot @counted "prepare" : tensor<8xf32>
resnet.slot @both "prepare" : tensor<8xf32>
resnet.slot @head "prepare" : tensor<8xf32>
func.func @prepare() {
  %a = resnet.read @a : tensor<8xf32>
  resnet.write @mine, %a : tensor<8xf32>
  %b = resnet.read @b : tensor<8xf32>
  resnet.write @plain, %b : tensor<8xf32>
  resnet.write @counted, %b : tensor<8xf32>
  resnet.write @both, %a : tensor<8xf32>
  resnet.write @head, %a : tensor<8xf32>
  return
}
func.func @features(%x: tensor<?x8x4x4xf32>) -> tensor<?x8x4x4xf32> {
  %m = resnet.read @mine : tensor<8xf32>
  %b = resnet.read @both : tensor<8xf32>
  %y = resnet.scale_shift %x, %m shift(%b : tensor<8xf32>) : tensor<?x8x4x4xf32>, tensor<8xf32>
  return %y : tensor<?x8x4x4xf32>
}
func.func @features_f32(%x: tensor<?x8x4x4xf32>) -> tensor<?x8x4x4xf32> {
  %m = resnet.read @plain : tensor<8xf32>
  %b = resnet.read @both : tensor<8xf32>
  %y = resnet.scale_shift %x, %m shift(%b : tensor<8xf32>) : tensor<?x8x4x4xf32>, tensor<8xf32>
  return %y : tensor<?x8x4x4xf32>
}
func.func @calibrate(%x: tensor<?x8x4x4xf32>) -> tensor<?x8x4x4xf32> {
  %m = resnet.read @counted : tensor<8xf32>
  %b = resnet.read @both : tensor<8xf32>
  %y = resnet.scale_shift %x, %m shift(%b : tensor<8xf32>) : tensor<?x8x4x4xf32>, tensor<8xf32>
  return %y : tensor<?x8x4x4xf32>
}
func.func @logits(%x: tensor<?x8x4x4xf32>) -> tensor<?x8x4x4xf32> {
  %m = resnet.read @head : tensor<8xf32>
  %y = resnet.scale_shift %x, %m : tensor<?x8x4x4xf32>, tensor<8xf32>
  return %y : tensor<?x8x4x4xf32>
}

// -----

// With one precision there is nothing to split.
// CHECK-LABEL: func.func @prepare()
// CHECK-NOT:   @prepare_f32
func.func @prepare() { return }
