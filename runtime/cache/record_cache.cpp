#include "cache/record_cache.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <new>

namespace resnetc {
namespace {

constexpr std::size_t least_slab = std::size_t(4) << 20;

std::uint16_t to_bf16(float value) {
  auto bits = std::bit_cast<std::uint32_t>(value);
  if (std::isnan(value))
    return static_cast<std::uint16_t>(bits >> 16 | 0x40);
  return static_cast<std::uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

// Rounds to odd on the way, so that the last step sees on which side of a tie
// the double was.
std::uint16_t to_bf16(double value) {
  auto nearest = static_cast<float>(value);
  if (!std::isfinite(nearest) || static_cast<double>(nearest) == value)
    return to_bf16(nearest);
  auto bits = std::bit_cast<std::uint32_t>(nearest);
  if (std::abs(static_cast<double>(nearest)) > std::abs(value))
    --bits;
  return to_bf16(std::bit_cast<float>(bits | 1));
}

float from_bf16(std::uint16_t bits) {
  return std::bit_cast<float>(std::uint32_t(bits) << 16);
}

template <typename T>
void round_to(const void *record, std::byte *stored, std::int64_t elements) {
  for (std::int64_t i = 0; i < elements; ++i) {
    std::uint16_t bits = to_bf16(static_cast<const T *>(record)[i]);
    std::memcpy(stored + i * sizeof(bits), &bits, sizeof(bits));
  }
}

template <typename T>
void widen_to(const std::byte *stored, void *record, std::int64_t elements) {
  for (std::int64_t i = 0; i < elements; ++i) {
    std::uint16_t bits;
    std::memcpy(&bits, stored + i * sizeof(bits), sizeof(bits));
    static_cast<T *>(record)[i] = from_bf16(bits);
  }
}

} // namespace

record_cache::record_cache(std::int64_t elements, std::size_t element_bytes,
                           record_format format, std::size_t &memory)
    : elements_(elements), element_bytes_(element_bytes),
      stored_bytes_(elements *
                    (format == record_format::bf16 ? 2 : element_bytes)),
      format_(format), memory_(memory) {}

void record_cache::keep_on_disk(const std::filesystem::path &folder,
                                const digest &key, std::int64_t limit,
                                const std::string &about) {
  store_.emplace(folder, key, static_cast<std::int64_t>(stored_bytes_), limit,
                 about);
}

std::byte *record_cache::allocate() {
  if (slabs_.empty() || slab_used_ + stored_bytes_ > slabs_.back().size()) {
    // They grow, since a process may have some 65,000 mappings only.
    std::size_t size = std::max({least_slab, stored_bytes_, slab_bytes_ / 8});
    if (memory_ < size)
      size = std::max(least_slab, stored_bytes_);
    if (memory_ < size)
      return nullptr;
    try {
      slabs_.emplace_back(size);
    } catch (const std::bad_alloc &) {
      memory_ = 0;
      return nullptr;
    }
    memory_ -= size;
    slab_bytes_ += size;
    slab_used_ = 0;
  }
  std::byte *place = slabs_.back().as<std::byte>() + slab_used_;
  slab_used_ += stored_bytes_;
  return place;
}

stored_record record_cache::find(const digest &id) {
  {
    std::lock_guard lock(mutex_);
    if (auto found = resident_.find(id); found != resident_.end())
      return {found->second, nullptr};
  }
  if (!store_ || !store_->contains(id))
    return {};
  std::shared_ptr<std::byte[]> record(new std::byte[stored_bytes_]);
  if (!store_->read(id, {record.get(), stored_bytes_}))
    return {};
  std::lock_guard lock(mutex_);
  if (auto found = resident_.find(id); found != resident_.end())
    return {found->second, nullptr};
  std::byte *place = allocate();
  if (!place)
    return {record.get(), record};
  std::memcpy(place, record.get(), stored_bytes_);
  resident_.emplace(id, place);
  return {place, nullptr};
}

stored_record record_cache::keep(const digest &id, const void *record) {
  std::shared_ptr<std::byte[]> owner;
  std::byte *place;
  {
    std::lock_guard lock(mutex_);
    if (auto found = resident_.find(id); found != resident_.end())
      return {found->second, nullptr}; // the same photo twice in one batch
    place = allocate();
  }
  if (!place) {
    owner.reset(new std::byte[stored_bytes_]);
    place = owner.get();
  }
  store_as(record, place);
  if (!owner) {
    std::lock_guard lock(mutex_);
    resident_.emplace(id, place);
  }
  stored_record stored{place, owner};
  if (store_ && !store_->trouble())
    unwritten_.emplace_back(id, stored);
  return stored;
}

void record_cache::write() {
  if (unwritten_.empty())
    return;
  std::vector<record_entry> entries;
  for (const auto &[id, stored] : unwritten_)
    entries.push_back({id, stored.data});
  store_->append(entries);
  unwritten_.clear();
}

void record_cache::store_as(const void *record, std::byte *stored) const {
  if (format_ == record_format::native)
    std::memcpy(stored, record, stored_bytes_);
  else if (element_bytes_ == sizeof(float))
    round_to<float>(record, stored, elements_);
  else
    round_to<double>(record, stored, elements_);
}

void record_cache::restore(const std::byte *stored, void *record) const {
  if (format_ == record_format::native)
    std::memcpy(record, stored, stored_bytes_);
  else if (element_bytes_ == sizeof(float))
    widen_to<float>(stored, record, elements_);
  else
    widen_to<double>(stored, record, elements_);
}

} // namespace resnetc
