// What PyTorch's pickles name: ordered dicts, storages, tensors. Source:
// torch/_utils.py, torch/serialization.py.
#include "state/mapped_file.h"
#include "state/pickle.h"

#include <fmt/format.h>

#include <algorithm>

namespace resnetc {

namespace {
struct known_global {
  std::string_view module, name;
  pickle_global global;
  element_type dtype = element_type::f32;
};
} // namespace

constexpr known_global known_globals[] = {
    {"collections", "OrderedDict", pickle_global::ordered_dict},
    {"torch._utils", "_rebuild_tensor", pickle_global::rebuild_tensor},
    {"torch._utils", "_rebuild_tensor_v2", pickle_global::rebuild_tensor_v2},
    {"torch._utils", "_rebuild_parameter", pickle_global::rebuild_parameter},
    {"torch", "DoubleStorage", pickle_global::storage, element_type::f64},
    {"torch", "FloatStorage", pickle_global::storage, element_type::f32},
    {"torch", "HalfStorage", pickle_global::storage, element_type::f16},
    {"torch", "BFloat16Storage", pickle_global::storage, element_type::bf16},
    {"torch", "LongStorage", pickle_global::storage, element_type::i64},
    {"torch", "IntStorage", pickle_global::storage, element_type::i32},
    {"torch", "ShortStorage", pickle_global::storage, element_type::i16},
    {"torch", "CharStorage", pickle_global::storage, element_type::i8},
    {"torch", "ByteStorage", pickle_global::storage, element_type::u8},
    {"torch", "BoolStorage", pickle_global::storage, element_type::boolean},
};

constexpr std::size_t rank_limit = 8;

void pickle_reader::push_global() {
  const std::string_view module = line(), name = line();
  const auto *known =
      std::find_if(std::begin(known_globals), std::end(known_globals),
                   [&](const known_global &global) {
                     return global.module == module && global.name == name;
                   });
  if (known == std::end(known_globals))
    throw file_error(
        file,
        fmt::format("holds the Python object '{}.{}', expected tensors alone: "
                    "load it in PyTorch and save model.state_dict()",
                    module, name));
  pickle_value *value = make(kind::global);
  value->global = known->global;
  value->dtype = known->dtype;
  push(value);
}

/// ('storage', class, key, device, elements), in the older stream with a sixth
/// entry that is None since PyTorch 0.4.
void pickle_reader::push_storage() {
  const pickle_value &id = *pop(kind::tuple, "a storage's tuple");
  const auto is = [&](std::size_t i, kind type) {
    return id.items[i]->kind == type;
  };
  const std::size_t count = id.items.size();
  if ((count != 5 && count != 6) || !is(0, kind::text) ||
      id.items[0]->text != "storage" || !is(1, kind::global) ||
      id.items[1]->global != pickle_global::storage || !is(2, kind::text) ||
      !is(3, kind::text) || !is(4, kind::integer) ||
      (count == 6 && !is(5, kind::none)))
    fail("a persistent id describes no storage");
  if (id.items[4]->integer < 0)
    fail("a storage has a negative size");
  pickle_value *&value = storage_by_key[id.items[2]->text];
  if (!value) {
    value = make(kind::storage);
    value->dtype = id.items[1]->dtype;
    value->text = id.items[2]->text;
    value->integer = id.items[4]->integer;
  } else if (value->dtype != id.items[1]->dtype ||
             value->integer != id.items[4]->integer) {
    fail("storage '" + value->text + "' has two types or sizes");
  }
  push(value);
}

/// Sets attributes; the only one that state_dicts have is the dict's
/// `_metadata`, of which nothing is needed.
void pickle_reader::build() {
  pop(kind::dict, "a dict of attributes");
  if (!top(kind::dict, "an ordered dict with attributes")->ordered)
    fail("a plain dict has attributes");
}

void pickle_reader::reduce() {
  const pickle_value &arguments = *pop(kind::tuple, "a tuple of arguments");
  const pickle_value &function = *pop(kind::global, "something to call");
  switch (function.global) {
  case pickle_global::ordered_dict:
    return push(new_ordered_dict(arguments));
  case pickle_global::rebuild_tensor:
    return push(new_tensor(arguments, false));
  case pickle_global::rebuild_tensor_v2:
    return push(new_tensor(arguments, true));
  case pickle_global::rebuild_parameter: // (tensor, requires_grad, hooks)
    if (arguments.items.size() != 3 ||
        arguments.items[0]->kind != kind::tensor ||
        arguments.items[1]->kind != kind::boolean ||
        arguments.items[2]->kind != kind::dict)
      fail("a parameter is not made of a tensor");
    return push(arguments.items[0]);
  case pickle_global::storage:
    fail("a storage's class is called");
  }
}

/// () or, from Python 2, ([[key, value], ...],).
pickle_value *pickle_reader::new_ordered_dict(const pickle_value &arguments) {
  pickle_value *dict = make(kind::dict);
  dict->ordered = true;
  if (arguments.items.empty())
    return dict;
  if (arguments.items.size() != 1 || arguments.items[0]->kind != kind::list)
    fail("an ordered dict is not made of a list");
  for (const pickle_value *pair : arguments.items[0]->items) {
    if ((pair->kind != kind::list && pair->kind != kind::tuple) ||
        pair->items.size() != 2)
      fail("an ordered dict's item is no pair");
    set_items(*dict, pair->items);
  }
  return dict;
}

std::vector<std::int64_t> pickle_reader::sizes(const pickle_value &tuple,
                                               const char *what) const {
  if (tuple.kind != kind::tuple)
    fail(fmt::format("a tensor's {} is no tuple", what));
  if (tuple.items.size() > rank_limit)
    fail(fmt::format("a tensor's {} has more than {} entries", what,
                     rank_limit));
  std::vector<std::int64_t> numbers;
  for (const pickle_value *item : tuple.items) {
    if (item->kind != kind::integer || item->integer < 0)
      fail(fmt::format("a tensor's {} holds something other than sizes", what));
    numbers.push_back(item->integer);
  }
  return numbers;
}

/// Elements of storage that the tensor spans from its offset on; -1 where the
/// numbers overflow.
static std::int64_t span_of(const pickle_value &tensor) {
  std::int64_t count = 1, last = 0;
  for (std::int64_t extent : tensor.shape)
    if (__builtin_mul_overflow(count, extent, &count))
      return -1;
  if (count == 0)
    return 0;
  for (std::size_t d = 0; d < tensor.shape.size(); ++d) {
    std::int64_t reach;
    if (__builtin_mul_overflow(tensor.shape[d] - 1, tensor.strides[d],
                               &reach) ||
        __builtin_add_overflow(last, reach, &last))
      return -1;
  }
  return last + 1;
}

/// (storage, offset, shape, strides), in the second version then requires_grad,
/// hooks and maybe metadata.
pickle_value *pickle_reader::new_tensor(const pickle_value &arguments,
                                        bool second_version) {
  const auto &items = arguments.items;
  const bool enough = second_version ? items.size() == 6 || items.size() == 7
                                     : items.size() == 4;
  if (!enough || items[0]->kind != kind::storage ||
      items[1]->kind != kind::integer || items[1]->integer < 0)
    fail("a tensor is not made of a storage");
  pickle_value *tensor = make(kind::tensor);
  tensor->items = {items[0]};
  tensor->dtype = items[0]->dtype;
  tensor->integer = items[1]->integer;
  tensor->shape = sizes(*items[2], "shape");
  tensor->strides = sizes(*items[3], "strides");
  if (tensor->shape.size() != tensor->strides.size())
    fail("a tensor has another number of strides than of sizes");
  const std::int64_t span = span_of(*tensor);
  if (span < 0 || tensor->integer > items[0]->integer ||
      span > items[0]->integer - tensor->integer)
    fail(fmt::format("a tensor of shape {} reaches beyond its storage of {} "
                     "elements",
                     shape_text(tensor->shape), items[0]->integer));
  return tensor;
}

} // namespace resnetc
