#include "measure/peak.h"

#include <algorithm>
#include <cstdint>
#include <immintrin.h>
#include <thread>
#include <vector>

namespace resnetc {
namespace {

// Independent chains: FMA latency (4 or 5 cycles) times two units, with room; a
// few of 16 registers are left for operands.
constexpr int chains = 12;
constexpr int rounds = 20000;

// One function an instruction set, as code for the CPU at hand lies beside
// plain x86-64. The empty asm keeps the compiler from merging rounds; the
// chains stay in registers.
#define RESNETC_CHAINS(NAME, TARGET, VECTOR, SPLAT, MULTIPLY_ADD)              \
  TARGET void NAME() {                                                         \
    VECTOR sums[chains], factor = SPLAT(0.999f), term = SPLAT(0.001f);         \
    for (int i = 0; i < chains; ++i)                                           \
      sums[i] = SPLAT(0.001f * static_cast<float>(i));                         \
    for (int round = 0; round < rounds; ++round) {                             \
      for (VECTOR & sum : sums)                                                \
        sum = MULTIPLY_ADD(sum, factor, term);                                 \
      for (VECTOR & sum : sums)                                                \
        asm volatile("" : "+x"(sum));                                          \
    }                                                                          \
  }

__m128 multiply_add(__m128 a, __m128 b, __m128 c) {
  return _mm_add_ps(_mm_mul_ps(a, b), c);
}

RESNETC_CHAINS(sse2, , __m128, _mm_set1_ps, multiply_add)
RESNETC_CHAINS(fma, __attribute__((target("avx2,fma"))), __m256, _mm256_set1_ps,
               _mm256_fmadd_ps)
RESNETC_CHAINS(avx512, __attribute__((target("avx512f"))), __m512,
               _mm512_set1_ps, _mm512_fmadd_ps)
#undef RESNETC_CHAINS

struct unit {
  void (*run)();
  int lanes;
};

unit widest() {
  if (__builtin_cpu_supports("avx512f"))
    return {avx512, 16};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return {fma, 8};
  return {sse2, 4};
}

double gflops_of_one(unit unit, double seconds) {
  using clock = std::chrono::steady_clock;
  unit.run(); // wide units take a moment to wake up
  std::int64_t runs = 0;
  std::chrono::duration<double> elapsed{};
  clock::time_point begin = clock::now();
  do {
    unit.run();
    ++runs;
    elapsed = clock::now() - begin;
  } while (elapsed.count() < seconds);
  return 2.0 * unit.lanes * chains * rounds * static_cast<double>(runs) /
         elapsed.count() / 1e9;
}

} // namespace

double fma_peak(int threads, double seconds) {
  unit unit = widest();
  std::vector<double> rates(threads);
  {
    std::vector<std::jthread> others;
    for (int i = 1; i < threads; ++i)
      others.emplace_back([&, i] { rates[i] = gflops_of_one(unit, seconds); });
    rates[0] = gflops_of_one(unit, seconds);
  }
  double sum = 0;
  for (double rate : rates)
    sum += rate;
  return sum;
}

void peak_watch::look() {
  highest_ = std::max(highest_, fma_peak(threads_, 0.01));
  last_ = std::chrono::steady_clock::now();
}

void peak_watch::look_again() {
  if (std::chrono::steady_clock::now() - last_ > std::chrono::milliseconds(100))
    look();
}

} // namespace resnetc
