#include "state/tensor_view.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace resnetc {

std::size_t size_of(element_type type) {
  switch (type) {
  case element_type::f64:
  case element_type::i64:
    return 8;
  case element_type::f32:
  case element_type::i32:
    return 4;
  case element_type::f16:
  case element_type::bf16:
  case element_type::i16:
    return 2;
  case element_type::i8:
  case element_type::u8:
  case element_type::boolean:
    return 1;
  }
  return 0;
}

const char *name_of(element_type type) {
  switch (type) {
  case element_type::f64:
    return "f64";
  case element_type::f32:
    return "f32";
  case element_type::f16:
    return "f16";
  case element_type::bf16:
    return "bf16";
  case element_type::i64:
    return "i64";
  case element_type::i32:
    return "i32";
  case element_type::i16:
    return "i16";
  case element_type::i8:
    return "i8";
  case element_type::u8:
    return "u8";
  case element_type::boolean:
    return "bool";
  }
  return "";
}

bool is_floating(element_type type) {
  return type == element_type::f64 || type == element_type::f32 ||
         type == element_type::f16 || type == element_type::bf16;
}

std::int64_t tensor_view::count() const {
  std::int64_t product = 1;
  for (std::int64_t extent : shape)
    product *= extent;
  return product;
}

bool tensor_view::contiguous() const {
  std::int64_t expected = 1;
  for (std::size_t d = shape.size(); d-- > 0;) {
    if (shape[d] == 0)
      return true;
    if (shape[d] != 1 && strides[d] != expected)
      return false;
    expected *= shape[d];
  }
  return true;
}

std::vector<std::int64_t>
contiguous_strides(const std::vector<std::int64_t> &shape) {
  std::vector<std::int64_t> strides(shape.size());
  std::int64_t step = 1;
  for (std::size_t d = shape.size(); d-- > 0;) {
    strides[d] = step;
    step *= shape[d];
  }
  return strides;
}

std::string shape_text(const std::vector<std::int64_t> &shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

} // namespace resnetc
