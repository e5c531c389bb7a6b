#include "train/check_precision.h"

#include "report/format.h"
#include "state/mapped_file.h"
#include "train/bad_images.h"
#include "train/checkpoint_model.h"
#include "train/evaluate.h"
#include "train/record_source.h"
#include "train/run_folder.h"
#include "train/train_data.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fmt/format.h>

namespace resnetc {
namespace {

/// Images whose features are compared, and bytes that both sets of them take.
constexpr std::size_t most_images = 2048, most_bytes = std::size_t(64) << 20;

/// What a model makes of images.
struct answers {
  std::vector<float> features; ///< [images][record_size]
  std::vector<std::int64_t> classes;
};

/// In memory is one model at a time.
answers answers_of(const resnetc_variant &variant,
                   const std::filesystem::path &head,
                   const std::vector<sample> &samples,
                   const train_settings &settings, prefix_caches &caches,
                   bad_images &bad) {
  checkpoint_model model(variant, head, settings.threads, settings.batch,
                         engine_use::inference);
  engine &engine = model.engine();
  const transform_spec input = model.input();
  record_source images(engine, samples, input, loading_for(engine, settings),
                       bad.callback(),
                       caches.find(engine, input, settings.orientation));
  images.start(sequential_order(static_cast<std::int64_t>(samples.size())));
  answers result;
  const auto size = static_cast<std::size_t>(engine.model().record_size);
  while (const record_batch *batch = images.next()) {
    const auto *records = static_cast<const float *>(batch->records);
    result.features.insert(result.features.end(), records,
                           records + batch->size * size);
    std::span<const double> logits = engine.logits(batch->records, batch->size);
    const std::size_t classes = logits.size() / batch->size;
    for (std::int64_t i = 0; i < batch->size; ++i) {
      auto row = logits.subspan(i * classes, classes);
      result.classes.push_back(std::ranges::max_element(row) - row.begin());
    }
  }
  return result;
}

/// As many samples as may be, from all classes.
std::vector<sample> spread(const std::vector<sample> &all,
                           const resnetc_model &model) {
  std::vector<sample> some;
  const std::size_t record =
      static_cast<std::size_t>(model.record_size) * sizeof(float);
  const std::size_t most =
      std::clamp<std::size_t>(most_bytes / (2 * record), 2, most_images);
  const std::size_t step = (all.size() + most - 1) / most;
  for (std::size_t i = 0; i < all.size(); i += step)
    some.push_back(all[i]);
  return some;
}

std::vector<sample> judged_images(const train_settings &settings,
                                  const resnetc_model &model, console &out) {
  silence what_training_said(out);
  return spread(find_train_data(settings, model, out).validation.samples,
                model);
}

void say_accuracies(const resnetc_variant &variant, const run_result &low,
                    const run_result &plain, console &out) {
  out.say(fmt::format(
      "Top-1 on the validation images: {} behind frozen layers in {} (epoch "
      "{}), {} behind f32 (epoch {}).",
      format_percent(low.best.val_top1), variant.precision, low.best.epoch,
      format_percent(plain.best.val_top1), plain.best.epoch));
}

void say_features(const answers &low, const answers &plain,
                  const resnetc_variant &variant, console &out) {
  const std::size_t images = low.classes.size();
  if (images == 0 || plain.classes.size() != images)
    return;
  std::size_t same = 0;
  for (std::size_t i = 0; i < images; ++i)
    same += low.classes[i] == plain.classes[i];
  const std::optional<cosines> near =
      centred_cosines(low.features, plain.features,
                      static_cast<std::size_t>(variant.model->record_size));
  const std::string told =
      near ? fmt::format("centred cosine {:.5f} on average, {:.5f} at least",
                         near->mean, near->least)
           : "the same for all in f32, so that there is nothing to compare";
  out.say(fmt::format(
      "Features of {} of them: {}. The head trained behind {} names the same "
      "class behind f32 for {}.",
      images, told, variant.precision,
      format_percent(static_cast<double>(same) / static_cast<double>(images))));
}

bool ended(const run_result &run) {
  return run.failure.empty() && run.exit_code == 0;
}

} // namespace

std::optional<cosines> centred_cosines(const std::vector<float> &features,
                                       const std::vector<float> &plain,
                                       std::size_t size) {
  const std::size_t images = size ? plain.size() / size : 0;
  std::vector<double> mean(size);
  for (std::size_t i = 0; i < plain.size(); ++i)
    mean[i % size] += plain[i] / static_cast<double>(images);
  cosines result;
  double sum = 0;
  bool differ = false;
  for (std::size_t image = 0; image < images; ++image) {
    double dot = 0, a2 = 0, b2 = 0;
    for (std::size_t i = 0; i < size; ++i) {
      const double a = features[image * size + i] - mean[i],
                   b = plain[image * size + i] - mean[i];
      dot += a * b;
      a2 += a * a;
      b2 += b * b;
      differ |= plain[image * size + i] != plain[i];
    }
    // The mean itself resembles the mean, and nothing else.
    const double cosine = a2 > 0 && b2 > 0 ? dot / std::sqrt(a2 * b2)
                                           : static_cast<double>(a2 == b2);
    result.least = std::min(result.least, cosine);
    sum += cosine;
  }
  result.mean = sum / static_cast<double>(images);
  return differ ? std::optional(result) : std::nullopt;
}

run_result check_precision(const resnetc_variant &variant,
                           const resnetc_variant &plain,
                           const train_settings &settings,
                           prefix_caches &caches, console &out) {
  // Before hours are spent on the first run.
  if (const std::filesystem::path second = settings.out / "f32";
      !settings.out.empty() && std::filesystem::exists(second) &&
      !std::filesystem::is_directory(second))
    throw file_error(second, "is no folder; name another with --out");
  run_result low = train(variant, plain, settings, caches, out);
  if (!ended(low))
    return low;
  out.say("Once more, behind frozen layers in f32.");
  train_settings again = settings;
  again.out = low.folder;
  again.sub_folder = again.title = "f32";
  again.title += ' ';
  again.force = again.again = true;
  const run_result other = train(plain, plain, again, caches, out);
  if (!ended(other))
    return other;
  say_accuracies(variant, low, other, out);
  const std::vector<sample> samples = judged_images(settings, *variant.model, out);
  const std::filesystem::path head = run_folder{low.folder}.best();
  bad_images bad(out);
  const answers narrow =
      answers_of(variant, head, samples, settings, caches, bad);
  say_features(narrow, answers_of(plain, head, samples, settings, caches, bad),
               variant, out);
  return low;
}

} // namespace resnetc
