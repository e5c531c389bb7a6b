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
#include <set>
#include <unordered_set>

namespace resnetc {

namespace fs = std::filesystem;

record_store::record_store(fs::path folder, const digest &key,
                           std::int64_t record_bytes, std::int64_t limit,
                           const std::string &about)
    : folder_(std::move(folder)), own_(folder_ / to_hex(key)), key_(key),
      record_bytes_(record_bytes), limit_(limit), about_(about) {
  std::error_code failure;
  fs::create_directories(own_, failure);
  if (failure) {
    fail("cannot be created", failure.value());
    return;
  }
  index_files();
  count_bytes();
}

// For people alone: without it nothing is wrong, and another run may be writing
// the same.
void record_store::write_about() {
  std::error_code failure;
  fs::path path = own_ / about_name;
  if (fs::exists(path, failure))
    return;
  try {
    atomic_file file(path);
    file.write(about_);
    file.commit();
  } catch (const file_error &) {
  }
}

void record_store::index_files() {
  for (const cache_file &found : prefix_files(own_)) {
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
    if (std::optional<digest> id = file.id(entry)) {
      place at{number, entry};
      if (!places_.try_emplace(*id, at).second)
        spare_places_.emplace(*id, at);
    }
}

void record_store::count_bytes() {
  bytes_ = uncounted_ = 0;
  for (const cache_file &file : all_files(folder_))
    bytes_ += file.bytes;
}

bool record_store::contains(const digest &id) const {
  std::lock_guard lock(mutex_);
  return places_.contains(id);
}

bool record_store::read(const digest &id, std::span<std::byte> record) {
  std::unique_lock lock(mutex_);
  for (auto found = places_.find(id); found != places_.end();
       found = places_.find(id)) {
    place at = found->second;
    used_file &used = files_[at.file];
    bool first_use = !std::exchange(used.touched, true);
    lock.unlock();
    if (first_use)
      used.file.touch();
    if (used.file.read(at.entry, id, record))
      return true;
    lock.lock();
    // Damaged, for all of this run; there may be another one.
    found = places_.find(id);
    if (found == places_.end() || !(found->second == at))
      continue;
    auto spare = spare_places_.find(id);
    if (spare == spare_places_.end()) {
      places_.erase(found);
    } else {
      found->second = spare->second;
      spare_places_.erase(spare);
    }
  }
  return false;
}

// Deletes what was used longest ago, but nothing that this run has used, and
// nothing at all where that would not be enough.
bool record_store::make_room(std::int64_t bytes) {
  // Other runs write, too.
  if (bytes_ + bytes > limit_ || uncounted_ > limit_ / 16)
    count_bytes();
  if (bytes_ + bytes <= limit_)
    return true;
  std::set<fs::path> own;
  {
    std::lock_guard lock(mutex_);
    for (const used_file &used : files_)
      if (used.touched)
        own.insert(used.file.path());
  }
  std::vector<cache_file> files = all_files(folder_);
  std::erase_if(files,
                [&](const cache_file &file) { return own.contains(file.path); });
  std::int64_t most = 0;
  for (const cache_file &file : files)
    most += file.bytes;
  if (bytes_ - most + bytes > limit_)
    return false;
  std::ranges::sort(files, {}, &cache_file::used);
  for (const cache_file &file : files) {
    if (bytes_ + bytes <= limit_)
      break;
    if (remove_file(file.path))
      bytes_ -= file.bytes;
  }
  return bytes_ + bytes <= limit_;
}

// A few dozen files at most, however large the cache may grow.
bool record_store::can_append_to(const record_file &file) const {
  constexpr std::int64_t least = std::int64_t(256) << 20;
  return file.bytes() < std::max(least, limit_ / 64) && !file.deleted();
}

record_file *record_store::append_to(record_file file) {
  std::lock_guard lock(mutex_);
  files_.push_back({std::move(file), true});
  writing_ = files_.size() - 1;
  return &files_.back().file;
}

record_file *record_store::writable() {
  if (writing_ && can_append_to(files_[*writing_].file))
    return &files_[*writing_].file;
  if (!writing_)
    for (const cache_file &found : prefix_files(own_)) {
      auto file = record_file::open_to_append(found.path);
      if (file && file->key() == key_ &&
          file->record_bytes() == record_bytes_ && can_append_to(*file))
        return append_to(std::move(*file));
    }
  // Another run may have deleted the last file, and the folder with it.
  std::error_code failure;
  fs::create_directories(own_, failure);
  write_about();
  std::random_device random;
  auto file = record_file::create(
      own_ / fmt::format("{:08x}{:08x}{}", random(), random(), records_suffix),
      key_, record_bytes_);
  return file ? append_to(std::move(*file)) : nullptr;
}

void record_store::append(std::span<const record_entry> entries) {
  if (trouble_)
    return;
  try {
    std::vector<record_entry> absent;
    std::unordered_set<digest> seen;
    for (const record_entry &entry : entries)
      if (!contains(entry.id) && seen.insert(entry.id).second)
        absent.push_back(entry);
    if (!absent.empty())
      write_absent(absent);
  } catch (const std::exception &error) {
    trouble_ = fmt::format("{}: {}", own_.string(), error.what());
  }
}

void record_store::write_absent(std::span<const record_entry> entries) {
  auto count = static_cast<std::int64_t>(entries.size());
  if (!make_room(record_file::size_with(count, record_bytes_) -
                 (writing_ ? record_file::header_bytes : 0))) {
    trouble_ = fmt::format("{}: the cache is full ({}); a larger --cache-size "
                           "keeps more",
                           folder_.string(), format_bytes(limit_));
    return;
  }
  record_file *file = writable();
  if (!file)
    return fail("cannot be written", errno);
  std::int64_t before = file->bytes(), first = file->count();
  if (!file->append(entries))
    return fail("cannot be written", errno);
  bytes_ += file->bytes() - before;
  uncounted_ += file->bytes() - before;
  std::lock_guard lock(mutex_);
  for (std::int64_t i = 0; i < count; ++i)
    places_.insert_or_assign(entries[i].id, place{*writing_, first + i});
}

void record_store::fail(std::string what, int reason) {
  trouble_ = fmt::format("{}: {} ({}); --cache-dir names another folder",
                         own_.string(), what, std::strerror(reason));
}

} // namespace resnetc
