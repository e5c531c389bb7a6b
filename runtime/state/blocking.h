// Between a tensor's logical form (row-major or strided, as in files) and the
// blocked, zero-padded form that emitted code reads (resnetc_tensor in abi.h).
#ifndef RESNETC_STATE_BLOCKING_H
#define RESNETC_STATE_BLOCKING_H

#include "resnetc/abi.h"
#include "state/tensor_view.h"

namespace resnetc {

/// The logical shape of a table's entry.
std::vector<std::int64_t> shape_of(const resnetc_tensor &tensor);
/// f32 or f64.
element_type element_type_of(const resnetc_variant &variant);

/// Writes SOURCE (any floating type, any strides) into `flat`, the buffer of
/// the tensor's space with elements of type `dtype`, at the tensor's offset;
/// pads become zero. The shapes must be equal.
void pack(const resnetc_tensor &tensor, resnetc_dtype dtype, void *flat,
          const tensor_view &source);

/// The reverse, into a row-major array of the same element type.
void unpack(const resnetc_tensor &tensor, resnetc_dtype dtype, const void *flat,
            void *logical);

} // namespace resnetc

#endif
