// A max pool that alone reads the stem computes it in its own tasks.
// RUN: resnet-opt %s --split-input-file --resnet-to-linalg --resnet-tile-and-fuse --mlir-print-local-scope | FileCheck %s

// A task is a strip of the pool's rows, the last one smaller: 16 = 7 + 7 + 2. The stem's rows that it reads, at most 15, go to a buffer of the thread's own, from
// row 2q - 1 of the plane on; the first strip has a pad for it, and no other has.
// CHECK-LABEL: func.func @features(
// CHECK:       scf.forall (%[[N:.*]], %[[K:.*]], %[[Q:.*]]) = (0, 0, 0) to (%{{.*}}, 2, 16) step (1, 1, 7) shared_outs(%[[OUT:.*]] = %{{.*}})
// CHECK:         %[[ROWS:.*]] = affine.min affine_map<(d0) -> (-d0 + 16, 7)>(%[[Q]])
// CHECK:         %[[READ:.*]] = affine.apply affine_map<(d0) -> (d0 * 2 + 1)>(%[[ROWS]])
// CHECK:         %[[FIRST:.*]] = affine.max affine_map<(d0) -> (d0 * 2 - 1, 0)>(%[[Q]])
// CHECK:         %[[PADS:.*]] = affine.apply affine_map<(d0, d1) -> (d0 - d1 * 2 + 1)>(%[[FIRST]], %[[Q]])
// CHECK:         %[[COUNT:.*]] = affine.min affine_map<(d0, d1, d2) -> (15, -d0 + d1 * 2 + d2 * 2, -d0 + 31)>(%[[FIRST]], %[[Q]], %[[ROWS]])
// CHECK:         memref.alloc() {resnet.per_thread} : memref<1x1x15x9x32xf32>
// CHECK:         tensor.extract_slice %{{.*}}[0, 0, 0, 0, 0] [1, 1, %[[READ]], 9, 32]
// Pads above, below, on the left, on the right.
// CHECK:         linalg.fill {{.*}} : tensor<1x1x?x9x32xf32>
// CHECK:         tensor.insert_slice {{.*}}[0, 0, 0, 0, 0] [1, 1, %[[PADS]], 9, 32]
// CHECK:         linalg.fill {{.*}} : tensor<1x1x?x9x32xf32>
// CHECK:         linalg.fill {{.*}} : tensor<1x1x?x1x32xf32>
// CHECK:         tensor.insert_slice {{.*}}[0, 0, %[[PADS]], 0, 0] [1, 1, %[[COUNT]], 1, 32]
// CHECK:         linalg.fill {{.*}} : tensor<1x1x?x1x32xf32>
// CHECK:         tensor.insert_slice {{.*}}[0, 0, %[[PADS]], 8, 0] [1, 1, %[[COUNT]], 1, 32]
// The stem, whose sums live in registers.
// CHECK:         %[[IMAGE:.*]] = affine.apply affine_map<(d0) -> (d0 * 2)>(%[[FIRST]])
// CHECK:         tensor.extract_slice %{{.*}}[%[[N]], %[[IMAGE]], 0] [1, %{{.*}}, 57]
// CHECK:         tensor.empty() : tensor<1x1x15x7x32xf32>
// CHECK:           arith.mulf
// CHECK:         linalg.generic {{.*}} outs(%{{.*}} : tensor<1x1x?x7x32xf32>) {
// CHECK:           arith.maximumf
// CHECK:         tensor.insert_slice {{.*}}[0, 0, %[[PADS]], 1, 0] [1, 1, %[[COUNT]], 7, 32]
// The pool.
// CHECK:         arith.maxui
// CHECK:         tensor.parallel_insert_slice %{{.*}} into %[[OUT]][%[[N]], %[[K]], %[[Q]], 0, 0] [1, 1, %[[ROWS]], 4, 32]
// CHECK-NOT:   scf.forall
// CHECK:       return
resnet.parameter @w "conv_weight" : tensor<64x3x7x7xf32>
resnet.parameter @a "bn_weight" : tensor<64xf32>
func.func @features(%images: tensor<?x3x61x13xf32>) -> tensor<?x64x16x4xf32> {
  %w = resnet.read @w : tensor<64x3x7x7xf32>
  %a = resnet.read @a : tensor<64xf32>
  %y = resnet.conv2d %images, %w scale(%a) shift(%a) {stride = 2, padding = 3, relu} : (tensor<?x3x61x13xf32>, tensor<64x3x7x7xf32>, tensor<64xf32>, tensor<64xf32>) -> tensor<?x64x31x7xf32>
  %p = resnet.max_pool %y {kernel = 3, stride = 2, padding = 1} : tensor<?x64x31x7xf32> -> tensor<?x64x16x4xf32>
  return %p : tensor<?x64x16x4xf32>
}

// -----

// What others read too is computed once, in a loop of its own.
// CHECK-LABEL: func.func @features(
// CHECK-NOT:   resnet.per_thread
// CHECK:       scf.forall (%{{.*}}) in (%{{.*}}, 2, 31)
// CHECK:           arith.mulf
// CHECK:       scf.forall (%{{.*}}) in (%{{.*}}, 2, 16)
// CHECK-NOT:       arith.mulf
// CHECK:           arith.maxui
// CHECK-NOT:   resnet.strip
// CHECK:       return
resnet.parameter @w "conv_weight" : tensor<64x3x7x7xf32>
resnet.parameter @a "bn_weight" : tensor<64xf32>
func.func @features(%images: tensor<?x3x61x13xf32>) -> (tensor<?x64x16x4xf32>, tensor<?x64x31x7xf32>) {
  %w = resnet.read @w : tensor<64x3x7x7xf32>
  %a = resnet.read @a : tensor<64xf32>
  %y = resnet.conv2d %images, %w scale(%a) shift(%a) {stride = 2, padding = 3, relu} : (tensor<?x3x61x13xf32>, tensor<64x3x7x7xf32>, tensor<64xf32>, tensor<64xf32>) -> tensor<?x64x31x7xf32>
  %p = resnet.max_pool %y {kernel = 3, stride = 2, padding = 1} : tensor<?x64x31x7xf32> -> tensor<?x64x16x4xf32>
  return %p, %y : tensor<?x64x16x4xf32>, tensor<?x64x31x7xf32>
}

// -----

// Training keeps winners, and the stem for its gradient.
// CHECK-LABEL: func.func @features(
// CHECK-NOT:   resnet.per_thread
// CHECK:       return
resnet.parameter @w "conv_weight" : tensor<64x3x7x7xf32>
resnet.parameter @a "bn_weight" : tensor<64xf32>
func.func @features(%images: tensor<?x3x61x13xf32>) -> tensor<?x64x31x7xf32> {
  %w = resnet.read @w : tensor<64x3x7x7xf32>
  %a = resnet.read @a : tensor<64xf32>
  %y = resnet.conv2d %images, %w scale(%a) shift(%a) {stride = 2, padding = 3, relu} : (tensor<?x3x61x13xf32>, tensor<64x3x7x7xf32>, tensor<64xf32>, tensor<64xf32>) -> tensor<?x64x31x7xf32>
  %p, %winner = resnet.max_pool %y {kernel = 3, stride = 2, padding = 1} : tensor<?x64x31x7xf32> -> tensor<?x64x16x4xf32>, tensor<?x64x16x4xi8>
  %dx = resnet.max_pool_grad %p, %winner {kernel = 3, stride = 2, padding = 1} : tensor<?x64x16x4xf32>, tensor<?x64x16x4xi8> -> tensor<?x64x31x7xf32>
  return %dx : tensor<?x64x31x7xf32>
}
