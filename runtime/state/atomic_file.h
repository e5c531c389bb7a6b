// A file that appears whole or not at all.
#ifndef RESNETC_STATE_ATOMIC_FILE_H
#define RESNETC_STATE_ATOMIC_FILE_H

#include "state/file_ops.h"

#include <filesystem>
#include <span>
#include <string>

namespace resnetc {

/// Writes to `.NAME.partial` beside PATH, which is a file or nothing yet; `commit` syncs it, renames it to PATH
/// and syncs the folder. Without a commit the old file stays as it was and the
/// partial one is removed. Every failure is a file_error with the system's
/// reason.
class atomic_file {
public:
  explicit atomic_file(std::filesystem::path path,
                       file_ops &ops = file_ops::system());
  ~atomic_file();
  atomic_file(const atomic_file &) = delete;
  atomic_file &operator=(const atomic_file &) = delete;

  void write(std::span<const std::byte> bytes);
  void write(const std::string &text);
  void commit();

private:
  [[noreturn]] void fail(const char *action);
  int open_folder();

  std::filesystem::path path, partial;
  file_ops &ops;
  int descriptor = -1;
  bool renamed = false;
};

} // namespace resnetc

#endif
