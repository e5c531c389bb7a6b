// A roofline: how fast each part of a program is beside what its arithmetic and
// its memory traffic allow (Williams, Waterman, Patterson, 2009).
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace resnetc {

struct roofline_mark {
  std::string label;
  std::size_t kind;  ///< its place in roofline::kinds
  double intensity;  ///< FLOPs a byte
  double gflops;     ///< per second
  double share;      ///< of the time: the mark's area
  std::string about; ///< shown where a viewer points at it
};

struct roofline {
  std::string title;
  double peak;      ///< GFLOP/s
  double bandwidth; ///< GB/s
  std::vector<std::string> kinds;
  std::vector<roofline_mark> marks;
};

/// Both axes logarithmic; each label once, beside its mark with the largest
/// share that has space. An SVG document of its own.
std::string roofline_as_svg(const roofline &roofline);

} // namespace resnetc
