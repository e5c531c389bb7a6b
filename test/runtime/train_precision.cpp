#include "train/check_precision.h"
#include "train/precision.h"

#include <gtest/gtest.h>

using namespace resnetc;

TEST(centred_cosines, take_the_mean_of_the_plain_features_first) {
  // Around (10, 10): what is left is (1, 0), (-1, 0), (0, 2), (0, -2).
  const std::vector<float> plain{11, 10, 9, 10, 10, 12, 10, 8};
  const cosines same = *centred_cosines(plain, plain, 2);
  EXPECT_EQ(same.least, 1);
  EXPECT_EQ(same.mean, 1);
  // The first one turned by 90 degrees, the last one by 180, the others longer.
  const std::vector<float> other{10, 11, 7, 10, 10, 13, 10, 12};
  const cosines far = *centred_cosines(other, plain, 2);
  EXPECT_EQ(far.least, -1);
  EXPECT_EQ(far.mean, 0.25);
}

TEST(centred_cosines, need_features_that_differ) {
  EXPECT_FALSE(centred_cosines({}, {}, 2));
  EXPECT_FALSE(centred_cosines({3, 5}, {3, 4}, 2)); // one image is its own mean
  EXPECT_FALSE(centred_cosines({3, 5, 3, 4}, {3, 4, 3, 4}, 2));
  // Of three images one is the mean, which resembles itself alone.
  EXPECT_EQ(centred_cosines({1, 0, -1}, {1, 0, -1}, 1)->least, 1);
  EXPECT_EQ(centred_cosines({1, 0.5, -1}, {1, 0, -1}, 1)->least, 0);
}

TEST(find_precision, among_variants_of_one_cpu) {
  resnetc_variant low{}, plain{}, other{};
  low.mcpu = plain.mcpu = "znver4";
  other.mcpu = "x86-64-v3";
  low.precision = "bf16";
  plain.precision = other.precision = "f32";
  const resnetc_variant *all[] = {&low, &other, &plain, nullptr};
  EXPECT_EQ(find_precision(all, low, "f32"), &plain);
  EXPECT_EQ(find_precision(all, low, "bf16"), &low);
  EXPECT_EQ(find_precision(all, other, "bf16"), nullptr);
  EXPECT_EQ(precisions_of(all, low), "bf16 and f32");
}
