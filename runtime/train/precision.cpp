#include "train/precision.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <stdexcept>
#include <vector>

namespace resnetc {

/// Variants of one CPU differ in precision alone.
static bool alike(const resnetc_variant &a, const resnetc_variant &b) {
  return std::string_view(a.mcpu) == b.mcpu;
}

std::string_view precision_of(const resnetc_variant &variant) {
  return variant.dtype == RESNETC_F64 ? "f64" : variant.precision;
}

const resnetc_variant *find_precision(const resnetc_variant *const *variants,
                                      const resnetc_variant &chosen,
                                      std::string_view precision) {
  for (; *variants; ++variants)
    if (alike(**variants, chosen) && precision == (*variants)->precision)
      return *variants;
  return nullptr;
}

const resnetc_variant &plain_variant(const resnetc_variant *const *variants,
                                     const resnetc_variant &chosen) {
  if (auto *found = find_precision(variants, chosen, "f32"))
    return *found;
  throw std::runtime_error(fmt::format(
      "this trainer holds no program in f32 beside the one in {}; compile it "
      "with this version's resnetc",
      chosen.precision));
}

std::string precisions_of(const resnetc_variant *const *variants,
                          const resnetc_variant &chosen) {
  std::vector<std::string_view> names;
  for (; *variants; ++variants)
    if (alike(**variants, chosen))
      names.push_back((*variants)->precision);
  return fmt::format("{}", fmt::join(names, " and "));
}

} // namespace resnetc
