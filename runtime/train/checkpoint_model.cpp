#include "train/checkpoint_model.h"

#include "state/checkpoint.h"
#include "train/evaluate.h"

#include <fmt/format.h>

namespace resnetc {

checkpoint_model::checkpoint_model(const resnetc_variant &variant,
                                   const std::filesystem::path &checkpoint,
                                   int threads, std::int64_t batch,
                                   engine_use use)
    : engine_(variant, threads, batch, use) {
  const resnetc_model &model = *variant.model;
  check_image_channels(model);
  tensor_file file = tensor_file::open(checkpoint);
  checkpoint_info info = describe(model);
  if (auto own = load_checkpoint(engine_.state(), file)) {
    info = *own;
    classes_ = info.classes;
  }
  engine_.set_scales(order_scales(variant, info.scales, checkpoint));
  mean_ = info.mean;
  std_ = info.std;
  resize_ = static_cast<int>(info.resize);
  if (mean_.size() != static_cast<std::size_t>(model.channels) ||
      std_.size() != mean_.size() || resize_ < 1)
    throw file_error(checkpoint,
                     fmt::format("its metadata does not describe an input of "
                                 "{} channels; it is damaged",
                                 model.channels));
  if (classes_ && classes_->size() != static_cast<std::size_t>(model.classes))
    throw file_error(checkpoint,
                     fmt::format("its metadata names {} classes, but the model "
                                 "has {}; it is damaged",
                                 classes_->size(), model.classes));
  engine_.prepare();
  engine_.refresh();
}

transform_spec checkpoint_model::input() const {
  const resnetc_model &model = engine_.model();
  return {model.height, model.width,  model.channels,
          resize_,      mean_.data(), std_.data()};
}

std::string checkpoint_model::class_name(std::int64_t index) const {
  return classes_ ? (*classes_)[index] : fmt::format("{}", index);
}

} // namespace resnetc
