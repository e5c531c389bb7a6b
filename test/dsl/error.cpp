#include "both.h"

using namespace resnetc;

static constexpr failure two_mistakes() {
  failure error;
  fail(error, {1, 2}, "the first");
  fail(error, {3, 4}, "the second");
  return error;
}

TEST(Error, TheFirstMistakeStays) {
  EXPECT_BOTH(two_mistakes().what == "the first", true);
  EXPECT_BOTH(two_mistakes().where, (place{1, 2}));
  EXPECT_BOTH(bool(failure{}), false);
}
