// The gradient of a ReLU that a max pool reads is taken behind the pool, by what the pool gave.
// RUN: resnet-opt %s --resnet-mask-before-pool | FileCheck %s

// CHECK-LABEL: func.func @swapped(
// CHECK:       %[[P:.*]], %[[WINNER:.*]] = resnet.max_pool
// CHECK-NEXT:  %[[MASKED:.*]] = resnet.relu_grad %arg1, %[[P]] : tensor<?x8x3x3xf32>
// CHECK-NEXT:  %[[DX:.*]] = resnet.max_pool_grad %[[MASKED]], %[[WINNER]]
// CHECK-NOT:   resnet.relu_grad
// CHECK:       return %[[DX]]
func.func @swapped(%x: tensor<?x8x6x6xf32>, %dy: tensor<?x8x3x3xf32>) -> tensor<?x8x6x6xf32> {
  %y = resnet.relu %x : tensor<?x8x6x6xf32>
  %p, %winner = resnet.max_pool %y {kernel = 3, stride = 2, padding = 1} : tensor<?x8x6x6xf32> -> tensor<?x8x3x3xf32>, tensor<?x8x3x3xi8>
  %dp = resnet.max_pool_grad %dy, %winner {kernel = 3, stride = 2, padding = 1} : tensor<?x8x3x3xf32>, tensor<?x8x3x3xi8> -> tensor<?x8x6x6xf32>
  %dx = resnet.relu_grad %dp, %y : tensor<?x8x6x6xf32>
  return %dx : tensor<?x8x6x6xf32>
}

// Where something else read the ReLU, its gradient is no pool's alone.
// CHECK-LABEL: func.func @two_readers(
// CHECK:       %[[SUM:.*]] = resnet.add
// CHECK-NEXT:  resnet.relu_grad %[[SUM]]
func.func @two_readers(%x: tensor<?x8x6x6xf32>, %dy: tensor<?x8x3x3xf32>, %other: tensor<?x8x6x6xf32>) -> tensor<?x8x6x6xf32> {
  %y = resnet.relu %x : tensor<?x8x6x6xf32>
  %p, %winner = resnet.max_pool %y {kernel = 3, stride = 2, padding = 1} : tensor<?x8x6x6xf32> -> tensor<?x8x3x3xf32>, tensor<?x8x3x3xi8>
  %dp = resnet.max_pool_grad %dy, %winner {kernel = 3, stride = 2, padding = 1} : tensor<?x8x3x3xf32>, tensor<?x8x3x3xi8> -> tensor<?x8x6x6xf32>
  %sum = resnet.add %dp, %other : tensor<?x8x6x6xf32>
  %dx = resnet.relu_grad %sum, %y : tensor<?x8x6x6xf32>
  return %dx : tensor<?x8x6x6xf32>
}
