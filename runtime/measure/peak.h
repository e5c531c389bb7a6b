// What the machine's multiply-add units reach: the measure that kernels are set
// beside.
#pragma once

#include <chrono>

namespace resnetc {

/// GFLOP/s in float32 of `threads` threads together, each with the widest
/// vectors that the CPU has; takes about `seconds`.
double fma_peak(int threads, double seconds);

/// The highest of short looks at the peak before, during and behind a run: a
/// machine that others share is not always as fast.
class peak_watch {
public:
  explicit peak_watch(int threads) : threads_(threads) { look(); }

  void look();
  /// Looks where the last look is some time ago; for between two steps.
  void look_again();
  double highest() const { return highest_; }

private:
  int threads_;
  double highest_ = 0;
  std::chrono::steady_clock::time_point last_;
};

} // namespace resnetc
