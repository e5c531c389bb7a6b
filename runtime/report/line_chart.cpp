#include "report/line_chart.h"

#include "report/svg_text.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace resnetc {
namespace {

constexpr double width = 420, height = 300, left = 60, right = 20, top = 40,
                 bottom = 50, legend_line = 20;

// Okabe and Ito's, told apart by the colour-blind, too.
constexpr const char *colours[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                   "#e69f00", "#56b4e9", "#000000"};
constexpr const char *dashes[] = {"", "6 3", "2 3", "8 3 2 3"};

std::string look_of(std::size_t number) {
  constexpr std::size_t hues = std::size(colours);
  const char *dash = dashes[number / hues % std::size(dashes)];
  std::string text =
      fmt::format("stroke=\"{}\" fill=\"none\" stroke-width=\"2\"",
                  colours[number % hues]);
  return *dash ? text + fmt::format(" stroke-dasharray=\"{}\"", dash) : text;
}

struct axis {
  double low = 0, high = 1, step = 1;
};

/// Round numbers at about five ticks.
axis axis_of(std::vector<double> values, double least_step) {
  std::erase_if(values, [](double value) { return !std::isfinite(value); });
  if (values.empty())
    return {};
  auto [low, high] = std::ranges::minmax(values);
  double size = std::max({std::abs(low), std::abs(high), 1.0});
  double span = std::max(high - low, 1e-6 * size);
  double power = std::pow(10, std::floor(std::log10(span / 5)));
  double step = power;
  for (double factor : {1.0, 2.0, 5.0, 10.0})
    if (step = factor * power; span / step <= 6)
      break;
  step = std::max(step, least_step);
  axis result{std::floor(low / step) * step, std::ceil(high / step) * step,
              step};
  if (result.high <= result.low)
    result.high = result.low + step;
  return result;
}

std::string draw(const chart &chart, double offset) {
  std::vector<double> xs, ys;
  for (const curve &each : chart.curves)
    for (auto [x, y] : each.points) {
      xs.push_back(x);
      ys.push_back(y);
    }
  axis horizontal = axis_of(xs, 1), vertical = axis_of(ys, 0); // whole epochs
  auto at_x = [&](double x) {
    return offset + left +
           (x - horizontal.low) / (horizontal.high - horizontal.low) *
               (width - left - right);
  };
  auto at_y = [&](double y) {
    return height - bottom -
           (y - vertical.low) / (vertical.high - vertical.low) *
               (height - top - bottom);
  };
  std::string svg =
      svg_text(offset + left, top - 16, "start", chart.title) +
      svg_text(offset + (left + width - right) / 2, height - 12, "middle",
              chart.x_title);
  auto ticks = [](const axis &axis) {
    return static_cast<int>(std::lround((axis.high - axis.low) / axis.step));
  };
  for (int i = 0; i <= ticks(vertical); ++i) {
    double value = vertical.low + i * vertical.step;
    svg += fmt::format("<path d=\"M{:.1f} {:.1f}H{:.1f}\" stroke=\"#ddd\"/>\n",
                       offset + left, at_y(value), offset + width - right);
    svg += svg_text(offset + left - 8, at_y(value) + 4, "end",
                   fmt::format("{:.6g}", value));
  }
  for (int i = 0; i <= ticks(horizontal); ++i) {
    double value = horizontal.low + i * horizontal.step;
    svg += svg_text(at_x(value), height - bottom + 18, "middle",
                   fmt::format("{:.6g}", value));
  }
  for (std::size_t number = 0; number < chart.curves.size(); ++number) {
    std::string path;
    for (auto [x, y] : chart.curves[number].points)
      if (std::isfinite(y))
        path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L",
                            at_x(x), at_y(y));
    if (path.find('L') == path.npos && !path.empty())
      path += "h0.1"; // a single epoch is a point
    svg += fmt::format("<path d=\"{}\" {} stroke-linecap=\"round\"/>\n", path,
                       look_of(number));
  }
  return svg;
}

} // namespace

std::string charts_as_svg(const std::vector<chart> &charts) {
  std::size_t lines = charts.empty() ? 0 : charts.front().curves.size();
  double all_width = width * static_cast<double>(charts.size()),
         all_height = height + legend_line * static_cast<double>(lines) + 10;
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" "
      "height=\"{1}\" viewBox=\"0 0 {0} {1}\" font-family=\"sans-serif\" "
      "font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" "
      "fill=\"white\"/>\n",
      all_width, all_height);
  for (std::size_t i = 0; i < charts.size(); ++i)
    svg += draw(charts[i], width * static_cast<double>(i));
  for (std::size_t number = 0; number < lines; ++number) {
    double y = height + legend_line * static_cast<double>(number);
    svg += fmt::format("<path d=\"M{} {}h30\" {}/>\n", left, y,
                       look_of(number));
    svg += svg_text(left + 40, y + 4, "start",
                   charts.front().curves[number].name);
  }
  return svg + "</svg>\n";
}

} // namespace resnetc
