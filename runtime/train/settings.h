// What a training run is told to do: the spec's defaults with the command
// line's changes.
#pragma once

#include "data/loader.h"
#include "train/prefix_cache.h"
#include "train/engine.h"

#include <filesystem>
#include <optional>
#include <string>

namespace resnetc {

enum class augment_choice { automatic, none, crop_flip };

struct train_settings {
  std::filesystem::path data;
  std::filesystem::path
      validation; ///< "": the val folder in `data`, or held out
  std::optional<double> val_split;
  std::string weights;            ///< a file, "random", or "" for none
  bool weights_from_spec = false; ///< nobody gave --weights
  int epochs = 10;
  std::int64_t batch = 32;
  optimizer_settings optimizer;
  double lr = 0.01, label_smoothing = 0;
  resnetc_schedule schedule = RESNETC_CONSTANT;
  int step_every = 1;
  double step_factor = 1, warmup_epochs = 0;
  std::int64_t seed = 0;
  augment_choice augment = augment_choice::automatic;
  exif orientation = exif::honour;
  bad_image_policy bad_images = bad_image_policy::skip;
  std::filesystem::path out; ///< "": runs/NAME-N
  bool force = false;
  cache_settings cache;
  std::int64_t views = 0; ///< augmented views of each image; 0: new ones in each epoch
  int threads = 1;
  std::string title; ///< before the progress; ends in a blank where there is one
  bool brief = false; ///< one of a sweep: epochs get no lines of their own
  // Below `out`.
  std::filesystem::path sub_folder;
  bool again = false; ///< what it starts from was said before
};

} // namespace resnetc
