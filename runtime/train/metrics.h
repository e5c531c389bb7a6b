// Loss and accuracy over images, and metrics.csv.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace resnetc {

/// Sums over images; the means weigh every image the same, whatever its batch.
/// NaN where no image was added.
struct tally {
  std::int64_t images = 0, hits1 = 0, hits5 = 0;
  double loss_sum = 0;

  double loss() const { return loss_sum / static_cast<double>(images); }
  double top1() const {
    return static_cast<double>(hits1) / static_cast<double>(images);
  }
  double top5() const {
    return static_cast<double>(hits5) / static_cast<double>(images);
  }

  /// One image by its logits: cross entropy without smoothing; the label's
  /// rank, ties going to the lowest index.
  void add(std::span<const double> logits, std::int64_t label);
};

/// exp(logits - max) / sum, in place.
void softmax(std::span<double> logits);

/// One row of metrics.csv; accuracies 0...1.
struct epoch_metrics {
  int epoch = 0;         ///< from 1
  std::int64_t step = 0; ///< optimizer steps done
  double lr = 0;         ///< of the epoch's last step
  double train_loss = 0, train_top1 = 0, val_loss = 0, val_top1 = 0,
         val_top5 = 0;
  double images_per_second = 0; ///< in training
  double seconds = 0;           ///< of the epoch, evaluation included
};

/// Starts the file with its header. Throws file_error.
void start_metrics(const std::filesystem::path &path);
/// Throws file_error.
void append_metrics(const std::filesystem::path &path,
                    const epoch_metrics &row);

/// Highest validation top-1, then lower loss, then the earlier epoch.
bool better(const epoch_metrics &candidate, const epoch_metrics &best);

} // namespace resnetc
