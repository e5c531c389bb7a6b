// Curves as a picture.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace resnetc {

struct curve {
  std::string name;
  std::vector<std::pair<double, double>> points; ///< x whole numbers, rising
};

struct chart {
  std::string title, x_title;
  std::vector<curve> curves;
};

/// The charts side by side with one legend, which is the first chart's: curve n
/// has the same colour and dashes in each. Values that are not finite are left
/// out. An SVG document of its own.
std::string charts_as_svg(const std::vector<chart> &charts);

} // namespace resnetc
