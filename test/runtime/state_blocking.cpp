// pack and unpack against a naive walk over the blocked form, for every kind of blocking.
#include "state/blocking.h"

#include "state_model.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

using namespace resnetc;

namespace {

/// Row-major values 1, 2, 3, ...: no two alike, none a pad's.
template <typename T> std::vector<T> counting(const resnetc_tensor &t) {
  std::vector<int64_t> shape = shape_of(t);
  std::vector<T> values(
      std::accumulate(shape.begin(), shape.end(), std::size_t{1}, std::multiplies<>()));
  std::iota(values.begin(), values.end(), T(1));
  return values;
}

template <typename T> tensor_view view_of(const std::vector<T> &values, const resnetc_tensor &t) {
  tensor_view view;
  view.name = t.name;
  view.dtype = sizeof(T) == 8 ? element_type::f64 : element_type::f32;
  view.shape = shape_of(t);
  view.strides = contiguous_strides(view.shape);
  view.data = reinterpret_cast<const std::byte *>(values.data());
  return view;
}

/// The definition in abi.h, position by position.
template <typename T> T expected_at(const resnetc_tensor &t, int64_t position, const std::vector<T> &values) {
  int64_t index[RESNETC_MAX_RANK] = {};
  for (int d = t.blocked_rank; d-- > 0; position /= t.blocked_size[d])
    index[t.blocked_dim[d]] += position % t.blocked_size[d] * t.blocked_step[d];
  int64_t logical = 0;
  for (int d = 0; d < t.rank; ++d) {
    if (index[d] >= t.shape[d])
      return T(0);
    logical = logical * t.shape[d] + index[d];
  }
  return values[static_cast<std::size_t>(logical)];
}

template <typename T> void check(const resnetc_tensor &t, int64_t size) {
  const resnetc_dtype dtype = sizeof(T) == 8 ? RESNETC_F64 : RESNETC_F32;
  const std::vector<T> values = counting<T>(t);
  std::vector<T> flat(static_cast<std::size_t>(size), T(-7));
  pack(t, dtype, flat.data(), view_of(values, t));
  for (int64_t i = 0; i < size; ++i) {
    const int64_t inside = i - t.offset;
    const bool own = inside >= 0 && inside < t.blocked_count;
    ASSERT_EQ(flat[static_cast<std::size_t>(i)], own ? expected_at(t, inside, values) : T(-7)) << t.name << " at " << i;
  }
  std::vector<T> back(values.size());
  unpack(t, dtype, flat.data(), back.data());
  EXPECT_EQ(back, values) << t.name;
}

/// Every tensor of a table of odd shapes.
template <typename T> void check_all() {
  table t;
  const int64_t widths[] = {1, 3, 31, 32, 33, 65};
  for (int64_t k : widths) {
    t.vector("vector", RESNETC_BN_BIAS, RESNETC_FROZEN, k);
    for (int64_t c : widths) {
      t.conv("1x1", k, c, 1);
      t.conv("3x3", k, c, 3);
      t.linear("linear", k, c);
    }
    t.stem("stem of 3", k, 3, 7);
    t.stem("stem of 1", k, 1, 7);
  }
  t.add("scalar", RESNETC_BN_BIAS, RESNETC_FROZEN, {}, {});
  for (const resnetc_tensor &tensor : t.tensors)
    check<T>(tensor, tensor.space == RESNETC_FROZEN ? t.model.frozen_size : t.model.trained_size);
}

TEST(Blocking, RoundTripInF32) { check_all<float>(); }
TEST(Blocking, RoundTripInF64) { check_all<double>(); }

TEST(Blocking, TakesStridedSources) {
  table t;
  const resnetc_tensor tensor = t.conv("conv", 5, 4, 3);
  const std::vector<float> values = counting<float>(tensor);
  // The same values stored as [R][S][C][K], apart from a leading element.
  std::vector<float> stored(values.size() + 1);
  tensor_view view = view_of(stored, tensor);
  view.data += sizeof(float);
  view.strides = {1, 5, 3 * 4 * 5, 4 * 5};
  for (int64_t i = 0; i < view.count(); ++i) {
    const int64_t k = i / 36, c = i / 9 % 4, r = i / 3 % 3, s = i % 3;
    stored[static_cast<std::size_t>(1 + k + c * 5 + r * 60 + s * 20)] = values[static_cast<std::size_t>(i)];
  }
  std::vector<float> flat(static_cast<std::size_t>(t.model.frozen_size)), back(values.size());
  pack(tensor, RESNETC_F32, flat.data(), view);
  unpack(tensor, RESNETC_F32, flat.data(), back.data());
  EXPECT_EQ(back, values);
}

TEST(Blocking, TakesUnalignedSources) {
  table t;
  const resnetc_tensor tensor = t.vector("bias", RESNETC_BN_BIAS, RESNETC_FROZEN, 3);
  const std::vector<float> values = counting<float>(tensor);
  std::vector<std::byte> stored(1 + 3 * sizeof(float));
  std::memcpy(stored.data() + 1, values.data(), 3 * sizeof(float));
  tensor_view view = view_of(values, tensor);
  view.data = stored.data() + 1;
  std::vector<float> flat(static_cast<std::size_t>(t.model.frozen_size));
  pack(tensor, RESNETC_F32, flat.data(), view);
  EXPECT_EQ(std::vector<float>(flat.begin(), flat.begin() + 3), values);
}

std::vector<float> convert(element_type type, std::vector<uint16_t> bits) {
  table t;
  const resnetc_tensor tensor =
      t.vector("bias", RESNETC_BN_BIAS, RESNETC_FROZEN, static_cast<int64_t>(bits.size()));
  tensor_view view = view_of(std::vector<float>(), tensor);
  view.dtype = type;
  view.data = reinterpret_cast<const std::byte *>(bits.data());
  std::vector<float> flat(static_cast<std::size_t>(t.model.frozen_size));
  pack(tensor, RESNETC_F32, flat.data(), view);
  flat.resize(bits.size());
  return flat;
}

TEST(Blocking, ConvertsHalves) {
  // 1, -2, the largest, the smallest normal, the smallest subnormal, the largest subnormal, -0
  EXPECT_EQ(convert(element_type::f16, {0x3c00, 0xc000, 0x7bff, 0x0400, 0x0001, 0x03ff, 0x8000}),
            (std::vector<float>{1, -2, 65504, 0x1p-14f, 0x1p-24f, 1023 * 0x1p-24f, -0.0f}));
  const std::vector<float> special = convert(element_type::f16, {0x7c00, 0xfc00, 0x7e00, 0x8000});
  EXPECT_EQ(special[0], std::numeric_limits<float>::infinity());
  EXPECT_EQ(special[1], -std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::isnan(special[2]));
  EXPECT_TRUE(std::signbit(special[3]));
}

TEST(Blocking, ConvertsBfloats) {
  EXPECT_EQ(convert(element_type::bf16, {0x3f80, 0xc000, 0x0080, 0x0001}),
            (std::vector<float>{1, -2, 0x1p-126f, std::bit_cast<float>(0x00010000u)}));
}

TEST(Blocking, ConvertsDoubles) {
  table t;
  const resnetc_tensor tensor = t.vector("bias", RESNETC_BN_BIAS, RESNETC_FROZEN, 2);
  const std::vector<double> values = {0.1, -1e300};
  std::vector<float> flat(32);
  pack(tensor, RESNETC_F32, flat.data(), view_of(values, tensor));
  EXPECT_EQ(flat[0], 0.1f);
  EXPECT_EQ(flat[1], -std::numeric_limits<float>::infinity());
}

TEST(Blocking, RefusesWhatDoesNotFit) {
  table t;
  const resnetc_tensor tensor = t.vector("bias", RESNETC_BN_BIAS, RESNETC_FROZEN, 2);
  const std::vector<float> values = {1, 2};
  std::vector<float> flat(32);
  tensor_view view = view_of(values, tensor);
  view.dtype = element_type::i32;
  EXPECT_THROW(pack(tensor, RESNETC_F32, flat.data(), view), std::invalid_argument);
  view.dtype = element_type::f32;
  view.shape = {1};
  EXPECT_THROW(pack(tensor, RESNETC_F32, flat.data(), view), std::invalid_argument);
}

} // namespace
