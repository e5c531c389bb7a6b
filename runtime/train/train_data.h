// The images of a training run: which ones train, which ones validate.
#pragma once

#include "data/index.h"
#include "report/console.h"
#include "train/settings.h"

namespace resnetc {

struct train_data {
  image_index training,
      validation; ///< labels of both are indices into training.classes
  /// What an int8 prefix is calibrated on; see calibration_images. Chosen before
  /// images are held out, so that it does not hang on the seed.
  std::vector<sample> calibration;
};

/// Indexes --data and --val, holds images out where there are none for
/// validation, and checks the number of classes against the model. Says what it
/// found. Throws data_error and std::runtime_error.
train_data find_train_data(const train_settings &settings,
                           const resnetc_model &model, console &out);

} // namespace resnetc
