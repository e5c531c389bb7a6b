// A named tensor in someone else's memory, and what a weights file lists.
#ifndef RESNETC_STATE_TENSOR_VIEW_H
#define RESNETC_STATE_TENSOR_VIEW_H

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace resnetc {

enum class element_type { f64, f32, f16, bf16, i64, i32, i16, i8, u8, boolean };

inline constexpr element_type element_types[] = {
    element_type::f64,    element_type::f32, element_type::f16,
    element_type::bf16,   element_type::i64, element_type::i32,
    element_type::i16,    element_type::i8,  element_type::u8,
    element_type::boolean};

/// Bytes of one element.
std::size_t size_of(element_type type);
/// "f32", "bf16", "bool", ...
const char *name_of(element_type type);
bool is_floating(element_type type);

/// Owns nothing: valid as long as what it was made from. The elements are
/// little-endian, may be unaligned and, where the file came from PyTorch, need
/// be neither contiguous nor apart from those of other tensors.
struct tensor_view {
  std::string name;
  element_type dtype = element_type::f32;
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> strides; ///< in elements, none negative
  const std::byte *data = nullptr;   ///< of the element with index 0 everywhere

  std::int64_t count() const; ///< elements: the product of the shape
  bool contiguous() const;
};

/// Row-major strides, in elements.
std::vector<std::int64_t>
contiguous_strides(const std::vector<std::int64_t> &shape);
/// "[64, 3, 7, 7]"
std::string shape_text(const std::vector<std::int64_t> &shape);

/// What a reader found in a file.
struct tensor_listing {
  std::vector<tensor_view> tensors; ///< in the file's order; names are unique
  std::map<std::string, std::string> metadata;
  std::vector<std::string>
      notes; ///< what a person should be told, such as a stripped prefix
};

} // namespace resnetc

#endif
