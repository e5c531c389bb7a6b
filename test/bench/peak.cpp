// peak: what the machine's FMA units reach, GFLOP/s in float32, on one thread and on two at once; the measure that all
// other figures of test/bench are set beside.
//
//   peak [SECONDS]    prints "1 THREAD-GFLOPS" and "2 BOTH-GFLOPS"
#include "measure/peak.h"

#include <cstdio>
#include <cstdlib>
#include <initializer_list>

int main(int argc, char **argv) {
  double seconds = argc > 1 ? std::atof(argv[1]) : 1;
  for (int threads : {1, 2})
    std::printf("%d %.1f\n", threads, resnetc::fma_peak(threads, seconds));
}
