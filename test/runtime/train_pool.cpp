// The thread pool under resnetc_parallel_for.
#include "threads/pool.h"

#include <atomic>
#include <chrono>
#include <gtest/gtest.h>
#include <thread>

namespace {

using resnetc::thread_pool;

// What the bodies below work on: reached through a pointer of the call, as emitted code reaches its buffers.
struct work {
  std::vector<int> visits;
  std::vector<int> worker_busy = std::vector<int>(64, 0);
  std::atomic<bool> shared_worker = false;
  int highest_worker = 0;
};

resnetc_call call_for(thread_pool &pool, work &work) {
  resnetc_call call{};
  call.struct_size = sizeof call;
  call.threads = pool.threads();
  call.pool = &pool;
  call.arena = &work;
  return call;
}

void visit(const resnetc_call *call, int64_t begin, int64_t end, int32_t worker) {
  auto &w = *static_cast<work *>(call->arena);
  // Plain accesses: the thread sanitizer sees it when two threads carry one worker's number.
  if (w.worker_busy[worker]++ != 0)
    w.shared_worker = true;
  EXPECT_LT(worker, call->threads);
  for (int64_t i = begin; i < end; ++i)
    ++w.visits[i];
  --w.worker_busy[worker];
}

TEST(Pool, VisitsEachIndexOnce) {
  for (int threads : {1, 2, 3, 7}) {
    thread_pool pool(threads);
    for (int64_t count : {0, 1, 2, 3, 7, 8, 100, 1001}) {
      work w;
      w.visits.resize(count);
      resnetc_call call = call_for(pool, w);
      resnetc_parallel_for(&call, visit, count);
      EXPECT_EQ(w.visits, std::vector<int>(count, 1)) << threads << " threads, count " << count;
      EXPECT_FALSE(w.shared_worker);
    }
  }
}

TEST(Pool, ManyLoopsInARowSeeEachOthersWrites) {
  thread_pool pool(3);
  work w;
  w.visits.resize(64);
  resnetc_call call = call_for(pool, w);
  constexpr int loops = 20000;
  for (int i = 0; i < loops; ++i)
    resnetc_parallel_for(&call, visit, 64);
  EXPECT_EQ(w.visits, std::vector<int>(64, loops));
}

TEST(Pool, WakesAfterSleeping) {
  thread_pool pool(2);
  work w;
  w.visits.resize(32);
  resnetc_call call = call_for(pool, w);
  for (int i = 0; i < 20; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2)); // far longer than the workers spin
    resnetc_parallel_for(&call, visit, 32);
  }
  EXPECT_EQ(w.visits, std::vector<int>(32, 20));
}

void meet(const resnetc_call *call, int64_t begin, int64_t end, int32_t) {
  auto &arrived = *static_cast<std::atomic<int> *>(call->arena);
  arrived += static_cast<int>(end - begin);
  for (auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20); arrived < 2 && std::chrono::steady_clock::now() < give_up;)
    std::this_thread::yield();
}

TEST(Pool, RunsRangesAtTheSameTime) {
  thread_pool pool(2);
  std::atomic<int> arrived = 0;
  resnetc_call call{};
  call.threads = 2;
  call.pool = &pool;
  call.arena = &arrived;
  resnetc_parallel_for(&call, meet, 2); // each range waits for the other
  EXPECT_EQ(arrived, 2);
}

TEST(Pool, RunsInlineWithoutAPool) {
  work w;
  w.visits.resize(5);
  resnetc_call call{};
  call.threads = 1;
  call.arena = &w;
  resnetc_parallel_for(&call, visit, 5);
  EXPECT_EQ(w.visits, std::vector<int>(5, 1));
}

void sleep(const resnetc_call *, int64_t, int64_t, int32_t) { std::this_thread::sleep_for(std::chrono::milliseconds(2)); }

TEST(Pool, TimesLoopsWhenAsked) {
  for (int threads : {1, 3}) {
    thread_pool pool(threads);
    work work;
    work.visits.resize(10);
    resnetc_call call = call_for(pool, work);
    resnetc::loop_times times;
    resnetc_parallel_for(&call, sleep, 10);
    EXPECT_TRUE(times.empty());
    pool.time_loops(&times);
    resnetc_parallel_for(&call, sleep, 10);
    resnetc_parallel_for(&call, sleep, 10);
    resnetc_parallel_for(&call, visit, 10);
    EXPECT_EQ(times.size(), 2u);
    EXPECT_GE(times[sleep], std::chrono::milliseconds(4));
    EXPECT_LT(times[visit], times[sleep]);
    pool.time_loops(nullptr);
    auto before = times[sleep];
    resnetc_parallel_for(&call, sleep, 10);
    EXPECT_EQ(times[sleep], before);
  }
}

TEST(Pool, StartsAndEndsWithoutWork) {
  for (int i = 0; i < 50; ++i)
    thread_pool pool(4);
}

} // namespace
