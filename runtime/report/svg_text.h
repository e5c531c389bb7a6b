// Words in a picture.
#pragma once

#include <string>
#include <string_view>

namespace resnetc {

/// As XML writes it in text.
std::string xml_escaped(std::string_view text);

/// One line of text, its `anchor` ("start", "middle", "end") at x.
std::string svg_text(double x, double y, const char *anchor,
                     std::string_view text);

} // namespace resnetc
