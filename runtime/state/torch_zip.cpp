#include "state/torch_zip.h"

#include "state/torch_state_dict.h"
#include "state/zip_archive.h"

#include <fmt/format.h>

#include <algorithm>

namespace resnetc {

bool looks_like_zip(std::span<const std::byte> bytes) {
  constexpr std::byte signature[] = {std::byte{'P'}, std::byte{'K'},
                                     std::byte{3}, std::byte{4}};
  return bytes.size() >= std::size(signature) &&
         std::equal(std::begin(signature), std::end(signature), bytes.begin());
}

/// "archive/" for archive/data.pkl, which lies in the top folder.
static std::string folder_of(const mapped_file &file,
                             const zip_archive &archive) {
  std::string folder;
  for (const std::string &name : archive.names()) {
    const std::size_t slash = name.find('/');
    if (slash == name.npos || name.substr(slash) != "/data.pkl")
      continue;
    if (!folder.empty())
      throw file_error(file.path(), "has two data.pkl, expected one");
    folder = name.substr(0, slash + 1);
  }
  if (folder.empty())
    throw file_error(file.path(), "is a zip archive without data.pkl, expected "
                                  "what torch.save writes");
  if (archive.contains(folder + "constants.pkl"))
    throw file_error(file.path(),
                     "is a TorchScript program, expected tensors alone: load "
                     "it in PyTorch and save model.state_dict()");
  return folder;
}

static void check_byte_order(const mapped_file &file,
                             const zip_archive &archive,
                             const std::string &folder) {
  if (!archive.contains(folder + "byteorder"))
    return; // before PyTorch 2.1
  const auto bytes = archive.read(folder + "byteorder");
  const std::string_view order(reinterpret_cast<const char *>(bytes.data()),
                               bytes.size());
  if (order != "little")
    throw file_error(file.path(), fmt::format("has byte order '{}', expected "
                                              "'little': save it again on a "
                                              "little-endian machine",
                                              order));
}

tensor_listing read_torch_zip(const mapped_file &file) {
  const zip_archive archive(file);
  const std::string folder = folder_of(file, archive);
  check_byte_order(file, archive, folder);
  pickle_reader reader(file.path(), archive.read(folder + "data.pkl"));
  const pickle_value &root = reader.load();
  // Storages are read, and their checksums computed, once however many tensors
  // share them.
  std::map<std::string, std::span<const std::byte>> storages;
  return read_state_dict(file, root, [&](const pickle_value &storage) {
    const std::string entry = folder + "data/" + storage.text;
    auto found = storages.find(entry);
    if (found == storages.end())
      found = storages.emplace(entry, archive.read(entry)).first;
    if (found->second.size() != declared_bytes(file, storage))
      throw file_error(file.path(),
                       fmt::format("storage '{}' has {} bytes, expected {}",
                                   storage.text, found->second.size(),
                                   declared_bytes(file, storage)));
    return found->second;
  });
}

} // namespace resnetc
