// `train`: from images to checkpoints.
#pragma once

#include "report/console.h"
#include "train/settings.h"

namespace resnetc {

/// Trains, validates after each epoch, and keeps the best and the last
/// checkpoint. Returns the exit code: 0, or 130 after Ctrl-C (what was learned
/// is then in last.safetensors). Throws file_error, data_error and
/// std::runtime_error; checkpoints of earlier epochs stay.
int train(const resnetc_variant &variant, const train_settings &settings,
          console &out);

/// What --augment auto comes to: none where at least half of the forward FLOPs
/// are in the frozen prefix.
augmentation choose_augmentation(augment_choice choice,
                                 const resnetc_model &model);

} // namespace resnetc
