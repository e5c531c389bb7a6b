// peak: what the machine's FMA units reach, GFLOP/s in float32, on one thread and on two at once; the measure that all
// other figures of test/bench are set beside.
//
//   peak [SECONDS]    prints "1 THREAD-GFLOPS" and "2 BOTH-GFLOPS"
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

namespace {

// One register.
#if defined(__AVX512F__)
constexpr int lanes = 16;
#elif defined(__AVX__)
constexpr int lanes = 8;
#else
constexpr int lanes = 4;
#endif
// Independent chains: FMA latency (4 or 5 cycles) times two units, with room; a few registers are left for operands.
constexpr int chains = 12;
typedef float vector __attribute__((vector_size(lanes * sizeof(float))));

double gflops(double seconds) {
  using clock = std::chrono::steady_clock;
  vector sums[chains];
  for (int i = 0; i < chains; ++i)
    sums[i] = vector{} + 0.001f * static_cast<float>(i);
  vector factor = vector{} + 0.999f, term = vector{} + 0.001f;
  constexpr int rounds = 100000;
  long blocks = 0;
  clock::time_point begin = clock::now();
  std::chrono::duration<double> elapsed{};
  while (elapsed.count() < seconds) {
    for (int round = 0; round < rounds; ++round) {
      for (vector &sum : sums)
        sum = sum * factor + term;
      // Keeps the compiler from merging rounds; the chains stay in registers.
      for (vector &sum : sums)
        asm volatile("" : "+v"(sum));
    }
    ++blocks;
    elapsed = clock::now() - begin;
  }
  return 2.0 * lanes * chains * rounds * static_cast<double>(blocks) / elapsed.count() / 1e9;
}

} // namespace

int main(int argc, char **argv) {
  double seconds = argc > 1 ? std::atof(argv[1]) : 1;
  std::printf("1 %.1f\n", gflops(seconds));
  double other = 0;
  std::thread thread([&] { other = gflops(seconds); });
  double own = gflops(seconds);
  thread.join();
  std::printf("2 %.1f\n", own + other);
}
