#include "report/format.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace resnetc {

std::string progress_line::text(std::size_t columns) const {
  constexpr std::size_t widest = 20, narrowest = 4;
  std::size_t room = head.size() + figures.size() + 4; // "head [bar] figures"
  room = columns > room ? std::min(columns - room, widest) : 0;
  std::string line = head + ' ';
  if (room >= narrowest) {
    auto width = static_cast<std::int64_t>(room);
    std::string bar(all > 0 ? std::clamp<std::int64_t>(done * width / all, 0,
                                                       width)
                            : 0,
                    '=');
    if (bar.size() < room)
      bar += '>';
    bar.resize(room, ' ');
    line += fmt::format("[{}] ", bar);
  }
  line += figures;
  line.resize(std::min(line.size(), columns));
  return line;
}

progress_line format_progress(const progress &state) {
  std::string figures = fmt::format(
      "{}/{}  loss {:.4f}  acc {}  {}", state.step, state.steps, state.loss,
      format_percent(state.accuracy), format_rate(state.images_per_second));
  if (state.seconds_left >= 0)
    figures += fmt::format("  {} left", format_duration(state.seconds_left));
  return {fmt::format("{}epoch {}/{}", state.title, state.epoch, state.epochs), state.step,
          state.steps, std::move(figures)};
}

progress_line format_evaluation(std::string_view what, std::int64_t done,
                                std::int64_t all, double seconds) {
  double rate = static_cast<double>(done) / seconds;
  return {std::string(what), done, all,
          fmt::format("{}/{}  {}  {} left", done, all, format_rate(rate),
                      format_duration(static_cast<double>(all - done) / rate))};
}

std::string format_duration(double seconds) {
  auto whole = static_cast<std::int64_t>(std::llround(std::max(seconds, 0.0)));
  if (whole < 3600)
    return fmt::format("{}:{:02}", whole / 60, whole % 60);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60,
                     whole % 60);
}

std::string format_rate(double images_per_second) {
  return fmt::format("{:.{}f} images/s", images_per_second,
                     images_per_second < 100 ? 1 : 0);
}

std::string format_percent(double fraction) {
  return fmt::format("{:.1f} %", 100 * fraction);
}

std::string format_count(std::int64_t count) {
  std::string digits = fmt::format("{}", count);
  for (auto place = static_cast<std::ptrdiff_t>(digits.size()) - 3;
       place > (count < 0 ? 1 : 0); place -= 3)
    digits.insert(place, ",");
  return digits;
}

std::string format_bytes(std::int64_t bytes) {
  constexpr const char *units[] = {"bytes", "KB", "MB", "GB", "TB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 999.5 && unit + 1 < std::size(units); ++unit)
    value /= 1000;
  return fmt::format("{:.{}f} {}", value, unit > 0 && value < 99.95 ? 1 : 0,
                     units[unit]);
}

std::string format_number_of(std::int64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", format_count(count), noun,
                     count == 1 ? "" : "s");
}

std::string format_spec(std::string_view spec) {
  std::string line;
  bool quoted = false;
  while (!spec.empty()) {
    std::size_t left_out = 0;
    if (!quoted && spec.starts_with("//"))
      left_out = spec.find('\n');
    else if (!quoted && spec.starts_with("/*"))
      left_out = spec.find("*/", 2) + 2; // closed: the spec was compiled
    else if (!quoted && (spec[0] == '\n' || spec[0] == '\r'))
      left_out = spec.find_first_not_of(" \t\r\n");
    if (left_out > 0) {
      spec.remove_prefix(std::min(left_out, spec.size()));
      line.erase(line.find_last_not_of(" \t") + 1);
      continue;
    }
    quoted ^= spec[0] == '"'; // a string holds no backslash
    line += spec[0];
    spec.remove_prefix(1);
  }
  return line;
}

std::string format_table(const std::vector<std::vector<std::string>> &rows,
                         const std::vector<bool> &right_aligned) {
  std::vector<std::size_t> widths;
  for (const auto &row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t column = 0; column < row.size(); ++column)
      widths[column] = std::max(widths[column], row[column].size());
  }
  std::string text;
  for (const auto &row : rows) {
    std::string line;
    for (std::size_t column = 0; column < row.size(); ++column) {
      bool right = column < right_aligned.size() && right_aligned[column];
      line += right ? fmt::format("{:>{}}  ", row[column], widths[column])
                    : fmt::format("{:<{}}  ", row[column], widths[column]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

} // namespace resnetc
