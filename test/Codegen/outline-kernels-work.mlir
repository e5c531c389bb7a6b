// A body carries its loop's part of the step, and no kernel does: equal loops of different layers share theirs.
// RUN: resnet-opt %s --resnet-outline-kernels | FileCheck %s

// CHECK:       func.func private @gradients_0(
// CHECK-SAME:    attributes {resnet.work = [{bytes = 8 : i64, bytes_per_image = 4 : i64, direction = "forward", flops = 2 : i64, name = "conv1"}]}
// CHECK:         call @[[SUM:kernel_[0-9]+]](
// CHECK:       func.func private @gradients_1(
// CHECK-SAME:    attributes {resnet.work = [{bytes = 8 : i64, bytes_per_image = 4 : i64, direction = "dx", flops = 2 : i64, name = "conv2"}]}
// CHECK:         call @[[SUM]](
// A loop that another op's tiles gave to a layer it was fused with is the layer's: it does the sums, whatever else is there of another layer's.
// CHECK:       func.func private @gradients_2(
// CHECK-SAME:    attributes {resnet.work = [{bytes = 8 : i64, bytes_per_image = 4 : i64, direction = "forward", flops = 2 : i64, name = "conv1"}]}
// Of a layer's fill alone nothing is told: it may start anyone's sum.
// CHECK:       func.func private @gradients_3(
// CHECK-SAME:    attributes {resnet.work = [{bytes = 0 : i64, bytes_per_image = 0 : i64, direction = "other", flops = 0 : i64, name = "ReLU"}]}
// CHECK:       func.func private @gradients_4(
// CHECK-NOT:     resnet.work
// A loop with the sums of two layers belongs to both.
// CHECK:       func.func private @gradients_5(
// CHECK-SAME:    resnet.work = [{{.*}}name = "conv1"}, {{.*}}name = "conv2"}]}
// CHECK:       func.func private @[[SUM]](
// CHECK-NOT:     resnet.work
#map = affine_map<(i) -> (i)>
#sum = affine_map<(i, j) -> (i)>
#summed = affine_map<(i, j) -> (j)>
#conv1 = {name = "conv1", direction = "forward", flops = 2 : i64, bytes_per_image = 4 : i64, bytes = 8 : i64}
#conv2 = {name = "conv2", direction = "dx", flops = 2 : i64, bytes_per_image = 4 : i64, bytes = 8 : i64}
#relu = {name = "ReLU", direction = "other", flops = 0 : i64, bytes_per_image = 0 : i64, bytes = 0 : i64}
func.func @gradients(%call: !llvm.ptr) {
  %zero = arith.constant 0.0 : f32
  %a = abi.buffer %call "trained" : memref<32xf32>
  %b = abi.buffer %call "gradients" : memref<32xf32>
  scf.forall (%i) in (3) {
    linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel"]} ins(%b : memref<32xf32>) outs(%a : memref<32xf32>) {
    ^bb0(%x: f32, %o: f32):
      %q = arith.addf %x, %o : f32
      linalg.yield %q : f32
    } loc(fused<#conv1>["conv1"])
  } loc(fused<#conv1>["conv1"])
  scf.forall (%i) in (3) {
    linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel"]} ins(%a : memref<32xf32>) outs(%b : memref<32xf32>) {
    ^bb0(%x: f32, %o: f32):
      %q = arith.addf %x, %o : f32
      linalg.yield %q : f32
    } loc(fused<#conv2>["conv2"])
  } loc(fused<#conv2>["conv2"])
  scf.forall (%i) in (3) {
    %part = memref.subview %b[0] [32] [1] : memref<32xf32> to memref<32xf32> loc(fused<#conv2>["conv2"])
    linalg.generic {indexing_maps = [#summed, #sum], iterator_types = ["parallel", "reduction"]} ins(%part : memref<32xf32>) outs(%a : memref<32xf32>) {
    ^bb0(%x: f32, %o: f32):
      %q = arith.addf %x, %o : f32
      linalg.yield %q : f32
    } loc(fused<#conv1>["conv1"])
  } loc(fused<#relu>["relu"])
  scf.forall (%i) in (3) {
    linalg.fill ins(%zero : f32) outs(%a : memref<32xf32>) loc(fused<#conv1>["conv1"])
  } loc(fused<#relu>["relu"])
  scf.forall (%i) in (3) {
    linalg.fill ins(%zero : f32) outs(%b : memref<32xf32>)
  }
  scf.forall (%i) in (3) {
    linalg.generic {indexing_maps = [#summed, #sum], iterator_types = ["parallel", "reduction"]} ins(%b : memref<32xf32>) outs(%a : memref<32xf32>) {
    ^bb0(%x: f32, %o: f32):
      %q = arith.addf %x, %o : f32
      linalg.yield %q : f32
    } loc(fused<#conv1>["conv1"])
    linalg.generic {indexing_maps = [#summed, #sum], iterator_types = ["parallel", "reduction"]} ins(%a : memref<32xf32>) outs(%b : memref<32xf32>) {
    ^bb0(%x: f32, %o: f32):
      %q = arith.addf %x, %o : f32
      linalg.yield %q : f32
    } loc(fused<#conv2>["conv2"])
  } loc(fused<#relu>["add"])
  return
}
