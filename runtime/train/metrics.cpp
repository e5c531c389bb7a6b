#include "train/metrics.h"

#include "state/mapped_file.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fmt/format.h>

namespace resnetc {
namespace {

void write_text(const std::filesystem::path &path, const char *mode,
                const std::string &text) {
  std::FILE *file = std::fopen(path.c_str(), mode);
  if (!file)
    throw file_error(path, fmt::format("cannot be opened for writing ({})",
                                       std::strerror(errno)));
  bool written =
      std::fwrite(text.data(), 1, text.size(), file) == text.size() &&
      std::fflush(file) == 0;
  int reason = errno;
  if (std::fclose(file) != 0 && written) {
    written = false;
    reason = errno;
  }
  if (!written)
    throw file_error(
        path, fmt::format("cannot be written ({})", std::strerror(reason)));
}

} // namespace

void tally::add(std::span<const double> logits, std::int64_t label) {
  double highest = *std::ranges::max_element(logits), own = logits[label],
         sum = 0;
  std::int64_t rank = 0;
  for (std::size_t c = 0; c < logits.size(); ++c) {
    sum += std::exp(logits[c] - highest);
    // Of equals the first counts as higher, and all that is no number does.
    bool lower = logits[c] < own ||
                 (logits[c] == own && static_cast<std::int64_t>(c) >= label);
    rank += !lower;
  }
  loss_sum += highest + std::log(sum) - own;
  hits1 += rank < 1;
  hits5 += rank < 5;
  ++images;
}

void softmax(std::span<double> logits) {
  double highest = *std::ranges::max_element(logits), sum = 0;
  for (double &value : logits)
    sum += value = std::exp(value - highest);
  for (double &value : logits)
    value /= sum;
}

void start_metrics(const std::filesystem::path &path) {
  write_text(path, "w",
             "epoch,step,lr,train_loss,train_top1,val_loss,val_top1,val_top5,"
             "images_per_second,seconds\n");
}

void append_metrics(const std::filesystem::path &path,
                    const epoch_metrics &row) {
  write_text(
      path, "a",
      fmt::format(
          "{},{},{:.9g},{:.6f},{:.6f},{:.6f},{:.6f},{:.6f},{:.2f},{:.2f}\n",
          row.epoch, row.step, row.lr, row.train_loss, row.train_top1,
          row.val_loss, row.val_top1, row.val_top5, row.images_per_second,
          row.seconds));
}

bool better(const epoch_metrics &candidate, const epoch_metrics &best) {
  if (candidate.val_top1 != best.val_top1)
    return candidate.val_top1 > best.val_top1;
  return candidate.val_loss < best.val_loss;
}

} // namespace resnetc
