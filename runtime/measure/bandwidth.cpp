#include "measure/bandwidth.h"

#include "state/aligned_buffer.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <unistd.h>
#include <vector>

namespace resnetc {
namespace {

// Of one array, so that the three are four times the last-level cache, where
// the system tells its size.
std::int64_t bytes_of_array() {
  constexpr std::int64_t least = 64 << 20, most = 128 << 20;
  std::int64_t cache = sysconf(_SC_LEVEL3_CACHE_SIZE);
  return std::clamp(cache / 3 * 4, least, most) / 64 * 64;
}

void add(const float *a, const float *b, float *__restrict sum,
         std::int64_t begin, std::int64_t end) {
  for (std::int64_t i = begin; i < end; ++i)
    sum[i] = a[i] + b[i];
}

} // namespace

double memory_bandwidth(int threads) {
  using clock = std::chrono::steady_clock;
  constexpr int least_passes = 5;
  constexpr std::chrono::duration<double> least_time(0.5);
  std::int64_t bytes = bytes_of_array(),
               count = bytes / static_cast<std::int64_t>(sizeof(float));
  aligned_buffer a(bytes), b(bytes), sum(bytes);
  std::fill_n(a.as<float>(), count, 1.0f);
  std::fill_n(b.as<float>(), count, 2.0f);
  std::fill_n(sum.as<float>(), count, 0.0f);
  double best = 0;
  clock::time_point start = clock::now();
  for (int pass = 0; pass < least_passes || clock::now() - start < least_time;
       ++pass) {
    clock::time_point begin = clock::now();
    {
      std::vector<std::jthread> others;
      for (int i = 1; i < threads; ++i)
        others.emplace_back([&, i] {
          add(a.as<float>(), b.as<float>(), sum.as<float>(),
              count * i / threads, count * (i + 1) / threads);
        });
      add(a.as<float>(), b.as<float>(), sum.as<float>(), 0, count / threads);
    }
    std::chrono::duration<double> elapsed = clock::now() - begin;
    best = std::max(best, 3.0 * static_cast<double>(bytes) / elapsed.count());
  }
  return best / 1e9;
}

} // namespace resnetc
