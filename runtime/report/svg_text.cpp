#include "report/svg_text.h"

#include <fmt/format.h>

namespace resnetc {

std::string xml_escaped(std::string_view text) {
  std::string out;
  for (char c : text)
    out += c == '<'   ? "&lt;"
           : c == '>' ? "&gt;"
           : c == '&' ? "&amp;"
                      : std::string(1, c);
  return out;
}

std::string svg_text(double x, double y, const char *anchor,
                     std::string_view text) {
  return fmt::format(
      "<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", x, y,
      anchor, xml_escaped(text));
}

} // namespace resnetc
