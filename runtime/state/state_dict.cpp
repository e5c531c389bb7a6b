#include "state/state_dict.h"

#include "data/random.h"
#include "state/blocking.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <span>
#include <stdexcept>

namespace resnetc {

static std::size_t element_size(const resnetc_variant &variant) {
  return size_of(element_type_of(variant));
}

static aligned_buffer flat_buffer(const resnetc_variant &variant,
                                  std::int64_t elements) {
  return aligned_buffer(static_cast<std::size_t>(elements) *
                        element_size(variant));
}

model_state::model_state(const resnetc_variant &variant)
    : code(variant),
      frozen_buffer(flat_buffer(variant, variant.model->frozen_size)),
      trained_buffer(flat_buffer(variant, variant.model->trained_size)),
      stats_buffer(flat_buffer(variant, variant.model->stats_size)),
      frozen_derived_buffer(
          flat_buffer(variant, variant.model->frozen_derived_size)),
      trained_derived_buffer(
          flat_buffer(variant, variant.model->trained_derived_size)),
      counters_(static_cast<std::size_t>(variant.model->tensor_count)) {}

void model_state::bind(resnetc_call &call) const {
  call.frozen = frozen();
  call.frozen_derived = frozen_derived();
  call.trained = trained();
  call.trained_derived = trained_derived();
  call.stats = stats();
}

std::int64_t &model_state::counter(const resnetc_tensor &tensor) {
  return counters_.at(static_cast<std::size_t>(&tensor - model().tensors));
}

std::int64_t model_state::counter(const resnetc_tensor &tensor) const {
  return counters_.at(static_cast<std::size_t>(&tensor - model().tensors));
}

void model_state::swap_trained(aligned_buffer &trained, aligned_buffer &stats,
                               std::vector<std::int64_t> &counters) {
  std::swap(trained_buffer, trained);
  std::swap(stats_buffer, stats);
  std::swap(counters_, counters);
}

static bool same_place(const resnetc_tensor &a, const resnetc_tensor &b) {
  return a.space == b.space && a.offset == b.offset &&
         a.blocked_count == b.blocked_count &&
         std::string_view(a.name) == b.name;
}

void model_state::swap_frozen(model_state &other) {
  if (code.dtype != other.code.dtype ||
      frozen_buffer.size() != other.frozen_buffer.size() ||
      !std::ranges::equal(tensors(), other.tensors(), same_place))
    throw std::logic_error("variants of one model differ in their tensors");
  std::swap(frozen_buffer, other.frozen_buffer);
}

void model_state::count_step() {
  for (const resnetc_tensor &tensor : tensors())
    if (tensor.space == RESNETC_COUNTER && tensor.counts)
      ++counter(tensor);
}

void *model_state::buffer_of(const resnetc_tensor &tensor) const {
  switch (tensor.space) {
  case RESNETC_FROZEN:
    return frozen();
  case RESNETC_TRAINED:
    return trained();
  case RESNETC_STATS:
    return stats();
  default:
    throw std::invalid_argument(std::string("tensor '") + tensor.name +
                                "' lives in no flat buffer");
  }
}

template <typename T> static std::int64_t integer_at(const std::byte *from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

static std::int64_t integer(const tensor_view &source) {
  switch (source.dtype) {
  case element_type::i64:
    return integer_at<std::int64_t>(source.data);
  case element_type::i32:
    return integer_at<std::int32_t>(source.data);
  case element_type::i16:
    return integer_at<std::int16_t>(source.data);
  case element_type::i8:
    return integer_at<std::int8_t>(source.data);
  case element_type::u8:
    return integer_at<std::uint8_t>(source.data);
  default:
    throw std::invalid_argument("tensor '" + source.name + "' holds " +
                                name_of(source.dtype) + ", expected integers");
  }
}

void model_state::set(const resnetc_tensor &tensor, const tensor_view &source) {
  if (tensor.space == RESNETC_COUNTER)
    counter(tensor) = integer(source);
  else
    pack(tensor, static_cast<resnetc_dtype>(code.dtype), buffer_of(tensor),
         source);
}

element_type model_state::type_of(const resnetc_tensor &tensor) const {
  return tensor.space == RESNETC_COUNTER ? element_type::i64
                                         : element_type_of(code);
}

template <typename T>
static bool all_finite(const void *values, std::int64_t count) {
  return std::ranges::all_of(
      std::span(static_cast<const T *>(values), static_cast<std::size_t>(count)),
      [](T value) { return std::isfinite(value); });
}

bool model_state::finite(const resnetc_tensor &tensor) const {
  if (tensor.space == RESNETC_COUNTER)
    return true;
  const bool doubles = type_of(tensor) == element_type::f64;
  const std::byte *values = static_cast<const std::byte *>(buffer_of(tensor)) +
                            tensor.offset * (doubles ? 8 : 4);
  return doubles ? all_finite<double>(values, tensor.blocked_count)
                 : all_finite<float>(values, tensor.blocked_count);
}

const std::byte *model_state::get(const resnetc_tensor &tensor) const {
  std::size_t count = 1;
  for (std::int64_t extent : shape_of(tensor))
    count *= static_cast<std::size_t>(extent);
  logical.resize(count * size_of(type_of(tensor)));
  if (tensor.space == RESNETC_COUNTER) {
    const std::int64_t value = counter(tensor);
    std::memcpy(logical.data(), &value, sizeof value);
  } else {
    unpack(tensor, static_cast<resnetc_dtype>(code.dtype), buffer_of(tensor),
           logical.data());
    if (tensor.space == RESNETC_FROZEN)
      frozen_buffer.release(tensor.offset * size_of(type_of(tensor)),
                            tensor.blocked_count * size_of(type_of(tensor)));
  }
  return logical.data();
}

/// Fills `value`, row-major. Computed in f64, so that f32 and f64 trainers start
/// alike.
static void draw_initial(const resnetc_tensor &tensor, std::uint64_t seed,
                         std::span<double> value) {
  random_stream random(seed, random_purpose::initialise, fnv1a(tensor.name));
  switch (tensor.role) {
  case RESNETC_CONV_WEIGHT: {
    const double deviation =
        std::sqrt(2.0 / static_cast<double>(tensor.fan_out));
    for (double &element : value)
      element = deviation * random.normal();
    break;
  }
  case RESNETC_LINEAR_WEIGHT:
  case RESNETC_LINEAR_BIAS: {
    const double bound = 1 / std::sqrt(static_cast<double>(tensor.fan_in));
    for (double &element : value)
      element = random.uniform(-bound, bound);
    break;
  }
  case RESNETC_BN_WEIGHT:
  case RESNETC_BN_VAR:
    std::ranges::fill(value, 1);
    break;
  default: // biases and means of batch norms
    std::ranges::fill(value, 0);
  }
}

void model_state::initialise(const resnetc_tensor &tensor, std::uint64_t seed) {
  if (tensor.space == RESNETC_COUNTER) {
    counter(tensor) = 0;
    return;
  }
  tensor_view view;
  view.name = tensor.name;
  view.dtype = element_type::f64;
  view.shape = shape_of(tensor);
  view.strides = contiguous_strides(view.shape);
  const auto count = static_cast<std::size_t>(view.count());
  // Given back at once, where malloc would keep it for good.
  const aligned_buffer value(count * sizeof(double));
  draw_initial(tensor, seed, {value.as<double>(), count});
  view.data = value.as<const std::byte>();
  set(tensor, view);
}

void model_state::initialise_all(std::uint64_t seed) {
  for (const resnetc_tensor &tensor : tensors())
    initialise(tensor, seed);
}

} // namespace resnetc
