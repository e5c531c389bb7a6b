// Pads around an activation: whoever defines it writes its interior and fills its halo, as wide as its readers want, in
// one tensor.
// RUN: resnet-opt %s --split-input-file --resnet-to-linalg --mlir-print-local-scope | FileCheck %s

// The producer writes into the middle of four strips of zeros; no copy lies between it and the convolution.
// CHECK-LABEL: func.func @producer_fills(
// CHECK:       %[[X:.*]] = bufferization.to_tensor
// CHECK:       %[[WHOLE0:.*]] = tensor.empty(%{{.*}}) : tensor<?x1x7x9x32xf32>
// CHECK:       %[[TOP:.*]] = tensor.extract_slice %[[WHOLE0]][0, 0, 0, 0, 0] [%{{.*}}, 1, 1, 9, 32] [1, 1, 1, 1, 1]
// CHECK:       %[[ZERO:.*]] = arith.constant 0.000000e+00 : f32
// CHECK:       %[[TOP0:.*]] = linalg.fill {resnet.tile = {{.*}} ins(%[[ZERO]] : f32) outs(%[[TOP]] :
// CHECK:       %[[WHOLE1:.*]] = tensor.insert_slice %[[TOP0]] into %[[WHOLE0]][0, 0, 0, 0, 0] [%{{.*}}, 1, 1, 9, 32] [1, 1, 1, 1, 1]
// CHECK:       tensor.extract_slice %[[WHOLE1]][0, 0, 6, 0, 0] [%{{.*}}, 1, 1, 9, 32] [1, 1, 1, 1, 1]
// CHECK:       linalg.fill
// CHECK:       tensor.extract_slice %{{.*}}[0, 0, 1, 0, 0] [%{{.*}}, 1, 5, 1, 32] [1, 1, 1, 1, 1]
// CHECK:       linalg.fill
// CHECK:       tensor.extract_slice %{{.*}}[0, 0, 1, 8, 0] [%{{.*}}, 1, 5, 1, 32] [1, 1, 1, 1, 1]
// CHECK:       %[[RIGHT:.*]] = linalg.fill
// CHECK:       %[[WHOLE:.*]] = tensor.insert_slice %[[RIGHT]]
// CHECK:       %[[INTERIOR:.*]] = tensor.extract_slice %[[WHOLE]][0, 0, 1, 1, 0] [%{{.*}}, 1, 5, 7, 32] [1, 1, 1, 1, 1]
// CHECK-NEXT:  %[[RELU:.*]] = linalg.generic {{.*}} ins(%[[X]] : {{.*}}) outs(%[[INTERIOR]] :
// CHECK:         arith.maximumf
// CHECK:       %[[R:.*]] = tensor.insert_slice %[[RELU]] into %[[WHOLE]][0, 0, 1, 1, 0] [%{{.*}}, 1, 5, 7, 32] [1, 1, 1, 1, 1]
// CHECK-NOT:   linalg.generic
// CHECK:       linalg.generic {{.*}} ins(%[[R]], %{{.*}} : tensor<?x1x7x9x32xf32>
// CHECK:         arith.mulf
// CHECK:       return
resnet.parameter @w "conv_weight" : tensor<8x8x3x3xf32>
func.func @features() { return }
func.func @producer_fills(%x: tensor<?x8x5x7xf32>) -> tensor<?x8x5x7xf32> {
  %w = resnet.read @w : tensor<8x8x3x3xf32>
  %r = resnet.relu %x : tensor<?x8x5x7xf32>
  %y = resnet.conv2d %r, %w {stride = 1, padding = 1} : (tensor<?x8x5x7xf32>, tensor<8x8x3x3xf32>) -> tensor<?x8x5x7xf32>
  return %y : tensor<?x8x5x7xf32>
}

// -----

// Readers of different width: the halo is the widest one's; the others, dense ones too, read a part. Nothing is copied.
// CHECK-LABEL: func.func @widest(
// CHECK:         arith.maximumf
// CHECK:       %[[R:.*]] = tensor.insert_slice %{{.*}}[0, 0, 2, 2, 0] {{.*}} into tensor<?x1x9x11x32xf32>
// CHECK-NOT:   linalg.yield %in
// CHECK:       %[[NARROW:.*]] = tensor.extract_slice %[[R]][0, 0, 1, 1, 0] [%{{.*}}, 1, 7, 9, 32] [1, 1, 1, 1, 1]
// CHECK-NOT:   linalg.yield %in
// CHECK:       linalg.generic {{.*}} ins(%[[NARROW]], %{{.*}} : tensor<?x1x7x9x32xf32>, tensor<1x1x3x3x32x32xf32>)
// CHECK-NOT:   linalg.yield %in
// CHECK:       linalg.generic {{.*}} ins(%[[R]], %{{.*}} : tensor<?x1x9x11x32xf32>, tensor<1x1x5x5x32x32xf32>)
// CHECK-NOT:   linalg.yield %in
// CHECK:       %[[DENSE:.*]] = tensor.extract_slice %[[R]][0, 0, 2, 2, 0] [%{{.*}}, 1, 5, 7, 32] [1, 1, 1, 1, 1]
// CHECK:       linalg.generic {{.*}} ins(%[[DENSE]], %{{.*}} :
// CHECK:       return
resnet.parameter @w3 "conv_weight" : tensor<8x8x3x3xf32>
resnet.parameter @w5 "conv_weight" : tensor<8x8x5x5xf32>
func.func @features() { return }
func.func @widest(%x: tensor<?x8x5x7xf32>) -> tensor<?x8x5x7xf32> {
  %w3 = resnet.read @w3 : tensor<8x8x3x3xf32>
  %w5 = resnet.read @w5 : tensor<8x8x5x5xf32>
  %r = resnet.relu %x : tensor<?x8x5x7xf32>
  %a = resnet.conv2d %r, %w3 {stride = 1, padding = 1} : (tensor<?x8x5x7xf32>, tensor<8x8x3x3xf32>) -> tensor<?x8x5x7xf32>
  %b = resnet.conv2d %r, %w5 {stride = 1, padding = 2} : (tensor<?x8x5x7xf32>, tensor<8x8x5x5xf32>) -> tensor<?x8x5x7xf32>
  %c = resnet.add %r, %a : tensor<?x8x5x7xf32>
  %d = resnet.add %b, %c : tensor<?x8x5x7xf32>
  return %d : tensor<?x8x5x7xf32>
}

// -----

// Zero pads win where a max pool reads beside a convolution; the pool makes a copy with the lowest number around it.
// CHECK-LABEL: func.func @disagree(
// CHECK-NOT:   0xFF800000
// CHECK:         arith.maximumf
// CHECK:       %[[R:.*]] = tensor.insert_slice %{{.*}}[0, 0, 1, 1, 0] {{.*}} into tensor<?x1x7x9x32xf32>
// CHECK:       linalg.generic {{.*}} ins(%[[R]], %{{.*}} : tensor<?x1x7x9x32xf32>, tensor<1x1x3x3x32x32xf32>)
// CHECK:       %[[LOWEST:.*]] = arith.constant 0xFF800000 : f32
// CHECK:       linalg.fill {{.*}} ins(%[[LOWEST]] : f32)
// CHECK:       %[[DENSE:.*]] = tensor.extract_slice %[[R]][0, 0, 1, 1, 0] [%{{.*}}, 1, 5, 7, 32] [1, 1, 1, 1, 1]
// CHECK:       %[[COPY:.*]] = linalg.generic {{.*}} ins(%[[DENSE]] :
// CHECK-NEXT:  ^bb0(%[[IN:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT:    linalg.yield %[[IN]]
// CHECK:       %[[POOLED:.*]] = tensor.insert_slice %[[COPY]] into
// CHECK:       linalg.generic {{.*}} ins(%[[POOLED]], %{{.*}} : tensor<?x1x7x9x32xf32>, tensor<3x3xf32>)
// CHECK:         arith.maximumf
// CHECK:       return
resnet.parameter @w "conv_weight" : tensor<8x8x3x3xf32>
func.func @features() { return }
func.func @disagree(%x: tensor<?x8x5x7xf32>) -> (tensor<?x8x5x7xf32>, tensor<?x8x5x7xf32>) {
  %w = resnet.read @w : tensor<8x8x3x3xf32>
  %r = resnet.relu %x : tensor<?x8x5x7xf32>
  %y = resnet.conv2d %r, %w {stride = 1, padding = 1} : (tensor<?x8x5x7xf32>, tensor<8x8x3x3xf32>) -> tensor<?x8x5x7xf32>
  %p = resnet.max_pool %r {kernel = 3, stride = 1, padding = 1} : tensor<?x8x5x7xf32> -> tensor<?x8x5x7xf32>
  return %y, %p : tensor<?x8x5x7xf32>, tensor<?x8x5x7xf32>
}

// -----

// A record has no halo. The first reader that wants one copies it, the second finds that copy.
// CHECK-LABEL: func.func @record(
// CHECK:       %[[RECORD:.*]] = bufferization.to_tensor
// CHECK:       %[[COPY:.*]] = linalg.generic {{.*}} ins(%[[RECORD]] :
// CHECK-NEXT:  ^bb0(%[[IN:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT:    linalg.yield %[[IN]]
// CHECK:       %[[X:.*]] = tensor.insert_slice %[[COPY]] into {{.*}} into tensor<?x1x7x9x32xf32>
// CHECK-NOT:   ins(%[[RECORD]] :
// CHECK:       linalg.generic {{.*}} ins(%[[X]], %{{.*}} : tensor<?x1x7x9x32xf32>, tensor<1x1x3x3x32x32xf32>)
// CHECK-NOT:   ins(%[[RECORD]] :
// CHECK:       linalg.generic {{.*}} ins(%[[X]], %{{.*}} : tensor<?x1x7x9x32xf32>, tensor<1x1x3x3x32x32xf32>)
// CHECK:       return
resnet.parameter @w "conv_weight" : tensor<8x8x3x3xf32>
func.func @features() { return }
func.func @record(%x: tensor<?x8x5x7xf32>) -> tensor<?x8x5x7xf32> {
  %w = resnet.read @w : tensor<8x8x3x3xf32>
  %a = resnet.conv2d %x, %w {stride = 1, padding = 1} : (tensor<?x8x5x7xf32>, tensor<8x8x3x3xf32>) -> tensor<?x8x5x7xf32>
  %b = resnet.conv2d %x, %w {stride = 1, padding = 1} : (tensor<?x8x5x7xf32>, tensor<8x8x3x3xf32>) -> tensor<?x8x5x7xf32>
  %c = resnet.add %a, %b : tensor<?x8x5x7xf32>
  return %c : tensor<?x8x5x7xf32>
}

// -----

// Where the last window ends inside the plane there is no halo behind it: 6 rows, windows of 3 at -1, 1 and 3. Where it ends
// beyond, there is: 7 columns, the last window from 5 to 7.
// CHECK-LABEL: func.func @no_farther_than_the_last_window(
// CHECK:       tensor.empty(%{{.*}}) : tensor<?x1x7x9x32xf32>
// CHECK:       tensor.extract_slice %{{.*}}[0, 0, 0, 0, 0] [%{{.*}}, 1, 1, 9, 32]
// CHECK:       linalg.fill
// CHECK:       tensor.extract_slice %{{.*}}[0, 0, 1, 0, 0] [%{{.*}}, 1, 6, 1, 32]
// CHECK:       linalg.fill
// CHECK:       tensor.extract_slice %{{.*}}[0, 0, 1, 8, 0] [%{{.*}}, 1, 6, 1, 32]
// CHECK:       linalg.fill
// CHECK-NOT:   linalg.fill
// CHECK:         arith.maximumf
// CHECK:       return
resnet.parameter @w "conv_weight" : tensor<8x8x3x3xf32>
func.func @features() { return }
func.func @no_farther_than_the_last_window(%x: tensor<?x8x6x7xf32>) -> tensor<?x8x3x4xf32> {
  %w = resnet.read @w : tensor<8x8x3x3xf32>
  %r = resnet.relu %x : tensor<?x8x6x7xf32>
  %y = resnet.conv2d %r, %w {stride = 2, padding = 1} : (tensor<?x8x6x7xf32>, tensor<8x8x3x3xf32>) -> tensor<?x8x3x4xf32>
  return %y : tensor<?x8x3x4xf32>
}
