// Batches of records: images behind the frozen prefix.
#pragma once

#include "data/loader.h"
#include "state/aligned_buffer.h"
#include "train/engine.h"
#include "train/prefix_cache.h"

#include <cstdint>
#include <unordered_map>
#include <vector>

namespace resnetc {

/// One batch; the pointers are the source's or the engine's.
struct record_batch {
  std::int64_t size = 0;
  const void *records = nullptr;            // [size][record_size]
  const std::int64_t *labels = nullptr;     // [size]
  const std::int64_t *sample_ids = nullptr; // [size]
};

/// Reads samples in a given order and hands out what the frozen prefix makes of
/// them. With a cache only those are decoded and computed that it does not hold;
/// a pass over samples that are all in memory touches no file. What is handed
/// out is the same either way, to the bit (but for a cache in bfloat16, which
/// rounds what is computed, too).
class record_source : private image_filter {
public:
  /// `samples`, the engine, what `input` points to and the cache outlive the
  /// source. `cache` may be null; it counts where images are not augmented, or
  /// options.views says how many views of each there are. The engine is prepared
  /// before the first pass, and its frozen parameters do not change afterwards.
  record_source(engine &engine, const std::vector<sample> &samples,
                const transform_spec &input, const loader_options &options,
                bad_image_callback on_bad, prefix_cache *cache);
  ~record_source();

  /// Begins a pass over the samples at these indices, as loader::start does.
  void start(std::vector<std::int64_t> order, std::int64_t epoch = 0);

  /// As loader::next.
  const record_batch *next();

  /// Whether records are kept for later passes.
  bool keeps() const { return cache_ != nullptr; }
  /// Records so far that came from the cache, and that were computed.
  std::int64_t found() const { return found_count_; }
  std::int64_t computed() const { return computed_count_; }

private:
  bool knows(std::int64_t index, std::int64_t view) override;
  bool knows(std::int64_t index, std::int64_t view,
             const image_file &file) override;
  digest id_of(std::int64_t index, std::int64_t view) const;
  const std::byte *&resident(std::int64_t index, std::int64_t view);
  std::int64_t view_of(std::int64_t index) const;
  bool all_resident(const std::vector<std::int64_t> &order);
  const record_batch *compute();
  const record_batch *merge(const batch &images, const void *computed);
  const record_batch *gather();

  engine &engine_;
  const std::vector<sample> &samples_;
  const loader_options options_;
  prefix_cache *cache_;
  std::size_t record_bytes_;
  std::int64_t epoch_ = 0;
  // Of each sample: what its file holds (written by the decoding thread that has
  // it), whether that is known yet, what the filter found, whether it is bad.
  std::vector<digest> contents_;
  std::vector<char> contents_known_;
  std::vector<stored_record> found_;
  std::vector<char> bad_;
  // Records in memory, by index * views + view: views may be many.
  std::unordered_map<std::int64_t, const std::byte *> resident_views_;
  std::vector<const std::byte *> resident_; // without augmentation, by index
  bool from_memory_ = false;                // the present pass
  std::vector<std::int64_t> order_;         // of it, and how far it is
  std::size_t position_ = 0;
  aligned_buffer gathered_; // [batch][record]
  std::vector<std::int64_t> labels_, sample_ids_;
  record_batch shown_;
  std::int64_t found_count_ = 0, computed_count_ = 0;
  loader images_; // last: its threads call the filter
};

} // namespace resnetc
