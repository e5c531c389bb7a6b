// The parameters that training starts from.
#pragma once

#include "report/console.h"
#include "state/state_dict.h"
#include "train/settings.h"

#include <string>
#include <vector>

namespace resnetc {

/// Fills `state` from settings.weights and says what came from where. Throws
/// file_error for a file that does not fit, and std::runtime_error where
/// parameters are frozen and no weights are named.
void load_start_weights(model_state &state, const train_settings &settings,
                        const std::vector<std::string> &classes, console &out);

} // namespace resnetc
