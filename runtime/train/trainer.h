// `train`: from images to checkpoints.
#pragma once

#include "report/console.h"
#include "train/metrics.h"
#include "train/prefix_cache.h"
#include "train/settings.h"

#include <filesystem>
#include <string>
#include <vector>

namespace resnetc {

/// What a run came to.
struct run_result {
  int exit_code = 0;                 ///< 0, 1 after a failure, 130 after Ctrl-C
  std::string failure;               ///< the loss was not finite: what to say
  std::filesystem::path folder;      ///< where its files are
  std::vector<epoch_metrics> epochs; ///< those that were finished
  epoch_metrics best;                ///< of them
};

/// Trains, validates after each epoch, and keeps the best and the last
/// checkpoint. After Ctrl-C what was learned is in last.safetensors. A loss that
/// is not finite ends the run with a failure; other trouble is thrown as
/// file_error, data_error and std::runtime_error. Either way checkpoints of
/// earlier epochs stay. Runs with the same caches share what the frozen layers make of an
/// image. `plain` is the same program in float32, which an int8 one is calibrated
/// by; maybe `variant` itself.
run_result train(const resnetc_variant &variant, const resnetc_variant &plain,
                 const train_settings &settings, prefix_caches &caches,
                 console &out);

/// The part of a step's multiply-adds that the frozen prefix has: what a step on
/// kept records saves. Backward passes count as two forward ones.
double frozen_share(const resnetc_model &model);

/// What --augment auto comes to: none where at least half of the forward FLOPs
/// are in the frozen prefix.
augmentation choose_augmentation(augment_choice choice,
                                 const resnetc_model &model);

} // namespace resnetc
