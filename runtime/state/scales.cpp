#include "state/scales.h"

#include "state/mapped_file.h"

#include <cmath>
#include <fmt/format.h>

namespace resnetc {

std::span<const resnetc_scale> needed_scales(const resnetc_variant &variant) {
  return {variant.scales, variant.calibrate
                              ? 0
                              : static_cast<std::size_t>(variant.scale_count)};
}

bool is_scale(float number) { return number > 0 && std::isfinite(number); }

named_scales name_scales(const resnetc_variant &variant,
                         std::span<const float> scales) {
  named_scales named;
  for (std::size_t i = 0; i < scales.size(); ++i)
    named.emplace(needed_scales(variant)[i].name, scales[i]);
  return named;
}

std::vector<float> order_scales(const resnetc_variant &variant,
                                const named_scales &scales,
                                const std::filesystem::path &path) {
  const auto refuse = [&](const std::string &what) {
    throw file_error(path, fmt::format("{}; give --precision f32, or train "
                                       "again with this trainer, which "
                                       "calibrates {}",
                                       what, variant.precision));
  };
  if (scales.empty() && !needed_scales(variant).empty())
    refuse(fmt::format("holds no scales of the activations that {} rounds",
                       variant.precision));
  std::vector<float> ordered;
  if (needed_scales(variant).empty())
    return ordered;
  for (const resnetc_scale &row : needed_scales(variant)) {
    const auto found = scales.find(row.name);
    if (found == scales.end())
      refuse(fmt::format("lacks the scale of what {} gives", row.name));
    ordered.push_back(found->second);
  }
  if (scales.size() != ordered.size())
    refuse(fmt::format("holds {} scales, expected {}", scales.size(),
                       ordered.size()));
  return ordered;
}

} // namespace resnetc
