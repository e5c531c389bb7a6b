#include "state/aligned_buffer.h"

#include <sys/mman.h>

#include <cstdint>
#include <new>

namespace resnetc {

aligned_buffer::aligned_buffer(std::size_t size) : bytes(size) {
  constexpr std::size_t huge_page = std::size_t{2} << 20;
  const bool huge = size >= 2 * huge_page;
  // An empty buffer still has an address: emitted code may compute with it.
  mapped = (size ? size : 1) + (huge ? huge_page : 0);
  mapping = ::mmap(nullptr, mapped, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapping == MAP_FAILED)
    throw std::bad_alloc();
  start = mapping;
  if (huge) {
    auto address = reinterpret_cast<std::uintptr_t>(mapping);
    start =
        reinterpret_cast<void *>((address + huge_page - 1) & ~(huge_page - 1));
    ::madvise(start, size, MADV_HUGEPAGE); // a wish, not a need
  }
}

aligned_buffer::~aligned_buffer() {
  if (mapping)
    ::munmap(mapping, mapped);
}

} // namespace resnetc
