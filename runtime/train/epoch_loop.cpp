#include "train/epoch_loop.h"

#include "report/format.h"
#include "state/checkpoint.h"
#include "state/training_state.h"
#include "train/evaluate.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace resnetc {
namespace {

loader_options options_for(const engine &engine, const train_settings &settings,
                           augmentation augment) {
  loader_options options = loading_for(engine, settings);
  options.augment = augment;
  options.seed = settings.seed;
  options.views = settings.views;
  return options;
}

struct not_finite : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Saving takes a good part of a second where epochs take less.
constexpr double seconds_between_saves = 10;

std::int64_t count_steps(std::int64_t images, std::int64_t batch,
                         std::int64_t smallest) {
  return images / batch + (images % batch >= smallest);
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
      .count();
}

} // namespace

epoch_loop::epoch_loop(engine &engine, const train_settings &settings,
                       const train_data &data, augmentation augment,
                       const run_folder &folder, prefix_cache *cache,
                       bad_images &bad, console &out)
    : engine_(engine), settings_(settings), data_(data), folder_(folder),
      cache_(cache), out_(out), bad_images_(bad),
      training_(engine, data.training.samples, input_of(engine.model()),
                options_for(engine, settings, augment), bad_images_.callback(),
                cache),
      validation_(engine, data.validation.samples, input_of(engine.model()),
                  options_for(engine, settings, augmentation::none),
                  bad_images_.callback(), cache) {
  auto images = static_cast<std::int64_t>(data.training.samples.size());
  schedule_ = {settings.schedule,
               settings.lr,
               settings.warmup_epochs,
               settings.step_every,
               settings.step_factor,
               settings.epochs,
               std::max<std::int64_t>(
                   count_steps(images, settings.batch,
                               engine.model().smallest_batch),
                   1)};
}

run_result epoch_loop::run() {
  start_metrics(folder_.metrics());
  if (!brief())
    out_.say(fmt::format("Writes to {}.", folder_.path.string()));
  run_result result;
  result.folder = folder_.path;
  try {
    result.exit_code = run_epochs();
  } catch (const not_finite &failure) {
    save_pending();
    result.exit_code = 1;
    result.failure = failure.what();
  } catch (...) {
    save_pending();
    throw;
  }
  result.epochs = rows_;
  result.best = best_.value_or(epoch_metrics{});
  return result;
}

int epoch_loop::run_epochs() {
  for (int epoch = 1; epoch <= settings_.epochs; ++epoch) {
    clock::time_point start = clock::now();
    epoch_metrics row;
    row.epoch = epoch;
    if (!train_epoch(epoch, row) || !validate(epoch, row))
      return stop(epoch);
    row.seconds = seconds_since(start);
    finish_epoch(row);
  }
  bad_images_.say_count();
  if (!brief())
    say_end();
  return 0;
}

void epoch_loop::say_found(const record_source &source,
                           std::string_view images) const {
  if (source.found() > 0)
    out_.say(fmt::format("{} of {} {} images came from the cache.",
                         format_count(source.found()),
                         format_count(source.found() + source.computed()),
                         images));
}

// False after Ctrl-C.
bool epoch_loop::train_epoch(int epoch, epoch_metrics &row) {
  clock::time_point start = clock::now();
  tally sum;
  std::int64_t step = 0;
  training_.start(
      shuffled_order(data_.training.samples.size(), settings_.seed, epoch),
      epoch);
  while (const record_batch *batch = training_.next()) {
    if (interrupt_.interrupted())
      return false;
    if (batch->size < engine_.model().smallest_batch) {
      if (!std::exchange(said_left_out_, true))
        out_.say("The last batch of an epoch holds a single image, and batch "
                 "norm needs two values a channel: that image is left out.");
      continue;
    }
    train_batch(*batch, epoch, step++, sum, row);
    show_progress(epoch, step, sum, seconds_since(start));
  }
  if (interrupt_.interrupted())
    return false;
  if (step == 0)
    throw data_error(fmt::format(
        "a single training image can be read, and batch norm needs a batch of "
        "{}; add images to {}",
        engine_.model().smallest_batch, data_.training.root.string()));
  check_classes();
  row.step = engine_.steps_done();
  row.train_loss = sum.loss();
  row.train_top1 = sum.top1();
  row.images_per_second =
      static_cast<double>(sum.images) / seconds_since(start);
  return true;
}

// A class none of whose images can be read is as wrong as an empty one, but
// only a pass over them tells.
void epoch_loop::check_classes() const {
  std::vector<bool> readable(data_.training.classes.size());
  for (const sample &image : data_.training.samples)
    if (!bad_images_.holds(image))
      readable[image.label] = true;
  auto none = std::ranges::find(readable, false);
  if (none != readable.end())
    throw data_error(fmt::format(
        "no training image of class \"{}\" in {} can be read; mend them or "
        "remove the folder",
        data_.training.classes[none - readable.begin()],
        data_.training.root.string()));
}

void epoch_loop::train_batch(const record_batch &batch, int epoch,
                             std::int64_t step_in_epoch, tally &sum,
                             epoch_metrics &row) {
  gradient_settings gradients{settings_.label_smoothing, settings_.seed};
  batch_result result =
      engine_.gradients(batch.records, batch.labels, batch.sample_ids,
                        batch.size, gradients);
  if (!std::isfinite(result.loss_sum))
    fail_not_finite("the loss is", engine_.steps_done() + 1, epoch);
  // Steps count from the epoch's start, so that skipped images do not shift the
  // schedule of later epochs.
  row.lr = lr_ = schedule_.at((epoch - 1) * schedule_.steps_per_epoch +
                        std::min(step_in_epoch, schedule_.steps_per_epoch - 1));
  engine_.apply(settings_.optimizer, row.lr);
  sum.images += batch.size;
  sum.loss_sum += result.loss_sum;
  sum.hits1 += result.hits;
}

// False after Ctrl-C.
bool epoch_loop::validate(int epoch, epoch_metrics &row) {
  clock::time_point start = clock::now();
  auto all = static_cast<std::int64_t>(data_.validation.samples.size());
  validation_.start(sequential_order(all));
  tally sum = evaluate(engine_, validation_, [&](std::int64_t done) {
    out_.progress(format_evaluation(
        fmt::format("{}epoch {}/{} validation",
                    settings_.title, epoch, settings_.epochs), done,
        all, seconds_since(start)));
    return !interrupt_.interrupted();
  });
  if (interrupt_.interrupted())
    return false;
  if (!engine_.finite())
    fail_not_finite("the parameters are", engine_.steps_done(), epoch);
  if (!std::isfinite(sum.loss()))
    fail_not_finite("the validation loss is", engine_.steps_done(), epoch);
  validation_seconds_ = seconds_since(start);
  row.val_loss = sum.loss();
  row.val_top1 = sum.top1();
  row.val_top5 = sum.top5();
  return true;
}

void epoch_loop::finish_epoch(const epoch_metrics &row) {
  bool best = !best_ || better(row, *best_);
  if (best)
    best_ = row;
  save_epoch(row, best);
  epochs_done_ = row.epoch;
  rows_.push_back(row);
  append_metrics(folder_.metrics(), row);
  if (row.epoch == 1 && !brief()) {
    say_found(training_, "training");
    say_found(validation_, "validation");
  }
  if (cache_)
    cache_->say_trouble(out_);
  if (brief())
    return;
  std::string top5 = engine_.model().classes > 5
                         ? ", top-5 " + format_percent(row.val_top5)
                         : "";
  out_.say(fmt::format(
      "{}epoch {}/{}: loss {:.4f}, accuracy {}; validation loss {:.4f}, top-1 "
      "{}{}; {}, {}{}",
      settings_.title, row.epoch, settings_.epochs, row.train_loss,
      format_percent(row.train_top1), row.val_loss,
      format_percent(row.val_top1), top5, format_rate(row.images_per_second),
      format_duration(row.seconds), best ? "; best so far" : ""));
}

int epoch_loop::stop(int epoch) {
  out_.end_progress();
  if (!engine_.finite())
    fail_not_finite("the parameters are", engine_.steps_done(), epoch);
  save_best();
  unsaved_last_.reset();
  save_last(epochs_done_);
  out_.say(fmt::format("Stopped in epoch {} after step {}; saved {}.", epoch,
                       engine_.steps_done(), folder_.last().string()));
  return interrupted_exit;
}

// Writes it, or keeps it in memory where something was written a moment ago.
void epoch_loop::save_epoch(const epoch_metrics &row, bool best) {
  if (row.epoch < settings_.epochs &&
      seconds_since(last_saved_) < seconds_between_saves) {
    if (best)
      keep_epoch(row.epoch, unsaved_best_);
    return keep_epoch(row.epoch, unsaved_last_);
  }
  if (best) {
    unsaved_best_.reset();
    save(folder_.best(), row.epoch);
  } else {
    save_best();
  }
  unsaved_last_.reset();
  save_last(row.epoch);
  last_saved_ = clock::now();
}

void epoch_loop::keep_epoch(int epoch,
                            std::optional<unsaved_epoch> &where) const {
  if (!where)
    where.emplace();
  where->epoch = epoch;
  engine_.copy_to(where->state);
}

void epoch_loop::save(const std::filesystem::path &path, int epoch) const {
  checkpoint_info info = describe(engine_.model());
  info.precision = engine_.variant().precision;
  info.scales = name_scales(engine_.variant(), engine_.scales());
  info.classes = data_.training.classes;
  info.epoch = epoch;
  save_checkpoint(path, engine_.state(), info);
}

void epoch_loop::save_last(int epoch) const {
  save(folder_.last(), epoch);
  training_position position{epoch, engine_.steps_done(),
                             static_cast<std::uint64_t>(settings_.seed),
                             std::string(optimizer_names[settings_.optimizer.kind])};
  save_training_state(folder_.last_state(), engine_.state(), position,
                      engine_.state1(), engine_.state2());
}

// The best epoch, where it is in memory alone.
void epoch_loop::save_best() {
  if (!unsaved_best_)
    return;
  engine_.swap_with(unsaved_best_->state);
  save(folder_.best(), unsaved_best_->epoch);
  engine_.swap_with(unsaved_best_->state);
  unsaved_best_.reset();
}

// After an error, which is what counts: the epochs that were finished.
void epoch_loop::save_pending() noexcept {
  try {
    out_.end_progress();
    save_best();
    if (!unsaved_last_)
      return;
    engine_.swap_with(unsaved_last_->state);
    save_last(unsaved_last_->epoch);
  } catch (const std::exception &error) {
    out_.warn(error.what());
  }
}

void epoch_loop::show_progress(int epoch, std::int64_t step, const tally &sum,
                               double seconds) {
  double rate = static_cast<double>(sum.images) / seconds;
  auto images = static_cast<double>(data_.training.samples.size());
  // Behind records that this epoch keeps, the later ones cost the rest alone.
  bool records_come = epoch == 1 && training_.computed() > 0 &&
                      training_.keeps();
  double epochs_left =
      (settings_.epochs - epoch) *
      (records_come ? 1 - frozen_share(engine_.model()) : 1);
  double left =
      (images * (1 + epochs_left) - static_cast<double>(sum.images)) / rate +
      validation_seconds_ * (1 + epochs_left);
  out_.progress(
      format_progress({settings_.title, epoch, settings_.epochs, step, schedule_.steps_per_epoch,
                       sum.loss(), sum.top1(), rate, left}));
}

void epoch_loop::fail_not_finite(std::string_view subject, std::int64_t step,
                                 int epoch) const {
  std::string kept =
      epochs_done_ > 0
          ? fmt::format("the last good checkpoint, of epoch {}, is {}",
                        epochs_done_, folder_.last().string())
          : "no epoch was finished, so no checkpoint was written";
  std::string remedy =
      lr_ > settings_.lr
          ? fmt::format("the schedule had raised the learning rate to {:g}; "
                        "give another --schedule",
                        lr_)
          : fmt::format("try a lower --lr than {:g}, or --warmup 1",
                        settings_.lr);
  throw not_finite(fmt::format("{} not finite at step {} (epoch {}); "
                                       "{}; {}",
                                       subject, step, epoch, remedy, kept));
}

void epoch_loop::say_end() const {
  out_.say(fmt::format("Best: epoch {} with top-1 {}, in {}.", best_->epoch,
                       format_percent(best_->val_top1),
                       folder_.best().string()));
}

} // namespace resnetc
