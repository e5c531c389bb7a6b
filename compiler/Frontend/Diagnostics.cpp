//===- Diagnostics.cpp - file:line:col, the line itself, a caret ----------===//

#include "Frontend/Diagnostics.h"

#include "llvm/ADT/StringExtras.h"

#include <algorithm>

namespace resnetc {

/// Bytes of UTF-8 sequences pass, so that names and comments in any language
/// do.
static char printable(char c) {
  return llvm::isPrint(c) || static_cast<unsigned char>(c) >= 0x80 ? c : ' ';
}

static llvm::StringRef lineOf(llvm::StringRef text, int number) {
  for (; number > 1; --number) {
    size_t end = text.find('\n');
    if (end == llvm::StringRef::npos)
      return {};
    text = text.drop_front(end + 1);
  }
  return text.take_until([](char c) { return c == '\n'; }).rtrim('\r');
}

void Diagnostics::error(place where, const llvm::Twine &message) {
  if (shown)
    return;
  shown = true;
  out << fileName << ':' << where.line << ':' << where.column
      << ": error: " << message << '\n';
  constexpr size_t before = 60, width = 100;
  llvm::StringRef line = lineOf(text, where.line);
  size_t column = static_cast<size_t>(where.column - 1);
  size_t begin = column > before ? column - before : 0;
  std::string shownLine = line.substr(begin, width).str();
  std::transform(shownLine.begin(), shownLine.end(), shownLine.begin(),
                 printable);
  out << "  " << shownLine << "\n  ";
  // A continuation byte takes no place of its own.
  for (size_t i = 0; i < column - begin; ++i)
    if (i >= shownLine.size() || (shownLine[i] & 0xc0) != 0x80)
      out << ' ';
  out << "^\n";
}

std::string quoted(llvm::StringRef word) {
  std::string result = "\"";
  for (char c : word.take_front(40))
    result += printable(c);
  return result + (word.size() > 40 ? "...\"" : "\"");
}

} // namespace resnetc
