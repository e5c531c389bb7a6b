// Scales of int8 activations that earlier runs have found.
#pragma once

#include "cache/record_store.h"
#include "data/index.h"
#include "train/engine.h"
#include "train/settings.h"

#include <optional>
#include <vector>

namespace resnetc {

/// In the folder of the prefixes' records, one record for all scales. They are
/// found by what they hang on: both programs' code, the frozen weights, how
/// images are read, and what these images hold. It is a memory: where it cannot
/// be read or written nothing is wrong, only computed again.
class scale_cache {
public:
  /// `engine` is of the variant with scales, and its weights are there; `plain`
  /// is the one in f32 beside it.
  scale_cache(const engine &engine, const resnetc_variant &plain,
              const std::vector<sample> &images,
              const train_settings &settings);

  std::optional<std::vector<float>> find();
  void keep(const std::vector<float> &scales);

private:
  std::size_t count_;
  std::optional<record_store> store_; ///< none where nothing is kept
  digest id_;
};

} // namespace resnetc
