#include "both.h"

using namespace resnetc;

static constexpr const node &find(const graph &g, std::string_view name) {
  for (const node &n : g)
    if (n.name == name)
      return n;
  return g.nodes[0];
}
static constexpr bool trained(const spec &s, std::string_view name) {
  graph g = build(s);
  return find(g, name).weight_trained;
}
static constexpr bn_policy policy(const spec &s, std::string_view name) {
  graph g = build(s);
  return find(g, name).policy;
}

TEST(Edit, RulesApplyInOrder) {
  EXPECT_BOTH(
      trained(resnet18().freeze_all().unfreeze("layer4.*"), "layer4.0.conv1"),
      true);
  EXPECT_BOTH(
      trained(resnet18().unfreeze("layer4.*").freeze_all().replace_fc(2),
              "layer4.0.conv1"),
      false);
  EXPECT_BOTH(resnet18().freeze_all().replace_fc(20).trainable_parameters(),
              10260);
  EXPECT_BOTH(resnet18()
                  .replace_fc(20)
                  .freeze_all()
                  .unfreeze("fc.bias")
                  .trainable_parameters(),
              20);
}

TEST(Edit, FreezeTakesUpToEightPatterns) {
  EXPECT_BOTH(resnet18()
                  .freeze("conv1", "bn1", "layer1", "layer2", "layer3",
                          "layer4.0", "layer4.1", "fc.weight")
                  .trainable_parameters(),
              1000);
}

TEST(Edit, AWeightAndABiasAreApart) {
  static constexpr auto m = resnet18().freeze("layer1.0.bn1.weight");
  EXPECT_BOTH(find(build(m), "layer1.0.bn1").weight_trained, false);
  EXPECT_BOTH(find(build(m), "layer1.0.bn1").bias_trained, true);
}

TEST(Edit, FreezeUntilStopsBeforeItsLayer) {
  static constexpr auto m = resnet18().freeze_until("layer3");
  EXPECT_BOTH(trained(m, "conv1"), false);
  EXPECT_BOTH(trained(m, "layer2.1.bn2"), false);
  EXPECT_BOTH(trained(m, "layer3.0.conv1"), true);
  EXPECT_BOTH(resnet18().freeze_until("fc.bias").trainable_parameters(), 1000);
}

TEST(Edit, ThePolicyGoesWithTheRuleThatFroze) {
  EXPECT_BOTH(policy(resnet18().freeze_all(bn::batch).replace_fc(2), "bn1") ==
                  bn::batch,
              true);
  EXPECT_BOTH(policy(resnet18().freeze("layer1", bn::batch), "layer1.0.bn1") ==
                  bn::batch,
              true);
  EXPECT_BOTH(policy(resnet18().freeze("layer1", bn::batch), "bn1") ==
                  bn::running,
              true);
  EXPECT_BOTH(policy(resnet18().freeze_until("layer2", bn::batch), "bn1") ==
                  bn::batch,
              true);
  EXPECT_BOTH(
      policy(resnet18().freeze_all(bn::batch).freeze("bn1").replace_fc(2),
             "bn1") == bn::running,
      true);
}

TEST(Edit, AReplacedLayerIsTrained) {
  static constexpr auto m = resnet18().freeze("fc").replace_fc(7);
  EXPECT_BOTH(find(build(m), "fc").weight_trained, true);
  EXPECT_BOTH(find(build(m), "fc").replaced, true);
  EXPECT_BOTH(m.classes(), 7);
  EXPECT_BOTH(m.replace("fc", seq(linear(5))).replace_fc(9).classes(), 9);
}

TEST(Edit, Mistakes) {
  EXPECT_MISTAKE(resnet18().freeze_all(),
                 "nothing is left to train; add .replace_fc(classes) or "
                 ".unfreeze(\"fc\") after it");
  EXPECT_MISTAKE(resnet18().freeze_until("conv1"),
                 "nothing comes before \"conv1\"; name the first layer that "
                 "stays trained, such as \"layer4\"");
  EXPECT_MISTAKE(resnet18().freeze("fc", bn::batch, "bn1"),
                 "a bn policy must be the last argument");
  EXPECT_MISTAKE(resnet18().freeze("a", "b", "c", "d", "e", "f", "g", "h", "i"),
                 "freeze takes 1 to 8 patterns, got 9");
  EXPECT_MISTAKE(resnet18().freeze(bn::batch),
                 "freeze takes 1 to 8 patterns, got 0");
  EXPECT_MISTAKE(resnet18().unfreeze("fc", bn::batch),
                 "unfreeze takes no bn policy: a trained batch norm uses the "
                 "batch's statistics");
  EXPECT_MISTAKE(
      resnet18().freeze(
          "a..............................................................."),
      "a pattern must have at most 63 characters");
  EXPECT_MISTAKE(resnet18().freeze("*.running_mean"),
                 "no layer matches \"*.running_mean\"; see the names of "
                 "torchvision, such as \"layer1.0.conv1.weight\"");
  EXPECT_MISTAKE(resnet18()
                     .replace_fc(20)
                     .replace("fc", seq(relu(), linear(5)))
                     .freeze("fc.0"),
                 "no layer matches \"fc.0\"; \"fc\" has 1");
}

TEST(Edit, TooManyRules) {
  spec s = resnet18();
  for (int i = 0; i < max_rules; ++i)
    s = s.freeze("conv1");
  EXPECT_TRUE(s.valid());
  s = s.freeze("conv1");
  EXPECT_STREQ(build(s).error.what.c_str(),
               "more than 64 rules; join patterns with *");
}
