// Batches of records: images behind the frozen prefix.
#pragma once

#include "data/loader.h"
#include "state/aligned_buffer.h"
#include "train/engine.h"

#include <cstdint>
#include <span>
#include <vector>

namespace resnetc {

/// One batch; the pointers are the source's or the engine's.
struct record_batch {
  std::int64_t size = 0;
  const void *records = nullptr;            // [size][record_size]
  const std::int64_t *labels = nullptr;     // [size]
  const std::int64_t *sample_ids = nullptr; // [size]
};

enum class record_use { once, again };

/// Reads samples in a given order and hands out what the frozen prefix makes of
/// them. Where that is the same in every pass (`again`, a prefix, no
/// augmentation) and fits into memory it is kept: the first pass over all
/// samples computes it, later ones read no image. What is handed out is the
/// same either way, to the bit.
class record_source {
public:
  /// `samples`, the engine and what `input` points to outlive the source. The engine is prepared before
  /// the first pass, and its frozen parameters do not change afterwards.
  record_source(engine &engine, const std::vector<sample> &samples,
                const transform_spec &input, const loader_options &options,
                bad_image_callback on_bad, record_use use);

  /// Begins a pass over the samples at these indices, as loader::start does.
  void start(std::vector<std::int64_t> order, std::int64_t epoch = 0);

  /// As loader::next.
  const record_batch *next();

  /// Bytes kept, or to be kept by the first pass; 0 where nothing is kept.
  std::int64_t kept_bytes() const {
    return static_cast<std::int64_t>(kept_.size());
  }

private:
  const record_batch *compute();
  const record_batch *gather();

  engine &engine_;
  const std::vector<sample> &samples_;
  loader images_;
  std::int64_t batch_;
  std::size_t record_bytes_;
  aligned_buffer kept_;     // [samples][record], in the samples' order
  std::vector<bool> known_; // whose record is there
  bool complete_ = false;   // a pass over all samples has come to its end
  bool whole_pass_ = false; // the present one is over all samples
  std::vector<std::int64_t> order_; // of a pass from memory, and how far it is
  std::size_t position_ = 0;
  aligned_buffer gathered_; // [batch][record]
  std::vector<std::int64_t> labels_, sample_ids_;
  record_batch shown_;
};

} // namespace resnetc
