// The records of one frozen prefix on disk.
#pragma once

#include "cache/record_file.h"

#include <cstdint>
#include <deque>
#include <filesystem>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace resnetc {

/// The files FOLDER/KEY/*.records of a cache folder. `contains` and `read` may
/// be called from any thread; `append` from one.
class record_store {
public:
  /// `about`: JSON text for people and for `cache list`, written beside the
  /// records. `limit`: bytes that all of FOLDER may hold. What cannot be read is
  /// not there, and what cannot be written is `trouble`; neither is thrown.
  record_store(std::filesystem::path folder, const digest &key,
               std::int64_t record_bytes, std::int64_t limit,
               const std::string &about);

  bool contains(const digest &id) const;
  /// Fills `record`; false where there is no whole one.
  bool read(const digest &id, std::span<std::byte> record);
  /// Writes records that are not there yet. Where that fails, or the limit
  /// leaves no room even without the files that were used longest ago, nothing
  /// more is written in this run.
  void append(std::span<const record_entry> entries);

  /// Why nothing more is written; none while all is well.
  const std::optional<std::string> &trouble() const { return trouble_; }

private:
  struct place {
    std::size_t file;
    std::int64_t entry;
    bool operator==(const place &) const = default;
  };
  struct used_file {
    record_file file;
    bool touched = false; // in this run
  };

  void index_files();
  void index(std::size_t number);
  void count_bytes();
  bool make_room(std::int64_t bytes);
  bool can_append_to(const record_file &file) const;
  record_file *writable();
  record_file *append_to(record_file file);
  void write_absent(std::span<const record_entry> entries);
  void fail(std::string what, int reason);
  void write_about();

  std::filesystem::path folder_, own_;
  digest key_;
  std::int64_t record_bytes_, limit_;
  std::deque<used_file> files_; // addresses stay
  std::optional<std::size_t> writing_;
  std::unordered_map<digest, place> places_;
  std::unordered_multimap<digest, place> spare_places_; // of the same record
  std::int64_t bytes_ = 0;     // of all of folder_, as far as this run knows
  std::int64_t uncounted_ = 0; // of them, appended since they were counted
  std::string about_;
  std::optional<std::string> trouble_;
  mutable std::mutex mutex_; // of places_, files_ and touched
};

} // namespace resnetc
