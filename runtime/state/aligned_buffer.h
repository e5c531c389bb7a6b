// Zeroed memory for the flat buffers and arenas of emitted code.
#ifndef RESNETC_STATE_ALIGNED_BUFFER_H
#define RESNETC_STATE_ALIGNED_BUFFER_H

#include <cstddef>
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
  }

  void *start = nullptr;
  std::size_t bytes = 0;
  void *mapping = nullptr;
  std::size_t mapped = 0;
};

} // namespace resnetc

#endif
