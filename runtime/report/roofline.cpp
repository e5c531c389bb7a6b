#include "report/roofline.h"

#include "report/svg_text.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <numeric>
#include <set>
#include <utility>

namespace resnetc {
namespace {

constexpr double width = 900, height = 600, left = 70, right = 30, top = 60,
                 bottom = 60;
constexpr double label_height = 11, letter_width = 5.6; // of 10 px sans-serif

// Okabe and Ito's, told apart by the colour-blind, too.
constexpr const char *colours[] = {"#0072b2", "#d55e00", "#009e73"};

struct box {
  double x, y, width, height;
  bool meets(const box &other) const {
    return x < other.x + other.width && other.x < x + width &&
           y < other.y + other.height && other.y < y + height;
  }
};

/// Powers of ten and their doubles and halves, 1 2 5 10 20 ..., in [low, high].
std::vector<double> ticks(double low, double high) {
  std::vector<double> found;
  for (double power = std::pow(10, std::floor(std::log10(low))); power <= high;
       power *= 10)
    for (double factor : {1.0, 2.0, 5.0})
      if (power * factor >= low * 0.999 && power * factor <= high * 1.001)
        found.push_back(power * factor);
  return found;
}

class drawing {
public:
  explicit drawing(const roofline &what) : what(what) {
    double ridge = what.peak / what.bandwidth;
    x_low = ridge / 2; // some of the slope, whatever the marks
    x_high = ridge;
    y_low = y_high = what.peak;
    for (const roofline_mark &mark : what.marks) {
      x_low = std::min(x_low, mark.intensity);
      x_high = std::max(x_high, mark.intensity);
      y_low = std::min(y_low, mark.gflops);
      y_high = std::max(y_high, mark.gflops);
    }
    x_low *= 0.6;
    x_high *= 1.8;
    y_low *= 0.6;
    y_high *= 1.5;
  }

  std::string draw() {
    std::string svg = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" "
        "height=\"{1}\" viewBox=\"0 0 {0} {1}\" font-family=\"sans-serif\" "
        "font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" "
        "fill=\"white\"/>\n",
        width, height);
    svg += fmt::format("<text x=\"{}\" y=\"24\" font-size=\"15\">{}</text>\n",
                       left, xml_escaped(what.title));
    return svg + grid() + roof() + legend() + marks() + labels() + "</svg>\n";
  }

private:
  double at_x(double value) const {
    return left + std::log(value / x_low) / std::log(x_high / x_low) *
                      (width - left - right);
  }
  double at_y(double value) const {
    return height - bottom -
           std::log(value / y_low) / std::log(y_high / y_low) *
               (height - top - bottom);
  }

  std::string grid() const {
    std::string svg;
    for (double value : ticks(x_low, x_high)) {
      svg += fmt::format("<path d=\"M{:.1f} {}V{}\" stroke=\"#e4e4e4\"/>\n",
                         at_x(value), top, height - bottom);
      svg += svg_text(at_x(value), height - bottom + 18, "middle",
                      fmt::format("{:g}", value));
    }
    for (double value : ticks(y_low, y_high)) {
      svg += fmt::format("<path d=\"M{} {:.1f}H{}\" stroke=\"#e4e4e4\"/>\n",
                         left, at_y(value), width - right);
      svg += svg_text(left - 8, at_y(value) + 4, "end",
                      fmt::format("{:g}", value));
    }
    svg += fmt::format(
        "<path d=\"M{0} {1}V{2}H{3}\" stroke=\"#888\" fill=\"none\"/>\n", left,
        top, height - bottom, width - right);
    svg += svg_text((left + width - right) / 2, height - 18, "middle",
                    "FLOPs a byte of operands and result");
    return svg + fmt::format("<text x=\"0\" y=\"0\" text-anchor=\"middle\" "
                             "transform=\"translate(18 {}) "
                             "rotate(-90)\">GFLOP/s</text>\n",
                             (top + height - bottom) / 2);
  }

  /// The slope up to the ridge, and the peak from there on.
  std::string roof() {
    double ridge = what.peak / what.bandwidth;
    double from = std::max(x_low, y_low / what.bandwidth);
    std::string svg =
        fmt::format("<path d=\"M{:.1f} {:.1f}L{:.1f} {:.1f}H{}\" "
                    "stroke=\"#333\" stroke-width=\"2\" fill=\"none\"/>\n",
                    at_x(from), at_y(from * what.bandwidth), at_x(ridge),
                    at_y(what.peak), width - right);
    std::string peak = fmt::format("FMA peak {:.0f} GFLOP/s", what.peak);
    svg += svg_text(at_x(ridge) + 8, at_y(what.peak) - 6, "start", peak);
    taken.push_back({at_x(ridge) + 8, at_y(what.peak) - 18,
                     6.5 * static_cast<double>(peak.size()), 14});
    taken.push_back({at_x(ridge), at_y(what.peak) - 2, width - at_x(ridge), 4});
    double angle = std::atan2(at_y(what.peak) - at_y(from * what.bandwidth),
                              at_x(ridge) - at_x(from)) *
                   180 / std::acos(-1);
    double middle = std::sqrt(from * ridge);
    // The slope and its text, as steps.
    constexpr int steps = 24;
    for (int i = 0; i < steps; ++i) {
      double x = from * std::pow(ridge / from, static_cast<double>(i) / steps);
      taken.push_back({at_x(x), at_y(x * what.bandwidth) - 24, 14, 30});
    }
    return svg + fmt::format("<text x=\"0\" y=\"-6\" text-anchor=\"middle\" "
                             "transform=\"translate({:.1f} {:.1f}) "
                             "rotate({:.1f})\">main memory {:.1f} "
                             "GB/s</text>\n",
                             at_x(middle), at_y(middle * what.bandwidth), angle,
                             what.bandwidth);
  }

  std::string legend() const {
    std::string svg;
    double x = left;
    for (std::size_t kind = 0; kind < what.kinds.size(); ++kind) {
      svg += shape(kind, x + 6, 44, 6) + "/>\n";
      svg += svg_text(x + 18, 48, "start", what.kinds[kind]);
      x += 40 + 7 * static_cast<double>(what.kinds[kind].size());
    }
    return svg +
           svg_text(x, 48, "start", "a mark's area is its share of the time");
  }

  static std::string shape(std::size_t kind, double x, double y, double size) {
    const char *colour = colours[kind % std::size(colours)];
    std::string path;
    if (kind % 3 == 0)
      path = fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{:.1f}\"", x,
                         y, size);
    else if (kind % 3 == 1)
      path =
          fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" "
                      "height=\"{:.1f}\"",
                      x - 0.9 * size, y - 0.9 * size, 1.8 * size, 1.8 * size);
    else
      path = fmt::format("<path d=\"M{:.1f} {:.1f}l{:.1f} {:.1f}h{:.1f}z\"", x,
                         y - 1.2 * size, 1.2 * size, 2.1 * size, -2.4 * size);
    return path + fmt::format(" fill=\"{}\" fill-opacity=\"0.6\" "
                              "stroke=\"{}\"",
                              colour, colour);
  }

  static double size_of(const roofline_mark &mark) {
    return std::clamp(40 * std::sqrt(mark.share), 3.0, 20.0);
  }

  std::string marks() {
    std::string svg;
    for (std::size_t i : by_share()) {
      const roofline_mark &mark = what.marks[i];
      double x = at_x(mark.intensity), y = at_y(mark.gflops),
             size = size_of(mark);
      svg += shape(mark.kind, x, y, size) +
             fmt::format("><title>{}</title></{}>\n", xml_escaped(mark.about),
                         mark.kind % 3 == 0   ? "circle"
                         : mark.kind % 3 == 1 ? "rect"
                                              : "path");
      taken.push_back({x - size, y - size, 2 * size, 2 * size});
    }
    return svg;
  }

  /// Beside one mark of each label, where nothing else is; none where there is
  /// no space.
  std::string labels() {
    std::string svg;
    std::set<std::string> done;
    for (std::size_t i : by_share()) {
      const roofline_mark &mark = what.marks[i];
      if (done.contains(mark.label))
        continue;
      double x = at_x(mark.intensity), y = at_y(mark.gflops),
             gap = size_of(mark) + 3,
             length = letter_width * static_cast<double>(mark.label.size());
      std::vector<box> places;
      for (auto [column, row] : {std::pair(gap, -label_height / 2),
                                 {-gap - length, -label_height / 2},
                                 {-length / 2, -gap - label_height},
                                 {-length / 2, gap},
                                 {0.0, -gap - label_height},
                                 {0.0, gap},
                                 {-length, -gap - label_height},
                                 {-length, gap}})
        places.push_back({x + column, y + row, length, label_height});
      for (const box &place : places) {
        if (place.x < left || place.x + length > width - right ||
            place.y < top || place.y + label_height > height - bottom ||
            std::ranges::any_of(
                taken, [&](const box &other) { return place.meets(other); }))
          continue;
        svg +=
            svg_text(place.x, place.y + label_height - 2, "start", mark.label);
        taken.push_back(place);
        done.insert(mark.label);
        break;
      }
    }
    return "<g font-size=\"10\" fill=\"#222\">\n" + svg + "</g>\n";
  }

  std::vector<std::size_t> by_share() const {
    std::vector<std::size_t> order(what.marks.size());
    std::iota(order.begin(), order.end(), std::size_t(0));
    std::ranges::sort(order, {}, [&](std::size_t i) {
      return std::pair(-what.marks[i].share, i);
    });
    return order;
  }

  const roofline &what;
  double x_low, x_high, y_low, y_high;
  std::vector<box> taken; // by marks and text
};

} // namespace

std::string roofline_as_svg(const roofline &roofline) {
  return drawing(roofline).draw();
}

} // namespace resnetc
