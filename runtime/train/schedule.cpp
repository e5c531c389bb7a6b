#include "train/schedule.h"

#include <cmath>
#include <numbers>

namespace resnetc {

double learning_rate::at(std::int64_t step) const {
  double warmup =
      std::round(warmup_epochs * static_cast<double>(steps_per_epoch));
  double t = static_cast<double>(step),
         all = static_cast<double>(epochs * steps_per_epoch);
  if (t < warmup)
    return base * (t + 1) / warmup;
  switch (kind) {
  case RESNETC_CONSTANT:
    return base;
  case RESNETC_COSINE:
    return base * 0.5 *
           (1 + std::cos(std::numbers::pi * (t - warmup) / (all - warmup)));
  case RESNETC_STEP:
    return base *
           std::pow(step_factor,
                    static_cast<double>(step / steps_per_epoch / step_every));
  }
  return base;
}

} // namespace resnetc
