// A file of records of one size: what is whole in it can be told from what is
// not.
#pragma once

#include "cache/digest.h"
#include "state/file_descriptor.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <utility>

namespace resnetc {

/// Reads, or writes at an offset, all of `bytes`; false with errno set, 0 where
/// the file ends before.
bool read_at(int descriptor, std::int64_t offset, std::span<std::byte> bytes);
bool write_at(int descriptor, std::int64_t offset,
              std::span<const std::byte> bytes);

/// A record to be written, and what it is found by.
struct record_entry {
  digest id;
  const std::byte *record = nullptr;
};

/// A header with the key of the frozen prefix and the size of a record, then
/// entries: id, checksum, record. The checksum covers key, id and record, so
/// that a torn or altered entry is never taken for a whole one. Whole entries
/// stay where they are, and only one process at a time appends (a lock says
/// which); any number may read meanwhile. Reading goes through pread and not through a mapping: a file
/// that someone shortens is then an error to handle and no SIGBUS.
class record_file {
public:
  /// Bytes before the first entry; a shorter file is what a killed run left.
  static constexpr std::int64_t header_bytes = 64;
  /// No model has records near this; a header that says more is damaged.
  static constexpr std::int64_t most_record_bytes = std::int64_t(1) << 32;

  /// None for a file that does not begin as ours do.
  static std::optional<record_file> open(const std::filesystem::path &path);
  /// The same for appending: cuts what is behind the last whole entry. None also
  /// where another process appends, or the file has been deleted or cannot be
  /// written.
  static std::optional<record_file>
  open_to_append(const std::filesystem::path &path);
  /// A new file, locked. None with errno set.
  static std::optional<record_file> create(const std::filesystem::path &path,
                                           const digest &key,
                                           std::int64_t record_bytes);

  const std::filesystem::path &path() const { return path_; }
  const digest &key() const { return key_; }
  std::int64_t record_bytes() const { return record_bytes_; }
  /// Bytes of a file with so many entries.
  static std::int64_t size_with(std::int64_t entries, std::int64_t record_bytes);
  /// Entries that are there in full length, damaged ones too.
  std::int64_t count() const { return count_; }
  std::int64_t bytes() const { return size_with(count_, record_bytes_); }
  /// Whether someone has deleted it: what is appended then would be lost.
  bool deleted() const;

  /// The id that an entry claims; none where it cannot be read.
  std::optional<digest> id(std::int64_t entry) const;
  /// Fills `record`; false where the entry is not whole or not of this id.
  bool read(std::int64_t entry, const digest &id,
            std::span<std::byte> record) const;
  /// Appends entries; false with errno set, and the file is as it was.
  bool append(std::span<const record_entry> entries);
  /// Marks the file as used just now.
  void touch() const;

private:
  record_file(std::filesystem::path path, file_descriptor file)
      : path_(std::move(path)), file_(std::move(file)) {}
  bool read_header();
  std::int64_t entry_bytes() const;
  std::uint64_t checksum(const digest &id,
                         std::span<const std::byte> record) const;

  std::filesystem::path path_;
  file_descriptor file_;
  digest key_;
  std::int64_t record_bytes_ = 0, count_ = 0;
};

} // namespace resnetc
