#include "train/record_source.h"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <new>
#include <unistd.h>

namespace resnetc {
namespace {

/// An eighth of the machine's memory, or of what a container has of it: a run
/// has two sources, of training and of validation images.
std::size_t most_bytes() {
  std::size_t memory = static_cast<std::size_t>(sysconf(_SC_PHYS_PAGES)) *
                       static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  std::size_t limit = 0;
  if (std::ifstream("/sys/fs/cgroup/memory.max") >> limit) // or "max"
    memory = std::min(memory, limit);
  return memory / 8;
}

} // namespace

record_source::record_source(engine &engine, const std::vector<sample> &samples,
                             const transform_spec &input,
                             const loader_options &options,
                             bad_image_callback on_bad, record_use use)
    : engine_(engine), samples_(samples),
      images_(samples, input, options, std::move(on_bad)),
      batch_(options.batch), record_bytes_(engine.record_bytes()) {
  if (use == record_use::once || !engine.variant().features ||
      options.augment != augmentation::none ||
      samples.size() > most_bytes() / record_bytes_)
    return;
  try {
    kept_ = aligned_buffer(samples.size() * record_bytes_);
  } catch (const std::bad_alloc &) {
    return; // a run can do without
  }
  known_.resize(samples.size());
  gathered_ = aligned_buffer(batch_ * record_bytes_);
}

void record_source::start(std::vector<std::int64_t> order, std::int64_t epoch) {
  if (!complete_) {
    whole_pass_ = order.size() == samples_.size();
    return images_.start(std::move(order), epoch);
  }
  // Unreadable images are left out, and those behind them move up.
  std::erase_if(order, [this](std::int64_t index) { return !known_[index]; });
  order_ = std::move(order);
  position_ = 0;
}

const record_batch *record_source::next() {
  return complete_ ? gather() : compute();
}

const record_batch *record_source::compute() {
  const batch *images = images_.next();
  if (!images) {
    if (complete_ = whole_pass_ && kept_bytes() > 0; complete_)
      order_.clear();
    return nullptr;
  }
  shown_ = {images->size, engine_.records(images->images, images->size),
            images->labels, images->sample_ids};
  if (kept_bytes() > 0)
    for (std::int64_t i = 0; i < images->size; ++i) {
      std::int64_t index = images->indices[i];
      std::memcpy(kept_.as<std::byte>() + index * record_bytes_,
                  static_cast<const std::byte *>(shown_.records) +
                      i * record_bytes_,
                  record_bytes_);
      known_[index] = true;
    }
  return &shown_;
}

const record_batch *record_source::gather() {
  std::size_t size = std::min<std::size_t>(batch_, order_.size() - position_);
  if (size == 0)
    return nullptr;
  labels_.clear();
  sample_ids_.clear();
  for (std::size_t i = 0; i < size; ++i) {
    std::int64_t index = order_[position_ + i];
    std::memcpy(gathered_.as<std::byte>() + i * record_bytes_,
                kept_.as<std::byte>() + index * record_bytes_, record_bytes_);
    labels_.push_back(samples_[index].label);
    sample_ids_.push_back(samples_[index].id);
  }
  position_ += size;
  shown_ = {static_cast<std::int64_t>(size), gathered_.data(), labels_.data(),
            sample_ids_.data()};
  return &shown_;
}

} // namespace resnetc
