#include "train/calibration.h"

#include "report/format.h"
#include "state/scales.h"
#include "train/clipping.h"
#include "train/evaluate.h"
#include "train/scale_cache.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fmt/format.h>
#include <stdexcept>

namespace resnetc {
namespace {

constexpr std::size_t most_images = 128;

std::vector<float> scales_from(engine &engine, const resnetc_variant &plain,
                               const std::vector<sample> &images,
                               const train_settings &settings, bad_images &bad,
                               console &out) {
  using clock = std::chrono::steady_clock;
  loader_options options = loading_for(engine, settings);
  options.batch = engine.model().feature_batch;
  calibration observed(engine, plain, settings.threads, options.batch);
  const transform_spec input = input_of(engine.model());
  loader loader(images, input, options, bad.callback());
  const auto all = static_cast<std::int64_t>(images.size());
  loader.start(sequential_order(all));
  std::int64_t done = 0;
  const clock::time_point start = clock::now();
  while (const batch *batch = loader.next()) {
    observed.look(batch->images, batch->size);
    done += batch->size;
    const std::chrono::duration<double> passed = clock::now() - start;
    if (passed.count() > 1)
      out.progress(format_evaluation("calibration", done, all, passed.count()));
  }
  if (done == 0)
    throw std::runtime_error(
        "none of the images to calibrate " + std::string(engine.variant().precision) +
        " on could be read; give others with --data");
  std::vector<float> scales = observed.scales();
  out.say(fmt::format("Calibrated {} on {}.", engine.variant().precision,
                      format_number_of(done, "image")));
  return scales;
}

} // namespace

calibration::calibration(engine &engine, const resnetc_variant &plain,
                         int threads, std::int64_t batch)
    : engine_(engine), plain_(plain, threads, batch, engine_use::inference),
      frozen_(engine_.state(), plain_.state()),
      histograms_(needed_scales(engine.variant()).size() * RESNETC_BINS *
                  sizeof(std::int64_t)) {
  if (!plain.calibrate || plain.scale_count != engine.variant().scale_count)
    throw std::logic_error("the program in f32 cannot calibrate that in " +
                           std::string(engine.variant().precision));
  plain_.prepare();
}

void calibration::look(const void *images, std::int64_t n) {
  plain_.calibrate(images, n, histograms_.as<std::int64_t>());
}

std::vector<float> calibration::scales() const {
  std::vector<float> scales;
  const auto *histogram = histograms_.as<const std::int64_t>();
  for (const resnetc_scale &row : needed_scales(engine_.variant())) {
    if (histogram[RESNETC_BINS - 1] > 0) // infinite and not-a-number, too
      throw std::runtime_error(fmt::format(
          "what {} gives is not finite, or beyond {:.0f}, which {} does not "
          "reach; look at the weights, or compile with --precision=f32",
          row.name, std::ldexp(1.0, RESNETC_BINS / 32 - 16),
          engine_.variant().precision));
    scales.push_back(
        least_error_scale({histogram, RESNETC_BINS}, row.is_signed));
    histogram += RESNETC_BINS;
  }
  return scales;
}

void calibrate(engine &engine, const resnetc_variant &plain, const void *images,
               std::int64_t n, int threads) {
  calibration observed(engine, plain, threads, n);
  observed.look(images, n);
  engine.set_scales(observed.scales());
}

std::vector<sample> calibration_images(const image_index &index) {
  const std::size_t n = std::min(index.samples.size(), most_images);
  return {index.samples.begin(), index.samples.begin() + std::ptrdiff_t(n)};
}

void calibrate(engine &engine, const resnetc_variant &plain,
               const std::vector<sample> &images,
               const train_settings &settings, bad_images &bad, console &out) {
  if (needed_scales(engine.variant()).empty())
    return;
  scale_cache cache(engine, plain, images, settings);
  if (std::optional<std::vector<float>> kept = cache.find()) {
    engine.set_scales(*kept);
    return out.say(fmt::format("{} was calibrated in an earlier run.",
                               engine.variant().precision));
  }
  const std::vector<float> scales =
      scales_from(engine, plain, images, settings, bad, out);
  engine.set_scales(scales);
  cache.keep(scales);
}

} // namespace resnetc
