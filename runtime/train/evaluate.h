// Loss and accuracy of a model on images.
#pragma once

#include "train/engine.h"
#include "train/metrics.h"
#include "train/record_source.h"
#include "train/settings.h"

#include <functional>

namespace resnetc {

/// The network's input as the data path needs it; points into the model's
/// table.
transform_spec input_of(const resnetc_model &model);

/// How images are read for an engine, in its batches and element type, as they
/// are evaluated.
loader_options loading_for(const engine &engine, const train_settings &settings);

/// Throws std::runtime_error where image files do not give the model's
/// channels: they give 1 or 3.
void check_image_channels(const resnetc_model &model);

/// Refreshes the engine, then runs through the pass that was started on
/// `source`. `on_batch` is told after each batch how many images are done, and
/// may end the pass by returning false.
tally evaluate(engine &engine, record_source &source,
               const std::function<bool(std::int64_t images)> &on_batch);

} // namespace resnetc
