// Where the time of a step goes, and the picture of it.
#include "measure/bandwidth.h"
#include "measure/layer_times.h"
#include "measure/peak.h"
#include "report/roofline.h"

#include <chrono>
#include <gtest/gtest.h>
#include <regex>
#include <thread>

namespace {

using namespace resnetc;
using namespace std::chrono_literals;

void forward(const resnetc_call *, int64_t, int64_t, int32_t) {}
void weights(const resnetc_call *, int64_t, int64_t, int32_t) {}
void gradient(const resnetc_call *, int64_t, int64_t, int32_t) {}
void last(const resnetc_call *, int64_t, int64_t, int32_t) {}
void pool(const resnetc_call *, int64_t, int64_t, int32_t) {}
void norm(const resnetc_call *, int64_t, int64_t, int32_t) {}
void both(const resnetc_call *, int64_t, int64_t, int32_t) {}
void foreign(const resnetc_call *, int64_t, int64_t, int32_t) {}

// Two layers, whose order in the table of works is not the network's.
struct table {
  resnetc_tensor tensors[2]{};
  resnetc_work works[6] = {{sizeof(resnetc_work), RESNETC_OTHER, "max pool", 0, 0, 0},   {sizeof(resnetc_work), RESNETC_FORWARD, "fc", 30, 0, 0},
                           {sizeof(resnetc_work), RESNETC_DW, "conv1", 10, 0, 0},        {sizeof(resnetc_work), RESNETC_OTHER, "batch norm", 0, 0, 0},
                           {sizeof(resnetc_work), RESNETC_FORWARD, "conv1", 10, 0, 0},   {sizeof(resnetc_work), RESNETC_FORWARD, "unused", 10, 0, 0}};
  resnetc_loop loops[8] = {{sizeof(resnetc_loop), 4, forward}, {sizeof(resnetc_loop), 4, weights}, {sizeof(resnetc_loop), 2, gradient},
                           {sizeof(resnetc_loop), 1, last},    {sizeof(resnetc_loop), 0, pool},    {sizeof(resnetc_loop), 3, norm},
                           {sizeof(resnetc_loop), 2, both},    {sizeof(resnetc_loop), 1, both}};
  resnetc_model model{};
  resnetc_variant variant{};

  table() {
    tensors[0].name = "conv1.weight";
    tensors[1].name = "fc.weight";
    model.tensors = tensors;
    model.tensor_count = 2;
    variant.model = &model;
    variant.works = works;
    variant.work_count = std::size(works);
    variant.loops = loops;
    variant.loop_count = std::size(loops);
  }
};

TEST(LayerTimes, AddsUpLoopsByPartAndStep) {
  table table;
  layer_times times(table.variant);
  for (int step : {3, 1, 2}) {
    times.begin_step();
    (*times.loops())[forward] += step * 10ms;
    (*times.loops())[weights] += step * 1ms; // the same layer's
    (*times.loops())[gradient] += step * 20ms;
    (*times.loops())[last] += step * 4ms;
    (*times.loops())[pool] += step * 5ms;
    (*times.loops())[norm] += step * 6ms;
    (*times.loops())[both] += step * 8ms; // of two layers: 10 and 30 FLOPs
    (*times.loops())[foreign] += step * 7ms; // of no part
    times.end_step(step * 0.1);
  }
  struct {
    std::string layer, name;
    double seconds;
  } expected[] = {{"conv1", "forward", 0.011}, {"conv1", "dw", 0.022}, {"fc", "forward", 0.010},
                  {"", "batch norm", 0.006},   {"", "max pool", 0.005}, {"", "the rest", 0.046}};
  std::vector<part_times> parts = times.parts();
  ASSERT_EQ(parts.size(), std::size(expected));
  for (std::size_t i = 0; i < parts.size(); ++i) {
    EXPECT_EQ(layer_of(parts[i]), expected[i].layer);
    EXPECT_EQ(name_of(parts[i]), expected[i].name);
    EXPECT_NEAR(parts[i].best, expected[i].seconds, 1e-9);
    EXPECT_NEAR(parts[i].median, 2 * expected[i].seconds, 1e-9);
    EXPECT_NEAR(parts[i].share, 10 * expected[i].seconds, 1e-9);
  }
}

TEST(LayerTimes, KnowsNothingOfAVariantWithoutLoops) {
  resnetc_model model{};
  resnetc_variant variant{};
  variant.model = &model;
  layer_times times(variant);
  EXPECT_EQ(times.parts().size(), 0u);
  times.begin_step();
  (*times.loops())[forward] += 1ms;
  times.end_step(0.5);
  std::vector<part_times> parts = times.parts();
  ASSERT_EQ(parts.size(), 1u);
  EXPECT_EQ(name_of(parts[0]), "the rest");
  EXPECT_EQ(parts[0].best, 0.5);
  EXPECT_EQ(parts[0].share, 1);
}

// Coordinates of the marks of a picture, circles alone.
std::vector<std::pair<double, double>> circles(const std::string &svg) {
  std::regex pattern("<circle cx=\"([0-9.]+)\" cy=\"([0-9.]+)\"[^>]*><title>");
  std::vector<std::pair<double, double>> found;
  for (std::sregex_iterator i(svg.begin(), svg.end(), pattern), end; i != end; ++i)
    found.emplace_back(std::stod((*i)[1]), std::stod((*i)[2]));
  return found;
}

TEST(Roofline, PlacesMarksByTheirLogarithms) {
  roofline picture{"a < b", 100, 10, {"forward"}, {}};
  for (double scale : {1.0, 10.0, 100.0})
    picture.marks.push_back({"layer", 0, scale, scale, 0.1, "about & more"});
  std::string svg = roofline_as_svg(picture);
  auto at = circles(svg);
  ASSERT_EQ(at.size(), 3u);
  EXPECT_NEAR(at[1].first - at[0].first, at[2].first - at[1].first, 0.2);
  EXPECT_NEAR(at[1].second - at[0].second, at[2].second - at[1].second, 0.2);
  EXPECT_GT(at[2].first, at[0].first);
  EXPECT_LT(at[2].second, at[0].second); // up is fast
  // The roof bends where 10 FLOPs a byte give the peak, at the second mark's place and the third's height.
  std::smatch roof;
  ASSERT_TRUE(std::regex_search(svg, roof, std::regex("d=\"M[0-9.]+ [0-9.]+L([0-9.]+) ([0-9.]+)H")));
  EXPECT_NEAR(std::stod(roof[1]), at[1].first, 0.2);
  EXPECT_NEAR(std::stod(roof[2]), at[2].second, 0.2);
  EXPECT_NE(svg.find("a &lt; b"), svg.npos);
  EXPECT_NE(svg.find("<title>about &amp; more</title>"), svg.npos);
  EXPECT_NE(svg.find(">layer</text>"), svg.npos);
}

TEST(Roofline, LeavesOutLabelsThatMeetOthers) {
  roofline picture{"", 100, 10, {"forward"}, {}};
  for (int i = 0; i < 40; ++i)
    picture.marks.push_back({"number " + std::to_string(10 + i), 0, 40, 20, 0.02, ""});
  picture.marks.push_back({"twice", 0, 20, 5, 0.02, ""});
  picture.marks.push_back({"twice", 0, 10, 5, 0.03, ""});
  std::string svg = roofline_as_svg(picture);
  auto count = [&](const std::string &text) {
    std::size_t found = 0;
    for (std::size_t at = svg.find(text); at != svg.npos; at = svg.find(text, at + 1))
      ++found;
    return found;
  };
  EXPECT_EQ(count(">twice<"), 1u);
  std::size_t labels = count(">number ");
  EXPECT_GT(labels, 0u);
  EXPECT_LE(labels, 8u); // on each side and at each corner
}

TEST(Machine, HasLimits) {
  double one = fma_peak(1, 0.02);
  EXPECT_GT(one, 0.5); // GFLOP/s, even of a slow machine under a sanitizer
  EXPECT_LT(one, 1000);
  EXPECT_GT(memory_bandwidth(1), 0.1);
}

} // namespace
