// `train --check-precision`: what low precision changes.
#pragma once

#include "report/console.h"
#include "train/settings.h"
#include "train/trainer.h"

#include <optional>
#include <vector>

namespace resnetc {

/// Trains as train() does with `variant`, then once more with `plain`, the same
/// program in float32, into the sub-folder "f32", and says what differs: the
/// accuracies, and of up to 2,048 validation images, fewer where records are
/// large, the features and what one head makes of them. The result is the first
/// run's, or the second one's where that came to no end.
run_result check_precision(const resnetc_variant &variant,
                           const resnetc_variant &plain,
                           const train_settings &settings,
                           prefix_caches &caches, console &out);

/// How far features are from others of the same images, of which the mean over
/// all images is taken first: those of unrelated images resemble one another.
struct cosines {
  double least = 1, mean = 1;
};
/// `features` and `plain` are [images][size]; nothing where those of `plain` are
/// all alike.
std::optional<cosines> centred_cosines(const std::vector<float> &features,
                                       const std::vector<float> &plain,
                                       std::size_t size);

} // namespace resnetc
