// `step`: training steps on given tensors, for comparison with other programs.
#pragma once

#include "train/engine.h"

#include <filesystem>

namespace resnetc {

struct step_settings {
  int steps = 3;
  optimizer_settings optimizer;
  double lr = 0.01, label_smoothing = 0;
  int threads = 1;
};

/// Reads images [N,C,H,W] (normalised), labels [N] (i64) and every parameter
/// and buffer from `in`, takes the steps on that one batch with dropout as the
/// identity, and writes to `out`, in the variant's element type: logits [N,
/// classes] and grad.NAME of the first step, loss [steps], and every parameter
/// and buffer after the last. An int8 prefix is calibrated on the images; its
/// scales are in the metadata, as in a checkpoint's. `plain`: see train(). Throws
/// file_error.
void step_tensors(const resnetc_variant &variant, const resnetc_variant &plain,
                  const std::filesystem::path &in,
                  const std::filesystem::path &out,
                  const step_settings &settings);

} // namespace resnetc
