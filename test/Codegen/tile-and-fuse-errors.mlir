// RUN: resnet-opt %s --verify-diagnostics --resnet-tile-and-fuse

// Loops are made before bufferization.
func.func @buffers(%x: memref<4x32xf32>, %y: memref<4x32xf32>) {
  // expected-error @+1 {{'linalg.generic' op could not be tiled}}
  linalg.generic {indexing_maps = [affine_map<(n, k) -> (n, k)>, affine_map<(n, k) -> (n, k)>], iterator_types = ["parallel", "parallel"]}
    ins(%x : memref<4x32xf32>) outs(%y : memref<4x32xf32>) attrs = {resnet.tile = array<i64: 1>} {
  ^bb0(%a: f32, %o: f32):
    linalg.yield %a : f32
  }
  return
}
