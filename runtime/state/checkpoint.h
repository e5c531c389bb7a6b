// Checkpoints: the state_dict as safetensors, with what is needed to use it in
// the metadata.
#ifndef RESNETC_STATE_CHECKPOINT_H
#define RESNETC_STATE_CHECKPOINT_H

#include "state/load_weights.h"
#include "state/safetensors.h"
#include "state/scales.h"
#include "state/training_state.h"

#include <optional>

namespace resnetc {

/// Each field is one key of `__metadata__`, its value JSON text.
struct checkpoint_info {
  std::vector<std::string> classes;   ///< "classes", in the order of the logits
  std::vector<double> mean, std;      ///< "mean", "std": one a channel
  std::int64_t height = 0, width = 0; ///< "input": [h, w]
  std::int64_t channels = 0;          ///< "channels"
  std::int64_t resize = 0; ///< "resize": shorter side at evaluation, in pixels
  std::int64_t epoch = 0;  ///< "epoch": epochs done
  std::string spec;        ///< "spec"
  std::string spec_hash;   ///< "spec_hash"
  std::string precision = "f32"; ///< "precision" of the frozen prefix that the
                                 ///< head was trained behind; f32 where missing
  named_scales scales; ///< "scales" of int8 activations: by layer, as this
                       ///< precision was calibrated; missing where it has none
};

/// Everything but classes, epoch, precision and scales, from the model's table.
checkpoint_info describe(const resnetc_model &model);

/// Writes exactly the state_dict (torchvision's names and shapes,
/// num_batches_tracked included) in the variant's element type, atomically.
/// Throws file_error; an old file at PATH is then as it was.
void save_checkpoint(const std::filesystem::path &path,
                     const model_state &state, const checkpoint_info &info,
                     file_ops &ops = file_ops::system());

/// None for a plain state_dict. Throws file_error when our metadata is there
/// but damaged.
std::optional<checkpoint_info> read_checkpoint_info(const tensor_file &file);

/// For `--checkpoint`: loads every tensor. Throws file_error when the file is
/// of another spec, or anything does not fit.
std::optional<checkpoint_info> load_checkpoint(model_state &state,
                                               const tensor_file &file);

/// For `train --weights`: replaced layers are loaded only from a checkpoint of
/// ours whose class names equal `classes` and whose replaced layers have this
/// model's shapes; `reason` says what decided.
load_rules rules_for_training(const model_state &state, const tensor_file &file,
                              const std::vector<std::string> &classes,
                              std::uint64_t seed);

} // namespace resnetc

#endif
