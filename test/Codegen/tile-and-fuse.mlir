// Parallel loops around ops, and what is computed inside them.
// RUN: resnet-opt %s --resnet-tile-and-fuse --mlir-print-local-scope | FileCheck %s

#vector = affine_map<(n, k) -> (n, k)>
#x = affine_map<(n, k, c) -> (n, c)>
#w = affine_map<(n, k, c) -> (c, k)>
#y = affine_map<(n, k, c) -> (n, k)>

// A contraction with one reader is computed in the reader's loop, tile by tile, and nowhere else; the zeros that start it
// too. Its tile lives for the tile alone: a small empty tensor, no slice of a large one.
// CHECK-LABEL: func.func @one_reader(
// CHECK-SAME:    %[[X:.*]]: tensor<?x4xf32>, %[[W:.*]]: tensor<4x32xf32>,
// CHECK-NOT:   linalg.
// CHECK:       %[[Y:.*]] = scf.forall (%[[I:.*]]) in (%{{.*}}) shared_outs(%[[OUT:.*]] = %{{.*}}) -> (tensor<?x32xf32>) {
// CHECK-NEXT:    %[[XI:.*]] = tensor.extract_slice %[[X]][%[[I]], 0] [1, 4] [1, 1]
// CHECK-NEXT:    %[[WI:.*]] = tensor.extract_slice %[[W]][0, 0] [4, 32] [1, 1]
// CHECK-NEXT:    %[[SCRATCH:.*]] = tensor.empty() : tensor<1x32xf32>
// CHECK-NEXT:    %[[START:.*]] = linalg.fill {{.*}} outs(%[[SCRATCH]] :
// CHECK-NEXT:    %[[SUM:.*]] = linalg.generic {{.*}} ins(%[[XI]], %[[WI]] : {{.*}}) outs(%[[START]] : tensor<1x32xf32>) {
// CHECK:           arith.mulf
// CHECK:         %[[PART:.*]] = tensor.extract_slice %[[OUT]][%[[I]], 0] [1, 32] [1, 1]
// CHECK-NEXT:    %[[TILE:.*]] = linalg.generic {{.*}} ins(%[[SUM]] : {{.*}}) outs(%[[PART]] : tensor<1x32xf32>) {
// CHECK:           arith.maximumf
// CHECK:         scf.forall.in_parallel {
// CHECK-NEXT:      tensor.parallel_insert_slice %[[TILE]] into %[[OUT]][%[[I]], 0] [1, 32] [1, 1]
// CHECK-NOT:   linalg.
// CHECK-NOT:   resnet.tile
// CHECK:       return %[[Y]]
func.func @one_reader(%x: tensor<?x4xf32>, %w: tensor<4x32xf32>, %n: index) -> tensor<?x32xf32> {
  %zero = arith.constant 0.0 : f32
  %scratch = tensor.empty(%n) : tensor<?x32xf32>
  %start = linalg.fill ins(%zero : f32) outs(%scratch : tensor<?x32xf32>) -> tensor<?x32xf32>
  %sum = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
    ins(%x, %w : tensor<?x4xf32>, tensor<4x32xf32>) outs(%start : tensor<?x32xf32>) attrs = {resnet.tile = array<i64: 1>} {
  ^bb0(%a: f32, %b: f32, %s: f32):
    %p = arith.mulf %a, %b : f32
    %q = arith.addf %s, %p : f32
    linalg.yield %q : f32
  } -> tensor<?x32xf32>
  %out = tensor.empty(%n) : tensor<?x32xf32>
  %y = linalg.generic {indexing_maps = [#vector, #vector], iterator_types = ["parallel", "parallel"]}
    ins(%sum : tensor<?x32xf32>) outs(%out : tensor<?x32xf32>) attrs = {resnet.tile = array<i64: 1>} {
  ^bb0(%a: f32, %o: f32):
    %r = arith.maximumf %a, %zero : f32
    linalg.yield %r : f32
  } -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}

// The tile is the sum's where the two differ. The last one may be smaller; what lives for a tile has the size of a whole one.
// CHECK-LABEL: func.func @tile_of_the_sum(
// CHECK:       scf.forall (%[[I:.*]]) = (0) to (%[[N:.*]]) step (4)
// CHECK:         %[[SIZE:.*]] = affine.min affine_map<{{.*}}>(%[[I]])[%[[N]]]
// CHECK:         %[[WHOLE:.*]] = tensor.empty() : tensor<4x32xf32>
// CHECK:         %[[SCRATCH:.*]] = tensor.extract_slice %[[WHOLE]][0, 0] [%[[SIZE]], 32] [1, 1]
// CHECK:         linalg.fill {{.*}} outs(%[[SCRATCH]] : tensor<?x32xf32>)
// CHECK:           arith.mulf
// CHECK:           arith.maximumf
// CHECK:       return
func.func @tile_of_the_sum(%x: tensor<?x4xf32>, %w: tensor<4x32xf32>, %n: index) -> tensor<?x32xf32> {
  %zero = arith.constant 0.0 : f32
  %scratch = tensor.empty(%n) : tensor<?x32xf32>
  %start = linalg.fill ins(%zero : f32) outs(%scratch : tensor<?x32xf32>) -> tensor<?x32xf32>
  %sum = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
    ins(%x, %w : tensor<?x4xf32>, tensor<4x32xf32>) outs(%start : tensor<?x32xf32>) attrs = {resnet.tile = array<i64: 4>} {
  ^bb0(%a: f32, %b: f32, %s: f32):
    %p = arith.mulf %a, %b : f32
    %q = arith.addf %s, %p : f32
    linalg.yield %q : f32
  } -> tensor<?x32xf32>
  %out = tensor.empty(%n) : tensor<?x32xf32>
  %y = linalg.generic {indexing_maps = [#vector, #vector], iterator_types = ["parallel", "parallel"]}
    ins(%sum : tensor<?x32xf32>) outs(%out : tensor<?x32xf32>) attrs = {resnet.tile = array<i64: 1>} {
  ^bb0(%a: f32, %o: f32):
    %r = arith.maximumf %a, %zero : f32
    linalg.yield %r : f32
  } -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}

// A sum that another sum reads is not computed again for each of its tiles.
// CHECK-LABEL: func.func @sum_of_sums(
// CHECK:       scf.forall
// CHECK:         arith.mulf
// CHECK:       scf.forall
// CHECK:         arith.mulf
// CHECK:       return
func.func @sum_of_sums(%x: tensor<8x32xf32>, %v: tensor<32x32xf32>, %w: tensor<32x32xf32>) -> tensor<8x32xf32> {
  %zero = arith.constant 0.0 : f32
  %e0 = tensor.empty() : tensor<8x32xf32>
  %s0 = linalg.fill ins(%zero : f32) outs(%e0 : tensor<8x32xf32>) -> tensor<8x32xf32>
  %first = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
    ins(%x, %v : tensor<8x32xf32>, tensor<32x32xf32>) outs(%s0 : tensor<8x32xf32>) attrs = {resnet.tile = array<i64: 1>} {
  ^bb0(%a: f32, %b: f32, %s: f32):
    %p = arith.mulf %a, %b : f32
    %q = arith.addf %s, %p : f32
    linalg.yield %q : f32
  } -> tensor<8x32xf32>
  %e1 = tensor.empty() : tensor<8x32xf32>
  %s1 = linalg.fill ins(%zero : f32) outs(%e1 : tensor<8x32xf32>) -> tensor<8x32xf32>
  %second = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
    ins(%first, %w : tensor<8x32xf32>, tensor<32x32xf32>) outs(%s1 : tensor<8x32xf32>) attrs = {resnet.tile = array<i64: 1>} {
  ^bb0(%a: f32, %b: f32, %s: f32):
    %p = arith.mulf %a, %b : f32
    %q = arith.addf %s, %p : f32
    linalg.yield %q : f32
  } -> tensor<8x32xf32>
  return %second : tensor<8x32xf32>
}

// One with two readers has a loop of its own, writes its result once, and its zeros go into that result.
// CHECK-LABEL: func.func @two_readers(
// CHECK:       %[[SUM:.*]] = scf.forall (%[[I:.*]]) in (8) shared_outs(%[[OUT:.*]] = %{{.*}})
// CHECK:         %[[PART:.*]] = tensor.extract_slice %[[OUT]][%[[I]], 0] [1, 32] [1, 1]
// CHECK-NEXT:    linalg.fill {{.*}} outs(%[[PART]] :
// CHECK:           arith.mulf
// CHECK:       scf.forall (%[[I:.*]]) in (8)
// CHECK:         tensor.extract_slice %[[SUM]][%[[I]], 0] [1, 32] [1, 1]
// CHECK-NOT:       arith.mulf
// CHECK:           arith.maximumf
// CHECK:       scf.forall (%[[I:.*]]) in (8)
// CHECK:         tensor.extract_slice %[[SUM]][%[[I]], 0] [1, 32] [1, 1]
// CHECK-NOT:       arith.mulf
// CHECK:           arith.negf
// CHECK:       return
func.func @two_readers(%x: tensor<8x4xf32>, %w: tensor<4x32xf32>) -> (tensor<8x32xf32>, tensor<8x32xf32>) {
  %zero = arith.constant 0.0 : f32
  %e0 = tensor.empty() : tensor<8x32xf32>
  %start = linalg.fill ins(%zero : f32) outs(%e0 : tensor<8x32xf32>) -> tensor<8x32xf32>
  %sum = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
    ins(%x, %w : tensor<8x4xf32>, tensor<4x32xf32>) outs(%start : tensor<8x32xf32>) attrs = {resnet.tile = array<i64: 1>} {
  ^bb0(%a: f32, %b: f32, %s: f32):
    %p = arith.mulf %a, %b : f32
    %q = arith.addf %s, %p : f32
    linalg.yield %q : f32
  } -> tensor<8x32xf32>
  %e1 = tensor.empty() : tensor<8x32xf32>
  %y = linalg.generic {indexing_maps = [#vector, #vector], iterator_types = ["parallel", "parallel"]}
    ins(%sum : tensor<8x32xf32>) outs(%e1 : tensor<8x32xf32>) attrs = {resnet.tile = array<i64: 1>} {
  ^bb0(%a: f32, %o: f32):
    %r = arith.maximumf %a, %zero : f32
    linalg.yield %r : f32
  } -> tensor<8x32xf32>
  %e2 = tensor.empty() : tensor<8x32xf32>
  %z = linalg.generic {indexing_maps = [#vector, #vector], iterator_types = ["parallel", "parallel"]}
    ins(%sum : tensor<8x32xf32>) outs(%e2 : tensor<8x32xf32>) attrs = {resnet.tile = array<i64: 1>} {
  ^bb0(%a: f32, %o: f32):
    %r = arith.negf %a : f32
    linalg.yield %r : f32
  } -> tensor<8x32xf32>
  return %y, %z : tensor<8x32xf32>, tensor<8x32xf32>
}

// Two results: both fills go in. What asks for an outer reduction still does.
// CHECK-LABEL: func.func @two_results(
// CHECK-NOT:   linalg.
// CHECK:       scf.forall (%{{.*}}) in (8) shared_outs(%{{.*}} = %{{.*}}, %{{.*}} = %{{.*}})
// CHECK:         linalg.fill
// CHECK:         linalg.fill
// CHECK:         linalg.generic {{.*}} attrs = {resnet.outer = array<i64: 1, 4>} {
// CHECK:       return
func.func @two_results(%x: tensor<8x32xf32>) -> (tensor<8xf32>, tensor<8xi8>) {
  %lowest = arith.constant 0xFF800000 : f32
  %zero = arith.constant 0 : i8
  %e0 = tensor.empty() : tensor<8xf32>
  %e1 = tensor.empty() : tensor<8xi8>
  %s0 = linalg.fill ins(%lowest : f32) outs(%e0 : tensor<8xf32>) -> tensor<8xf32>
  %s1 = linalg.fill ins(%zero : i8) outs(%e1 : tensor<8xi8>) -> tensor<8xi8>
  %y:2 = linalg.generic {indexing_maps = [affine_map<(n, k) -> (n, k)>, affine_map<(n, k) -> (n)>, affine_map<(n, k) -> (n)>], iterator_types = ["parallel", "reduction"]}
    ins(%x : tensor<8x32xf32>) outs(%s0, %s1 : tensor<8xf32>, tensor<8xi8>) attrs = {resnet.tile = array<i64: 1>, resnet.outer = array<i64: 1, 4>} {
  ^bb0(%a: f32, %m: f32, %i: i8):
    %r = arith.maximumf %m, %a : f32
    linalg.yield %r, %i : f32, i8
  } -> (tensor<8xf32>, tensor<8xi8>)
  return %y#0, %y#1 : tensor<8xf32>, tensor<8xi8>
}

// Elementwise ops in a chain become one, with the last one's tile.
// CHECK-LABEL: func.func @chain(
// CHECK-NOT:   linalg.
// CHECK:       scf.forall (%{{.*}}) in (8)
// CHECK:         linalg.generic
// CHECK-NEXT:    ^bb0(%[[A:.*]]: f32, %[[B:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT:      %[[S:.*]] = arith.addf %[[A]], %[[B]]
// CHECK-NEXT:      %[[R:.*]] = arith.maximumf %[[S]]
// CHECK-NEXT:      linalg.yield %[[R]]
// CHECK-NOT:   linalg.generic
// CHECK-NOT:   scf.forall (
// CHECK:       return
func.func @chain(%x: tensor<8x32xf32>, %z: tensor<8x32xf32>) -> tensor<8x32xf32> {
  %zero = arith.constant 0.0 : f32
  %e0 = tensor.empty() : tensor<8x32xf32>
  %sum = linalg.generic {indexing_maps = [#vector, #vector, #vector], iterator_types = ["parallel", "parallel"]}
    ins(%x, %z : tensor<8x32xf32>, tensor<8x32xf32>) outs(%e0 : tensor<8x32xf32>) attrs = {resnet.tile = array<i64: 1, 1>} {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %p = arith.addf %a, %b : f32
    linalg.yield %p : f32
  } -> tensor<8x32xf32>
  %e1 = tensor.empty() : tensor<8x32xf32>
  %y = linalg.generic {indexing_maps = [#vector, #vector], iterator_types = ["parallel", "parallel"]}
    ins(%sum : tensor<8x32xf32>) outs(%e1 : tensor<8x32xf32>) attrs = {resnet.tile = array<i64: 1>} {
  ^bb0(%a: f32, %o: f32):
    %r = arith.maximumf %a, %zero : f32
    linalg.yield %r : f32
  } -> tensor<8x32xf32>
  return %y : tensor<8x32xf32>
}

// Not so where each of the two would bring a sum of its own into the tile (a block's shortcut with a convolution): one tile
// holds one sum. Here the first stays with its sum, the second with its own.
// CHECK-LABEL: func.func @one_sum_a_tile(
// CHECK:       scf.forall (%{{.*}}) in (8)
// CHECK:           arith.mulf
// CHECK-NOT:       arith.mulf
// CHECK:           arith.negf
// CHECK:       scf.forall (%{{.*}}) in (8)
// CHECK:           arith.mulf
// CHECK-NOT:       arith.negf
// CHECK:           arith.addf
// CHECK:           arith.addf
// CHECK-NOT:   scf.forall (
// CHECK:       return
func.func @one_sum_a_tile(%x: tensor<8x4xf32>, %w: tensor<4x32xf32>) -> tensor<8x32xf32> {
  %zero = arith.constant 0.0 : f32
  %e0 = tensor.empty() : tensor<8x32xf32>
  %start0 = linalg.fill ins(%zero : f32) outs(%e0 : tensor<8x32xf32>) -> tensor<8x32xf32>
  %sum0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
    ins(%x, %w : tensor<8x4xf32>, tensor<4x32xf32>) outs(%start0 : tensor<8x32xf32>) attrs = {resnet.tile = array<i64: 1>} {
  ^bb0(%a: f32, %b: f32, %s: f32):
    %p = arith.mulf %a, %b : f32
    %q = arith.addf %s, %p : f32
    linalg.yield %q : f32
  } -> tensor<8x32xf32>
  %e1 = tensor.empty() : tensor<8x32xf32>
  %shortcut = linalg.generic {indexing_maps = [#vector, #vector], iterator_types = ["parallel", "parallel"]}
    ins(%sum0 : tensor<8x32xf32>) outs(%e1 : tensor<8x32xf32>) attrs = {resnet.tile = array<i64: 1>} {
  ^bb0(%a: f32, %o: f32):
    %r = arith.negf %a : f32
    linalg.yield %r : f32
  } -> tensor<8x32xf32>
  %e2 = tensor.empty() : tensor<8x32xf32>
  %start1 = linalg.fill ins(%zero : f32) outs(%e2 : tensor<8x32xf32>) -> tensor<8x32xf32>
  %sum1 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
    ins(%x, %w : tensor<8x4xf32>, tensor<4x32xf32>) outs(%start1 : tensor<8x32xf32>) attrs = {resnet.tile = array<i64: 1>} {
  ^bb0(%a: f32, %b: f32, %s: f32):
    %p = arith.mulf %a, %b : f32
    %q = arith.addf %s, %p : f32
    linalg.yield %q : f32
  } -> tensor<8x32xf32>
  %e3 = tensor.empty() : tensor<8x32xf32>
  %y = linalg.generic {indexing_maps = [#vector, #vector, #vector], iterator_types = ["parallel", "parallel"]}
    ins(%sum1, %shortcut : tensor<8x32xf32>, tensor<8x32xf32>) outs(%e3 : tensor<8x32xf32>) attrs = {resnet.tile = array<i64: 1>} {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %r = arith.addf %a, %b : f32
    linalg.yield %r : f32
  } -> tensor<8x32xf32>
  return %y : tensor<8x32xf32>
}

// A loop that runs backwards over an operand keeps that dimension whole: only what a loop variable indexes alone is cut.
// CHECK-LABEL: func.func @backwards(
// CHECK:       scf.forall (%[[I:.*]], %[[T:.*]]) in (8, 3) shared_outs(%[[OUT:.*]] = %{{.*}})
// CHECK-NEXT:    %[[IN:.*]] = tensor.extract_slice %{{.*}}[%[[I]], 0, 0] [1, 3, 32] [1, 1, 1]
// CHECK:         %[[PART:.*]] = tensor.extract_slice %[[OUT]][%[[I]], %[[T]], 0] [1, 1, 32] [1, 1, 1]
// CHECK-NEXT:    linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, -d3 + 2, d2)>, {{.*}} ins(%[[IN]], {{.*}}) outs(%[[PART]] :
// CHECK:         tensor.parallel_insert_slice %{{.*}} into %[[OUT]][%[[I]], %[[T]], 0] [1, 1, 32] [1, 1, 1]
// CHECK:       return
func.func @backwards(%x: tensor<8x3x32xf32>, %window: tensor<3xf32>) -> tensor<8x3x32xf32> {
  %e0 = tensor.empty() : tensor<8x3x32xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(n, h, k, t) -> (n, 2 - t, k)>, affine_map<(n, h, k, t) -> (t)>, affine_map<(n, h, k, t) -> (n, h, k)>],
    iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
    ins(%x, %window : tensor<8x3x32xf32>, tensor<3xf32>) outs(%e0 : tensor<8x3x32xf32>) attrs = {resnet.tile = array<i64: 1, 1>} {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %p = arith.mulf %a, %b : f32
    linalg.yield %p : f32
  } -> tensor<8x3x32xf32>
  return %y : tensor<8x3x32xf32>
}

// A fill with a tile, a strip of a halo, has a loop over the images; what has none stays without.
// CHECK-LABEL: func.func @strip(
// CHECK:       %[[STRIP:.*]] = tensor.extract_slice %{{.*}}[0, 0, 0] [%{{.*}}, 1, 32] [1, 1, 1]
// CHECK:       %[[FILLED:.*]] = scf.forall (%{{.*}}) in (%{{.*}}) shared_outs(%{{.*}} = %[[STRIP]])
// CHECK-NEXT:    tensor.extract_slice
// CHECK-NEXT:    linalg.fill {{.*}} : tensor<1x1x32xf32>
// CHECK:       tensor.insert_slice %[[FILLED]]
// CHECK-NOT:   scf.forall
// CHECK:       linalg.fill {{.*}} : tensor<32xf32>
// CHECK:       return
func.func @strip(%n: index) -> (tensor<?x4x32xf32>, tensor<32xf32>) {
  %zero = arith.constant 0.0 : f32
  %e0 = tensor.empty(%n) : tensor<?x4x32xf32>
  %strip = tensor.extract_slice %e0[0, 0, 0] [%n, 1, 32] [1, 1, 1] : tensor<?x4x32xf32> to tensor<?x1x32xf32>
  %filled = linalg.fill {resnet.tile = array<i64: 1>} ins(%zero : f32) outs(%strip : tensor<?x1x32xf32>) -> tensor<?x1x32xf32>
  %y = tensor.insert_slice %filled into %e0[0, 0, 0] [%n, 1, 32] [1, 1, 1] : tensor<?x1x32xf32> into tensor<?x4x32xf32>
  %e1 = tensor.empty() : tensor<32xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e1 : tensor<32xf32>) -> tensor<32xf32>
  return %y, %z : tensor<?x4x32xf32>, tensor<32xf32>
}

// A sum by Winograd's algorithm goes into its reader's loop as any other. A task reads of x the rows of its tiles and one on either
// side, of strips that cover it as they do the plane.
// CHECK-LABEL: func.func @winograd(
// CHECK:       scf.forall (%[[N:.*]], %[[H:.*]]) = (0, 0) to (%{{.*}}, 16) step (2, 4)
// CHECK:         tensor.extract_slice %{{.*}}[%[[N]], 0, %[[H]], 0, 0] [%{{.*}}, 2, 6, 16, 32]
// CHECK:         winograd.conv {cover = array<i64: 4, 4>, images = 2 : i64} ins({{.*}} : tensor<?x2x6x16x32xf32>, tensor<4x36x65x32xf32>) outs({{.*}} : tensor<?x4x4x14x32xf32>)
// CHECK-NEXT:    tensor.extract_slice
// CHECK-NEXT:    linalg.generic
// CHECK:           arith.maximumf
func.func @winograd(%x: tensor<?x2x18x16x32xf32>, %u: tensor<4x36x65x32xf32>, %n: index) -> tensor<?x4x16x14x32xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty(%n) : tensor<?x4x16x14x32xf32>
  %sum = winograd.conv {images = 2, cover = array<i64: 4, 4>, resnet.tile = array<i64: 2, 0, 4>} ins(%x, %u : tensor<?x2x18x16x32xf32>, tensor<4x36x65x32xf32>)
         outs(%e : tensor<?x4x16x14x32xf32>) -> tensor<?x4x16x14x32xf32>
  %out = tensor.empty(%n) : tensor<?x4x16x14x32xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(a, b, c, d, e) -> (a, b, c, d, e)>, affine_map<(a, b, c, d, e) -> (a, b, c, d, e)>],
    iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]}
    ins(%sum : tensor<?x4x16x14x32xf32>) outs(%out : tensor<?x4x16x14x32xf32>) attrs = {resnet.tile = array<i64: 1, 1, 1>} {
  ^bb0(%v: f32, %o: f32):
    %m = arith.maximumf %v, %zero : f32
    linalg.yield %m : f32
  } -> tensor<?x4x16x14x32xf32>
  return %y : tensor<?x4x16x14x32xf32>
}

#map = affine_map<(n, h, c, w) -> (n, h, w, c)>
#row = affine_map<(n, h, c, w) -> (n, h, c)>
#plane = affine_map<(n, h, w, c) -> (n, h, w, c)>
#taps = affine_map<(n, h, w, c, k) -> (n, h, w, k)>
#weight = affine_map<(n, h, w, c, k) -> (k, c)>
#sum = affine_map<(n, h, w, c, k) -> (n, h, w, c)>

// A sum over rows takes in what computes the values, and the contraction behind that, if it reads them first. Other readers get the loop's result.
// CHECK-LABEL: func.func @row_sums(
// CHECK:       %[[LOOP:.*]]:2 = scf.forall (%[[N:.*]], %[[H:.*]]) in (%{{.*}}, 3) shared_outs(%[[ROWS:.*]] = %{{.*}}, %[[OUT:.*]] = %{{.*}})
// CHECK:         arith.mulf
// CHECK:         %[[PART:.*]] = tensor.extract_slice %[[OUT]][%[[N]], %[[H]], 0, 0] [1, 1, 4, 32]
// CHECK:         %[[Y:.*]] = linalg.generic {{.*}} outs(%[[PART]] :
// CHECK:           arith.maximumf
// CHECK:         %[[S:.*]] = linalg.generic {{.*}} ins(%[[Y]] :
// CHECK:         scf.forall.in_parallel {
// CHECK-NEXT:      tensor.parallel_insert_slice %[[S]] into %[[ROWS]]
// CHECK-NEXT:      tensor.parallel_insert_slice %[[Y]] into %[[OUT]][%[[N]], %[[H]], 0, 0] [1, 1, 4, 32]
// CHECK:       scf.forall
// CHECK:         tensor.extract_slice %[[LOOP]]#1
// CHECK-NOT:   arith.mulf
// CHECK:       return
func.func @row_sums(%x: tensor<?x3x4x8xf32>, %w: tensor<8x32xf32>, %n: index) -> (tensor<?x3x32xf32>, tensor<?x3x4x32xf32>) {
  %zero = arith.constant 0.0 : f32
  %scratch = tensor.empty(%n) : tensor<?x3x4x32xf32>
  %start = linalg.fill ins(%zero : f32) outs(%scratch : tensor<?x3x4x32xf32>) -> tensor<?x3x4x32xf32>
  %conv = linalg.generic {indexing_maps = [#taps, #weight, #sum], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
    ins(%x, %w : tensor<?x3x4x8xf32>, tensor<8x32xf32>) outs(%start : tensor<?x3x4x32xf32>) attrs = {resnet.tile = array<i64: 1, 1>} {
  ^bb0(%a: f32, %b: f32, %s: f32):
    %p = arith.mulf %a, %b : f32
    %q = arith.addf %s, %p : f32
    linalg.yield %q : f32
  } -> tensor<?x3x4x32xf32>
  %out = tensor.empty(%n) : tensor<?x3x4x32xf32>
  %y = linalg.generic {indexing_maps = [#plane, #plane], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
    ins(%conv : tensor<?x3x4x32xf32>) outs(%out : tensor<?x3x4x32xf32>) attrs = {resnet.tile = array<i64: 1>} {
  ^bb0(%a: f32, %o: f32):
    %r = arith.maximumf %a, %zero : f32
    linalg.yield %r : f32
  } -> tensor<?x3x4x32xf32>
  %rows = tensor.empty(%n) : tensor<?x3x32xf32>
  %none = linalg.fill ins(%zero : f32) outs(%rows : tensor<?x3x32xf32>) -> tensor<?x3x32xf32>
  %sums = linalg.generic {indexing_maps = [#map, #row], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
    ins(%y : tensor<?x3x4x32xf32>) outs(%none : tensor<?x3x32xf32>) attrs = {resnet.tile = array<i64: 1>, resnet.row_sums} {
  ^bb0(%a: f32, %s: f32):
    %q = arith.addf %s, %a : f32
    linalg.yield %q : f32
  } -> tensor<?x3x32xf32>
  %more = tensor.empty(%n) : tensor<?x3x4x32xf32>
  %z = linalg.generic {indexing_maps = [#plane, #plane], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
    ins(%y : tensor<?x3x4x32xf32>) outs(%more : tensor<?x3x4x32xf32>) attrs = {resnet.tile = array<i64: 1>} {
  ^bb0(%a: f32, %o: f32):
    %r = arith.addf %a, %a : f32
    linalg.yield %r : f32
  } -> tensor<?x3x4x32xf32>
  return %sums, %z : tensor<?x3x32xf32>, tensor<?x3x4x32xf32>
}
