#include "state/torch_state_dict.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace resnetc {

using kind = pickle_value::kind_type;

static const char *const nested_keys[] = {"state_dict", "model",
                                          "model_state_dict"};

static bool holds_tensors(const pickle_value &value) {
  if (value.kind != kind::dict)
    return false;
  for (std::size_t i = 0; i < value.items.size(); i += 2)
    if (value.items[i]->kind != kind::text ||
        value.items[i + 1]->kind != kind::tensor)
      return false;
  return !value.items.empty();
}

static const pickle_value &find_state_dict(const mapped_file &file,
                                           const pickle_value &root,
                                           tensor_listing &listing) {
  if (holds_tensors(root))
    return root;
  if (root.kind == kind::dict)
    for (const char *key : nested_keys)
      if (const pickle_value *nested = root.find(key);
          nested && holds_tensors(*nested)) {
        listing.notes.push_back(
            fmt::format("took the state_dict under \"{}\"", key));
        return *nested;
      }
  throw file_error(file.path(),
                   "holds no state_dict: expected a dict of tensors, alone or "
                   "under \"state_dict\", \"model\" or \"model_state_dict\"; "
                   "in PyTorch, save model.state_dict()");
}

static void strip_module(tensor_listing &listing) {
  constexpr std::string_view prefix = "module.";
  if (!std::all_of(listing.tensors.begin(), listing.tensors.end(),
                   [&](const tensor_view &tensor) {
                     return tensor.name.starts_with(prefix);
                   }))
    return;
  for (tensor_view &tensor : listing.tensors)
    tensor.name.erase(0, prefix.size());
  listing.notes.push_back("left out \"module.\" at the beginning of all names");
}

std::size_t declared_bytes(const mapped_file &file,
                           const pickle_value &storage) {
  std::size_t bytes;
  if (__builtin_mul_overflow(static_cast<std::size_t>(storage.integer),
                             size_of(storage.dtype), &bytes))
    throw file_error(file.path(),
                     fmt::format("storage '{}' of {} elements is too large",
                                 storage.text, storage.integer));
  return bytes;
}

tensor_listing read_state_dict(const mapped_file &file,
                               const pickle_value &root,
                               const storage_bytes &bytes_of) {
  tensor_listing listing;
  const pickle_value &dict = find_state_dict(file, root, listing);
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < dict.items.size(); i += 2) {
    const std::string &name = dict.items[i]->text;
    if (!names.insert(name).second)
      throw file_error(file.path(), "has the tensor '" + name + "' twice");
    const pickle_value &tensor = *dict.items[i + 1];
    const std::span<const std::byte> bytes = bytes_of(*tensor.items[0]);
    const std::size_t offset =
        static_cast<std::size_t>(tensor.integer) * size_of(tensor.dtype);
    listing.tensors.push_back({.name = name,
                               .dtype = tensor.dtype,
                               .shape = tensor.shape,
                               .strides = tensor.strides,
                               .data = bytes.data() + offset});
  }
  strip_module(listing);
  return listing;
}

} // namespace resnetc
