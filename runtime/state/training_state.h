// What a run needs to go on, beside the checkpoint: optimizer state and
// position.
#ifndef RESNETC_STATE_TRAINING_STATE_H
#define RESNETC_STATE_TRAINING_STATE_H

#include "state/safetensors.h"
#include "state/state_dict.h"
#include "state/tensor_file.h"

namespace resnetc {

/// Where a run stands; beside the checkpoint, in last.state.safetensors.
struct training_position {
  std::int64_t epoch = 0; ///< epochs done
  std::int64_t step = 0;  ///< optimizer steps done
  std::uint64_t seed = 0;
  std::string optimizer; ///< "sgd", "adam", "adamw"
};

/// `state1` and `state2` are flat buffers of trained_size elements; `state2`
/// may be null (sgd). They are stored by tensor name ("state1.fc.weight") in
/// logical form, so another blocking can read them.
void save_training_state(const std::filesystem::path &path,
                         const model_state &state,
                         const training_position &position, const void *state1,
                         const void *state2,
                         file_ops &ops = file_ops::system());
training_position load_training_state(const tensor_file &file,
                                      const model_state &state, void *state1,
                                      void *state2);

} // namespace resnetc

#endif
