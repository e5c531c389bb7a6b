// What the machine's multiply-add units reach: the measure that kernels are set
// beside.
#pragma once

namespace resnetc {

/// GFLOP/s in float32 of `threads` threads together, each with the widest
/// vectors that the CPU has; takes about `seconds`.
double fma_peak(int threads, double seconds);

} // namespace resnetc
