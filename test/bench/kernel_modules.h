//===- kernel_modules.h - one module a kernel -------------------*- C++ -*-===//
//
// The kernels that bench_kernels times, each as a module in the `resnet` dialect that is as small as can be: what the op needs, and a reader of
// what it gives. Both are other work in the table of loops, so that their time does not count.
//
//===----------------------------------------------------------------------===//

#ifndef RESNETC_BENCH_KERNEL_MODULES_H
#define RESNETC_BENCH_KERNEL_MODULES_H

#include <cstdint>
#include <string>
#include <vector>

namespace resnetc {

struct kernel {
  std::string name;               // "winograd/dx/64@56"
  std::string text;               // holds @gradients; its arguments are the record
  std::string conv;               // "direct" or "winograd"
  std::vector<std::string> parts; // "forward", "dx", "dw" or other work: the loops that are timed
  int64_t record;                 // elements of an image's
  int64_t flops = 0;              // of an image; 0: what the table says of the layer
  int64_t bytes = 0;              // of an image, where memory bounds it: operands and result
};

std::vector<kernel> kernelsToMeasure();

} // namespace resnetc

#endif // RESNETC_BENCH_KERNEL_MODULES_H
