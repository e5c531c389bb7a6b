// Constraints of the `winograd` dialect, and of the attribute that leads to it.
// RUN: resnet-opt %s -verify-diagnostics -split-input-file

// conv2d_c5
func.func @f(%x: tensor<?x8x6x6xf32>, %w: tensor<4x8x3x3xf32>) {
  // expected-error @+1 {{winograd takes window 3, stride 1 or 2 and padding 1, got 3, 3 and 1}}
  %y = resnet.conv2d %x, %w {stride = 3, padding = 1, winograd = array<i64: 4, 4>} : (tensor<?x8x6x6xf32>, tensor<4x8x3x3xf32>) -> tensor<?x4x2x2xf32>
  return
}

// -----

// conv2d_c5_strided
func.func @f(%x: tensor<?x8x6x6xf32>, %w: tensor<4x8x3x3xf32>) {
  // expected-error @+1 {{winograd takes tiles of two sizes out of 3, 5, got 4, 4}}
  %y = resnet.conv2d %x, %w {stride = 2, padding = 1, winograd = array<i64: 4, 4>} : (tensor<?x8x6x6xf32>, tensor<4x8x3x3xf32>) -> tensor<?x4x3x3xf32>
  return
}

// -----

// conv2d_dx_c2_strided
func.func @f(%dy: tensor<?x4x3x3xf32>, %w: tensor<4x8x3x3xf32>) {
  // expected-error @+1 {{winograd takes window 3, stride 1 and padding 1, got 3, 2 and 1}}
  %dx = resnet.conv2d_dx %dy, %w {stride = 2, padding = 1, winograd = array<i64: 3, 3>} : (tensor<?x4x3x3xf32>, tensor<4x8x3x3xf32>) -> tensor<?x8x6x6xf32>
  return
}

// -----

// conv2d_c6_direct
func.func @f(%x: tensor<?x8x6x6xf32>, %w: tensor<4x8x3x3xf32>, %u: tensor<4x8x6x6xf32>) {
  // expected-error @+1 {{takes a filter with winograd alone}}
  %y = resnet.conv2d %x, %w filter(%u) {stride = 1, padding = 1} : (tensor<?x8x6x6xf32>, tensor<4x8x3x3xf32>, tensor<4x8x6x6xf32>) -> tensor<?x4x6x6xf32>
  return
}

// -----

// conv2d_c6
func.func @f(%x: tensor<?x8x6x6xf32>, %w: tensor<4x8x3x3xf32>) {
  // expected-error @+1 {{filter must be 'tensor<4x8x6x6xf32>', got 'tensor<4x8x3x3xf32>'}}
  %y = resnet.conv2d %x, %w filter(%w) {stride = 1, padding = 1, winograd = array<i64: 4, 4>} : (tensor<?x8x6x6xf32>, tensor<4x8x3x3xf32>, tensor<4x8x3x3xf32>) -> tensor<?x4x6x6xf32>
  return
}

// -----

// transform_filter_c1_weight
func.func @f(%w: tensor<4x8x1x1xf32>) {
  // expected-error @+1 {{weight must be [K,C,3,3] of static shape, got 'tensor<4x8x1x1xf32>'}}
  %u = resnet.transform_filter %w : tensor<4x8x1x1xf32> -> tensor<4x8x6x6xf32>
  return
}

// -----

// transform_filter_c1_filter
func.func @f(%w: tensor<4x8x3x3xf32>) {
  // expected-error @+1 {{filter must be 'tensor<4x8x6x6xf32>', got 'tensor<8x4x6x6xf32>'}}
  %u = resnet.transform_filter %w : tensor<4x8x3x3xf32> -> tensor<8x4x6x6xf32>
  return
}

// -----

// conv2d_dx_c2
func.func @f(%dy: tensor<?x4x4x4xf32>, %w: tensor<4x8x3x3xf32>) {
  // expected-error @+1 {{winograd takes window 3, stride 1 and padding 1, got 3, 1 and 0}}
  %dx = resnet.conv2d_dx %dy, %w {stride = 1, padding = 0, winograd = array<i64: 4, 4>} : (tensor<?x4x4x4xf32>, tensor<4x8x3x3xf32>) -> tensor<?x8x6x6xf32>
  return
}

// -----

// conv2d_dw_c2
func.func @f(%x: tensor<?x8x6x6xf32>, %dy: tensor<?x4x6x6xf32>) {
  // expected-error @+1 {{winograd takes window 3, stride 1 and padding 1, got 1, 1 and 0}}
  %dw = resnet.conv2d_dw %x, %dy {stride = 1, padding = 0, winograd = array<i64: 4, 4>} : (tensor<?x8x6x6xf32>, tensor<?x4x6x6xf32>) -> tensor<4x8x1x1xf32>
  return
}

// -----

// filter_c1_weight
func.func @f(%w: tensor<4x2x1x1x32x32xf32>, %e: tensor<4x36x65x32xf32>) {
  // expected-error @+1 {{expected weight to be of windows of 3x3 in blocks of 32, got 'tensor<4x2x1x1x32x32xf32>'}}
  %u = winograd.filter {cover = array<i64: 4, 4>} ins(%w : tensor<4x2x1x1x32x32xf32>) outs(%e : tensor<4x36x65x32xf32>) -> tensor<4x36x65x32xf32>
  return
}

// -----

// filter_c1_out
func.func @f(%w: tensor<4x2x3x3x32x32xf32>, %e: tensor<4x36x64x32xf32>) {
  // expected-error @+1 {{expected out of 4x36x65x32, got 4x36x64x32}}
  %u = winograd.filter {cover = array<i64: 4, 4>} ins(%w : tensor<4x2x3x3x32x32xf32>) outs(%e : tensor<4x36x64x32xf32>) -> tensor<4x36x64x32xf32>
  return
}

// -----

// conv_c1_x: 14 rows are strips of 4, 4, 3 and 3, and one more on either side
func.func @f(%x: tensor<?x2x18x16x32xf32>, %u: tensor<4x36x65x32xf32>, %e: tensor<?x4x14x14x32xf32>) {
  // expected-error @+1 {{expected x of ?x2x16x16x32, got ?x2x18x16x32}}
  %y = winograd.conv {images = 2, cover = array<i64: 4, 4>} ins(%x, %u : tensor<?x2x18x16x32xf32>, tensor<4x36x65x32xf32>)
         outs(%e : tensor<?x4x14x14x32xf32>) -> tensor<?x4x14x14x32xf32>
  return
}

// -----

// conv_c1_filter
func.func @f(%x: tensor<?x2x16x16x32xf32>, %u: tensor<4x2x3x3x32x16xf32>, %e: tensor<?x4x14x14x32xf32>) {
  // expected-error @+1 {{expected filter of 4x2x3x3x32x32, got 4x2x3x3x32x16}}
  %y = winograd.conv {images = 2, cover = array<i64: 4, 4>} ins(%x, %u : tensor<?x2x16x16x32xf32>, tensor<4x2x3x3x32x16xf32>)
         outs(%e : tensor<?x4x14x14x32xf32>) -> tensor<?x4x14x14x32xf32>
  return
}

// -----

// conv_c2
func.func @f(%x: memref<2x2x16x16x32xf32>, %u: memref<4x36x65x32xf32>, %e: memref<2x4x14x14x32xf32>, %s: memref<36x65x32xf32>) {
  // expected-error @+1 {{expected 2 buffers of scratch, and those of an op on buffers}}
  winograd.conv {images = 2, cover = array<i64: 4, 4>} ins(%x, %u : memref<2x2x16x16x32xf32>, memref<4x36x65x32xf32>)
    outs(%e : memref<2x4x14x14x32xf32>) scratch(%s : memref<36x65x32xf32>)
  return
}

// -----

// conv_dw_c1_dy: five rows are two strips of three
func.func @f(%x: tensor<?x2x16x16x32xf32>, %dy: tensor<?x4x5x14x32xf32>, %e: tensor<8x4x2x3x3x32x32xf32>) {
  // expected-error @+1 {{expected dy of ?x4x6x14x32, got ?x4x5x14x32}}
  %dw = winograd.conv_dw {images = 6, rows = 4} ins(%x, %dy : tensor<?x2x16x16x32xf32>, tensor<?x4x5x14x32xf32>)
          outs(%e : tensor<8x4x2x3x3x32x32xf32>) -> tensor<8x4x2x3x3x32x32xf32>
  return
}

// -----

// conv_dw_c1_out
func.func @f(%x: tensor<?x2x16x16x32xf32>, %dy: tensor<?x4x14x14x32xf32>, %e: tensor<8x4x2x3x1x32x32xf32>) {
  // expected-error @+1 {{expected out of 8x4x2x3x3x32x32, got 8x4x2x3x1x32x32}}
  %dw = winograd.conv_dw {images = 6, rows = 4} ins(%x, %dy : tensor<?x2x16x16x32xf32>, tensor<?x4x14x14x32xf32>)
          outs(%e : tensor<8x4x2x3x1x32x32xf32>) -> tensor<8x4x2x3x1x32x32xf32>
  return
}

// -----

// conv_dw_c2
func.func @f(%x: memref<2x2x16x16x32xf32>, %dy: memref<2x4x14x14x32xf32>, %e: memref<1x4x2x3x3x32x32xf32>, %s: memref<36x65x32xf32>) {
  // expected-error @+1 {{expected three buffers of scratch, and those of an op on buffers}}
  winograd.conv_dw {images = 6, rows = 4} ins(%x, %dy : memref<2x2x16x16x32xf32>, memref<2x4x14x14x32xf32>)
    outs(%e : memref<1x4x2x3x3x32x32xf32>) scratch(%s : memref<36x65x32xf32>)
  return
}

// -----

// filter_c2
func.func @f(%w: tensor<4x2x3x3x32x32xf32>, %e: tensor<4x49x65x32xf32>) {
  // expected-error @+1 {{expected a cover of 4 or 6 outputs along both axes, or of 3 or 5}}
  %u = winograd.filter {cover = array<i64: 5, 4>} ins(%w : tensor<4x2x3x3x32x32xf32>) outs(%e : tensor<4x49x65x32xf32>) -> tensor<4x49x65x32xf32>
  return
}

// -----

// conv_c3
func.func @f(%x: tensor<?x2x16x16x32xf32>, %u: tensor<4x36x65x32xf32>, %e: tensor<?x4x14x14x32xf32>) {
  // expected-error @+1 {{expected a cover of 4 or 6 outputs along both axes}}
  %y = winograd.conv {images = 2, cover = array<i64: 4>} ins(%x, %u : tensor<?x2x16x16x32xf32>, tensor<4x36x65x32xf32>)
         outs(%e : tensor<?x4x14x14x32xf32>) -> tensor<?x4x14x14x32xf32>
  return
}

// -----

// conv_dw_c3: strips of 4, 4, 3 and 3
func.func @f(%x: tensor<?x2x16x16x32xf32>, %dy: tensor<?x4x14x14x32xf32>, %e: tensor<8x4x2x3x3x32x32xf32>) {
  // expected-error @+1 {{expected rows of tiles that are all or divide 2 and 2, got 3}}
  %dw = winograd.conv_dw {images = 6, rows = 3} ins(%x, %dy : tensor<?x2x16x16x32xf32>, tensor<?x4x14x14x32xf32>)
          outs(%e : tensor<8x4x2x3x3x32x32xf32>) -> tensor<8x4x2x3x3x32x32xf32>
  return
}

// -----

// conv2d_c5_tiles
func.func @f(%x: tensor<?x8x6x6xf32>, %w: tensor<4x8x3x3xf32>) {
  // expected-error @+1 {{winograd takes tiles of two sizes out of 4, 6, got 4, 5}}
  %y = resnet.conv2d %x, %w {stride = 1, padding = 1, winograd = array<i64: 4, 5>} : (tensor<?x8x6x6xf32>, tensor<4x8x3x3xf32>) -> tensor<?x4x6x6xf32>
  return
}

// -----

// conv2d_dw_c2_tiles
func.func @f(%x: tensor<?x8x6x6xf32>, %dy: tensor<?x4x6x6xf32>) {
  // expected-error @+1 {{winograd takes tiles of two sizes out of 4, got 6, 6}}
  %dw = resnet.conv2d_dw %x, %dy {stride = 1, padding = 1, winograd = array<i64: 6, 6>} : (tensor<?x8x6x6xf32>, tensor<?x4x6x6xf32>) -> tensor<4x8x3x3xf32>
  return
}

// -----

// conv_c1_strided: 14 rows are strips of 5, 5 and 4, and read a row in front of 28
func.func @f(%x: tensor<?x2x30x29x32xf32>, %u: tensor<4x49x65x32xf32>, %e: tensor<?x4x14x14x32xf32>) {
  // expected-error @+1 {{expected x of ?x2x29x29x32, got ?x2x30x29x32}}
  %y = winograd.conv {images = 2, cover = array<i64: 5, 5>} ins(%x, %u : tensor<?x2x30x29x32xf32>, tensor<4x49x65x32xf32>)
         outs(%e : tensor<?x4x14x14x32xf32>) -> tensor<?x4x14x14x32xf32>
  return
}

// -----

// conv2d_c5_stem
func.func @f(%x: tensor<?x3x16x16xf32>, %w: tensor<4x3x3x3xf32>) {
  // expected-error @+1 {{winograd by tiles of one row takes window 7, stride 2, padding 3, up to 4 channels and 4 columns at least, got 3, 2, 1, 3 and 8}}
  %y = resnet.conv2d %x, %w {stride = 2, padding = 1, winograd = array<i64: 1, 4>} : (tensor<?x3x16x16xf32>, tensor<4x3x3x3xf32>) -> tensor<?x4x8x8xf32>
  return
}

// -----

// conv2d_c5_stem_channels
func.func @f(%x: tensor<?x5x16x16xf32>, %w: tensor<4x5x7x7xf32>) {
  // expected-error @+1 {{got 7, 2, 3, 5 and 8}}
  %y = resnet.conv2d %x, %w {stride = 2, padding = 3, winograd = array<i64: 1, 4>} : (tensor<?x5x16x16xf32>, tensor<4x5x7x7xf32>) -> tensor<?x4x8x8xf32>
  return
}

// -----

// conv2d_c5_stem_columns
func.func @f(%x: tensor<?x3x16x6xf32>, %w: tensor<4x3x7x7xf32>) {
  // expected-error @+1 {{got 7, 2, 3, 3 and 3}}
  %y = resnet.conv2d %x, %w {stride = 2, padding = 3, winograd = array<i64: 1, 4>} : (tensor<?x3x16x6xf32>, tensor<4x3x7x7xf32>) -> tensor<?x4x8x3xf32>
  return
}

// -----

// conv2d_c6_stem
func.func @f(%x: tensor<?x3x16x16xf32>, %w: tensor<4x3x7x7xf32>) {
  // expected-error @+1 {{takes a filter with winograd of 3x3 alone}}
  %y = resnet.conv2d %x, %w filter(%w) {stride = 2, padding = 3, winograd = array<i64: 1, 4>} : (tensor<?x3x16x16xf32>, tensor<4x3x7x7xf32>, tensor<4x3x7x7xf32>) -> tensor<?x4x8x8xf32>
  return
}

// -----

// stem_c1_rank
func.func @f(%x: tensor<?x21x54xf32>, %w: tensor<2x7x7x32xf32>, %e: tensor<?x2x8x8x32xf32>) {
  // expected-error @+1 {{expected x of rank 3, weight and out of rank 5, got}}
  %y = winograd.stem ins(%x, %w : tensor<?x21x54xf32>, tensor<2x7x7x32xf32>) outs(%e : tensor<?x2x8x8x32xf32>) -> tensor<?x2x8x8x32xf32>
  return
}

// -----

// stem_c1_columns
func.func @f(%x: tensor<?x21x64xf32>, %w: tensor<2x7x7x3x32xf32>, %e: tensor<?x2x8x3x32xf32>) {
  // expected-error @+1 {{expected at most 4 channels and at least 4 columns, got 3 and 3}}
  %y = winograd.stem ins(%x, %w : tensor<?x21x64xf32>, tensor<2x7x7x3x32xf32>) outs(%e : tensor<?x2x8x3x32xf32>) -> tensor<?x2x8x3x32xf32>
  return
}

// -----

// stem_c1_weight
func.func @f(%x: tensor<?x21x64xf32>, %w: tensor<2x3x3x3x32xf32>, %e: tensor<?x2x8x8x32xf32>) {
  // expected-error @+1 {{expected weight of 2x7x7x3x32, got 2x3x3x3x32}}
  %y = winograd.stem ins(%x, %w : tensor<?x21x64xf32>, tensor<2x3x3x3x32xf32>) outs(%e : tensor<?x2x8x8x32xf32>) -> tensor<?x2x8x8x32xf32>
  return
}

// -----

// stem_c1_out
func.func @f(%x: tensor<?x21x64xf32>, %w: tensor<2x7x7x3x32xf32>, %e: tensor<?x2x8x8x16xf32>) {
  // expected-error @+1 {{expected out of ?x2x8x8x32, got ?x2x8x8x16}}
  %y = winograd.stem ins(%x, %w : tensor<?x21x64xf32>, tensor<2x7x7x3x32xf32>) outs(%e : tensor<?x2x8x8x16xf32>) -> tensor<?x2x8x8x16xf32>
  return
}

// -----

// stem_c1_x_rows
func.func @f(%x: tensor<?x20x64xf32>, %w: tensor<2x7x7x3x32xf32>, %e: tensor<?x2x8x8x32xf32>) {
  // expected-error @+1 {{expected x of ?x21x64, got ?x20x64}}
  %y = winograd.stem ins(%x, %w : tensor<?x20x64xf32>, tensor<2x7x7x3x32xf32>) outs(%e : tensor<?x2x8x8x32xf32>) -> tensor<?x2x8x8x32xf32>
  return
}

// -----

// stem_c1_x
func.func @f(%x: tensor<?x21x63xf32>, %w: tensor<2x7x7x3x32xf32>, %e: tensor<?x2x8x8x32xf32>) {
  // expected-error @+1 {{expected rows of x of at least 64 elements, got 63}}
  %y = winograd.stem ins(%x, %w : tensor<?x21x63xf32>, tensor<2x7x7x3x32xf32>) outs(%e : tensor<?x2x8x8x32xf32>) -> tensor<?x2x8x8x32xf32>
  return
}

// -----

// stem_c2
func.func @f(%x: tensor<?x21x64xf32>, %w: tensor<2x7x7x3x32xf32>, %e: tensor<?x2x8x8x32xf32>, %s: memref<13x1x32xf32>) {
  // expected-error @+1 {{expected three buffers of scratch, and those of an op on buffers}}
  %y = winograd.stem ins(%x, %w : tensor<?x21x64xf32>, tensor<2x7x7x3x32xf32>) outs(%e : tensor<?x2x8x8x32xf32>) scratch(%s : memref<13x1x32xf32>) -> tensor<?x2x8x8x32xf32>
  return
}
