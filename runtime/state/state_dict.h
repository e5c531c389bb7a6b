// A model's parameters and statistics in memory, in the form that emitted code
// reads.
#ifndef RESNETC_STATE_STATE_DICT_H
#define RESNETC_STATE_STATE_DICT_H

#include "resnetc/abi.h"
#include "state/aligned_buffer.h"
#include "state/tensor_view.h"

#include <span>

namespace resnetc {

/// Owns the flat buffers of a variant: frozen, trained, stats, the derived
/// ones, and the num_batches_tracked counters. All are zero at first. It is not
/// thread-safe.
class model_state {
public:
  /// `variant` must outlive the object.
  explicit model_state(const resnetc_variant &variant);

  const resnetc_variant &variant() const { return code; }
  const resnetc_model &model() const { return *code.model; }
  std::span<const resnetc_tensor> tensors() const {
    return {model().tensors, static_cast<std::size_t>(model().tensor_count)};
  }

  void *frozen() const { return frozen_buffer.data(); }
  void *trained() const { return trained_buffer.data(); }
  void *stats() const { return stats_buffer.data(); }
  void *frozen_derived() const { return frozen_derived_buffer.data(); }
  void *trained_derived() const { return trained_derived_buffer.data(); }

  /// Sets the five pointers of `call` to these buffers.
  void bind(resnetc_call &call) const;

  /// The counter of a RESNETC_COUNTER tensor.
  std::int64_t &counter(const resnetc_tensor &tensor);
  std::int64_t counter(const resnetc_tensor &tensor) const;
  /// After a training step: one more for each counter whose `counts` is set.
  void count_step();

  /// All counters, in the table's order.
  const std::vector<std::int64_t> &counters() const { return counters_; }
  /// Exchanges what training changes: the buffers of trained parameters and
  /// statistics, and the counters.
  void swap_trained(aligned_buffer &trained, aligned_buffer &stats,
                    std::vector<std::int64_t> &counters);

  /// Exchanges the frozen parameters with those of the same model in another
  /// precision, whose table has them in the same places.
  void swap_frozen(model_state &other);

  /// Lets frozen parameters, which nothing may change any more, lie in a file
  /// without a name in `folder` where that can be: those that nobody reads then
  /// take no memory. `frozen` is another address.
  void keep_frozen_in(const std::filesystem::path &folder) {
    frozen_buffer.move_to_file(folder);
  }

  /// Takes a value from a file. The caller has checked the shape; a counter
  /// takes integers, the others floating types.
  void set(const resnetc_tensor &tensor, const tensor_view &source);
  /// The logical value: row-major elements of `type_of(tensor)`, valid until
  /// the next call.
  const std::byte *get(const resnetc_tensor &tensor) const;
  /// i64 for a counter, else the variant's element type.
  element_type type_of(const resnetc_tensor &tensor) const;
  /// Whether all its values are; a counter's is.
  bool finite(const resnetc_tensor &tensor) const;

  /// The value of a new layer (docs/numerics.md: conv kaiming_normal(fan_out, relu),
  /// batch norm 1/0/0/1, linear U(±1/sqrt(in))). Depends on seed, the tensor's
  /// name and the element alone.
  void initialise(const resnetc_tensor &tensor, std::uint64_t seed);
  void initialise_all(std::uint64_t seed);

private:
  void *buffer_of(const resnetc_tensor &tensor) const;

  const resnetc_variant &code;
  aligned_buffer frozen_buffer, trained_buffer, stats_buffer,
      frozen_derived_buffer, trained_derived_buffer;
  std::vector<std::int64_t> counters_; ///< parallel to the table; used where the
                                      ///< space is RESNETC_COUNTER
  mutable std::vector<std::byte> logical;
};

} // namespace resnetc

#endif
