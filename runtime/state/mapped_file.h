// A file mapped read-only, and the error that names a file.
#ifndef RESNETC_STATE_MAPPED_FILE_H
#define RESNETC_STATE_MAPPED_FILE_H

#include <cstddef>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>

namespace resnetc {

/// Something is wrong with a file; what() is "PATH: MESSAGE". Control
/// characters, which a hostile file may have put into its names, become '?'.
struct file_error : std::runtime_error {
  file_error(const std::filesystem::path &path, const std::string &message);
};

/// Pages are read on demand and can be dropped by the kernel. A file that
/// someone shortens while it is mapped ends the process (SIGBUS); our own
/// checkpoints are replaced by rename, which leaves mappings intact.
class mapped_file {
public:
  /// Throws file_error when PATH cannot be opened, is no regular file, or
  /// cannot be mapped.
  explicit mapped_file(const std::filesystem::path &path);
  ~mapped_file();
  mapped_file(mapped_file &&other) noexcept;
  mapped_file &operator=(mapped_file &&) = delete;

  std::span<const std::byte> bytes() const { return {data, size}; }
  const std::filesystem::path &path() const { return name; }

private:
  std::filesystem::path name;
  const std::byte *data = nullptr;
  std::size_t size = 0;
};

} // namespace resnetc

#endif
