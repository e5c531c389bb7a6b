//===- bench_kernels.cpp - micro-benchmarks of the emitted kernels --------===//
//
//   bench_kernels [--batch=N] [--threads=N] [--mcpu=NAME] [--benchmark_filter=REGEX] [other options of Google Benchmark]
//
// Each kernel family, compiled alone by resnetc's own pipeline when its turn comes. The time is that of its parallel loops. Counters, by the best
// iteration: GFLOP/s of the direct algorithm and their ratio to the FMA peak, measured before, behind and between; where memory bounds a kernel
// also GB/s of its operands and results, and their ratio to main memory's bandwidth.
//
//===----------------------------------------------------------------------===//

#include "loaded_kernel.h"

#include "measure/bandwidth.h"
#include "measure/peak.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <map>

using namespace resnetc;

namespace {

struct Settings {
  int64_t batch = 32;
  int threads = 1;
  std::string mcpu = "native", folder;
  bool failed = false; // a kernel could not be compiled
};

/// What Google Benchmark left of the command line.
bool readOptions(int argc, char **argv, Settings &settings) {
  for (int i = 1; i < argc; ++i) {
    auto [name, value] = llvm::StringRef(argv[i]).split('=');
    bool fits = (name == "--batch" && !value.getAsInteger(10, settings.batch) && settings.batch > 0) ||
                (name == "--threads" && !value.getAsInteger(10, settings.threads) && settings.threads > 0) ||
                (name == "--mcpu" && !value.empty());
    if (!fits) {
      llvm::errs() << "error: unknown option " << argv[i] << "; expected --batch=N, --threads=N, --mcpu=NAME, or one of Google Benchmark\n";
      return false;
    }
    if (name == "--mcpu")
      settings.mcpu = value.str();
  }
  return true;
}

double bandwidth(int threads) {
  static double measured = memory_bandwidth(threads);
  return measured;
}

void measure(benchmark::State &state, const kernel &source, Settings &settings) {
  // The function is entered anew for each guess at the number of iterations.
  static std::map<std::string, std::unique_ptr<LoadedKernel>> loaded;
  auto [known, isNew] = loaded.try_emplace(source.name);
  if (isNew) {
    loaded.clear(); // buffers of one kernel at a time
    known = loaded.try_emplace(source.name, LoadedKernel::load(source, settings.mcpu, settings.folder, settings.batch, settings.threads)).first;
  }
  LoadedKernel *kernel = known->second.get();
  if (!kernel) {
    settings.failed = true;
    return state.SkipWithError("not compiled");
  }
  kernel->run(); // touches the memory
  peak_watch peak(settings.threads);
  double best = 0;
  for (auto _ : state) {
    double seconds = kernel->run();
    state.SetIterationTime(seconds);
    best = best == 0 ? seconds : std::min(best, seconds);
    peak.look_again();
  }
  peak.look();
  double gflops = kernel->flops() / best / 1e9;
  state.counters["GFLOP/s"] = gflops;
  state.counters["of_peak"] = gflops / peak.highest();
  if (kernel->bytes() > 0) {
    state.counters["GB/s"] = kernel->bytes() / best / 1e9;
    state.counters["of_memory"] = kernel->bytes() / best / 1e9 / bandwidth(settings.threads);
  }
}

} // namespace

int main(int argc, char **argv) {
  benchmark::Initialize(&argc, argv);
  Settings settings;
  if (!readOptions(argc, argv, settings))
    return 1;
  llvm::SmallString<128> folder;
  if (std::error_code code = llvm::sys::fs::createUniqueDirectory("bench_kernels", folder)) {
    llvm::errs() << "error: cannot make a temporary folder: " << code.message() << "\n";
    return 1;
  }
  settings.folder = std::string(folder);
  std::vector<kernel> kernels = kernelsToMeasure();
  for (const kernel &source : kernels)
    benchmark::RegisterBenchmark(source.name.c_str(), [&](benchmark::State &state) { measure(state, source, settings); })
        ->UseManualTime()
        ->Unit(benchmark::kMillisecond);
  size_t run = benchmark::RunSpecifiedBenchmarks();
  llvm::sys::fs::remove_directories(folder);
  return run > 0 && !settings.failed ? 0 : 1;
}
