#include "state/aligned_buffer.h"

#include "state/file_descriptor.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
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

namespace {

/// Folders whose files are memory themselves.
bool in_memory(int descriptor) {
  struct statfs system;
  return ::fstatfs(descriptor, &system) != 0 || system.f_type == TMPFS_MAGIC ||
         system.f_type == RAMFS_MAGIC;
}

bool write_all(int descriptor, const std::byte *bytes, std::size_t size) {
  while (size > 0) {
    const ssize_t written = ::write(descriptor, bytes, size);
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return false;
    bytes += written;
    size -= static_cast<std::size_t>(written);
  }
  return true;
}

} // namespace

bool aligned_buffer::move_to_file(const std::filesystem::path &folder) {
  const file_descriptor file(
      ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (bytes == 0 || !file || in_memory(file.get()) ||
      !write_all(file.get(), as<const std::byte>(), bytes) ||
      ::fdatasync(file.get()) != 0) // a page that is lost later is a SIGBUS
    return false;
  aligned_buffer moved;
  void *address = ::mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (address == MAP_FAILED)
    return false;
  moved.start = moved.mapping = address;
  moved.bytes = moved.mapped = bytes;
  moved.in_file = true;
  swap(moved);
  return true;
}

void aligned_buffer::release(std::size_t offset, std::size_t size) const {
  if (!in_file)
    return;
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t first = (offset + page - 1) / page * page,
                    last = (offset + size) / page * page;
  if (first < last)
    ::madvise(as<std::byte>() + first, last - first, MADV_DONTNEED);
}

aligned_buffer::~aligned_buffer() {
  if (mapping)
    ::munmap(mapping, mapped);
}

} // namespace resnetc
