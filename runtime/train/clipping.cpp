#include "train/clipping.h"

#include <algorithm>
#include <array>
#include <bit>

namespace resnetc {
namespace {

/// In a sum over many products what rounding adds comes with either sign and
/// nearly cancels; what clipping takes away is all of one image and of one
/// sign.
constexpr double clipping_weight = 4;

/// Sums over all bins before one: of counts, of magnitudes, of their squares.
struct moments {
  double count = 0, sum = 0, squares = 0;
};

moments operator-(const moments &a, const moments &b) {
  return {a.count - b.count, a.sum - b.sum, a.squares - b.squares};
}

using running_moments = std::array<moments, RESNETC_BINS + 1>;

/// A bin is 1/32 of an octave: its middle stands for all that it holds. What
/// lies in bin 0 counts as zero.
running_moments running(std::span<const std::int64_t> histogram) {
  running_moments before{};
  for (int bin = 0; bin < RESNETC_BINS; ++bin) {
    const auto count = static_cast<double>(histogram[bin]);
    const double middle =
        bin == 0 ? 0 : (bin_edge(bin) + bin_edge(bin + 1)) / 2;
    before[bin + 1] = {before[bin].count + count,
                       before[bin].sum + count * middle,
                       before[bin].squares + count * middle * middle};
  }
  return before;
}

/// The first bin whose middle is not below a magnitude.
int first_bin_from(double magnitude) {
  int low = 0, high = RESNETC_BINS;
  while (low < high) {
    const int bin = (low + high) / 2;
    if ((bin_edge(bin) + bin_edge(bin + 1)) / 2 < magnitude)
      low = bin + 1;
    else
      high = bin;
  }
  return low;
}

/// Of clipping where bin `end` begins: what is below half a step becomes zero,
/// what is clipped falls short of the threshold, and what is between has the
/// noise of rounding, a twelfth of a step's square.
double expected_error(const running_moments &before, int end, double steps) {
  const double threshold = bin_edge(end), step = threshold / steps;
  const int first_kept = first_bin_from(step / 2);
  const moments inside = before[end] - before[first_kept],
                clipped = before[RESNETC_BINS] - before[end];
  return before[first_kept].squares + inside.count * step * step / 12 +
         clipping_weight * (clipped.squares - 2 * threshold * clipped.sum +
                            threshold * threshold * clipped.count);
}

} // namespace

double bin_edge(int bin) {
  return bin == 0 ? 0
                  : std::bit_cast<float>((bin + RESNETC_FIRST_BIN)
                                         << RESNETC_BIN_SHIFT);
}

float least_error_scale(std::span<const std::int64_t> histogram,
                        bool is_signed) {
  const double steps = is_signed ? 127 : 255;
  int highest = RESNETC_BINS - 1;
  while (highest > 0 && histogram[highest] == 0)
    --highest;
  if (highest == 0)
    return static_cast<float>(1 / steps);
  const running_moments before = running(histogram);
  int best = highest + 1;
  double least = expected_error(before, best, steps);
  for (int end = highest; end > 0; --end)
    if (const double error = expected_error(before, end, steps);
        error < least) {
      best = end;
      least = error;
    }
  return static_cast<float>(bin_edge(best) / steps);
}

} // namespace resnetc
