#include "train/evaluate.h"

#include <fmt/format.h>
#include <stdexcept>

namespace resnetc {

transform_spec input_of(const resnetc_model &model) {
  return {model.height, model.width, model.channels,
          model.resize, model.mean,  model.std};
}

loader_options loading_for(const engine &engine,
                           const train_settings &settings) {
  loader_options loading;
  loading.batch = static_cast<int>(engine.batch());
  loading.threads = settings.threads;
  loading.dtype = static_cast<resnetc_dtype>(engine.variant().dtype);
  loading.orientation = settings.orientation;
  loading.bad_images = settings.bad_images;
  return loading;
}

void check_image_channels(const resnetc_model &model) {
  if (model.channels != 1 && model.channels != 3)
    throw std::runtime_error(fmt::format(
        "the model takes {} channels, but image files give 1 or 3; only step, "
        "bench and info work with it",
        model.channels));
}

tally evaluate(engine &engine, record_source &source,
               const std::function<bool(std::int64_t images)> &on_batch) {
  tally result;
  engine.refresh();
  std::size_t classes = engine.model().classes;
  while (const record_batch *batch = source.next()) {
    std::span<const double> logits =
        engine.logits(batch->records, batch->size);
    for (std::int64_t i = 0; i < batch->size; ++i)
      result.add(logits.subspan(i * classes, classes), batch->labels[i]);
    if (!on_batch(result.images))
      break;
  }
  return result;
}

} // namespace resnetc
