#include "state/blocking.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <stdexcept>

namespace resnetc {
namespace {

// Value of the element at an unaligned address.
template <typename T> struct element {
  static T load(const std::byte *from) {
    T value;
    std::memcpy(&value, from, sizeof value);
    return value;
  }
};

struct bf16 {};
template <> struct element<bf16> {
  static float load(const std::byte *from) {
    return std::bit_cast<float>(
        std::uint32_t{element<std::uint16_t>::load(from)} << 16);
  }
};

struct f16 {};
template <> struct element<f16> {
  static float load(const std::byte *from) {
    const std::uint32_t bits = element<std::uint16_t>::load(from);
    const std::uint32_t sign = (bits & 0x8000) << 16;
    const std::uint32_t magnitude = bits & 0x7fff;
    if (magnitude >= 0x7c00) // infinity, NaN
      return std::bit_cast<float>(sign | 0x7f800000 |
                                  (magnitude & 0x3ff) << 13);
    if (magnitude < 0x400) { // zero, subnormal: units of 2^-24
      const float value = static_cast<float>(magnitude) * 0x1p-24f;
      return sign ? -value : value;
    }
    return std::bit_cast<float>(sign | ((magnitude << 13) + (112u << 23)));
  }
};

/// Visits every element of the blocked form that is no pad: visit(blocked,
/// logical, count, step) covers `count` elements from position `blocked` on,
/// whose logical positions start at `logical` and are `step` apart.
class block_walk {
public:
  block_walk(const resnetc_tensor &tensor,
             const std::vector<std::int64_t> &strides)
      : tensor(tensor), strides(strides) {
    std::int64_t step = 1;
    for (int d = tensor.blocked_rank; d-- > 0;) {
      blocked_stride[d] = step;
      step *= tensor.blocked_size[d];
    }
  }

  template <typename Visit> void run(Visit visit) {
    if (tensor.blocked_rank == 0)
      visit(0, 0, 1, 0);
    else
      dimension(0, 0, 0, visit);
  }

private:
  template <typename Visit>
  void dimension(int d, std::int64_t blocked, std::int64_t logical,
                 Visit visit) {
    const std::int64_t along = tensor.blocked_dim[d];
    const std::int64_t step = tensor.blocked_step[d];
    const std::int64_t left = tensor.shape[along] - index[along];
    const std::int64_t count = std::clamp<std::int64_t>(
        (left + step - 1) / step, 0, tensor.blocked_size[d]);
    if (d + 1 == tensor.blocked_rank) {
      visit(blocked, logical, count, step * strides[along]);
      return;
    }
    for (std::int64_t i = 0; i < count; ++i) {
      dimension(d + 1, blocked + i * blocked_stride[d],
                logical + i * step * strides[along], visit);
      index[along] += step;
    }
    index[along] -= count * step;
  }

  const resnetc_tensor &tensor;
  const std::vector<std::int64_t> &strides;
  std::array<std::int64_t, RESNETC_MAX_BLOCKED_RANK> blocked_stride = {};
  std::array<std::int64_t, RESNETC_MAX_RANK> index = {};
};

template <typename To, typename From>
void pack_as(const resnetc_tensor &tensor, To *to, const tensor_view &source) {
  std::fill_n(to, tensor.blocked_count, To(0));
  const std::byte *from = source.data;
  constexpr std::int64_t size = [] {
    if constexpr (std::is_arithmetic_v<From>)
      return sizeof(From);
    else
      return sizeof(std::uint16_t);
  }();
  block_walk(tensor, source.strides)
      .run([=](std::int64_t blocked, std::int64_t logical, std::int64_t count,
               std::int64_t step) {
        for (std::int64_t i = 0; i < count; ++i)
          to[blocked + i] = static_cast<To>(
              element<From>::load(from + (logical + i * step) * size));
      });
}

template <typename To>
void pack_to(const resnetc_tensor &tensor, void *flat,
             const tensor_view &source) {
  To *to = static_cast<To *>(flat) + tensor.offset;
  switch (source.dtype) {
  case element_type::f64:
    return pack_as<To, double>(tensor, to, source);
  case element_type::f32:
    return pack_as<To, float>(tensor, to, source);
  case element_type::f16:
    return pack_as<To, f16>(tensor, to, source);
  case element_type::bf16:
    return pack_as<To, bf16>(tensor, to, source);
  default:
    throw std::invalid_argument("tensor '" + source.name + "' holds " +
                                name_of(source.dtype) +
                                ", expected a floating type");
  }
}

template <typename T>
void unpack_as(const resnetc_tensor &tensor, const void *flat, void *logical) {
  const T *from = static_cast<const T *>(flat) + tensor.offset;
  T *to = static_cast<T *>(logical);
  const std::vector<std::int64_t> strides =
      contiguous_strides(shape_of(tensor));
  block_walk(tensor, strides)
      .run([=](std::int64_t blocked, std::int64_t position, std::int64_t count,
               std::int64_t step) {
        for (std::int64_t i = 0; i < count; ++i)
          to[position + i * step] = from[blocked + i];
      });
}

} // namespace

std::vector<std::int64_t> shape_of(const resnetc_tensor &tensor) {
  return {tensor.shape, tensor.shape + tensor.rank};
}

element_type element_type_of(const resnetc_variant &variant) {
  return variant.dtype == RESNETC_F64 ? element_type::f64 : element_type::f32;
}

void pack(const resnetc_tensor &tensor, resnetc_dtype dtype, void *flat,
          const tensor_view &source) {
  if (source.shape != shape_of(tensor))
    throw std::invalid_argument("tensor '" + source.name + "' has shape " +
                                shape_text(source.shape) + ", expected " +
                                shape_text(shape_of(tensor)));
  if (dtype == RESNETC_F64)
    pack_to<double>(tensor, flat, source);
  else
    pack_to<float>(tensor, flat, source);
}

void unpack(const resnetc_tensor &tensor, resnetc_dtype dtype, const void *flat,
            void *logical) {
  if (dtype == RESNETC_F64)
    unpack_as<double>(tensor, flat, logical);
  else
    unpack_as<float>(tensor, flat, logical);
}

} // namespace resnetc
