#include "data/random.h"
#include "data/transform.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <numeric>
#include <set>

using namespace resnetc;

namespace {

using block = std::array<uint32_t, 4>;

/// The known answers that come with the authors' Random123.
TEST(Random, PhiloxAsPublished) {
  EXPECT_EQ(philox({0, 0, 0, 0}, {0, 0}),
            (block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}),
            (block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
                   {0xa4093822, 0x299f31d0}),
            (block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Random, StreamsDifferInEachPartOfTheirKey) {
  std::set<uint32_t> first;
  for (uint64_t seed : {0ull, 1ull, 1ull << 32})
    for (random_purpose purpose :
         {random_purpose::shuffle, random_purpose::augment})
      for (uint64_t a : {0ull, 1ull, 1ull << 32})
        for (uint32_t b : {0u, 1u})
          first.insert(random_stream(seed, purpose, a, b).next());
  EXPECT_EQ(first.size(), 3u * 2 * 3 * 2);
}

TEST(Random, HasTheMomentsOfItsDistributions) {
  random_stream random(7, random_purpose::initialise, 1);
  constexpr int count = 100000;
  double sum = 0, squares = 0, normal_sum = 0, normal_squares = 0;
  for (int i = 0; i < count; ++i) {
    double u = random.uniform(), n = random.normal();
    ASSERT_TRUE(u >= 0 && u < 1);
    sum += u;
    squares += u * u;
    normal_sum += n;
    normal_squares += n * n;
    ASSERT_LT(random.below(7), 7u);
  }
  EXPECT_NEAR(sum / count, 1. / 2, 0.005);
  EXPECT_NEAR(squares / count, 1. / 3, 0.005);
  EXPECT_NEAR(normal_sum / count, 0, 0.02);
  EXPECT_NEAR(normal_squares / count, 1, 0.03);
}

transform_spec square(int size, int resize) {
  return {size, size, 3, resize, nullptr, nullptr};
}

/// Numbers that torchvision gives.
TEST(Transform, EvaluationGeometryAsTorchvision) {
  evaluation_geometry geometry = evaluate_geometry(640, 427, square(224, 256));
  EXPECT_EQ(geometry.width, 383);
  EXPECT_EQ(geometry.height, 256);
  EXPECT_EQ(geometry.crop.left, 80); // 79.5 to even
  EXPECT_EQ(geometry.crop.top, 16);
  EXPECT_EQ(evaluate_geometry(257, 256, square(224, 256)).crop.left,
            16); // 16.5
  EXPECT_EQ(evaluate_geometry(259, 256, square(224, 256)).crop.left,
            18); // 17.5
  EXPECT_EQ(evaluate_geometry(100, 50, square(32, 32)).width, 64);
}

TEST(Transform, TheCropAlwaysFits) {
  for (int height : {1, 40, 64})
    for (int width : {1, 33, 96})
      for (int resize : {1, 32, 64, 110})
        for (int w : {1, 17, 500})
          for (int h : {1, 23, 800}) {
            evaluation_geometry geometry = evaluate_geometry(
                w, h, {height, width, 3, resize, nullptr, nullptr});
            ASSERT_GE(geometry.crop.left, 0);
            ASSERT_GE(geometry.crop.top, 0);
            ASSERT_LE(geometry.crop.left + width, geometry.width);
            ASSERT_LE(geometry.crop.top + height, geometry.height);
          }
}

TEST(Transform, RandomCropsKeepToTheirLimits) {
  int flips = 0;
  double area = 0, ratios = 0, left = 0;
  constexpr int count = 4000, width = 500, height = 400;
  for (int i = 0; i < count; ++i) {
    random_stream random(3, random_purpose::augment, i);
    training_geometry geometry = draw_geometry(width, height, random);
    const rectangle &crop = geometry.crop;
    ASSERT_TRUE(crop.left >= 0 && crop.left + crop.width <= width &&
                crop.top >= 0 && crop.top + crop.height <= height);
    double ratio = double(crop.width) / crop.height,
           share = double(crop.width) * crop.height / (width * height);
    ASSERT_TRUE(ratio > 0.74 && ratio < 1.35) << ratio;
    ASSERT_TRUE(share > 0.078 && share <= 1) << share;
    area += share;
    ratios += ratio;
    left += crop.left;
    flips += geometry.flip;
  }
  EXPECT_NEAR(flips, count / 2, count / 20);
  // What torchvision's own RandomResizedCrop gives for this size.
  EXPECT_NEAR(area / count, 0.450, 0.015);
  EXPECT_NEAR(ratios / count, 1.042, 0.012);
  EXPECT_NEAR(left / count, 100.7, 5);
}

TEST(Transform, ImagesTooLongForARandomCropGiveTheirMiddle) {
  random_stream random(3, random_purpose::augment, 1);
  rectangle wide = draw_geometry(1000, 10, random).crop;
  EXPECT_EQ(wide.width, 13);
  EXPECT_EQ(wide.height, 10);
  EXPECT_EQ(wide.left, 493);
  rectangle tall = draw_geometry(10, 1000, random).crop;
  EXPECT_EQ(tall.width, 10);
  EXPECT_EQ(tall.height, 13);
  EXPECT_EQ(tall.top, 493);
}

TEST(Transform, AFlippedViewIsTheMirrorOfTheOther) {
  image picture{60, 50, 3, std::vector<uint8_t>(60 * 50 * 3)};
  std::iota(picture.pixels.begin(), picture.pixels.end(), 0);
  transform_spec spec = square(16, 18);
  for (uint64_t id = 0; id < 8; ++id) {
    random_stream random(0, random_purpose::augment, id), again = random;
    training_geometry geometry = draw_geometry(60, 50, random);
    image plain =
        resize_bilinear(picture, geometry.crop, 16, 16, {0, 0, 16, 16});
    image view = training_view(picture, spec, again);
    for (int y = 0; y < 16; ++y)
      for (int x = 0; x < 16; ++x)
        ASSERT_EQ(
            std::memcmp(
                &view.pixels[(y * 16 + x) * 3],
                &plain.pixels[(y * 16 + (geometry.flip ? 15 - x : x)) * 3], 3),
            0);
  }
}

TEST(Transform, NormalisesAsTorch) {
  const double mean[] = {0.485, 0.456, 0.406}, std[] = {0.229, 0.224, 0.225};
  transform_spec spec{1, 2, 3, 1, mean, std};
  const uint8_t pixels[] = {0, 128, 255, 17, 3, 99};
  float floats[6];
  double doubles[6];
  normaliser<float>(spec).normalise(pixels, floats);
  normaliser<double>(spec).normalise(pixels, doubles);
  // torch: Normalize(mean, std)(ToTensor()(image)), bit patterns.
  const uint32_t expected[] = {0xc0078bbd, 0x3e521b48, 0x4028f5c3,
                               0xbfe9d408, 0xbffdd947, 0xbda1b2b9};
  for (int i = 0; i < 6; ++i) {
    uint32_t bits;
    std::memcpy(&bits, &floats[i], 4);
    EXPECT_EQ(bits, expected[i]) << i;
    EXPECT_DOUBLE_EQ(doubles[i], (pixels[i] / 255. - mean[i % 3]) / std[i % 3]);
  }
}

/// (v / 255 - mean) / std in single precision, to the bit, for all values and
/// for counts of pixels that leave a rest; the last scale makes infinities.
TEST(Transform, NormalisesAllValuesExactly) {
  const double means[][3] = {
      {0.485, 0.456, 0.406}, {0.5, 0.5, 0.5}, {0, 1, 0.1307}, {0.3, 0.2, 0.1}};
  const double stds[][3] = {{0.229, 0.224, 0.225},
                            {0.5, 0.5, 0.5},
                            {1, 3e-3, 0.3081},
                            {1e-39, 1e-42, 1e38}};
  for (int scale = 0; scale < 4; ++scale)
    for (int width : {1, 5, 8, 9, 16, 255, 256}) {
      std::vector<uint8_t> pixels(width * 3);
      for (int i = 0; i < width * 3; ++i)
        pixels[i] = static_cast<uint8_t>(i / 3);
      std::vector<float> out(width * 3 + 1, 7);
      normaliser<float>({1, width, 3, 1, means[scale], stds[scale]})
          .normalise(pixels.data(), out.data());
      for (int i = 0; i < width * 3; ++i) {
        float value = (static_cast<float>(i / 3) / 255.f -
                       static_cast<float>(means[scale][i % 3])) /
                      static_cast<float>(stds[scale][i % 3]);
        ASSERT_EQ(std::memcmp(&value, &out[i], sizeof value), 0)
            << scale << " " << width << " " << i;
      }
      ASSERT_EQ(out[width * 3], 7);
    }
}

TEST(Transform, NormalisesOneChannel) {
  const double mean[] = {0.5}, std[] = {0.5};
  const uint8_t pixels[] = {0, 255};
  float out[2];
  normaliser<float>({1, 2, 1, 1, mean, std}).normalise(pixels, out);
  EXPECT_EQ(out[0], -1);
  EXPECT_EQ(out[1], 1);
}

} // namespace
