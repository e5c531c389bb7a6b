// Dropout's random numbers are Philox4x32-10 of (element, step, sample id) keyed by seed, purpose and site: no state, no
// order.
// RUN: resnet-opt %s --split-input-file --resnet-to-linalg --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: func.func @dropout(
// CHECK:       %[[X:.*]] = bufferization.to_tensor {{.*}} to tensor<?x2x32xf32>
// CHECK:       %[[SEED:.*]] = abi.scalar %{{.*}} "seed" : i64
// CHECK:       %[[STEP64:.*]] = abi.scalar %{{.*}} "step" : i64
// CHECK-NEXT:  %[[STEP:.*]] = arith.trunci %[[STEP64]] : i64 to i32
// "drop" in letters, site 3 in the upper half: 0x64726f70 ^ 3 << 16.
// CHECK:       %[[PURPOSE:.*]] = arith.constant 1685155696 : i32
// CHECK:       %[[KEY0:.*]] = arith.trunci %[[SEED]]
// CHECK:       %[[HIGH:.*]] = arith.shrui %[[SEED]]
// CHECK:       %[[SEED1:.*]] = arith.trunci %[[HIGH]]
// CHECK:       %[[KEY1:.*]] = arith.xori %[[SEED1]], %[[PURPOSE]]
// CHECK:       %[[ON:.*]] = abi.scalar %{{.*}} "dropout" : i64
// CHECK:       %[[OFF:.*]] = arith.cmpi eq, %[[ON]], %{{.*}}
// A quarter of 2^32, and 1/(1 - 1/4).
// CHECK:       %[[BOUND:.*]] = arith.constant 1073741824 : i32
// CHECK-DAG:   %[[ZERO:.*]] = arith.constant 0.000000e+00 : f32
// CHECK-DAG:   %[[SCALE:.*]] = arith.constant 1.33333337 : f32
// CHECK:       %[[IDS_BUFFER:.*]] = abi.buffer %{{.*}} "sample_ids"[%{{.*}}] : memref<?xi64>
// CHECK:       %[[IDS:.*]] = bufferization.to_tensor %[[IDS_BUFFER]]
// CHECK:       linalg.generic {indexing_maps = [affine_map<{{[^>]*}}-> (d0, d1, d2)>, affine_map<{{[^>]*}}-> (d0)>, affine_map<{{[^>]*}}-> (d0, d1, d2)>],
// CHECK-SAME:    ["parallel", "parallel", "parallel"]} ins(%[[X]], %[[IDS]] :
// CHECK-NEXT:  ^bb0(%[[V:.*]]: f32, %[[ID:.*]]: i64, %{{.*}}: f32):
// The element's number is channel = block*32 + lane, whatever the image's place in the batch.
// CHECK-NEXT:    %[[BLOCK:.*]] = linalg.index 1
// CHECK-NEXT:    %[[LANE:.*]] = linalg.index 2
// CHECK-NOT:     linalg.index
// CHECK:         arith.muli %[[BLOCK]], %{{.*}}
// CHECK-NEXT:    %[[AT:.*]] = arith.addi %{{.*}}, %[[LANE]]
// CHECK-NEXT:    %[[ELEMENT:.*]] = arith.index_cast %[[AT]] : index to i32
// CHECK-NEXT:    %[[ID0:.*]] = arith.trunci %[[ID]]
// CHECK:         %[[ID_HIGH:.*]] = arith.shrui %[[ID]]
// CHECK-NEXT:    %[[ID1:.*]] = arith.trunci %[[ID_HIGH]]
// The first of ten rounds in full.
// CHECK-NEXT:    %[[M0:.*]] = arith.constant -766435501 : i32
// CHECK-NEXT:    %[[PLO:.*]], %[[PHI:.*]] = arith.mului_extended %[[ELEMENT]], %[[M0]]
// CHECK-NEXT:    %[[M1:.*]] = arith.constant -845247145 : i32
// CHECK-NEXT:    %[[QLO:.*]], %[[QHI:.*]] = arith.mului_extended %[[ID0]], %[[M1]]
// CHECK-NEXT:    %[[C0:.*]] = arith.xori %[[QHI]], %[[STEP]]
// CHECK-NEXT:    arith.xori %[[C0]], %[[KEY0]]
// CHECK-NEXT:    %[[C2:.*]] = arith.xori %[[PHI]], %[[ID1]]
// CHECK-NEXT:    arith.xori %[[C2]], %[[KEY1]]
// CHECK-NEXT:    arith.constant -1640531527 : i32
// CHECK-NEXT:    arith.addi %[[KEY0]], %{{.*}}
// CHECK-NEXT:    arith.constant -1150833019 : i32
// CHECK-NEXT:    arith.addi %[[KEY1]], %{{.*}}
// CHECK-COUNT-18: arith.mului_extended
// CHECK-NOT:     arith.mului_extended
// CHECK:         %[[DROPPED:.*]] = arith.cmpi ult, %{{.*}}, %[[BOUND]]
// CHECK-NEXT:    %[[KEPT:.*]] = arith.mulf %[[V]], %[[SCALE]]
// CHECK-NEXT:    %[[MASKED:.*]] = arith.select %[[DROPPED]], %[[ZERO]], %[[KEPT]]
// CHECK-NEXT:    %[[Y:.*]] = arith.select %[[OFF]], %[[V]], %[[MASKED]]
// CHECK-NEXT:    linalg.yield %[[Y]]
resnet.parameter @unused "bn_weight" : tensor<8xf32>
func.func @dropout(%x: tensor<?x40xf32>) -> tensor<?x40xf32> {
  %y = resnet.dropout %x {rate = 0.25 : f64, site = 3} : tensor<?x40xf32>
  return %y : tensor<?x40xf32>
}

// -----

// Another site, another key.
// CHECK-LABEL: func.func @site0(
// CHECK:       arith.constant 1685221232 : i32
resnet.parameter @unused "bn_weight" : tensor<8xf32>
func.func @site0(%x: tensor<?x40xf32>) -> tensor<?x40xf32> {
  %y = resnet.dropout %x {rate = 0.25 : f64, site = 0} : tensor<?x40xf32>
  return %y : tensor<?x40xf32>
}
