// A model with the weights of a checkpoint, for eval and predict.
#pragma once

#include "data/transform.h"
#include "train/engine.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace resnetc {

class checkpoint_model {
public:
  /// Throws file_error where the file does not fit the model, or lacks the scales
  /// that an int8 one needs.
  checkpoint_model(const resnetc_variant &variant,
                   const std::filesystem::path &checkpoint, int threads,
                   std::int64_t batch, engine_use use);

  resnetc::engine &engine() { return engine_; }
  /// As the checkpoint was trained; the trainer's own for a plain state_dict.
  /// Points into this object.
  transform_spec input() const;
  /// None for a plain state_dict.
  const std::optional<std::vector<std::string>> &classes() const {
    return classes_;
  }
  /// The class's name, or its number.
  std::string class_name(std::int64_t index) const;

private:
  resnetc::engine engine_;
  std::vector<double> mean_, std_;
  int resize_;
  std::optional<std::vector<std::string>> classes_;
};

} // namespace resnetc
