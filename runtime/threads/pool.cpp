#include "threads/pool.h"

#include <algorithm>

namespace resnetc {
namespace {

// Ranges are finer than workers, so that one that is delayed does not hold up
// the rest.
constexpr int ranges_per_worker = 4;

// Some 50 us: longer than the serial stretches between the loops of a step,
// short beside a decoded image.
constexpr int spins = 2000;

void pause() { __builtin_ia32_pause(); }

} // namespace

thread_pool::thread_pool(int threads) {
  try {
    for (int worker = 1; worker < threads; ++worker)
      workers_.emplace_back(
          [this, worker](std::stop_token stop) { work(stop, worker); });
  } catch (...) { // no more threads: those that run must wake up to end
    stop();
    throw;
  }
}

thread_pool::~thread_pool() { stop(); }

void thread_pool::stop() {
  for (std::jthread &worker : workers_)
    worker.request_stop();
  alarm_.fetch_add(1);
  alarm_.notify_all();
}

void thread_pool::run(const resnetc_call *call, resnetc_body body,
                      std::int64_t count) {
  if (!times_)
    return run_loop(call, body, count);
  auto begin = std::chrono::steady_clock::now();
  run_loop(call, body, count);
  (*times_)[body] += std::chrono::steady_clock::now() - begin;
}

void thread_pool::run_loop(const resnetc_call *call, resnetc_body body,
                           std::int64_t count) {
  if (count <= 0)
    return;
  if (count == 1 || workers_.empty()) {
    body(call, 0, count, 0);
    return;
  }
  int ranges = static_cast<int>(
      std::min<std::int64_t>(count, ranges_per_worker * threads()));
  loop_ = {call, body, count, ranges};
  unfinished_.store(ranges, std::memory_order_relaxed);
  open_.store(ranges); // sequentially consistent with `sleepers_`: either we
                       // see a sleeper or it sees the ranges
  if (sleepers_.load() > 0) {
    alarm_.fetch_add(1);
    alarm_.notify_all();
  }
  while (run_one_range(0)) {
  }
  for (int i = 0; i < spins && unfinished_.load(std::memory_order_acquire) != 0;
       ++i)
    pause();
  for (int left; (left = unfinished_.load(std::memory_order_acquire)) != 0;)
    unfinished_.wait(left, std::memory_order_acquire);
}

// Takes one range and runs it; false where none is left. `loop_` is read only
// after a range was taken: as long as that range is unfinished, `run` does not
// return and `loop_` does not change.
bool thread_pool::run_one_range(int worker) {
  int left = open_.load(std::memory_order_acquire);
  do {
    if (left == 0)
      return false;
  } while (!open_.compare_exchange_weak(
      left, left - 1, std::memory_order_acq_rel, std::memory_order_acquire));
  std::int64_t range = loop_.ranges - left;
  std::int64_t begin = loop_.count * range / loop_.ranges,
               end = loop_.count * (range + 1) / loop_.ranges;
  loop_.body(loop_.call, begin, end, worker);
  if (unfinished_.fetch_sub(1, std::memory_order_acq_rel) == 1)
    unfinished_.notify_one();
  return true;
}

void thread_pool::wait_for_loop(const std::stop_token &stop) {
  for (int i = 0; i < spins; ++i) {
    if (open_.load(std::memory_order_acquire) != 0 || stop.stop_requested())
      return;
    pause();
  }
  int heard = alarm_.load();
  sleepers_.fetch_add(1);
  if (open_.load() == 0 && !stop.stop_requested())
    alarm_.wait(heard);
  sleepers_.fetch_sub(1);
}

void thread_pool::work(std::stop_token stop, int worker) {
  while (!stop.stop_requested()) {
    wait_for_loop(stop);
    while (run_one_range(worker)) {
    }
  }
}

} // namespace resnetc

extern "C" void resnetc_parallel_for(const resnetc_call *call,
                                     resnetc_body body, int64_t count) {
  if (call->pool)
    static_cast<resnetc::thread_pool *>(call->pool)->run(call, body, count);
  else if (count > 0)
    body(call, 0, count, 0);
}
