// Loss, hits and the gradient of the logits, over the 40 classes and not over the 24 pads behind them.
// RUN: resnet-opt %s --resnet-to-linalg --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: func.func @loss(
// CHECK:       %[[LABELS_BUFFER:.*]] = abi.buffer %{{.*}} "labels"[%{{.*}}] : memref<?xi64>
// CHECK:       %[[LABELS:.*]] = bufferization.to_tensor %[[LABELS_BUFFER]]
// CHECK:       %[[ROWS:.*]] = tensor.collapse_shape %{{.*}} {{\[\[}}0], [1, 2]] : tensor<?x2x32xf32> into tensor<?x64xf32>
// CHECK-NEXT:  %[[SCORES:.*]] = tensor.extract_slice %[[ROWS]][0, 0] [%{{.*}}, 40] [1, 1]

// The highest logit, exp(logit - highest), their sum, the sum of the logits, and the label's own logit.
// CHECK:       %[[LOWEST:.*]] = arith.constant 0xFF800000 : f32
// CHECK:       linalg.fill ins(%[[LOWEST]] : f32)
// CHECK:       %[[HIGHEST:.*]] = linalg.generic {{.*}} ["parallel", "reduction"]} ins(%[[SCORES]] :
// CHECK:         arith.maximumf
// CHECK:       %[[EXP:.*]] = linalg.generic {{.*}} ["parallel", "parallel"]} ins(%[[SCORES]], %[[HIGHEST]] :
// CHECK-NEXT:  ^bb0(%[[S:.*]]: f32, %[[H:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT:    %[[LESS:.*]] = arith.subf %[[S]], %[[H]]
// CHECK-NEXT:    math.exp %[[LESS]]
// CHECK:       %[[Z:.*]] = linalg.generic {{.*}} ["parallel", "reduction"]} ins(%[[EXP]] :
// CHECK:         arith.addf
// CHECK:       %[[TOTAL:.*]] = linalg.generic {{.*}} ["parallel", "reduction"]} ins(%[[SCORES]] :
// CHECK:         arith.addf
// CHECK:       %[[OWN:.*]] = linalg.generic {{.*}} ["parallel", "reduction"]} ins(%[[SCORES]], %[[LABELS]] :
// CHECK-NEXT:  ^bb0(%[[S:.*]]: f32, %[[L:.*]]: i64, %[[SO_FAR:.*]]: f32):
// CHECK-NEXT:    %[[I:.*]] = linalg.index 1
// CHECK-NEXT:    %[[CLASS:.*]] = arith.index_cast %[[I]]
// CHECK-NEXT:    %[[IS:.*]] = arith.cmpi eq, %[[CLASS]], %[[L]]
// CHECK-NEXT:    arith.select %[[IS]], %[[S]], %[[SO_FAR]]

// The step's logits, where the call asks for them.
// CHECK:       %[[ADDRESS:.*]] = abi.scalar %{{.*}} "logits" : i64
// CHECK:       %[[WANTED:.*]] = arith.cmpi ne, %[[ADDRESS]], %{{.*}}
// CHECK-NEXT:  scf.if %[[WANTED]] {
// CHECK:         abi.buffer %{{.*}} "logits"[%{{.*}}] : memref<?x40xf32>
// CHECK:         bufferization.materialize_in_destination
// CHECK-NEXT:  }

// (1 - e)(log Z - own) + e(log Z - mean), summed in double over the batch.
// CHECK:       %[[E64:.*]] = abi.scalar %{{.*}} "label_smoothing" : f64
// CHECK-NEXT:  %[[E:.*]] = arith.truncf %[[E64]]
// CHECK:       %[[ONE:.*]] = arith.constant 1.000000e+00 : f32
// CHECK:       %[[CLASSES:.*]] = arith.constant 4.000000e+01 : f32
// CHECK:       %[[LOSSES:.*]] = linalg.generic {{.*}} ["parallel"]} ins(%[[HIGHEST]], %[[Z]], %[[OWN]], %[[TOTAL]] :
// CHECK-NEXT:  ^bb0(%[[H:.*]]: f32, %[[Z1:.*]]: f32, %[[O:.*]]: f32, %[[T:.*]]: f32, %{{.*}}: f64):
// CHECK-NEXT:    %[[LOG:.*]] = math.log %[[Z1]]
// CHECK-NEXT:    %[[LOGZ:.*]] = arith.addf %[[H]], %[[LOG]]
// CHECK-NEXT:    %[[HARD:.*]] = arith.subf %[[LOGZ]], %[[O]]
// CHECK-NEXT:    %[[MEAN:.*]] = arith.divf %[[T]], %[[CLASSES]]
// CHECK-NEXT:    %[[SOFT:.*]] = arith.subf %[[LOGZ]], %[[MEAN]]
// CHECK-NEXT:    %[[KEEP:.*]] = arith.subf %[[ONE]], %[[E]]
// CHECK-NEXT:    %[[A:.*]] = arith.mulf %[[KEEP]], %[[HARD]]
// CHECK-NEXT:    %[[B:.*]] = arith.mulf %[[E]], %[[SOFT]]
// CHECK-NEXT:    %[[V:.*]] = arith.addf %[[A]], %[[B]]
// CHECK-NEXT:    %[[WIDE:.*]] = arith.extf %[[V]] : f32 to f64
// CHECK-NEXT:    linalg.yield %[[WIDE]]
// CHECK:       %[[LOSS:.*]] = abi.buffer %{{.*}} "loss" : memref<1xf64>
// CHECK:       %[[SUM:.*]] = linalg.generic {{.*}} ["parallel", "reduction"]} ins(%[[LOSSES]] :
// CHECK:       bufferization.materialize_in_destination %[[SUM]] in restrict writable %[[LOSS]]

// A hit: no class has a higher logit, none before the label an equal one.
// CHECK:       %[[BETTER:.*]] = linalg.generic {{.*}} ["parallel", "reduction"]} ins(%[[SCORES]], %[[OWN]], %[[LABELS]] :
// CHECK-NEXT:  ^bb0(%[[S:.*]]: f32, %[[O:.*]]: f32, %[[L:.*]]: i64, %{{.*}}: i64):
// CHECK:         %[[CLASS:.*]] = arith.index_cast
// CHECK-NEXT:    %[[HIGHER:.*]] = arith.cmpf ugt, %[[S]], %[[O]]
// CHECK-NEXT:    %[[EQUAL:.*]] = arith.cmpf oeq, %[[S]], %[[O]]
// CHECK-NEXT:    %[[BEFORE:.*]] = arith.cmpi slt, %[[CLASS]], %[[L]]
// CHECK-NEXT:    %[[TIE:.*]] = arith.andi %[[EQUAL]], %[[BEFORE]]
// CHECK-NEXT:    %[[BEATS:.*]] = arith.ori %[[HIGHER]], %[[TIE]]
// CHECK:       %[[EACH:.*]] = linalg.generic {{.*}} ["parallel"]} ins(%[[BETTER]] :
// CHECK-NEXT:  ^bb0
// CHECK-NEXT:    arith.cmpi eq
// CHECK:       %[[HITS:.*]] = abi.buffer %{{.*}} "hits" : memref<1xi64>
// CHECK:       %[[SUM:.*]] = linalg.generic {{.*}} ["parallel", "reduction"]} ins(%[[EACH]] :
// CHECK:         arith.addi
// CHECK:       bufferization.materialize_in_destination %[[SUM]] in restrict writable %[[HITS]]

// (p - (1 - e)*onehot - e/K) / divisor, with zeros in the pads.
// CHECK:       %[[E:.*]] = arith.truncf
// CHECK:       abi.scalar %{{.*}} "loss_divisor" : f64
// CHECK-NEXT:  %[[DIVISOR:.*]] = arith.truncf
// CHECK:       %[[KEEP:.*]] = arith.subf %{{.*}}, %[[E]]
// CHECK-NEXT:  %[[SPREAD:.*]] = arith.divf %[[E]], %{{.*}}
// CHECK:       %[[PADS:.*]] = linalg.fill {{.*}} -> tensor<?x64xf32>
// CHECK-NEXT:  %[[PART:.*]] = tensor.extract_slice %[[PADS]][0, 0] [%{{.*}}, 40] [1, 1]
// CHECK-NEXT:  %[[INSIDE:.*]] = linalg.generic {{.*}} ins(%[[EXP]], %[[Z]], %[[LABELS]] : {{.*}}) outs(%[[PART]] :
// CHECK-NEXT:  ^bb0(%[[X:.*]]: f32, %[[Z1:.*]]: f32, %[[L:.*]]: i64, %{{.*}}: f32):
// CHECK-NEXT:    %[[P:.*]] = arith.divf %[[X]], %[[Z1]]
// CHECK:         %[[IS:.*]] = arith.cmpi eq, %{{.*}}, %[[L]]
// CHECK-NEXT:    %[[TARGET:.*]] = arith.select %[[IS]], %[[KEEP]], %{{.*}}
// CHECK-NEXT:    %[[D0:.*]] = arith.subf %[[P]], %[[TARGET]]
// CHECK-NEXT:    %[[D1:.*]] = arith.subf %[[D0]], %[[SPREAD]]
// CHECK-NEXT:    arith.divf %[[D1]], %[[DIVISOR]]
// CHECK:       %[[WHOLE:.*]] = tensor.insert_slice %[[INSIDE]] into %[[PADS]][0, 0] [%{{.*}}, 40] [1, 1]
// CHECK:       %[[BLOCKED:.*]] = tensor.expand_shape %[[WHOLE]] {{.*}} into tensor<?x2x32xf32>
// CHECK:       linalg.generic {{.*}} ins(%[[BLOCKED]] :
resnet.parameter @unused "bn_weight" : tensor<8xf32>
func.func @loss(%logits: tensor<?x40xf32>, %labels: tensor<?xi64>) -> tensor<?x40xf32> {
  %d = resnet.softmax_cross_entropy %logits, %labels : tensor<?x40xf32>, tensor<?xi64>
  return %d : tensor<?x40xf32>
}
