#include "state/tensor_file.h"

#include "state/safetensors.h"
#include "state/torch_legacy.h"
#include "state/torch_zip.h"

namespace resnetc {

static bool begins_with(std::span<const std::byte> bytes,
                        std::string_view text) {
  return std::string_view(reinterpret_cast<const char *>(bytes.data()),
                          bytes.size())
      .starts_with(text);
}

/// What people have in place of a weights file.
static std::string diagnosis(std::span<const std::byte> bytes) {
  const std::string expected = ", expected safetensors or a .pth of PyTorch: ";
  if (bytes.empty())
    return "is empty" + expected + "download it again";
  if (begins_with(bytes, "version https://git-lfs"))
    return "is a pointer of Git LFS" + expected + "run git lfs pull";
  if (begins_with(bytes, "<"))
    return "is a web page" + expected + "download the file itself";
  if (begins_with(bytes, "\x80"))
    return "is a pickle that torch.save did not write" + expected +
           "load it in Python and torch.save the state_dict";
  return "is no weights file" + expected + "convert it with PyTorch";
}

static tensor_listing read_any(const mapped_file &file) {
  if (looks_like_zip(file.bytes()))
    return read_torch_zip(file);
  if (looks_like_torch_legacy(file.bytes()))
    return read_torch_legacy(file);
  if (looks_like_safetensors(file.bytes()))
    return read_safetensors(file);
  throw file_error(file.path(), diagnosis(file.bytes()));
}

tensor_file tensor_file::open(const std::filesystem::path &path) {
  mapped_file file(path);
  tensor_listing listing = read_any(file);
  return {std::move(file), std::move(listing)};
}

tensor_file::tensor_file(mapped_file mapped, tensor_listing found)
    : file(std::move(mapped)), listing(std::move(found)) {
  for (const tensor_view &tensor : listing.tensors)
    by_name.emplace(tensor.name, &tensor);
}

const tensor_view *tensor_file::find(std::string_view name) const {
  const auto found = by_name.find(name);
  return found == by_name.end() ? nullptr : found->second;
}

} // namespace resnetc
