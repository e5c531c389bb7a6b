// The emitted functions and the buffers they work on.
#pragma once

#include "state/aligned_buffer.h"
#include "state/state_dict.h"
#include "threads/pool.h"

#include <resnetc/abi.h>

#include <span>
#include <string_view>
#include <vector>

namespace resnetc {

/// `single_image`: inference whose calls of one image may be rounded otherwise
/// than those of several, for speed.
enum class engine_use { inference, single_image, training };

/// An upper bound on the arena of all functions that `use` calls: fixed + batch
/// * per_image + threads * per_thread bytes. `batch` is that of `gradients`;
/// the others' arenas, for model.feature_batch images, are part of `fixed`.
resnetc_arena arena_for(const resnetc_model &model, engine_use use);

/// Throws std::runtime_error with a remedy where `gradients` does not take
/// --batch many images.
void check_training_batch(std::int64_t batch, const resnetc_model &model);

/// By resnetc_optimizer.
inline constexpr std::string_view optimizer_names[] = {"sgd", "adam", "adamw"};

/// A training step's settings, but for the learning rate.
struct optimizer_settings {
  resnetc_optimizer kind = RESNETC_SGD;
  double momentum = 0, weight_decay = 0;
  bool nesterov = false;
};

struct gradient_settings {
  double label_smoothing = 0;
  std::int64_t seed = 0;
  bool dropout = true; ///< false: dropout is the identity
};

struct batch_result {
  double loss_sum = 0;   ///< sum of the images' losses
  std::int64_t hits = 0; ///< images whose highest logit is the label's
};

/// What training changes, as it was once.
struct training_snapshot {
  aligned_buffer trained, stats, state1, state2;
  std::vector<std::int64_t> counters;
  std::int64_t step = 0;
};

/// One model in memory: its parameters, the buffers of a step and the threads.
/// It computes nothing itself: each method fills a resnetc_call and hands it to
/// the emitted function. All floating-point buffers have the variant's element
/// type. Not thread-safe.
class engine {
public:
  /// `batch`: images in a call of `records` at most; for training no more than
  /// model.max_batch. Throws std::bad_alloc.
  engine(const resnetc_variant &variant, int threads, std::int64_t batch,
         engine_use use);

  const resnetc_variant &variant() const { return variant_; }
  const resnetc_model &model() const { return *variant_.model; }
  model_state &state() { return state_; }
  const model_state &state() const { return state_; }
  std::int64_t batch() const { return batch_; }

  /// Of a variant in int8, before prepare(): one a row that needs one.
  void set_scales(std::span<const float> scales);
  /// Empty where the variant needs none.
  std::span<const float> scales() const {
    return {scales_.as<const float>(), scales_.size() / sizeof(float)};
  }

  /// After the weights are there, and the scales where the variant has some:
  /// derives what frozen parameters give.
  void prepare();
  /// Before `logits`: derives what training may have changed.
  void refresh();

  /// [n][h][w][c] images -> [n][record_size] records, valid until the next call
  /// (or as long as the images, where they are the records). 1 <= n <= batch.
  const void *records(const void *images, std::int64_t n);

  /// Of an f32 variant beside one in int8: adds to `histograms`, [the other's
  /// scale_count][RESNETC_BINS] and 64-byte aligned, how large activations of n
  /// images are.
  void calibrate(const void *images, std::int64_t n, std::int64_t *histograms);

  /// Sets the gradients of the mean loss over n images, moves running
  /// statistics and counts the step in num_batches_tracked. `sample_ids` key
  /// dropout. `logits`, where not null, receives [n][classes] in the element
  /// type.
  batch_result gradients(const void *records, const std::int64_t *labels,
                         const std::int64_t *sample_ids, std::int64_t n,
                         const gradient_settings &settings,
                         void *logits = nullptr);

  /// One optimizer step.
  void apply(const optimizer_settings &settings, double lr);

  /// [n][classes] logits of n records, row by row, valid until the next call. 1
  /// <= n <= batch.
  std::span<const double> logits(const void *records, std::int64_t n);

  /// From now on the time of each parallel loop is added to `times`; null ends
  /// that.
  void time_loops(loop_times *times) { pool_.time_loops(times); }

  std::size_t record_bytes() const {
    return variant_.features ? bytes(model().record_size) : image_bytes();
  }
  std::int64_t steps_done() const { return step_; }
  const void *gradient_buffer() const { return gradients_.data(); }
  const void *state1() const { return state1_.data(); }
  const void *state2() const {
    return state2_.data();
  } ///< null before the first step of adam

  void copy_to(training_snapshot &snapshot) const;
  /// Puts the snapshot in place of what is there, and that into the snapshot.
  void swap_with(training_snapshot &snapshot);

  /// Whether all trained parameters and running statistics are finite.
  bool finite() const;

private:
  resnetc_call call(std::int64_t n);
  /// On a sub-batch of n images, from `first` on.
  resnetc_call call_on(const void *images, std::int64_t first, std::int64_t n);
  /// `single` where it is there and serves a call of n images, else `any`.
  resnetc_function choose(resnetc_function any, resnetc_function single,
                          std::int64_t n) const {
    return use_ == engine_use::single_image && n == 1 && single ? single : any;
  }
  std::size_t bytes(std::int64_t elements) const {
    return static_cast<std::size_t>(elements) * size_of(element_type_);
  }
  std::size_t image_bytes() const {
    return bytes(static_cast<std::int64_t>(model().height) * model().width *
                 model().channels);
  }
  const void *aligned(const void *data, std::size_t size);

  const resnetc_variant &variant_;
  engine_use use_;
  element_type element_type_;
  std::int64_t batch_;
  model_state state_;
  thread_pool pool_;
  aligned_buffer scales_, arena_, records_, gradients_, state1_, state2_, logits_;
  aligned_buffer input_stage_,
      record_stage_; // a sub-batch that would start at an unaligned address
  std::vector<double> logits_as_double_;
  std::vector<resnetc_row> rows_;
  std::int64_t step_ = 0;
};

} // namespace resnetc
