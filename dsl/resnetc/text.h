//===- text.h - strings of fixed capacity that a structural value can hold ===//
//
// A spec is a template argument, so its names and messages live in the value
// itself.
//
//===----------------------------------------------------------------------===//
#ifndef RESNETC_TEXT_H
#define RESNETC_TEXT_H

#include <cstdint>
#include <string_view>

namespace resnetc {

/// At most N characters, NUL-terminated, zeros behind them. Appending beyond N
/// is cut: check with `fits` before.
template <int N> struct text {
  char data[N + 1] = {};
  int size = 0;

  constexpr text() = default;
  constexpr text(std::string_view s) { *this += s; }
  constexpr text(const char *s) : text(std::string_view(s)) {}

  static constexpr int capacity = N;
  static constexpr bool fits(std::string_view s) { return s.size() <= N; }
  constexpr bool empty() const { return size == 0; }
  constexpr std::string_view view() const {
    return {data, static_cast<size_t>(size)};
  }
  constexpr operator std::string_view() const { return view(); }
  constexpr const char *c_str() const { return data; }

  constexpr text &operator+=(std::string_view s) {
    for (char c : s)
      if (size < N)
        data[size++] = c;
    return *this;
  }
  constexpr text &operator+=(const char *s) {
    return *this += std::string_view(s);
  }
  constexpr text &operator+=(char c) {
    return *this += std::string_view(&c, 1);
  }

  constexpr text &operator+=(int64_t value) {
    char digits[20] = {};
    int n = 0;
    uint64_t rest = value < 0 ? 0 - static_cast<uint64_t>(value)
                              : static_cast<uint64_t>(value);
    do
      digits[n++] = static_cast<char>('0' + rest % 10);
    while (rest /= 10);
    if (value < 0)
      *this += '-';
    while (n)
      *this += digits[--n];
    return *this;
  }
  constexpr text &operator+=(int value) {
    return *this += static_cast<int64_t>(value);
  }

  /// Decimal with at most nine decimals; for messages, not for reading back.
  constexpr text &operator+=(double value) {
    if (value != value)
      return *this += "nan";
    if (value < 0) {
      *this += '-';
      value = -value;
    }
    if (value >= 1e15)
      return *this += "1e15 or more";
    auto whole = static_cast<int64_t>(value);
    auto decimals =
        static_cast<int64_t>((value - static_cast<double>(whole)) * 1e9 + 0.5);
    whole += decimals / 1000000000;
    decimals %= 1000000000;
    *this += whole;
    if (decimals)
      *this += '.';
    for (int64_t unit = 100000000; decimals; unit /= 10) {
      *this += static_cast<char>('0' + decimals / unit);
      decimals %= unit;
    }
    return *this;
  }

  friend constexpr bool operator==(const text &a, const text &b) {
    return a.view() == b.view();
  }
  friend constexpr bool operator==(const text &a, std::string_view b) {
    return a.view() == b;
  }
  friend constexpr bool operator==(const text &a, const char *b) {
    return a.view() == b;
  }
};

} // namespace resnetc

#endif
