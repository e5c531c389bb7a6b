//===- loaded_kernel.h - a module, compiled and loaded ----------*- C++ -*-===//

#ifndef RESNETC_BENCH_LOADED_KERNEL_H
#define RESNETC_BENCH_LOADED_KERNEL_H

#include "kernel_modules.h"
#include "state/aligned_buffer.h"
#include "threads/pool.h"

#include <memory>

namespace resnetc {

/// @gradients of a module with buffers of its own, filled with random numbers.
class LoadedKernel {
public:
  /// Compiles by resnetc's own pipeline and links in `folder`, which must exist. Null after an error, which went to standard error.
  static std::unique_ptr<LoadedKernel> load(const kernel &source, const std::string &mcpu, const std::string &folder, int64_t batch, int threads);
  ~LoadedKernel();

  /// Runs it once; the seconds of the loops that are timed.
  double run();
  /// Of a run.
  double flops() const { return flopsOfRun; }
  double bytes() const { return static_cast<double>(source.bytes * batch); }

private:
  LoadedKernel(const kernel &source, int64_t batch, int threads) : source(source), batch(batch), pool(threads) {}
  bool open(const std::string &path);

  const kernel &source;
  int64_t batch;
  thread_pool pool;
  void *library = nullptr;
  const resnetc_variant *variant = nullptr;
  std::vector<resnetc_body> timed;
  double flopsOfRun = 0;
  aligned_buffer arena, records, frozen, trained, stats, gradients;
};

} // namespace resnetc

#endif // RESNETC_BENCH_LOADED_KERNEL_H
