// Several runs that differ in their settings, on one cache.
#pragma once

#include "report/console.h"
#include "train/settings.h"

#include <resnetc/abi.h>

#include <string>
#include <vector>

namespace resnetc {

struct sweep_case {
  std::string name; ///< "lr=0.1,weight-decay=0": its folder's
  train_settings settings;
};

/// `plain`: see train(). Trains each case into OUT/NAME, where OUT is what the settings say (the same
/// for all). Each gives what it would give alone, to the bit. Then says which is
/// best on the validation images, and writes OUT/sweep.csv and OUT/sweep.svg. A
/// case whose loss is not finite is shown as such, and the others go on. Returns
/// the exit code; throws as train() does.
int sweep(const resnetc_variant &variant, const resnetc_variant &plain,
          const std::vector<sweep_case> &cases, console &out);

} // namespace resnetc
