// The epochs of a training run.
#pragma once

#include "report/console.h"
#include "train/bad_images.h"
#include "train/engine.h"
#include "train/interrupt.h"
#include "train/metrics.h"
#include "train/record_source.h"
#include "train/run_folder.h"
#include "train/schedule.h"
#include "train/settings.h"
#include "train/train_data.h"
#include "train/trainer.h"

#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

namespace resnetc {

/// Runs the epochs over a prepared engine. The references outlive it.
class epoch_loop {
public:
  epoch_loop(engine &engine, const train_settings &settings,
             const train_data &data, augmentation augment,
             const run_folder &folder, prefix_cache *cache, bad_images &bad,
             console &out);

  /// Throws as train() does.
  run_result run();

private:
  using clock = std::chrono::steady_clock;
  struct unsaved_epoch {
    int epoch = 0;
    training_snapshot state;
  };

  bool train_epoch(int epoch, epoch_metrics &row);
  void train_batch(const record_batch &batch, int epoch, std::int64_t step_in_epoch,
                   tally &sum, epoch_metrics &row);
  bool validate(int epoch, epoch_metrics &row);
  int run_epochs();
  void finish_epoch(const epoch_metrics &row);
  int stop(int epoch);
  void save(const std::filesystem::path &path, int epoch) const;
  void save_last(int epoch) const;
  void save_epoch(const epoch_metrics &row, bool best);
  void keep_epoch(int epoch, std::optional<unsaved_epoch> &where) const;
  void save_pending() noexcept;
  void save_best();
  void show_progress(int epoch, std::int64_t step, const tally &sum,
                     double seconds);
  [[noreturn]] void fail_not_finite(std::string_view subject, std::int64_t step,
                                    int epoch) const;
  void check_classes() const;
  bool brief() const { return settings_.brief; }
  void say_found(const record_source &source, std::string_view images) const;
  void say_end() const;

  engine &engine_;
  const train_settings &settings_;
  const train_data &data_;
  const run_folder &folder_;
  prefix_cache *cache_;
  console &out_;
  interrupt_guard interrupt_;
  bad_images &bad_images_;
  record_source training_, validation_;
  learning_rate schedule_;
  double lr_ = 0; // of the last step
  int epochs_done_ = 0;
  bool said_left_out_ = false;
  double validation_seconds_ = 0; // of the last epoch
  std::vector<epoch_metrics> rows_;
  std::optional<epoch_metrics> best_;
  // Short epochs are not saved each: what is not yet in a file.
  clock::time_point last_saved_ = clock::now();
  std::optional<unsaved_epoch> unsaved_best_, unsaved_last_;
};

} // namespace resnetc
