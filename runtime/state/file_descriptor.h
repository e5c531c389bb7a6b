// A file descriptor with an owner.
#ifndef RESNETC_STATE_FILE_DESCRIPTOR_H
#define RESNETC_STATE_FILE_DESCRIPTOR_H

#include <unistd.h>

#include <utility>

namespace resnetc {

/// Closed at the end of the object's life; what open() gave may be -1.
class file_descriptor {
public:
  explicit file_descriptor(int descriptor = -1) : value(descriptor) {}
  ~file_descriptor() {
    if (value >= 0)
      ::close(value);
  }
  file_descriptor(file_descriptor &&other) noexcept
      : value(std::exchange(other.value, -1)) {}
  file_descriptor &operator=(file_descriptor &&other) noexcept {
    std::swap(value, other.value);
    return *this;
  }
  int get() const { return value; }
  explicit operator bool() const { return value >= 0; }

private:
  int value;
};

} // namespace resnetc

#endif
