// The records of one frozen prefix: in memory where they fit, and on disk.
#pragma once

#include "cache/record_store.h"
#include "state/aligned_buffer.h"

#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

namespace resnetc {

/// How an element is stored: as the trainer computes it, or rounded to bfloat16
/// (to nearest, ties to even; NaN stays NaN).
enum class record_format { native, bf16 };

/// A record as it is stored. `owner` holds it where the cache's memory does not.
struct stored_record {
  const std::byte *data = nullptr;
  std::shared_ptr<const std::byte[]> owner;

  explicit operator bool() const { return data != nullptr; }
  bool resident() const { return data && !owner; }
};

class record_cache {
public:
  /// `elements`: of a record; `element_bytes`: 4 (float) or 8 (double).
  /// `memory`: bytes that records may still take there. It outlives the cache,
  /// and caches that are not used at once may share it.
  record_cache(std::int64_t elements, std::size_t element_bytes,
               record_format format, std::size_t &memory);

  /// From now on records come from and go to a folder, too.
  void keep_on_disk(const std::filesystem::path &folder, const digest &key,
                    std::int64_t limit, const std::string &about);
  const record_store *store() const { return store_ ? &*store_ : nullptr; }

  /// Bytes of a record as it is stored.
  std::size_t stored_bytes() const { return stored_bytes_; }

  /// From memory, else from disk; from there into memory where it fits. Any
  /// thread.
  stored_record find(const digest &id);
  /// Keeps what `features` computed. One thread.
  stored_record keep(const digest &id, const void *record);
  /// Writes what was kept since to disk. One thread.
  void write();

  /// As `gradients` takes it.
  void restore(const std::byte *stored, void *record) const;

private:
  std::byte *allocate();
  void store_as(const void *record, std::byte *stored) const;

  std::int64_t elements_;
  std::size_t element_bytes_, stored_bytes_;
  record_format format_;
  std::size_t &memory_;
  std::mutex mutex_; // of the memory
  std::vector<aligned_buffer> slabs_;
  std::size_t slab_used_ = 0, slab_bytes_ = 0; // in the last one; of all
  std::unordered_map<digest, const std::byte *> resident_;
  std::optional<record_store> store_;
  std::vector<std::pair<digest, stored_record>> unwritten_;
};

} // namespace resnetc
