// A file's bytes, and what tells whether it has changed since.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace resnetc {

/// What changes when a file does. A program can set mtime back, but not ctime.
struct file_stamp {
  std::int64_t size = 0;
  std::int64_t mtime = 0, ctime = 0; ///< ns since 1970
  std::uint64_t inode = 0, device = 0;
  bool operator==(const file_stamp &) const = default;
};

/// None where there is no such regular file.
std::optional<file_stamp> stamp_of(const std::string &path);

struct image_file {
  std::vector<std::byte> bytes;
  /// None where the file was written while it was read, or so shortly before
  /// that its times may not tell the next change from this one.
  std::optional<file_stamp> stamp;
};

/// Throws bad_image with the system's reason, and std::system_error where not
/// the file is at fault but a lack of descriptors or memory.
image_file read_image_file(const std::string &path);

} // namespace resnetc
