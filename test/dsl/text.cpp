#include "both.h"

using resnetc::text;

template <class T> static constexpr text<40> written(T value) {
  text<40> t;
  t += value;
  return t;
}

TEST(Text, AppendsAndCompares) {
  EXPECT_BOTH((text<8>("ab") += "cd") == "abcd", true);
  EXPECT_BOTH(text<8>("ab") == text<8>("ac"), false);
  EXPECT_BOTH(text<8>("").empty(), true);
}

TEST(Text, CutsAtItsCapacity) {
  EXPECT_BOTH(text<3>("abcdef") == "abc", true);
  EXPECT_BOTH(text<3>::fits("abc"), true);
  EXPECT_BOTH(text<3>::fits("abcd"), false);
}

TEST(Text, WritesNumbers) {
  EXPECT_BOTH(written(0) == "0", true);
  EXPECT_BOTH(written(-120) == "-120", true);
  EXPECT_BOTH(written(INT64_MIN) == "-9223372036854775808", true);
  EXPECT_BOTH(written(1.5) == "1.5", true);
  EXPECT_BOTH(written(-0.001) == "-0.001", true);
  EXPECT_BOTH(written(0.9999999999) == "1", true);
  EXPECT_BOTH(written(1e20) == "1e15 or more", true);
}
