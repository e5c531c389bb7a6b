#include "state/file_ops.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>

namespace resnetc {

int file_ops::open(const char *path, int flags, mode_t mode) {
  return ::open(path, flags, mode);
}
ssize_t file_ops::write(int descriptor, const void *data, std::size_t size) {
  return ::write(descriptor, data, size);
}
int file_ops::fsync(int descriptor) { return ::fsync(descriptor); }
int file_ops::close(int descriptor) { return ::close(descriptor); }
int file_ops::rename(const char *from, const char *to) {
  return ::rename(from, to);
}
int file_ops::unlink(const char *path) { return ::unlink(path); }

file_ops &file_ops::system() {
  static file_ops real;
  return real;
}

} // namespace resnetc
