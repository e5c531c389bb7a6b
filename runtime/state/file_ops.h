// The system calls of a save, so that a test can make each of them fail.
#ifndef RESNETC_STATE_FILE_OPS_H
#define RESNETC_STATE_FILE_OPS_H

#include <sys/types.h>

#include <cstddef>

namespace resnetc {

/// Each behaves as the call of its name: -1 and errno on failure.
struct file_ops {
  virtual ~file_ops() = default;
  virtual int open(const char *path, int flags, mode_t mode);
  virtual ssize_t write(int descriptor, const void *data, std::size_t size);
  virtual int fsync(int descriptor);
  virtual int close(int descriptor);
  virtual int rename(const char *from, const char *to);
  virtual int unlink(const char *path);

  /// The real ones; stateless, hence shared by all threads.
  static file_ops &system();
};

} // namespace resnetc

#endif
