// `bench --layers` and `--roofline`: where the time of a step goes.
#pragma once

#include "cli/command.h"
#include "measure/layer_times.h"
#include "measure/peak.h"

#include <nlohmann/json_fwd.hpp>

namespace resnetc {

/// What is looked at while steps are measured.
struct layer_watch {
  layer_times times;
  peak_watch peak;
};

/// What a run was measured beside.
struct machine_limits {
  double peak;          ///< GFLOP/s, in the variant's element type
  double bandwidth = 0; ///< GB/s; 0 where no one asked
};

/// FLOPs and bytes of a part in a step of `batch` images; 0 for other work.
double flop_of(const part_times &part, std::int64_t batch);
double bytes_of(const part_times &part, std::int64_t batch);

std::string layer_table(const layer_times &times, const machine_limits &limits,
                        std::int64_t batch);
nlohmann::ordered_json layers_as_json(const layer_times &times,
                                      const machine_limits &limits,
                                      std::int64_t batch);
std::string layer_roofline(const layer_times &times,
                           const machine_limits &limits, std::int64_t batch,
                           const std::string &title);

} // namespace resnetc
