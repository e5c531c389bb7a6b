#include "state/zip_archive.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>

namespace resnetc {

constexpr std::uint32_t local_signature = 0x04034b50;
constexpr std::uint32_t central_signature = 0x02014b50;
constexpr std::uint32_t descriptor_signature = 0x08074b50;
constexpr std::uint32_t end_signature = 0x06054b50;
constexpr std::uint32_t end64_signature = 0x06064b50;
constexpr std::uint32_t locator_signature = 0x07064b50;

constexpr std::uint64_t local_size = 30, central_size = 46, end_size = 22,
                        end64_size = 56, locator_size = 20;
/// In a 32-bit field: the value is in the zip64 extra field.
constexpr std::uint32_t elsewhere = 0xffffffff;
constexpr std::uint16_t described_later =
    1 << 3; // a descriptor follows the bytes
constexpr std::uint16_t utf8_name = 1 << 11;

void zip_archive::fail(const std::string &message) const {
  throw file_error(file.path(), "its zip archive is damaged: " + message);
}

std::span<const std::byte> zip_archive::part(std::uint64_t offset,
                                             std::uint64_t length) const {
  if (offset > bytes.size() || length > bytes.size() - offset)
    fail(fmt::format("{} bytes at {} lie outside the file", length, offset));
  return bytes.subspan(offset, length);
}

template <typename T> T zip_archive::number(std::uint64_t offset) const {
  T value;
  std::memcpy(&value, part(offset, sizeof value).data(), sizeof value);
  return value;
}

std::string zip_archive::text(std::uint64_t offset,
                              std::uint64_t length) const {
  const auto taken = part(offset, length);
  return {reinterpret_cast<const char *>(taken.data()), taken.size()};
}

zip_archive::zip_archive(const mapped_file &mapped)
    : file(mapped), bytes(mapped.bytes()) {
  read_end();
}

/// The archive must end with the file, without a comment: a search for the end
/// record is how two readers come to see two archives in one file.
void zip_archive::read_end() {
  if (bytes.size() < end_size ||
      number<std::uint32_t>(bytes.size() - end_size) != end_signature)
    throw file_error(file.path(), "does not end as a zip archive: it was cut "
                                  "short or added to; download it again");
  std::uint64_t end = bytes.size() - end_size;
  std::uint64_t count = number<std::uint16_t>(end + 10);
  std::uint64_t size = number<std::uint32_t>(end + 12);
  std::uint64_t offset = number<std::uint32_t>(end + 16);
  bool one_disk = number<std::uint32_t>(end + 4) == 0 &&
                  number<std::uint16_t>(end + 8) == count;
  if (number<std::uint16_t>(end + 20) != 0)
    fail("it has a comment");
  if (end >= locator_size &&
      number<std::uint32_t>(end - locator_size) == locator_signature) {
    const auto end64 = number<std::uint64_t>(end - locator_size + 8);
    if (number<std::uint32_t>(end64) != end64_signature ||
        end64 + end64_size != end - locator_size)
      fail("its zip64 end record is not where it should be");
    const auto differs = [](std::uint64_t narrow, std::uint64_t limit,
                            std::uint64_t wide) {
      return narrow != limit && narrow != wide;
    };
    if (differs(count, 0xffff, number<std::uint64_t>(end64 + 32)) ||
        differs(size, elsewhere, number<std::uint64_t>(end64 + 40)) ||
        differs(offset, elsewhere, number<std::uint64_t>(end64 + 48)))
      fail("its two end records differ");
    count = number<std::uint64_t>(end64 + 32);
    size = number<std::uint64_t>(end64 + 40);
    offset = number<std::uint64_t>(end64 + 48);
    one_disk = one_disk && number<std::uint64_t>(end64 + 16) == 0 &&
               number<std::uint64_t>(end64 + 24) == count;
    end = end64;
  }
  if (!one_disk)
    fail("it is spread over several disks");
  if (offset > end || size != end - offset)
    fail("its directory does not end where its end record begins");
  read_directory(offset, size, count);
  check_places(offset);
}

void zip_archive::read_directory(std::uint64_t offset, std::uint64_t size,
                                 std::uint64_t count) {
  const std::uint64_t end = offset + size;
  for (; count > 0 && offset < end; --count)
    offset = read_entry(offset);
  if (count != 0 || offset != end)
    fail("its directory has another size than its entries");
}

/// One entry of the directory; gives the next one's offset.
std::uint64_t zip_archive::read_entry(std::uint64_t offset) {
  if (number<std::uint32_t>(offset) != central_signature)
    fail(fmt::format("no directory entry at {}", offset));
  entry found;
  found.flags = number<std::uint16_t>(offset + 8);
  found.crc = number<std::uint32_t>(offset + 16);
  found.method = number<std::uint16_t>(offset + 10);
  found.stored = number<std::uint32_t>(offset + 20);
  found.size = number<std::uint32_t>(offset + 24);
  const auto name_size = number<std::uint16_t>(offset + 28);
  const auto extra_size = number<std::uint16_t>(offset + 30);
  const auto comment_size = number<std::uint16_t>(offset + 32);
  found.header = number<std::uint32_t>(offset + 42);
  const std::string name = text(offset + central_size, name_size);
  const std::uint64_t extra = offset + central_size + name_size;
  read_zip64(extra, extra_size, {&found.size, &found.stored, &found.header});
  if (number<std::uint16_t>(offset + 34) != 0)
    fail("entry '" + name + "' lies on another disk");
  check_local(name, found);
  if (!entries.emplace(name, found).second)
    fail("entry '" + name + "' is there twice");
  return extra + extra_size + comment_size;
}

/// Replaces each field that says `elsewhere` by the next 64-bit value of extra
/// field 1.
void zip_archive::read_zip64(
    std::uint64_t offset, std::uint64_t length,
    std::initializer_list<std::uint64_t *> fields) const {
  const std::uint64_t end = offset + length;
  std::uint64_t value = 0, value_end = 0;
  while (value_end == 0 && offset + 4 <= end) {
    const auto id = number<std::uint16_t>(offset);
    const auto size = number<std::uint16_t>(offset + 2);
    offset += 4;
    if (size > end - offset)
      fail("an extra field is longer than all of them");
    if (id == 1) {
      value = offset;
      value_end = offset + size;
    }
    offset += size;
  }
  for (std::uint64_t *field : fields) {
    if (*field != elsewhere)
      continue;
    if (value_end - value < sizeof *field)
      fail("a zip64 size is missing");
    *field = number<std::uint64_t>(value);
    value += sizeof *field;
  }
}

void zip_archive::check_local(const std::string &name, entry &found) const {
  const std::uint64_t at = found.header;
  const auto differs = [&](const char *what) {
    fail("entry '" + name + "' has another " + what +
         " in its local header than in the directory");
  };
  if (number<std::uint32_t>(at) != local_signature)
    fail("entry '" + name + "' has no local header");
  const auto name_size = number<std::uint16_t>(at + 26);
  const auto extra_size = number<std::uint16_t>(at + 28);
  if (text(at + local_size, name_size) != name)
    differs("name");
  if (number<std::uint16_t>(at + 6) != found.flags)
    differs("set of flags");
  if (number<std::uint16_t>(at + 8) != found.method)
    differs("compression");
  const auto crc = number<std::uint32_t>(at + 14);
  std::uint64_t stored = number<std::uint32_t>(at + 18);
  std::uint64_t size = number<std::uint32_t>(at + 22);
  const std::uint64_t extra = at + local_size + name_size;
  read_zip64(extra, extra_size, {&size, &stored});
  found.data = extra + extra_size;
  part(found.data, found.stored);
  found.end = found.data + found.stored;
  // With a descriptor the header may leave the three open, as 0.
  const bool open =
      (found.flags & described_later) && crc == 0 && size == 0 && stored == 0;
  if (!open && crc != found.crc)
    differs("checksum");
  if (!open && (size != found.size || stored != found.stored))
    differs("size");
  if (found.flags & described_later)
    check_descriptor(name, found);
}

void zip_archive::check_descriptor(const std::string &name,
                                   entry &found) const {
  const std::uint64_t at = found.end;
  if (number<std::uint32_t>(at) != descriptor_signature ||
      number<std::uint32_t>(at + 4) != found.crc)
    fail("entry '" + name + "' is not followed by its checksum");
  if (number<std::uint32_t>(at + 8) == found.stored &&
      number<std::uint32_t>(at + 12) == found.size)
    found.end = at + 16;
  else if (number<std::uint64_t>(at + 8) == found.stored &&
           number<std::uint64_t>(at + 16) == found.size)
    found.end = at + 24;
  else
    fail("entry '" + name + "' is not followed by its size");
}

void zip_archive::check_places(std::uint64_t directory) const {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> places;
  for (const auto &[name, found] : entries)
    places.emplace_back(found.header, found.end);
  std::sort(places.begin(), places.end());
  places.emplace_back(directory, directory);
  for (std::size_t i = 1; i < places.size(); ++i)
    if (places[i].first < places[i - 1].second)
      fail(fmt::format("two entries overlap at byte {}", places[i].first));
}

std::vector<std::string> zip_archive::names() const {
  std::vector<std::string> names;
  for (const auto &[name, found] : entries)
    names.push_back(name);
  return names;
}

std::span<const std::byte> zip_archive::read(const std::string &name) const {
  const auto found = entries.find(name);
  if (found == entries.end())
    fail("entry '" + name + "' is missing");
  if (found->second.method != 0 || found->second.stored != found->second.size)
    fail("entry '" + name + "' is compressed, which torch.save never does");
  if (found->second.flags & ~(described_later | utf8_name))
    fail("entry '" + name + "' is encrypted or has unknown flags");
  const auto content = part(found->second.data, found->second.size);
  const auto crc = crc32_z(0, reinterpret_cast<const Bytef *>(content.data()),
                           content.size());
  if (crc != found->second.crc)
    fail(fmt::format("entry '{}' has the checksum {:08x}, expected {:08x}; "
                     "download it again, or save it with PyTorch's defaults",
                     name, crc, found->second.crc));
  return content;
}

} // namespace resnetc
