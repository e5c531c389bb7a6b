#include "cache/record_file.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace resnetc {
namespace {

constexpr char magic[8] = {'r', 'e', 's', 'n', 'e', 't', 'c', '1'};

struct file_header {
  char magic[8];
  std::int64_t record_bytes;
  digest key;
  std::uint64_t checksum; // of what is before it
  std::uint64_t reserved[3];
};
static_assert(sizeof(file_header) == record_file::header_bytes);

struct entry_header {
  digest id;
  std::uint64_t checksum;
};
static_assert(sizeof(entry_header) == 24);

std::uint64_t checksum_of(const file_header &header) {
  return digest_of(std::as_bytes(std::span(&header, 1))
                       .first(offsetof(file_header, checksum)))
      .low;
}

bool lock(const file_descriptor &file) {
  return ::flock(file.get(), LOCK_EX | LOCK_NB) == 0;
}

} // namespace

bool read_at(int descriptor, std::int64_t offset, std::span<std::byte> bytes) {
  while (!bytes.empty()) {
    ssize_t count = ::pread(descriptor, bytes.data(), bytes.size(), offset);
    if (count < 0 && errno == EINTR)
      continue;
    if (count == 0)
      errno = 0;
    if (count <= 0)
      return false;
    bytes = bytes.subspan(count);
    offset += count;
  }
  return true;
}

bool write_at(int descriptor, std::int64_t offset,
              std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    ssize_t count = ::pwrite(descriptor, bytes.data(), bytes.size(), offset);
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      return false;
    bytes = bytes.subspan(count);
    offset += count;
  }
  return true;
}

std::int64_t record_file::entry_bytes() const {
  return static_cast<std::int64_t>(sizeof(entry_header)) + record_bytes_;
}

std::int64_t record_file::size_with(std::int64_t entries,
                                    std::int64_t record_bytes) {
  return header_bytes +
         entries *
             (static_cast<std::int64_t>(sizeof(entry_header)) + record_bytes);
}

bool record_file::read_header() {
  file_header header;
  struct stat status;
  if (::fstat(file_.get(), &status) != 0 || !S_ISREG(status.st_mode) ||
      status.st_size < header_bytes ||
      !read_at(file_.get(), 0, std::as_writable_bytes(std::span(&header, 1))) ||
      std::memcmp(header.magic, magic, sizeof(magic)) != 0 ||
      header.checksum != checksum_of(header) || header.record_bytes <= 0 ||
      header.record_bytes > most_record_bytes)
    return false;
  key_ = header.key;
  record_bytes_ = header.record_bytes;
  count_ = (status.st_size - header_bytes) / entry_bytes();
  return true;
}

std::optional<record_file>
record_file::open(const std::filesystem::path &path) {
  record_file file(path, file_descriptor(::open(
                             path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)));
  if (!file.file_ || !file.read_header())
    return std::nullopt;
  return file;
}

std::optional<record_file>
record_file::open_to_append(const std::filesystem::path &path) {
  record_file file(path,
                   file_descriptor(::open(path.c_str(),
                                          O_RDWR | O_CLOEXEC | O_NONBLOCK)));
  // Locked first: only then nobody else's entry is under way.
  if (!file.file_ || !lock(file.file_) || file.deleted() ||
      !file.read_header() || ::ftruncate(file.file_.get(), file.bytes()) != 0)
    return std::nullopt;
  return file;
}

std::optional<record_file>
record_file::create(const std::filesystem::path &path, const digest &key,
                    std::int64_t record_bytes) {
  // It gets its name with its header: a file without one is no file of ours.
  std::filesystem::path partial =
      path.parent_path() / ("." + path.filename().string() + ".partial");
  record_file file(path, file_descriptor(::open(
                             partial.c_str(),
                             O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666)));
  if (!file.file_)
    return std::nullopt;
  file_header header{};
  std::memcpy(header.magic, magic, sizeof(magic));
  header.record_bytes = record_bytes;
  header.key = key;
  header.checksum = checksum_of(header);
  if (!lock(file.file_) ||
      !write_at(file.file_.get(), 0, std::as_bytes(std::span(&header, 1))) ||
      ::rename(partial.c_str(), path.c_str()) != 0) {
    int reason = errno;
    ::unlink(partial.c_str());
    errno = reason;
    return std::nullopt;
  }
  file.key_ = key;
  file.record_bytes_ = record_bytes;
  return file;
}

std::uint64_t
record_file::checksum(const digest &id,
                      std::span<const std::byte> record) const {
  digest parts[3] = {key_, id, digest_of(record)};
  return digest_of(std::as_bytes(std::span(parts))).low;
}

std::optional<digest> record_file::id(std::int64_t entry) const {
  entry_header header;
  if (!read_at(file_.get(), header_bytes + entry * entry_bytes(),
               std::as_writable_bytes(std::span(&header, 1))))
    return std::nullopt;
  return header.id;
}

bool record_file::read(std::int64_t entry, const digest &id,
                       std::span<std::byte> record) const {
  entry_header header;
  std::int64_t offset = header_bytes + entry * entry_bytes();
  return read_at(file_.get(), offset,
                 std::as_writable_bytes(std::span(&header, 1))) &&
         header.id == id &&
         read_at(file_.get(), offset + sizeof(header), record) &&
         header.checksum == checksum(id, record);
}

bool record_file::append(std::span<const record_entry> entries) {
  std::vector<std::byte> text(entries.size() * entry_bytes());
  std::byte *to = text.data();
  for (const auto &[id, record] : entries) {
    entry_header header{id, checksum(id, std::span(record, record_bytes_))};
    std::memcpy(to, &header, sizeof(header));
    std::memcpy(to + sizeof(header), record, record_bytes_);
    to += entry_bytes();
  }
  if (!write_at(file_.get(), bytes(), text)) {
    int reason = errno;
    [[maybe_unused]] int cut = ::ftruncate(file_.get(), bytes());
    errno = reason;
    return false;
  }
  count_ += static_cast<std::int64_t>(entries.size());
  return true;
}

bool record_file::deleted() const {
  struct stat status;
  return ::fstat(file_.get(), &status) != 0 || status.st_nlink == 0;
}

void record_file::touch() const { ::futimens(file_.get(), nullptr); }

} // namespace resnetc
