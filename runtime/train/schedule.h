// The course of the learning rate.
#pragma once

#include <resnetc/abi.h>

#include <cstdint>

namespace resnetc {

/// The learning rate of each optimizer step (docs/numerics.md).
struct learning_rate {
  resnetc_schedule kind = RESNETC_CONSTANT;
  double base = 0;
  double warmup_epochs = 0;
  int step_every = 1;     ///< epochs; RESNETC_STEP
  double step_factor = 1; ///< RESNETC_STEP
  std::int64_t epochs = 1, steps_per_epoch = 1;

  /// `step` counts from 0 over the whole run.
  double at(std::int64_t step) const;
};

} // namespace resnetc
