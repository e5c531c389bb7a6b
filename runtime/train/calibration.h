// Scales of int8 activations, from images.
#pragma once

#include "data/index.h"
#include "report/console.h"
#include "state/aligned_buffer.h"
#include "train/bad_images.h"
#include "train/engine.h"
#include "train/settings.h"

#include <cstdint>
#include <vector>

namespace resnetc {

/// Looks at activations of the f32 program beside one in int8. It has an engine
/// of its own, which goes with this object, and borrows the frozen parameters
/// of the int8 one's meanwhile.
class calibration {
public:
  /// `engine` is of a variant with scales, and its weights are there; `plain`
  /// is the one in f32 beside it. `batch`: images in a call of `look` at most.
  calibration(engine &engine, const resnetc_variant &plain, int threads,
              std::int64_t batch);

  /// [n][h][w][c] images, 1 <= n <= batch.
  void look(const void *images, std::int64_t n);
  /// From all that it has seen: those of least_error_scale, the same for any
  /// order, sub-batch and number of threads. Throws std::runtime_error where a
  /// value was not finite or beyond 65,536, the end of the histograms.
  std::vector<float> scales() const;

private:
  /// While it lives, the frozen parameters of one are the other's.
  class loan {
  public:
    loan(model_state &from, model_state &to) : from_(from), to_(to) {
      to_.swap_frozen(from_);
    }
    ~loan() { to_.swap_frozen(from_); }
    loan(const loan &) = delete;
    loan &operator=(const loan &) = delete;

  private:
    model_state &from_, &to_;
  };

  resnetc::engine &engine_;
  resnetc::engine plain_;
  loan frozen_;
  aligned_buffer histograms_; ///< [scale_count][RESNETC_BINS] of std::int64_t
};

/// Gives an int8 engine its scales from n images in memory.
void calibrate(engine &engine, const resnetc_variant &plain, const void *images,
               std::int64_t n, int threads);

/// The images that `train` calibrates on: the first 128 by their path, or all
/// where there are fewer.
std::vector<sample> calibration_images(const image_index &index);

/// Gives an int8 engine its scales, as `train` does: from these images, as they
/// are evaluated, or what an earlier run found by the same images, weights and
/// code. Says so. Of any other engine it does nothing. Images that cannot be
/// read are left to settings.bad_images and `bad`.
void calibrate(engine &engine, const resnetc_variant &plain,
               const std::vector<sample> &images,
               const train_settings &settings, bad_images &bad, console &out);

} // namespace resnetc
