//===- argument.h - what a call in a spec may be given --------------------===//
//
// C++ would turn 20.9 into 20 and 'a' into 97 silently, and would forget where
// an argument stood. These types convert from the right kinds alone and
// remember their place: through std::source_location in C++, explicitly in
// resnetc's parser.
//
//===----------------------------------------------------------------------===//
#ifndef RESNETC_ARGUMENT_H
#define RESNETC_ARGUMENT_H

#include "resnetc/error.h"

#include <concepts>
#include <initializer_list>
#include <limits>
#include <utility>

namespace resnetc {

template <class T, class... U>
concept any_of = (std::same_as<T, U> || ...);

template <class T>
concept whole_number =
    std::integral<T> &&
    !any_of<T, bool, char, wchar_t, char8_t, char16_t, char32_t>;

template <class T>
concept real_number = whole_number<T> || std::floating_point<T>;

struct integer {
  int64_t value = 0;
  place where;
  constexpr integer() = default;
  /// An unsigned value beyond int64 becomes the largest int64, which no range
  /// admits.
  template <whole_number T>
  constexpr integer(T v, place where = std::source_location::current())
      : value(std::in_range<int64_t>(v) ? static_cast<int64_t>(v)
                                        : std::numeric_limits<int64_t>::max()),
        where(where) {}
};

struct number {
  double value = 0;
  place where;
  constexpr number() = default;
  template <real_number T>
  constexpr number(T v, place where = std::source_location::current())
      : value(static_cast<double>(v)), where(where) {}
};

/// {a, b, c}: `count` values as written; of more than N the rest is dropped,
/// and every caller checks `count`.
template <class T, int N> struct list {
  T values[N] = {};
  int count = 0;
  place where;
  constexpr list() = default;
  constexpr list(std::initializer_list<T> items,
                 place where = std::source_location::current())
      : where(where) {
    for (const T &item : items)
      push_back(item);
  }
  constexpr void push_back(const T &item) {
    if (count < N)
      values[count] = item;
    ++count;
  }
};

/// A string literal: a pattern, a layer's name, a path.
struct string {
  text<255> value;
  bool fits = true; // false: it was longer and `value` holds its beginning
  place where;
  constexpr string() = default;
  constexpr string(const char *s, place where = std::source_location::current())
      : value(s), fits(text<255>::fits(s)), where(where) {}
};

/// Records a mistake unless one is recorded already.
constexpr void fail(failure &error, place where, const text<300> &what) {
  if (!error)
    error = {where, what};
}

/// The value if it lies within [low, high]; else records "WHAT must be LOW ...
/// HIGH, got N" and gives `low`.
constexpr int checked(integer i, int low, int high, std::string_view what,
                      failure &error) {
  if (i.value >= low && i.value <= high)
    return static_cast<int>(i.value);
  text<300> message = what;
  message += " must be a whole number from ";
  message += low;
  message += " to ";
  message += high;
  message += ", got ";
  message += i.value;
  fail(error, i.where, message);
  return low;
}

/// Records "WHAT must be EXPECTED, got X" unless `ok`.
constexpr double checked(number x, bool ok, std::string_view what,
                         std::string_view expected, failure &error) {
  if (ok)
    return x.value;
  text<300> message = what;
  message += " must be ";
  message += expected;
  message += ", got ";
  message += x.value;
  fail(error, x.where, message);
  return 0;
}

} // namespace resnetc

#endif
