#include "both.h"

using namespace resnetc;

static_assert(std::convertible_to<int, integer> &&
              std::convertible_to<unsigned long, integer>);
static_assert(!std::convertible_to<double, integer> &&
              !std::convertible_to<bool, integer> &&
              !std::convertible_to<char, integer>);
static_assert(std::convertible_to<double, number> &&
              std::convertible_to<int, number>);
static_assert(!std::convertible_to<bool, number> &&
              !std::convertible_to<char, number>);

static constexpr int line_of(integer i) { return i.where.line; }

TEST(Argument, KnowsItsPlace) {
  EXPECT_BOTH(line_of(3), __LINE__);
  EXPECT_BOTH(integer(3, {7, 9}).where, (place{7, 9}));
}

TEST(Argument, SaturatesWhatInt64CannotHold) {
  EXPECT_BOTH(integer(~uint64_t{0}).value, INT64_MAX);
}

TEST(Argument, ListsCountWhatTheyDrop) {
  EXPECT_BOTH((list<integer, 2>({1, 2, 3}).count), 3);
  EXPECT_BOTH((list<integer, 2>({1, 2, 3}).values[1].value), 2);
}

static constexpr failure range(int64_t value) {
  failure error;
  checked(integer(value, {2, 5}), 1, 9, "it", error);
  return error;
}

TEST(Argument, RangesSayWhatWasExpected) {
  EXPECT_BOTH(bool(range(9)), false);
  EXPECT_BOTH(range(10).what == "it must be a whole number from 1 to 9, got 10",
              true);
  EXPECT_BOTH(range(0).where, (place{2, 5}));
}
