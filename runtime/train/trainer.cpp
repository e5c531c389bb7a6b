#include "train/trainer.h"

#include "report/format.h"
#include "train/calibration.h"
#include "train/epoch_loop.h"
#include "train/evaluate.h"
#include "train/run_folder.h"
#include "train/start_weights.h"
#include "train/train_data.h"

#include <algorithm>
#include <fmt/format.h>

namespace resnetc {
namespace {

constexpr const char *schedule_names[] = {"constant", "cosine", "step"};

void say_augmentation(const train_settings &settings, augmentation augment,
                      const resnetc_model &model, console &out) {
  bool crops = augment == augmentation::crop_flip;
  if (settings.augment != augment_choice::automatic) {
    out.say(fmt::format("Augmentation: {}.", crops ? "crop-flip" : "none"));
    return;
  }
  double frozen = static_cast<double>(model.prefix_flops) /
                  static_cast<double>(std::max<std::int64_t>(model.flops, 1));
  out.say(fmt::format("Augmentation: {}, since {} of the forward work is in "
                      "frozen layers (--augment {} changes that).",
                      crops ? "crop-flip" : "none", format_percent(frozen),
                      crops ? "none" : "crop-flip"));
}

void say_cache(const train_settings &settings, augmentation augment,
               const resnetc_model &model, prefix_cache *cache, console &out) {
  bool crops = augment == augmentation::crop_flip;
  if (settings.views > 0 && !crops)
    out.warn("--cache-views changes nothing without augmentation; give "
             "--augment crop-flip with it");
  if (!cache)
    return;
  if (crops && settings.views == 0)
    return out.say(fmt::format(
        "Each epoch shows the frozen layers new crops, so what they make of "
        "them is not kept: {} of each step's work. --cache-views 4 keeps four "
        "views of each image; --augment none keeps the image itself.",
        format_percent(frozen_share(model))));
  std::string what = crops ? fmt::format("each of the {} views of an image",
                                         settings.views)
                           : "each image";
  std::string where = cache->folder().empty()
                          ? "in memory"
                          : "in " + cache->folder().string();
  out.say(fmt::format("The frozen layers see {} once; what they make of it "
                      "({}{}) is kept {} (--no-cache turns that off).",
                      what, format_bytes(cache->records().stored_bytes()),
                      settings.cache.format == record_format::bf16
                          ? ", in bfloat16"
                          : "",
                      where));
}

void say_settings(const train_settings &settings,
                  const resnetc_variant &variant, console &out) {
  const resnetc_model &model = *variant.model;
  std::string precision = variant.precision;
  out.say(fmt::format("{} for {}{}: {} parameters, {} of them trained; {}.",
                      model.name, variant.mcpu,
                      precision == "f32" ? ""
                                         : ", frozen layers in " + precision,
                      format_count(model.parameters),
                      format_count(model.trainable_parameters),
                      format_number_of(settings.threads, "thread")));
  std::string text = fmt::format(
      "{} in batches of {}; {}, learning rate {:g} ({}",
      format_number_of(settings.epochs, "epoch"), settings.batch,
      optimizer_names[settings.optimizer.kind], settings.lr,
      schedule_names[settings.schedule]);
  if (settings.warmup_epochs > 0)
    text +=
        fmt::format(" after {:g} {} of warm-up", settings.warmup_epochs,
                    settings.warmup_epochs == 1 ? "epoch" : "epochs");
  text += ")";
  if (settings.optimizer.kind == RESNETC_SGD)
    text += fmt::format(", {}momentum {:g}",
                        settings.optimizer.nesterov ? "Nesterov " : "",
                        settings.optimizer.momentum);
  if (settings.optimizer.weight_decay > 0)
    text += fmt::format(", weight decay {:g}", settings.optimizer.weight_decay);
  if (settings.label_smoothing > 0)
    text += fmt::format(", label smoothing {:g}", settings.label_smoothing);
  out.say(text + ".");
}

/// Whether steps read most of the frozen parameters as they were loaded. Below
/// float32 the prefix, which has most of them, has copies of its own, and they
/// are needed for checkpoints alone.
bool keeps_reading_frozen(const resnetc_variant &variant) {
  return std::string_view(variant.precision) == "f32";
}

} // namespace

double frozen_share(const resnetc_model &model) {
  auto all = static_cast<double>(model.flops),
       frozen = static_cast<double>(model.prefix_flops);
  return frozen / std::max(frozen + 3 * (all - frozen), 1.0);
}

augmentation choose_augmentation(augment_choice choice,
                                 const resnetc_model &model) {
  if (choice == augment_choice::automatic)
    return 2 * model.prefix_flops >= model.flops ? augmentation::none
                                                 : augmentation::crop_flip;
  return choice == augment_choice::none ? augmentation::none
                                        : augmentation::crop_flip;
}

run_result train(const resnetc_variant &variant, const resnetc_variant &plain,
                 const train_settings &settings, prefix_caches &caches,
                 console &out) {
  const resnetc_model &model = *variant.model;
  std::optional<silence> what_was_said(std::in_place, out, settings.again);
  check_image_channels(model);
  check_run_folder(settings.out, settings.force);
  check_training_batch(settings.batch, model);
  say_settings(settings, variant, out);
  train_data data = find_train_data(settings, model, out);
  engine engine(variant, settings.threads, settings.batch,
                engine_use::training);
  load_start_weights(engine.state(), settings, data.training.classes, out);
  bad_images bad(out);
  calibrate(engine, plain, data.calibration, settings, bad, out);
  engine.prepare();
  augmentation augment = choose_augmentation(settings.augment, model);
  say_augmentation(settings, augment, model, out);
  prefix_cache *cache =
      caches.find(engine, input_of(model), settings.orientation);
  say_cache(settings, augment, model, cache, out);
  run_folder folder =
      create_run_folder(settings.out, model.spec_name, settings.force);
  if (!settings.sub_folder.empty())
    folder = create_run_folder(folder.path / settings.sub_folder, "", true);
  if (!keeps_reading_frozen(variant))
    engine.state().keep_frozen_in(folder.path);
  what_was_said.reset();
  return epoch_loop(engine, settings, data, augment, folder, cache, bad, out)
      .run();
}

} // namespace resnetc
