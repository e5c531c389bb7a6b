// Where the time of a step goes: by layer and direction, and by other kinds of
// work.
#pragma once

#include "threads/pool.h"

#include <resnetc/abi.h>

#include <string_view>
#include <unordered_map>
#include <vector>

namespace resnetc {

/// One part's figures over all steps.
struct part_times {
  const resnetc_work *work; ///< null: what no parallel loop did
  double best, median;      ///< seconds a step
  double share;             ///< of the time of all steps; shares add up to 1
};

/// "forward", "dx", "dw"; of other work its name, of none "the rest".
std::string_view name_of(const part_times &part);
/// The layer's name, or "".
std::string_view layer_of(const part_times &part);

/// Adds up the times of a variant's parallel loops, step by step. A loop of two
/// layers counts for each by its FLOPs.
class layer_times {
public:
  explicit layer_times(const resnetc_variant &variant);

  /// What engine::time_loops takes: times since the last step.
  loop_times *loops() { return &loops_; }
  void begin_step() { loops_.clear(); }
  /// `seconds`: of the whole step.
  void end_step(double seconds);

  /// The parts that took time: layers in the state_dict's order, each forward,
  /// dx, dw; then other work, the longest first; then the rest.
  std::vector<part_times> parts() const;

private:
  const resnetc_variant &variant_;
  struct portion {
    std::size_t work; // index into seconds_
    double of_the_loop;
  };
  std::unordered_map<resnetc_body, std::vector<portion>> portions_;
  loop_times loops_;
  std::vector<std::vector<double>> seconds_; // by work, the rest last; by step
};

} // namespace resnetc
