#include "cache/known_files.h"

#include "cache/cache_folder.h"
#include "cache/record_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace resnetc {
namespace {

/// Replaced lines that a file may hold before it is written anew.
constexpr std::size_t spare_lines = 4096;

digest digest_of_path(const std::string &path) {
  return digest_of(std::as_bytes(std::span(path)));
}

std::int64_t size_of(const file_descriptor &file) {
  struct stat status;
  return ::fstat(file.get(), &status) == 0 ? status.st_size : 0;
}

} // namespace

std::uint64_t known_files::checksum_of(const line &line) {
  return digest_of(std::as_bytes(std::span(&line, 1))
                       .first(offsetof(known_files::line, checksum)))
      .low;
}

known_files::line known_files::make_line(const digest &path,
                                         const file_stamp &stamp,
                                         const digest &contents) {
  line made{path, stamp, contents, 0};
  made.checksum = checksum_of(made);
  return made;
}

known_files::known_files(const std::filesystem::path &folder)
    : file_(folder.empty() ? "" : folder / known_files_name) {
  if (!file_.empty())
    load();
}

void known_files::load() {
  file_descriptor file(::open(file_.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file)
    return;
  std::vector<line> lines(size_of(file) / sizeof(line));
  if (!read_at(file.get(), 0, std::as_writable_bytes(std::span(lines))))
    return;
  lines_ = lines.size();
  for (const line &each : lines)
    if (each.checksum == checksum_of(each)) // later lines win
      known_.insert_or_assign(each.path,
                              std::pair(each.stamp, each.contents));
}

std::optional<digest> known_files::contents(const std::string &path) const {
  std::optional<file_stamp> now = stamp_of(path);
  if (!now)
    return std::nullopt;
  std::lock_guard lock(mutex_);
  auto found = known_.find(digest_of_path(path));
  if (found == known_.end() || found->second.first != *now)
    return std::nullopt;
  return found->second.second;
}

void known_files::remember(const std::string &path,
                           const std::optional<file_stamp> &stamp,
                           const digest &contents) {
  if (!stamp)
    return;
  line added = make_line(digest_of_path(path), *stamp, contents);
  std::lock_guard lock(mutex_);
  auto [at, fresh] = known_.try_emplace(added.path, *stamp, contents);
  if (!fresh && at->second == std::pair(*stamp, contents))
    return;
  at->second = {*stamp, contents};
  unsaved_.push_back(added);
}

bool known_files::save() {
  std::vector<line> lines;
  bool rewrite = false;
  {
    std::lock_guard lock(mutex_);
    lines.swap(unsaved_);
    lines_ += lines.size();
    rewrite = lines_ > 2 * known_.size() + spare_lines;
    if (rewrite) {
      lines.clear();
      for (const auto &[path, state] : known_)
        lines.push_back(make_line(path, state.first, state.second));
      lines_ = lines.size();
    }
  }
  if (lines.empty() || file_.empty())
    return true;
  file_descriptor file(
      ::open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  // One at a time, so that what a killed run left half-written can be cut.
  if (!file || ::flock(file.get(), LOCK_EX) != 0)
    return false;
  std::int64_t end = rewrite ? 0 : size_of(file) / sizeof(line) * sizeof(line);
  return ::ftruncate(file.get(), end) == 0 &&
         write_at(file.get(), end, std::as_bytes(std::span(lines)));
}

} // namespace resnetc
