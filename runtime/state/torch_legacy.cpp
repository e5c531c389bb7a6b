#include "state/torch_legacy.h"

#include "state/torch_state_dict.h"

#include <fmt/format.h>

#include <cstring>

namespace resnetc {

using kind = pickle_value::kind_type;

/// Protocol 2, a ten-byte integer 0x1950a86a20f9469cfc6c, the end.
constexpr unsigned char magic[] = {0x80, 0x02, 0x8a, 0x0a, 0x6c,
                                   0xfc, 0x9c, 0x46, 0xf9, 0x20,
                                   0x6a, 0xa8, 0x50, 0x19, '.'};

bool looks_like_torch_legacy(std::span<const std::byte> bytes) {
  return bytes.size() >= sizeof magic &&
         std::memcmp(bytes.data(), magic, sizeof magic) == 0;
}

static void check_system(const mapped_file &file, const pickle_value &version,
                         const pickle_value &system) {
  if (version.kind != kind::integer || version.integer != 1001)
    throw file_error(file.path(), "has an unknown protocol, expected 1001: "
                                  "save it again with a newer PyTorch");
  const pickle_value *little =
      system.kind == kind::dict ? system.find("little_endian") : nullptr;
  if (!little || little->kind != kind::boolean || little->integer != 1)
    throw file_error(file.path(), "was not saved on a little-endian machine: "
                                  "save it again on one");
}

/// What follows the pickles: for each key in turn the number of elements, then
/// the elements.
static std::map<std::string_view, std::span<const std::byte>>
read_storages(const mapped_file &file, const pickle_value &keys,
              const pickle_reader &reader) {
  std::size_t at = reader.position();
  const auto take = [&](std::size_t count) {
    if (count > file.bytes().size() - at)
      throw file_error(file.path(), "ends before its last storage: it was cut "
                                    "short; download it again");
    at += count;
    return file.bytes().subspan(at - count, count);
  };
  std::map<std::string_view, std::span<const std::byte>> storages;
  if (keys.kind != kind::list)
    throw file_error(file.path(), "has no list of storages");
  for (const pickle_value *key : keys.items) {
    const auto declared = reader.storages().find(key->text);
    if (key->kind != kind::text || declared == reader.storages().end())
      throw file_error(file.path(), fmt::format("lists the storage '{}', which "
                                                "no tensor uses",
                                                key->text));
    const pickle_value &storage = *declared->second;
    std::int64_t elements;
    std::memcpy(&elements, take(sizeof elements).data(), sizeof elements);
    if (elements != storage.integer)
      throw file_error(file.path(),
                       fmt::format("storage '{}' has {} elements, expected {}",
                                   key->text, elements, storage.integer));
    if (!storages.emplace(key->text, take(declared_bytes(file, storage)))
             .second)
      throw file_error(file.path(),
                       fmt::format("lists the storage '{}' twice", key->text));
  }
  if (at != file.bytes().size())
    throw file_error(file.path(),
                     fmt::format("has {} bytes after its last storage",
                                 file.bytes().size() - at));
  return storages;
}

tensor_listing read_torch_legacy(const mapped_file &file) {
  pickle_reader reader(file.path(), file.bytes(), sizeof magic);
  const pickle_value &version = reader.load();
  const pickle_value &system = reader.load();
  check_system(file, version, system);
  const pickle_value &root = reader.load();
  const pickle_value &keys = reader.load();
  const auto storages = read_storages(file, keys, reader);
  return read_state_dict(file, root, [&](const pickle_value &storage) {
    const auto found = storages.find(storage.text);
    if (found == storages.end())
      throw file_error(file.path(), fmt::format("does not hold the storage "
                                                "'{}' of a tensor",
                                                storage.text));
    return found->second;
  });
}

} // namespace resnetc
