#include "cache/cache_folder.h"

#include "cache/known_files.h"
#include "cache/record_file.h"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace resnetc {

namespace fs = std::filesystem;

fs::path default_cache_folder() {
  auto absolute = [](const char *name) -> fs::path {
    const char *value = std::getenv(name);
    fs::path path = value ? value : "";
    return path.is_absolute() ? path : ""; // XDG: relative ones do not count
  };
  if (fs::path cache = absolute("XDG_CACHE_HOME"); !cache.empty())
    return cache / "resnetc";
  if (fs::path home = absolute("HOME"); !home.empty())
    return home / ".cache" / "resnetc";
  return {};
}

namespace {

std::vector<fs::directory_entry> entries_of(const fs::path &folder) {
  std::vector<fs::directory_entry> entries;
  std::error_code failure;
  for (fs::directory_iterator at(folder, failure), end; !failure && at != end;
       at.increment(failure))
    entries.push_back(*at);
  std::ranges::sort(entries, {}, [](const auto &entry) { return entry.path(); });
  return entries;
}

void add_files(const fs::path &folder, std::vector<cache_file> &files) {
  for (const fs::directory_entry &entry : entries_of(folder)) {
    std::error_code failure;
    if (entry.path().extension() != records_suffix ||
        !entry.is_regular_file(failure))
      continue;
    std::error_code no_time;
    auto bytes = static_cast<std::int64_t>(entry.file_size(failure));
    auto used = entry.last_write_time(no_time);
    if (!failure && !no_time) // another process may delete it at any time
      files.push_back({entry.path(), bytes, used});
  }
}

/// Folders of prefixes are named by their key.
std::vector<std::pair<digest, fs::path>> prefixes_of(const fs::path &folder) {
  std::vector<std::pair<digest, fs::path>> prefixes;
  for (const fs::directory_entry &entry : entries_of(folder)) {
    std::error_code failure;
    auto key = digest_from_hex(entry.path().filename().string());
    if (key && entry.is_directory(failure))
      prefixes.emplace_back(*key, entry.path());
  }
  return prefixes;
}

/// Deletes the folder of a prefix without records.
void remove_if_empty(const fs::path &own) {
  std::error_code failure;
  if (!prefix_files(own).empty())
    return;
  fs::remove(own / about_name, failure);
  fs::remove(own, failure);
}

void read_about(const fs::path &path, cache_summary &summary) {
  std::ifstream file(path);
  nlohmann::json about = nlohmann::json::parse(file, nullptr, false);
  auto text = [&](const char *key) {
    return about.is_object() && about.contains(key) && about[key].is_string()
               ? about[key].get<std::string>()
               : std::string();
  };
  summary.model = text("model");
  summary.spec = text("spec");
  summary.cpu = text("mcpu");
  summary.precision = text("precision");
  summary.holds = text("holds");
}

} // namespace

std::vector<cache_file> prefix_files(const fs::path &own) {
  std::vector<cache_file> files;
  add_files(own, files);
  return files;
}

std::vector<cache_file> all_files(const fs::path &folder) {
  std::vector<cache_file> files;
  for (const auto &[key, path] : prefixes_of(folder))
    add_files(path, files);
  return files;
}

bool remove_file(const fs::path &path) {
  std::error_code failure;
  if (!record_file::open(path) || !fs::remove(path, failure))
    return false;
  remove_if_empty(path.parent_path());
  return true;
}

std::vector<cache_summary> list_caches(const fs::path &folder) {
  std::vector<cache_summary> caches;
  for (const auto &[key, path] : prefixes_of(folder)) {
    cache_summary summary;
    summary.key = key;
    summary.used = fs::file_time_type::min();
    read_about(path / about_name, summary);
    for (const cache_file &file : prefix_files(path)) {
      summary.bytes += file.bytes;
      summary.used = std::max(summary.used, file.used);
      if (auto records = record_file::open(file.path))
        summary.records += records->count();
    }
    if (summary.bytes > 0)
      caches.push_back(std::move(summary));
  }
  return caches;
}

verification verify_file(const fs::path &path) {
  verification result;
  auto file = record_file::open(path);
  if (!file)
    return {0, 0, false};
  std::vector<std::byte> record(file->record_bytes());
  for (std::int64_t entry = 0; entry < file->count(); ++entry) {
    auto id = file->id(entry);
    ++(id && file->read(entry, *id, record) ? result.whole : result.damaged);
  }
  return result;
}

std::int64_t clear_cache(const fs::path &folder) {
  std::int64_t bytes = 0;
  std::error_code failure;
  for (const auto &[key, own] : prefixes_of(folder)) {
    for (const cache_file &file : prefix_files(own))
      if (remove_file(file.path))
        bytes += file.bytes;
      else if (record_file::open(file.path))
        throw std::runtime_error(
            fmt::format("{}: cannot be deleted; is the folder writable?",
                        file.path.string()));
    remove_if_empty(own); // of a run that could keep nothing
  }
  fs::path known = folder / known_files_name;
  auto size = static_cast<std::int64_t>(fs::file_size(known, failure));
  if (!failure && known_files::is_one(known) && fs::remove(known, failure))
    bytes += size;
  return bytes;
}

} // namespace resnetc
