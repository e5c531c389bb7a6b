#include "state/mapped_file.h"

#include "state/file_descriptor.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace resnetc {

static std::string printable(std::string text) {
  for (char &c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      c = '?';
  return text;
}

file_error::file_error(const std::filesystem::path &path,
                       const std::string &message)
    : std::runtime_error(printable(path.string() + ": " + message)) {}

static file_error system_error(const std::filesystem::path &path,
                               const char *action) {
  return {path, std::string(action) + ": " + std::strerror(errno)};
}

mapped_file::mapped_file(const std::filesystem::path &path) : name(path) {
  // O_NONBLOCK: opening a FIFO must not wait for a writer.
  file_descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file)
    throw system_error(path, "cannot be opened");
  struct stat status;
  if (::fstat(file.get(), &status) != 0)
    throw system_error(path, "cannot be read");
  if (S_ISDIR(status.st_mode))
    throw file_error(path, "is a folder, expected a weights file");
  if (!S_ISREG(status.st_mode))
    throw file_error(path, "is no regular file");
  size = static_cast<std::size_t>(status.st_size);
  if (size == 0)
    return;
  void *start = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (start == MAP_FAILED)
    throw system_error(path, "cannot be mapped");
  data = static_cast<const std::byte *>(start);
}

mapped_file::mapped_file(mapped_file &&other) noexcept
    : name(std::move(other.name)), data(std::exchange(other.data, nullptr)),
      size(std::exchange(other.size, 0)) {}

mapped_file::~mapped_file() {
  if (data)
    ::munmap(const_cast<std::byte *>(data), size);
}

} // namespace resnetc
