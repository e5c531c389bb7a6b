// Which of a trainer's variants this machine can run.
#pragma once

#include <resnetc/abi.h>

#include <string>
#include <string_view>

namespace resnetc {

/// Whether CPU and operating system offer an x86 feature under its LLVM name
/// ("avx512f"). False for names that are not in our table.
bool cpu_has(std::string_view feature);

/// The first feature of the variant that `has` denies, or "".
std::string missing_feature(const resnetc_variant &variant,
                            bool (*has)(std::string_view) = cpu_has);

/// The first variant whose features are all there. Throws std::runtime_error
/// naming the missing feature, and where the table is of another ABI.
const resnetc_variant &choose_variant(const resnetc_variant *const *variants,
                                      bool (*has)(std::string_view) = cpu_has);

} // namespace resnetc
