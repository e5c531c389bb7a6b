// How figures look: progress, durations, percentages, tables.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace resnetc {

/// Where an epoch of training stands.
struct progress {
  std::string title;        ///< before it all; ends in a blank where there is one
  int epoch, epochs;        ///< from 1
  std::int64_t step, steps; ///< within the epoch
  double loss, accuracy;    ///< of the epoch so far; accuracy 0...1
  double images_per_second;
  double seconds_left; ///< of the whole run; negative: not known yet
};

/// One line: words, a bar that takes the room that is left, figures.
struct progress_line {
  std::string head;
  std::int64_t done, all;
  std::string figures; ///< the most telling first

  /// In at most so many columns. Where they are few the bar goes first, then
  /// the figures' end.
  std::string text(std::size_t columns) const;
};

/// "epoch 2/10 [====>     ] 37/85  loss 0.4321  acc 87.3 %  52.1 images/s
/// 1:23 left"
progress_line format_progress(const progress &state);

/// Where a pass without training stands, after `seconds`: "WHAT [====>     ]
/// 640/2000  412 images/s  0:03 left". No loss and no accuracy: images are
/// visited class by class, so those of a part say nothing about the whole.
progress_line format_evaluation(std::string_view what, std::int64_t done,
                                std::int64_t all, double seconds);

/// "0:07", "12:31", "3:05:00"
std::string format_duration(double seconds);

/// "52.1 images/s", "412 images/s"
std::string format_rate(double images_per_second);

/// "87.3 %" for 0.873
std::string format_percent(double fraction);

/// "512 bytes", "2.0 KB", "1.2 GB"; powers of 1000.
std::string format_bytes(std::int64_t bytes);

/// "1 image", "2,000 images"
std::string format_number_of(std::int64_t count, std::string_view noun);

/// A spec in one line: without its comments, its line ends and what follows
/// them.
std::string format_spec(std::string_view spec);

/// "11,689,512"
std::string format_count(std::int64_t count);

/// Rows of cells as lines with aligned columns, two blanks between them;
/// `right_aligned` columns hold figures.
std::string format_table(const std::vector<std::vector<std::string>> &rows,
                         const std::vector<bool> &right_aligned = {});

} // namespace resnetc
