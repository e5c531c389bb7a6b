#include "cache/known_files.h"

#include "cache/cache_folder.h"
#include "cache/record_file.h"
#include "state/atomic_file.h"
#include "state/mapped_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace resnetc {
namespace {

/// Replaced lines that a file may hold before it is written anew.
constexpr std::size_t spare_lines = 4096;

/// More than ten million files; a larger one is not read, but written anew.
constexpr std::int64_t most_bytes = std::int64_t(1) << 30;

digest digest_of_path(const std::string &path) {
  return digest_of(std::as_bytes(std::span(path)));
}

std::int64_t size_of(const file_descriptor &file) {
  struct stat status;
  return ::fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode)
             ? status.st_size
             : 0;
}

int open_to_read(const std::filesystem::path &path) {
  return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
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
    for (const line &each : read_lines(file_)) { // later lines win
      known_.insert_or_assign(each.path, std::pair(each.stamp, each.contents));
      ++lines_;
    }
}

bool known_files::is_one(const std::filesystem::path &path) {
  file_descriptor file(open_to_read(path));
  line first;
  return file && read_at(file.get(), 0, std::as_writable_bytes(std::span(&first, 1))) &&
         is_header(first);
}

bool known_files::is_header(const line &first) {
  return first.contents == header().contents &&
         first.checksum == checksum_of(first);
}

known_files::line known_files::header() {
  return make_line({}, {}, digest{0x72736e6574632d66, 1}); // "rsnetc-f", version
}

std::vector<known_files::line>
known_files::read_lines(const std::filesystem::path &path) {
  file_descriptor file(open_to_read(path));
  if (!file || size_of(file) > most_bytes)
    return {};
  std::vector<line> lines(size_of(file) / sizeof(line));
  if (lines.empty() ||
      !read_at(file.get(), 0, std::as_writable_bytes(std::span(lines))) ||
      !is_header(lines.front()))
    return {};
  std::erase_if(lines, [](const line &each) {
    return each.checksum != checksum_of(each) || is_header(each);
  });
  return lines;
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

void known_files::save() {
  std::lock_guard lock(mutex_);
  if (unsaved_.empty() || file_.empty())
    return;
  // One at a time, so that what a killed run left half-written can be cut. Who
  // finds another at it leaves its lines for the next time.
  file_descriptor file(::open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (!file || ::flock(file.get(), LOCK_EX | LOCK_NB) != 0)
    return;
  bool fresh = !is_one(file_);
  bool written = fresh || lines_ + unsaved_.size() > 2 * known_.size() + spare_lines
                     ? rewrite()
                     : append(file.get());
  if (written)
    unsaved_.clear();
}

bool known_files::append(int descriptor) {
  struct stat status;
  if (::fstat(descriptor, &status) != 0)
    return false;
  std::int64_t end = status.st_size / sizeof(line) * sizeof(line);
  if (::ftruncate(descriptor, end) != 0 ||
      !write_at(descriptor, end, std::as_bytes(std::span(unsaved_))))
    return false;
  lines_ += unsaved_.size();
  return true;
}

bool known_files::rewrite() {
  for (const line &each : read_lines(file_)) // what other runs have added
    known_.try_emplace(each.path, each.stamp, each.contents);
  std::vector<line> lines{header()};
  for (const auto &[path, state] : known_)
    lines.push_back(make_line(path, state.first, state.second));
  try {
    atomic_file file(file_);
    file.write(std::as_bytes(std::span(lines)));
    file.commit();
  } catch (const file_error &) {
    return false;
  }
  lines_ = lines.size();
  return true;
}

} // namespace resnetc
