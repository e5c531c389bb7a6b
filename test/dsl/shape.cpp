#include "both.h"

using namespace resnetc;

TEST(Shape, WindowsCountAsInPyTorch) {
  EXPECT_BOTH(window_count(224, 7, 2, 3), 112);
  EXPECT_BOTH(window_count(112, 3, 2, 1), 56);
  EXPECT_BOTH(window_count(7, 3, 2, 1), 4);
  EXPECT_BOTH(window_count(1, 7, 2, 3), 1);
  EXPECT_BOTH(window_count(2, 7, 1, 1), 0);
}

TEST(Shape, KeepsRowsAndColumnsApart) {
  EXPECT_BOTH(window_shape({3, 97, 65}, 64, 7, 2, 3), (shape{64, 49, 33}));
  EXPECT_BOTH((shape{64, 49, 33}.elements()), 64 * 49 * 33);
}
