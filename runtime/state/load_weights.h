// From a weights file into a model, by name.
#ifndef RESNETC_STATE_LOAD_WEIGHTS_H
#define RESNETC_STATE_LOAD_WEIGHTS_H

#include "state/state_dict.h"
#include "state/tensor_file.h"

namespace resnetc {

/// What happens to a layer that a rule of the spec replaced.
enum class replaced_layers { initialise, load };

struct load_rules {
  replaced_layers replaced = replaced_layers::initialise;
  std::string reason; ///< why, for the report: "its classes are not the data's"
  std::uint64_t seed = 0; ///< of a fresh initialisation
};

struct load_report {
  std::int64_t loaded = 0;              ///< tensors taken from the file
  std::vector<std::string> initialised; ///< tensors that were initialised
  std::vector<std::string> notes; ///< lines for the user: the file's own, and
                                  ///< which layers are new and why
};

/// Throws one file_error that lists all of: tensors of the model that the file
/// lacks (num_batches_tracked excepted: read as 0) or that have another shape
/// or no floating type, and tensors of the file that the model lacks, except
/// under the name of a replaced layer. `state` is then unchanged.
load_report load_weights(model_state &state, const tensor_file &file,
                         const load_rules &rules);

/// Every tensor of the model from the file, replaced layers too; for
/// `--checkpoint` and `step`. `ignored` names tensors of the file that are no
/// part of the model ("images").
load_report load_all(model_state &state, const tensor_file &file,
                     const std::vector<std::string> &ignored = {});

/// Throws file_error where a tensor that was loaded holds NaN or infinity: no
/// learning rate mends that.
void check_finite(const model_state &state, const tensor_file &file);

} // namespace resnetc

#endif
