// The entries of an uncompressed zip archive in memory.
#ifndef RESNETC_STATE_ZIP_ARCHIVE_H
#define RESNETC_STATE_ZIP_ARCHIVE_H

#include "state/mapped_file.h"

#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <vector>

namespace resnetc {

/// Reads the central directory and holds each local header to it, so that no
/// two readers see different files. Refuses several disks, entries that overlap
/// or have the same name, and to read compressed or encrypted ones. Zip64 is
/// read. Format: PKWARE's APPNOTE.TXT 6.3.
class zip_archive {
public:
  /// Throws file_error. `file` must outlive the object.
  explicit zip_archive(const mapped_file &file);

  std::vector<std::string> names() const;
  bool contains(const std::string &name) const {
    return entries.contains(name);
  }
  /// The bytes of an entry; throws file_error where there is none, it is
  /// compressed or encrypted, or its CRC is wrong.
  std::span<const std::byte> read(const std::string &name) const;

private:
  struct entry {
    std::uint64_t header = 0; ///< offset of the local header
    std::uint64_t data = 0;   ///< offset of the bytes
    std::uint64_t size = 0;
    std::uint64_t stored = 0; ///< bytes in the archive
    std::uint64_t end = 0;    ///< of the bytes and what describes them
    std::uint32_t crc = 0;
    std::uint16_t flags = 0;
    std::uint16_t method = 0;
  };

  [[noreturn]] void fail(const std::string &message) const;
  template <typename T> T number(std::uint64_t offset) const;
  std::span<const std::byte> part(std::uint64_t offset,
                                  std::uint64_t length) const;
  std::string text(std::uint64_t offset, std::uint64_t length) const;

  void read_end();
  void read_directory(std::uint64_t offset, std::uint64_t size,
                      std::uint64_t count);
  std::uint64_t read_entry(std::uint64_t offset);
  void read_zip64(std::uint64_t offset, std::uint64_t length,
                  std::initializer_list<std::uint64_t *> fields) const;
  void check_local(const std::string &name, entry &found) const;
  void check_descriptor(const std::string &name, entry &found) const;
  void check_places(std::uint64_t directory) const;

  const mapped_file &file;
  std::span<const std::byte> bytes;
  std::map<std::string, entry> entries;
};

} // namespace resnetc

#endif
