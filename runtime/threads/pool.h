// A fixed set of worker threads that runs the parallel loops of emitted code
// (`resnetc_parallel_for`).
#pragma once

#include <resnetc/abi.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <stop_token>
#include <thread>
#include <unordered_map>
#include <vector>

namespace resnetc {

/// How long the loops of each body took, by the clock of the thread that ran
/// them.
using loop_times =
    std::unordered_map<resnetc_body, std::chrono::steady_clock::duration>;

/// Workers that share out the index ranges of one loop at a time. The calling
/// thread is worker 0 and takes part. Between loops the workers spin briefly,
/// so that loops that follow each other start within microseconds, then sleep.
///
/// One loop at a time: `run` may not be called by two threads at once nor from
/// within a body.
class thread_pool {
public:
  /// `threads` >= 1, the caller included; threads - 1 are started. Throws
  /// std::system_error where the system has no more.
  explicit thread_pool(int threads);
  ~thread_pool();
  thread_pool(const thread_pool &) = delete;
  thread_pool &operator=(const thread_pool &) = delete;

  int threads() const { return static_cast<int>(workers_.size()) + 1; }

  /// Runs body over [0, count) in contiguous ranges and returns when all are
  /// done. What the bodies wrote is visible to the caller.
  void run(const resnetc_call *call, resnetc_body body, std::int64_t count);

  /// From now on `run` adds the time of each loop to `times`; with null it
  /// looks at no clock.
  void time_loops(loop_times *times) { times_ = times; }

private:
  // What is being run; written by `run` before `open_` announces it, read by
  // whoever took a range from `open_`.
  struct loop {
    const resnetc_call *call;
    resnetc_body body;
    std::int64_t count;
    int ranges;
  };

  void stop();
  void run_loop(const resnetc_call *call, resnetc_body body,
                std::int64_t count);
  void work(std::stop_token stop, int worker);
  bool run_one_range(int worker);
  void wait_for_loop(const std::stop_token &stop);

  loop loop_{};
  loop_times *times_ = nullptr;
  alignas(64) std::atomic<int> open_{0};       // ranges nobody has taken yet
  alignas(64) std::atomic<int> unfinished_{0}; // ranges not done yet
  alignas(64) std::atomic<int> sleepers_{0};
  std::atomic<int> alarm_{0}; // counts wake-ups; workers sleep on it
  std::vector<std::jthread> workers_;
};

} // namespace resnetc
