#include "both.h"

using namespace resnetc;

/// The name of the i-th tensor of the state_dict.
static constexpr text<63> tensor_name(const spec &s, int wanted) {
  graph g = build(s);
  text<63> found;
  int i = 0;
  for_each_parameter(g, [&](const parameter &p) {
    if (i++ == wanted)
      found = parameter_name(g, p);
  });
  return found;
}

static constexpr int tensors(const spec &s) {
  graph g = build(s);
  int n = 0;
  for_each_parameter(g, [&](const parameter &) { ++n; });
  return n;
}

TEST(Graph, TensorsStandInTheOrderOfTheStateDict) {
  EXPECT_BOTH(tensors(resnet18()), 122);
  EXPECT_BOTH(tensors(resnet50()), 320);
  EXPECT_BOTH(tensor_name(resnet18(), 0) == "conv1.weight", true);
  EXPECT_BOTH(tensor_name(resnet18(), 5) == "bn1.num_batches_tracked", true);
  EXPECT_BOTH(tensor_name(resnet50(), 18) == "layer1.0.conv3.weight", true);
  EXPECT_BOTH(tensor_name(resnet50(), 24) == "layer1.0.downsample.0.weight",
              true);
  EXPECT_BOTH(tensor_name(resnet50(), 30) == "layer1.1.conv1.weight", true);
  EXPECT_BOTH(tensor_name(resnet18(), 121) == "fc.bias", true);
}

static constexpr text<16> hash(const spec &s) { return spec_hash(build(s)); }

TEST(Graph, TheHashCoversWhatACheckpointMustAgreeOn) {
  static constexpr auto base = resnet18().replace_fc(20);
  EXPECT_BOTH(hash(base) == hash(base.replace_fc(21)), false);
  EXPECT_BOTH(hash(base) == hash(base.input(64, 64)), false);
  EXPECT_BOTH(hash(base) == hash(base.channels(1)), false);
  EXPECT_BOTH(hash(base) == hash(base.width(32)), false);
  EXPECT_BOTH(hash(base) == hash(base.stem(stem::small)), false);
  EXPECT_BOTH(hash(base) == hash(resnet34().replace_fc(20)), false);
  EXPECT_BOTH(hash(resnet18()) == hash(resnet18().replace_fc(1000)), false);
}

TEST(Graph, TheHashLeavesOutFreezingAndTraining) {
  static constexpr auto base = resnet18().replace_fc(20);
  EXPECT_BOTH(hash(base) == hash(base.freeze("layer1")), true);
  EXPECT_BOTH(hash(base) == hash(base.epochs(3).optimizer(adam(1)).resize(256)),
              true);
  EXPECT_BOTH(hash(base) == hash(resnet(basic, {2, 2, 2, 2}).replace_fc(20)),
              true);
}

TEST(Graph, TheHashIsStable) {
  EXPECT_BOTH(
      hash(resnet18().freeze_all().replace_fc(20)) == "cf5fb77917ab4cb0", true);
}
