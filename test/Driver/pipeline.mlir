// resnet-opt knows resnetc's pipeline by name: from any stage it gives the same functions of the seam.
// RUN: resnet-opt %s --resnet-to-llvm=mcpu=x86-64-v3 -o %t.forward
// RUN: FileCheck %s --check-prefixes=CHECK,V3 --input-file=%t.forward
// RUN: resnet-opt %s --resnet-freeze --resnet-differentiate \
// RUN:   | resnet-opt --resnet-to-llvm="from=gradients mcpu=x86-64-v3" -o %t.gradients
// RUN: diff %t.forward %t.gradients
// RUN: resnet-opt %s --resnet-freeze --resnet-differentiate --resnet-fold-batch-norm --resnet-fuse-epilogue --resnet-split \
// RUN:   | resnet-opt --resnet-to-llvm="from=split mcpu=x86-64-v3" -o %t.split
// RUN: diff %t.forward %t.split

// The CPU decides on vectors and fused operations.
// RUN: resnet-opt %s --resnet-to-llvm=mcpu=x86-64 | FileCheck %s --check-prefixes=CHECK,SSE
// RUN: resnet-opt %s --resnet-to-llvm=mcpu=x86-64-v4 | FileCheck %s --check-prefixes=CHECK,V4

// RUN: not resnet-opt %s --resnet-to-llvm=mcpu=i386 2>&1 | FileCheck %s --check-prefix=CPU
// RUN: not resnet-opt %s --resnet-to-llvm=from=end 2>&1 | FileCheck %s --check-prefix=FROM
// CPU: error: unknown CPU "i386"
// RUN: not resnet-opt %s --resnet-to-llvm="mcpu=x86-64-v3 precision=bf16" 2>&1 | FileCheck %s --check-prefix=BF16
// BF16: error: precision bf16 needs AVX-512 BF16, which x86-64-v3 has not
// RUN: not resnet-opt %s --resnet-to-llvm="mcpu=x86-64-v3 precision=int8" 2>&1 | FileCheck %s --check-prefix=INT8
// INT8: error: precision int8 needs AVX-512 VNNI, which x86-64-v3 has not
// FROM: Cannot find option named 'end'

resnet.parameter @conv1.weight "conv_weight" : tensor<8x3x3x3xf32>
resnet.parameter @fc.weight "linear_weight" {trained} : tensor<5x8xf32>
resnet.parameter @fc.bias "linear_bias" {trained} : tensor<5xf32>
func.func @forward(%images: tensor<?x3x6x6xf32>) -> tensor<?x5xf32> {
  %w = resnet.read @conv1.weight : tensor<8x3x3x3xf32>
  %x = resnet.conv2d %images, %w {stride = 1, padding = 1} : (tensor<?x3x6x6xf32>, tensor<8x3x3x3xf32>) -> tensor<?x8x6x6xf32>
  %r = resnet.relu %x : tensor<?x8x6x6xf32>
  %p = resnet.global_avg_pool %r : tensor<?x8x6x6xf32> -> tensor<?x8xf32>
  %fw = resnet.read @fc.weight : tensor<5x8xf32>
  %fb = resnet.read @fc.bias : tensor<5xf32>
  %y = resnet.linear %p, %fw, %fb : (tensor<?x8xf32>, tensor<5x8xf32>, tensor<5xf32>) -> tensor<?x5xf32>
  return %y : tensor<?x5xf32>
}

// CHECK-NOT: resnet.
// CHECK:     llvm.func @resnetc_parallel_for(!llvm.ptr, !llvm.ptr, i64)
// CHECK-DAG: llvm.func @features(%{{.*}}: !llvm.ptr)
// CHECK-DAG: llvm.func @gradients(%{{.*}}: !llvm.ptr)
// V3:        llvm.intr.fma({{.*}}vector<8xf32>
// V4:        llvm.intr.fma({{.*}}vector<16xf32>
// SSE-NOT:   llvm.intr.fma
// SSE:       llvm.fmul {{.*}} : vector<4xf32>
