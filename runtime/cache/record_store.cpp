#include "cache/record_store.h"

#include "cache/cache_folder.h"
#include "report/format.h"
#include "state/atomic_file.h"
#include "state/mapped_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <random>
#include <unistd.h>

namespace resnetc {

namespace fs = std::filesystem;

record_store::record_store(fs::path folder, const digest &key,
                           std::int64_t record_bytes, std::int64_t limit,
                           const std::string &about)
    : folder_(std::move(folder)), own_(folder_ / to_hex(key)), key_(key),
      record_bytes_(record_bytes), limit_(limit) {
  std::error_code failure;
  fs::create_directories(own_, failure);
  if (failure) {
    fail("cannot be created", failure.value());
    return;
  }
  write_about(about);
  index_files();
  for (const cache_file &file : list_files(folder_))
    bytes_ += file.bytes;
}

void record_store::write_about(const std::string &about) {
  std::error_code failure;
  fs::path path = own_ / about_name;
  if (fs::exists(path, failure))
    return;
  try {
    atomic_file file(path);
    file.write(about);
    file.commit();
  } catch (const file_error &) {
    // For people alone, and another run may be writing the same.
  }
}

void record_store::index_files() {
  for (const cache_file &found : list_files(own_)) {
    auto file = record_file::open(found.path);
    if (!file || file->key() != key_ || file->record_bytes() != record_bytes_)
      continue;
    files_.push_back({std::move(*file)});
    index(files_.size() - 1);
  }
}

void record_store::index(std::size_t number) {
  const record_file &file = files_[number].file;
  for (std::int64_t entry = 0; entry < file.count(); ++entry)
    if (std::optional<digest> id = file.id(entry))
      places_.insert_or_assign(*id, place{number, entry});
}

bool record_store::contains(const digest &id) const {
  std::lock_guard lock(mutex_);
  return places_.contains(id);
}

bool record_store::read(const digest &id, std::span<std::byte> record) {
  std::unique_lock lock(mutex_);
  auto found = places_.find(id);
  if (found == places_.end())
    return false;
  place at = found->second;
  used_file &used = files_[at.file];
  bool first_use = !std::exchange(used.touched, true);
  lock.unlock();
  if (first_use)
    used.file.touch();
  if (used.file.read(at.entry, id, record))
    return true;
  lock.lock();
  places_.erase(id);
  return false;
}

// Deletes what was used longest ago, but nothing that this run has used.
bool record_store::make_room(std::int64_t bytes) {
  if (bytes_ + bytes <= limit_)
    return true;
  std::vector<cache_file> files = list_files(folder_); // other runs write, too
  bytes_ = 0;
  for (const cache_file &file : files)
    bytes_ += file.bytes;
  std::ranges::sort(files, {}, &cache_file::used);
  for (const cache_file &file : files) {
    if (bytes_ + bytes <= limit_)
      break;
    bool own = std::ranges::any_of(files_, [&](const used_file &mine) {
      return mine.touched && mine.file.path() == file.path;
    });
    if (!own && remove_file(file.path))
      bytes_ -= file.bytes;
  }
  return bytes_ + bytes <= limit_;
}

record_file *record_store::writable() {
  if (writing_ && !files_[*writing_].file.full())
    return &files_[*writing_].file;
  std::optional<record_file> file;
  if (!writing_)
    for (const used_file &candidate : files_)
      if (file = record_file::open_to_append(candidate.file.path()); file)
        break;
  // An evicted one can be opened no more; a name that nobody else draws.
  while (!file) {
    std::random_device random;
    file = record_file::create(
        own_ / fmt::format("{:08x}{:08x}{}", random(), random(), records_suffix),
        key_, record_bytes_);
    if (!file && errno != EEXIST)
      return nullptr;
  }
  std::lock_guard lock(mutex_);
  files_.push_back({std::move(*file), true});
  writing_ = files_.size() - 1;
  return &files_.back().file;
}

void record_store::append(std::span<const digest> ids,
                          const std::byte *records) {
  if (trouble_ || ids.empty())
    return;
  auto count = static_cast<std::int64_t>(ids.size());
  bool new_file = !writing_ || files_[*writing_].file.full();
  if (!make_room(record_file::size_with(count, record_bytes_) -
                 (new_file ? 0 : record_file::size_with(0, record_bytes_)))) {
    trouble_ = fmt::format("{}: the cache is full ({}); a larger --cache-size "
                           "keeps more",
                           folder_.string(), format_bytes(limit_));
    return;
  }
  record_file *file = writable();
  if (!file)
    return fail("cannot be written", errno);
  std::int64_t before = file->bytes(), first = file->count();
  if (!file->append(ids, records))
    return fail("cannot be written", errno);
  bytes_ += file->bytes() - before;
  std::lock_guard lock(mutex_);
  for (std::int64_t i = 0; i < count; ++i)
    places_.insert_or_assign(ids[i], place{*writing_, first + i});
}

void record_store::fail(std::string what, int reason) {
  trouble_ = fmt::format("{}: {} ({})", own_.string(), what,
                         std::strerror(reason));
}

} // namespace resnetc
