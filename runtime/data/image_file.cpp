#include "data/image_file.h"

#include "data/decode.h"
#include "state/file_descriptor.h"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace resnetc {
namespace {

std::int64_t nanoseconds(const timespec &time) {
  return time.tv_sec * std::int64_t(1000000000) + time.tv_nsec;
}

file_stamp stamp_of(const struct stat &status) {
  return {status.st_size, nanoseconds(status.st_mtim),
          nanoseconds(status.st_ctim), status.st_ino, status.st_dev};
}

/// Git calls such a file racily clean. Two seconds are the coarsest clock of a
/// file system in use (FAT).
bool just_written(const file_stamp &stamp) {
  constexpr std::int64_t coarsest = 2000000000;
  auto now = std::chrono::duration_cast<std::chrono::nanoseconds>(
                 std::chrono::system_clock::now().time_since_epoch())
                 .count();
  return stamp.ctime > now - coarsest;
}

[[noreturn]] void fail(int error) {
  if (error == EMFILE || error == ENFILE || error == ENOMEM)
    throw std::system_error(error, std::generic_category(),
                            "image files cannot be read");
  throw bad_image(std::strerror(error));
}

} // namespace

std::optional<file_stamp> stamp_of(const std::string &path) {
  struct stat status;
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode))
    return std::nullopt;
  return stamp_of(status);
}

image_file read_image_file(const std::string &path) {
  // O_NONBLOCK only keeps a pipe from blocking the open.
  file_descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat before, after;
  if (!file || ::fstat(file.get(), &before) != 0)
    fail(errno);
  if (!S_ISREG(before.st_mode))
    throw bad_image("not a regular file");

  image_file result;
  result.bytes.resize(static_cast<size_t>(before.st_size));
  size_t done = 0;
  while (done < result.bytes.size()) {
    ssize_t count = ::read(file.get(), result.bytes.data() + done,
                           result.bytes.size() - done);
    if (count < 0 && errno != EINTR)
      fail(errno);
    if (count == 0)
      break; // it shrank meanwhile: the decoder will find it cut short
    done += count > 0 ? static_cast<size_t>(count) : 0;
  }
  result.bytes.resize(done);
  file_stamp stamp = stamp_of(before);
  if (::fstat(file.get(), &after) == 0 && stamp_of(after) == stamp &&
      !just_written(stamp))
    result.stamp = stamp;
  return result;
}

} // namespace resnetc
