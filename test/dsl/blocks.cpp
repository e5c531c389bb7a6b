#include "both.h"

using namespace resnetc;

static constexpr const node *find(const graph &g, std::string_view name) {
  for (const node &n : g)
    if (n.name == name)
      return &n;
  return nullptr;
}
static constexpr shape out(const spec &s, std::string_view name) {
  graph g = build(s);
  return find(g, name)->out;
}
static constexpr bool has(const spec &s, std::string_view name) {
  graph g = build(s);
  return find(g, name) != nullptr;
}

TEST(Blocks, TheBottlenecksStrideSitsOnThe3x3) {
  EXPECT_BOTH(out(resnet50(), "layer2.0.conv1"), (shape{128, 56, 56}));
  EXPECT_BOTH(out(resnet50(), "layer2.0.conv2"), (shape{128, 28, 28}));
  EXPECT_BOTH(out(resnet50(), "layer2.0.conv3"), (shape{512, 28, 28}));
}

TEST(Blocks, DownsamplesStandWhereTheShapeChanges) {
  EXPECT_BOTH(has(resnet18(), "layer1.0.downsample.0"), false);
  EXPECT_BOTH(has(resnet18(), "layer2.0.downsample.1"), true);
  EXPECT_BOTH(has(resnet18(), "layer2.1.downsample.0"), false);
  EXPECT_BOTH(has(resnet50(), "layer1.0.downsample.0"), true);
}

TEST(Blocks, Stems) {
  EXPECT_BOTH(out(resnet18(), "conv1"), (shape{64, 112, 112}));
  EXPECT_BOTH(out(resnet18(), "layer1.0.conv1"), (shape{64, 56, 56}));
  EXPECT_BOTH(out(resnet18().stem(stem::small).input(32, 32), "layer1.0.conv1"),
              (shape{64, 32, 32}));
}

TEST(Blocks, EveryInputThatPyTorchAccepts) {
  EXPECT_BOTH(out(resnet18().input(1, 1), "layer4.1.conv2"),
              (shape{512, 1, 1}));
  EXPECT_BOTH(out(resnet18().input(97, 65), "layer4.1.conv2"),
              (shape{512, 4, 3}));
  EXPECT_BOTH(out(resnet18().stem(stem::small).input(28, 28), "layer4.1.conv2"),
              (shape{512, 4, 4}));
}

TEST(Blocks, TheLargestGraphsFit) {
  EXPECT_TRUE(resnet(basic, {1, 1, 1, max_blocks(basic) - 3}).valid());
  EXPECT_TRUE(
      resnet(bottleneck, {1, 1, 1, max_blocks(bottleneck) - 3}).valid());
  EXPECT_FALSE(
      resnet(bottleneck, {1, 1, 1, max_blocks(bottleneck) - 2}).valid());
}
