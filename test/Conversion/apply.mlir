// @apply: one step of sgd, adam or adamw, chosen by the call, over the flat buffers. Formulas are PyTorch's, to the order
// of operations.
// RUN: resnet-opt %s --resnet-to-linalg --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: func.func @apply(
// CHECK-SAME:    %[[CALL:.*]]: !llvm.ptr)
// CHECK:       %[[P:.*]] = abi.buffer %[[CALL]] "trained" : memref<1026x32xf32>
// CHECK-NEXT:  %[[G:.*]] = abi.buffer %[[CALL]] "gradients" : memref<1026x32xf32>
// CHECK-NEXT:  %[[S1:.*]] = abi.buffer %[[CALL]] "state1" : memref<1026x32xf32>
// CHECK-NEXT:  %[[S2:.*]] = abi.buffer %[[CALL]] "state2" : memref<1026x32xf32>
// CHECK:       %[[CODE:.*]] = abi.scalar %[[CALL]] "optimizer" : i64
// CHECK:       %[[SGD:.*]] = arith.cmpi eq, %[[CODE]], %c0_i64
// CHECK-NEXT:  scf.if %[[SGD]] {
// CHECK:         %[[NESTEROV64:.*]] = abi.scalar %[[CALL]] "nesterov" : i64
// CHECK:         %[[NESTEROV:.*]] = arith.cmpi ne, %[[NESTEROV64]], %{{.*}}

// In parallel over chunks of fixed size, all of the buffer; in each the blocks that it shares with each row.
// CHECK:         scf.forall (%[[CHUNK:.*]]) in (3) {
// CHECK:           %[[BEGIN:.*]] = arith.muli %[[CHUNK]], %c512
// CHECK:           %[[END:.*]] = arith.addi %[[BEGIN]], %c512
// CHECK:           %[[COUNT64:.*]] = abi.scalar %[[CALL]] "row_count" : i64
// CHECK:           %[[COUNT:.*]] = arith.index_cast %[[COUNT64]]
// CHECK:           %[[ROWS:.*]] = abi.buffer %[[CALL]] "rows"[%[[COUNT]]] : memref<?x5xi64>
// CHECK:           scf.for %[[ROW:.*]] = %{{.*}} to %[[COUNT]] step
// CHECK:             %[[W0:.*]] = memref.load %[[ROWS]][%[[ROW]], %c0
// CHECK:             %[[OFFSET:.*]] = arith.divui %[[W0]], %c32_i64
// CHECK:             %[[FIRST:.*]] = arith.index_cast %[[OFFSET]]
// CHECK:             %[[W1:.*]] = memref.load %[[ROWS]][%[[ROW]], %c1
// CHECK:             %[[SIZE:.*]] = arith.divui %[[W1]], %c32_i64
// CHECK:             %[[BLOCKS:.*]] = arith.index_cast %[[SIZE]]
// CHECK:             %[[W2:.*]] = memref.load %[[ROWS]][%[[ROW]], %c2
// CHECK:             %[[F2:.*]] = arith.bitcast %[[W2]] : i64 to f64
// CHECK:             %[[RATE:.*]] = arith.truncf %[[F2]]
// CHECK:             %[[W3:.*]] = memref.load %[[ROWS]][%[[ROW]], %c3
// CHECK:             %[[F3:.*]] = arith.bitcast %[[W3]] : i64 to f64
// CHECK:             %[[MOMENTUM:.*]] = arith.truncf %[[F3]]
// CHECK:             %[[W4:.*]] = memref.load %[[ROWS]][%[[ROW]], %c4
// CHECK:             %[[F4:.*]] = arith.bitcast %[[W4]] : i64 to f64
// CHECK:             %[[DECAY:.*]] = arith.truncf %[[F4]]
// CHECK:             %[[FROM:.*]] = arith.maxui %[[BEGIN]], %[[FIRST]]
// CHECK-NEXT:        %[[ROW_END:.*]] = arith.addi %[[FIRST]], %[[BLOCKS]]
// CHECK-NEXT:        %[[LAST:.*]] = arith.minui %[[END]], %[[ROW_END]]
// CHECK-NEXT:        %[[TO:.*]] = arith.maxui %[[FROM]], %[[LAST]]
// CHECK:             scf.for %[[BLOCK:.*]] = %[[FROM]] to %[[TO]] step

// CHECK-NEXT:          %[[P1:.*]] = memref.subview %[[P]][%[[BLOCK]], 0] [1, 32] [1, 1]
// CHECK-NEXT:          %[[S11:.*]] = memref.subview %[[S1]][%[[BLOCK]], 0] [1, 32] [1, 1]
// CHECK-NEXT:          %[[G1:.*]] = memref.subview %[[G]][%[[BLOCK]], 0] [1, 32] [1, 1]
// CHECK-NEXT:          linalg.generic {{.*}} ins(%[[G1]] : {{.*}}) outs(%[[P1]], %[[S11]] :
// CHECK-NEXT:          ^bb0(%[[GRADIENT:.*]]: f32, %[[VALUE:.*]]: f32, %[[BUFFER:.*]]: f32):
// CHECK-NEXT:            %[[DECAYED:.*]] = arith.mulf %[[DECAY]], %[[VALUE]]
// CHECK-NEXT:            %[[G2:.*]] = arith.addf %[[GRADIENT]], %[[DECAYED]]
// CHECK-NEXT:            %[[CARRIED:.*]] = arith.mulf %[[MOMENTUM]], %[[BUFFER]]
// CHECK-NEXT:            %[[NEXT:.*]] = arith.addf %[[CARRIED]], %[[G2]]
// CHECK-NEXT:            %[[LOOK:.*]] = arith.mulf %[[MOMENTUM]], %[[NEXT]]
// CHECK-NEXT:            %[[AHEAD:.*]] = arith.addf %[[G2]], %[[LOOK]]
// CHECK-NEXT:            %[[STEP:.*]] = arith.select %[[NESTEROV]], %[[AHEAD]], %[[NEXT]]
// CHECK-NEXT:            %[[BY:.*]] = arith.mulf %[[RATE]], %[[STEP]]
// CHECK-NEXT:            %[[NEW:.*]] = arith.subf %[[VALUE]], %[[BY]]
// CHECK-NEXT:            linalg.yield %[[NEW]], %[[NEXT]]

// adam and adamw; corrections 1 - beta^(step + 1) in double.
// CHECK:       } else {
// CHECK:         %[[ADAMW:.*]] = arith.cmpi eq, %[[CODE]], %c2_i64
// CHECK:         %[[STEP:.*]] = abi.scalar %[[CALL]] "step" : i64
// CHECK:         %[[T:.*]] = arith.addi %[[STEP]], %c1_i64
// CHECK:         arith.sitofp %[[T]] : i64 to f64
// CHECK:         arith.constant 9.000000e-01 : f64
// CHECK:         math.powf
// CHECK:         %[[C1:.*]] = arith.subf
// CHECK:         %[[BIAS1:.*]] = arith.truncf %[[C1]]
// CHECK:         arith.constant 0.99899999999999999 : f64
// CHECK:         math.powf
// CHECK:         %[[C2:.*]] = arith.subf
// CHECK:         %[[ROOT2:.*]] = math.sqrt %[[C2]]
// CHECK:         %[[BIAS2:.*]] = arith.truncf %[[ROOT2]]
// CHECK-DAG:     %[[ONE:.*]] = arith.constant 1.000000e+00 : f32
// CHECK-DAG:     %[[ZERO:.*]] = arith.constant 0.000000e+00 : f32
// CHECK-DAG:     %[[BETA2:.*]] = arith.constant 9.990000e-01 : f32
// CHECK-DAG:     %[[EPSILON:.*]] = arith.constant 9.99999993E-9 : f32
// CHECK-DAG:     %[[TAKE1:.*]] = arith.constant 1.000000e-01 : f32
// CHECK-DAG:     %[[TAKE2:.*]] = arith.constant 1.000000e-03 : f32
// CHECK:         scf.forall (%{{.*}}) in (3) {
// CHECK:             memref.load %{{.*}}[%{{.*}}, %c2
// CHECK:             %[[RATE:.*]] = arith.truncf
// CHECK:             memref.load %{{.*}}[%{{.*}}, %c4
// CHECK:             %[[DECAY:.*]] = arith.truncf
// CHECK:               %[[SIZE:.*]] = arith.divf %[[RATE]], %[[BIAS1]]
// adamw shrinks the parameter, adam adds to the gradient.
// CHECK-NEXT:          %[[LOSES:.*]] = arith.mulf %[[RATE]], %[[DECAY]]
// CHECK-NEXT:          %[[SHRINK:.*]] = arith.subf %[[ONE]], %[[LOSES]]
// CHECK-NEXT:          %[[KEEP:.*]] = arith.select %[[ADAMW]], %[[SHRINK]], %[[ONE]]
// CHECK-NEXT:          %[[COUPLED:.*]] = arith.select %[[ADAMW]], %[[ZERO]], %[[DECAY]]
// CHECK:               linalg.generic
// CHECK-NEXT:          ^bb0(%[[GRADIENT:.*]]: f32, %[[VALUE:.*]]: f32, %[[M:.*]]: f32, %[[V:.*]]: f32):
// CHECK-NEXT:            %[[KEPT:.*]] = arith.mulf %[[VALUE]], %[[KEEP]]
// CHECK-NEXT:            %[[DECAYED:.*]] = arith.mulf %[[COUPLED]], %[[VALUE]]
// CHECK-NEXT:            %[[G2:.*]] = arith.addf %[[GRADIENT]], %[[DECAYED]]
// CHECK-NEXT:            %[[M0:.*]] = arith.subf %[[G2]], %[[M]]
// CHECK-NEXT:            %[[M1:.*]] = arith.mulf %[[TAKE1]], %[[M0]]
// CHECK-NEXT:            %[[M2:.*]] = arith.addf %[[M]], %[[M1]]
// CHECK-NEXT:            %[[V0:.*]] = arith.mulf %[[BETA2]], %[[V]]
// CHECK-NEXT:            %[[V1:.*]] = arith.mulf %[[G2]], %[[G2]]
// CHECK-NEXT:            %[[V2:.*]] = arith.mulf %[[TAKE2]], %[[V1]]
// CHECK-NEXT:            %[[V3:.*]] = arith.addf %[[V0]], %[[V2]]
// CHECK-NEXT:            %[[ROOT:.*]] = math.sqrt %[[V3]]
// CHECK-NEXT:            %[[ROOT1:.*]] = arith.divf %[[ROOT]], %[[BIAS2]]
// CHECK-NEXT:            %[[BELOW:.*]] = arith.addf %[[ROOT1]], %[[EPSILON]]
// CHECK-NEXT:            %[[RATIO:.*]] = arith.divf %[[M2]], %[[BELOW]]
// CHECK-NEXT:            %[[BY:.*]] = arith.mulf %[[SIZE]], %[[RATIO]]
// CHECK-NEXT:            %[[NEW:.*]] = arith.subf %[[KEPT]], %[[BY]]
// CHECK-NEXT:            linalg.yield %[[NEW]], %[[M2]], %[[V3]]
resnet.parameter @w "linear_weight" {trained} : tensor<32x1024xf32>
resnet.parameter @b "linear_bias" {trained} : tensor<40xf32>
func.func @features() { return }
