//===- error.h - mistakes in a spec: where, what, and how C++ shows them --===//
//
// Nothing here throws. A value records its first mistake; whoever compiles it
// shows it: resnetc's parser with file, line, column and a caret, a C++
// compiler as the name of a type, spec_error<"3:9: ...">.
//
//===----------------------------------------------------------------------===//
#ifndef RESNETC_ERROR_H
#define RESNETC_ERROR_H

#include "resnetc/text.h"

#include <source_location>

namespace resnetc {

/// A place in a source text, from 1; {0, 0} is unknown. g++ and clang agree on
/// lines, not on columns.
struct place {
  int line = 0, column = 0;
  constexpr place() = default;
  constexpr place(int line, int column) : line(line), column(column) {}
  constexpr place(std::source_location at)
      : line(static_cast<int>(at.line())),
        column(static_cast<int>(at.column())) {}
  friend constexpr bool operator==(const place &, const place &) = default;
};

/// The first mistake of a value; empty where there is none.
struct failure {
  place where;
  text<300> what;
  constexpr explicit operator bool() const { return !what.empty(); }
};

} // namespace resnetc

#endif
