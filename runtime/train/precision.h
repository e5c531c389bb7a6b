// The precisions of the frozen prefix that a trainer holds.
#pragma once

#include <resnetc/abi.h>

#include <string>
#include <string_view>

namespace resnetc {

/// Of the frozen prefix, for people: a trainer in float64 has one for all.
std::string_view precision_of(const resnetc_variant &variant);

/// The variant like `chosen` whose frozen prefix is of this precision; null
/// where the trainer has none.
const resnetc_variant *find_precision(const resnetc_variant *const *variants,
                                      const resnetc_variant &chosen,
                                      std::string_view precision);

/// The one like `chosen` in float32, maybe itself. Throws std::runtime_error
/// where the trainer has none.
const resnetc_variant &plain_variant(const resnetc_variant *const *variants,
                                     const resnetc_variant &chosen);

/// "bf16 and f32": what there is like `chosen`.
std::string precisions_of(const resnetc_variant *const *variants,
                          const resnetc_variant &chosen);

} // namespace resnetc
