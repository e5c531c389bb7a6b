// Zeroed memory for the flat buffers and arenas of emitted code.
#ifndef RESNETC_STATE_ALIGNED_BUFFER_H
#define RESNETC_STATE_ALIGNED_BUFFER_H

#include <cstddef>
#include <filesystem>
#include <utility>

namespace resnetc {

/// At least 64-byte aligned and zero at first. From 4 MiB on aligned to 2 MiB
/// and offered to the kernel for huge pages. Pages that are never touched cost
/// nothing.
class aligned_buffer {
public:
  aligned_buffer() = default;
  /// Throws std::bad_alloc.
  explicit aligned_buffer(std::size_t bytes);
  ~aligned_buffer();
  aligned_buffer(aligned_buffer &&other) noexcept { swap(other); }
  aligned_buffer &operator=(aligned_buffer &&other) noexcept {
    swap(other);
    return *this;
  }

  /// Moves the contents into a file without a name in `folder`, of which pages
  /// come to memory as they are read. They must not be written any more; `data`
  /// is another address. False, and all as it was, where that is not possible
  /// or saves nothing: no room, no such files there, a folder in memory.
  bool move_to_file(const std::filesystem::path &folder);
  /// Of a buffer in a file: takes the pages that lie within these bytes out of
  /// memory. Of another one it does nothing.
  void release(std::size_t offset, std::size_t size) const;

  /// Null only for an object without a size.
  void *data() const { return start; }
  std::size_t size() const { return bytes; }
  template <typename T> T *as() const { return static_cast<T *>(start); }

private:
  void swap(aligned_buffer &other) noexcept {
    std::swap(start, other.start);
    std::swap(bytes, other.bytes);
    std::swap(mapping, other.mapping);
    std::swap(mapped, other.mapped);
    std::swap(in_file, other.in_file);
  }

  void *start = nullptr;
  std::size_t bytes = 0;
  void *mapping = nullptr;
  std::size_t mapped = 0;
  bool in_file = false;
};

} // namespace resnetc

#endif
