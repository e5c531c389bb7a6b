// Scales of int8 activations, against the errors that rounding real samples makes.
#include "train/clipping.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <gtest/gtest.h>
#include <limits>
#include <random>
#include <vector>

using namespace resnetc;

namespace {

using histogram = std::vector<std::int64_t>;

// As the interface defines a bin: by the bits of the magnitude.
int bin_of(float value) {
  int bits = std::bit_cast<int>(std::fabs(value)) >> RESNETC_BIN_SHIFT;
  return std::clamp(bits - RESNETC_FIRST_BIN, 0, RESNETC_BINS - 1);
}

histogram histogram_of(const std::vector<float> &values) {
  histogram counts(RESNETC_BINS);
  for (float value : values)
    ++counts[bin_of(value)];
  return counts;
}

// What rounding to whole multiples of the scale does to these very values; what is clipped counts fourfold.
double error_of(const std::vector<float> &values, double scale, bool is_signed) {
  double sum = 0;
  for (double value : values) {
    const double nearest = std::nearbyint(value / scale), q = std::clamp(nearest, is_signed ? -127. : 0., is_signed ? 127. : 255.);
    sum += (q == nearest ? 1 : 4) * (value - scale * q) * (value - scale * q);
  }
  return sum;
}

// Every threshold on a fine grid, tried out.
double least_error(const std::vector<float> &values, bool is_signed) {
  double most = 0, least = std::numeric_limits<double>::infinity();
  for (double value : values)
    most = std::max(most, std::fabs(value));
  for (int i = 0; i < 600; ++i) {
    double threshold = most * std::pow(1e-4, i / 599.);
    least = std::min(least, error_of(values, threshold / (is_signed ? 127 : 255), is_signed));
  }
  return least;
}

std::vector<float> draw(int count, const std::function<double(std::mt19937_64 &)> &one) {
  std::mt19937_64 random(7);
  std::vector<float> values(count);
  for (float &value : values)
    value = static_cast<float>(one(random));
  return values;
}

void expect_near_the_best(const char *what, const std::vector<float> &values, bool is_signed) {
  float scale = least_error_scale(histogram_of(values), is_signed);
  // A bin is 3 % wide, and in it lie the few largest values that decide.
  EXPECT_LE(error_of(values, scale, is_signed), 1.06 * least_error(values, is_signed)) << what << ", scale " << scale;
}

TEST(BinEdge, IsWhereTheBinOfAFloatBegins) {
  EXPECT_EQ(bin_edge(0), 0);
  EXPECT_EQ(bin_edge(1), std::ldexp(33. / 32, -16));
  EXPECT_EQ(bin_edge(32 * 16), 1);
  EXPECT_EQ(bin_edge(RESNETC_BINS), std::ldexp(1., 16));
  for (int bin = 1; bin < RESNETC_BINS; ++bin) {
    auto edge = static_cast<float>(bin_edge(bin));
    EXPECT_EQ(bin_of(edge), bin);
    EXPECT_EQ(bin_of(std::nextafterf(edge, 0)), bin - 1);
  }
}

TEST(LeastErrorScale, IsNearTheBestThatTryingFinds) {
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> uniform(0, 3);
  std::exponential_distribution<double> exponential(0.2);
  std::lognormal_distribution<double> heavy(0, 1.5);
  std::student_t_distribution<double> tails(3);
  expect_near_the_best("behind ReLU", draw(20000, [&](auto &r) { return std::max(normal(r), 0.); }), false);
  expect_near_the_best("mostly zero", draw(20000, [&](auto &r) { return std::max(normal(r) - 2, 0.); }), false);
  expect_near_the_best("normal", draw(20000, [&](auto &r) { return 1e-2 * normal(r); }), true);
  expect_near_the_best("uniform", draw(20000, [&](auto &r) { return uniform(r); }), false);
  expect_near_the_best("exponential", draw(20000, [&](auto &r) { return 100 * exponential(r); }), false);
  expect_near_the_best("heavy", draw(20000, [&](auto &r) { return heavy(r); }), false);
  expect_near_the_best("tails", draw(20000, [&](auto &r) { return tails(r); }), true);
}

TEST(LeastErrorScale, ClipsWhatIsRareAndFar) {
  std::uniform_real_distribution<double> uniform(0, 1);
  histogram counts = histogram_of(draw(10000, [&](auto &r) { return uniform(r); }));
  for (std::int64_t &count : counts)
    count *= 100000;
  counts[bin_of(20)] = 2;
  EXPECT_NEAR(255 * least_error_scale(counts, false), 1, 0.05);
  // More of them cost more: k t^2 + 4 n (20 - t)^2 is least at 20 n / (n + k / 4), where k = 1e9 / (12 * 255^2).
  const double k = 1e9 / (12 * 255 * 255);
  for (int n : {100, 500, 200000}) {
    counts[bin_of(20)] = n;
    const double best = 20 * n / (n + k / 4);
    EXPECT_NEAR(255 * least_error_scale(counts, false), best, 0.03 * best);
  }
}

TEST(LeastErrorScale, IsAlwaysPositiveAndFinite) {
  for (bool is_signed : {false, true}) {
    const float steps = is_signed ? 127 : 255;
    EXPECT_EQ(least_error_scale(histogram(RESNETC_BINS), is_signed), 1 / steps); // nothing was counted
    histogram zeros(RESNETC_BINS);
    zeros[0] = 1'000'000'000'000;
    EXPECT_EQ(least_error_scale(zeros, is_signed), 1 / steps);
    for (int bin = 1; bin < RESNETC_BINS; ++bin) {
      histogram one(RESNETC_BINS);
      one[bin] = bin % 2 ? 1 : 4'000'000'000'000'000;
      float scale = least_error_scale(one, is_signed);
      EXPECT_TRUE(scale > 0 && std::isfinite(scale)) << bin;
      EXPECT_LE(scale, static_cast<float>(bin_edge(bin + 1) / steps)) << bin;
      EXPECT_GE(scale, static_cast<float>(bin_edge(bin) / steps) * 0.97F) << bin;
    }
  }
  std::vector<float> beyond{std::numeric_limits<float>::infinity(), 1e30F, 1.F};
  EXPECT_TRUE(std::isfinite(least_error_scale(histogram_of(beyond), false)));
}

} // namespace
