#include "train/record_source.h"

#include <algorithm>
#include <utility>

namespace resnetc {
namespace {

prefix_cache *usable(prefix_cache *cache, const engine &engine,
                     const loader_options &options) {
  bool repeats = options.augment == augmentation::none || options.views > 0;
  return engine.variant().features && repeats ? cache : nullptr;
}

} // namespace

record_source::record_source(engine &engine, const std::vector<sample> &samples,
                             const transform_spec &input,
                             const loader_options &options,
                             bad_image_callback on_bad, prefix_cache *cache)
    : engine_(engine), samples_(samples), options_(options),
      cache_(usable(cache, engine, options)),
      record_bytes_(engine.record_bytes()),
      images_(
          samples, input, options,
          [this, on_bad = std::move(on_bad)](const sample &image,
                                             const std::string &reason) {
            if (cache_)
              bad_[&image - samples_.data()] = true;
            on_bad(image, reason);
          },
          cache_ ? this : nullptr) {
  if (!cache_)
    return;
  contents_.resize(samples.size());
  contents_known_.resize(samples.size());
  found_.resize(samples.size());
  bad_.resize(samples.size());
  if (options.augment == augmentation::none)
    resident_.resize(samples.size());
  gathered_ = aligned_buffer(options.batch * record_bytes_);
}

record_source::~record_source() {
  if (cache_)
    cache_->files().save();
}

// Plain views of the same contents share a record, whatever the file is called.
// Crops and flips hang on the file's name, too.
digest record_source::id_of(std::int64_t index, std::int64_t view) const {
  if (options_.augment == augmentation::none)
    return contents_[index];
  return digester()
      .add(contents_[index])
      .add(std::string_view("crop-flip"))
      .add(options_.seed)
      .add(samples_[index].id)
      .add(view)
      .value();
}

bool record_source::knows(std::int64_t index, std::int64_t view) {
  if (!contents_known_[index] && !cache_->verify())
    if (auto contents = cache_->files().contents(samples_[index].path)) {
      contents_[index] = *contents;
      contents_known_[index] = true;
    }
  if (!contents_known_[index])
    return false;
  found_[index] = cache_->records().find(id_of(index, view));
  return static_cast<bool>(found_[index]);
}

bool record_source::knows(std::int64_t index, std::int64_t view,
                          const image_file &file) {
  contents_[index] = digest_of(file.bytes);
  contents_known_[index] = true;
  cache_->files().remember(samples_[index].path, file.stamp, contents_[index]);
  found_[index] = cache_->records().find(id_of(index, view));
  return static_cast<bool>(found_[index]);
}

const std::byte *&record_source::resident(std::int64_t index,
                                          std::int64_t view) {
  return options_.augment == augmentation::none
             ? resident_[index]
             : resident_views_[index * options_.views + view];
}

std::int64_t record_source::view_of(std::int64_t index) const {
  return view_in_epoch(samples_[index], options_, epoch_);
}

bool record_source::all_resident(const std::vector<std::int64_t> &order) {
  bool some = false;
  for (std::int64_t index : order) {
    if (bad_[index])
      continue;
    if (!resident(index, view_of(index)))
      return false;
    some = true;
  }
  return some;
}

void record_source::start(std::vector<std::int64_t> order, std::int64_t epoch) {
  epoch_ = epoch;
  from_memory_ = cache_ && all_resident(order);
  if (!from_memory_)
    return images_.start(std::move(order), epoch);
  // Unreadable images are left out, and those behind them move up.
  std::erase_if(order, [this](std::int64_t index) { return bad_[index]; });
  order_ = std::move(order);
  position_ = 0;
}

const record_batch *record_source::next() {
  return from_memory_ ? gather() : compute();
}

const record_batch *record_source::compute() {
  const batch *images = images_.next();
  if (!images) {
    if (cache_)
      cache_->files().save();
    return nullptr;
  }
  const void *computed =
      images->image_count > 0
          ? engine_.records(images->images, images->image_count)
          : nullptr;
  computed_count_ += images->image_count;
  if (cache_)
    return merge(*images, computed);
  shown_ = {images->size, computed, images->labels, images->sample_ids};
  return &shown_;
}

const record_batch *record_source::merge(const batch &images,
                                         const void *computed) {
  record_cache &cache = cache_->records();
  for (std::int64_t i = 0; i < images.size; ++i) {
    std::int64_t index = images.indices[i], place = images.places[i],
                 view = view_of(index);
    stored_record record =
        place < 0 ? std::exchange(found_[index], {})
                  : cache.keep(id_of(index, view),
                               static_cast<const std::byte *>(computed) +
                                   place * record_bytes_);
    if (record.resident())
      resident(index, view) = record.data;
    cache.restore(record.data,
                  gathered_.as<std::byte>() + i * record_bytes_);
  }
  found_count_ += images.size - images.image_count;
  cache.write();
  shown_ = {images.size, gathered_.data(), images.labels, images.sample_ids};
  return &shown_;
}

const record_batch *record_source::gather() {
  std::size_t size =
      std::min<std::size_t>(options_.batch, order_.size() - position_);
  if (size == 0)
    return nullptr;
  labels_.clear();
  sample_ids_.clear();
  for (std::size_t i = 0; i < size; ++i) {
    std::int64_t index = order_[position_ + i];
    const sample &image = samples_[index];
    cache_->records().restore(
        resident(index, view_of(index)),
        gathered_.as<std::byte>() + i * record_bytes_);
    labels_.push_back(image.label);
    sample_ids_.push_back(image.id);
  }
  position_ += size;
  found_count_ += static_cast<std::int64_t>(size);
  shown_ = {static_cast<std::int64_t>(size), gathered_.data(), labels_.data(),
            sample_ids_.data()};
  return &shown_;
}

} // namespace resnetc
