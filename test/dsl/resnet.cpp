#include "both.h"

using namespace resnetc;

TEST(Resnet, CountsAreTorchvisions) {
  EXPECT_BOTH(resnet18().parameters(), 11689512);
  EXPECT_BOTH(resnet34().parameters(), 21797672);
  EXPECT_BOTH(resnet50().parameters(), 25557032);
  EXPECT_BOTH(resnet101().parameters(), 44549160);
  EXPECT_BOTH(resnet152().parameters(), 60192808);
  EXPECT_BOTH(resnet18().flops(), 3628146688);
  EXPECT_BOTH(resnet18().classes(), 1000);
  EXPECT_BOTH(resnet18().trainable_parameters(), 11689512);
  EXPECT_BOTH(resnet18().freeze_all().replace_fc(20).trainable_parameters(),
              10260);
}

TEST(Resnet, TheGeneralModelIsTheSame) {
  EXPECT_BOTH(resnet(basic, {2, 2, 2, 2}).parameters(), 11689512);
  EXPECT_BOTH(resnet(bottleneck, {3, 4, 6, 3}).parameters(), 25557032);
}

TEST(Resnet, SettingsStandAnywhereAndTheLastOneCounts) {
  EXPECT_BOTH(resnet18()
                  .replace_fc(3)
                  .channels(1)
                  .freeze("conv1")
                  .width(16)
                  .parameters(),
              resnet18().width(16).channels(1).replace_fc(3).parameters());
  EXPECT_BOTH(build(resnet18().input(8, 8).input(64, 48)).width, 48);
}

TEST(Resnet, ResizeFollowsTheInput) {
  EXPECT_BOTH(build(resnet18()).resize, 256);
  EXPECT_BOTH(build(resnet18().input(32, 32)).resize, 36);
  EXPECT_BOTH(build(resnet18().input(96, 65)).resize, 109);
  EXPECT_BOTH(build(resnet18().input(299, 299)).resize, 341);
  EXPECT_BOTH(build(resnet18().input(48, 48).resize(48)).resize, 48);
}

TEST(Resnet, NormalizationFollowsTheChannels) {
  EXPECT_BOTH(build(resnet18()).mean[1], 0.456);
  EXPECT_BOTH(build(resnet18().channels(1)).std[0], 0.5);
  EXPECT_BOTH(build(resnet18().channels(1).normalize({0.1}, {0.3})).std[0],
              0.3);
}

TEST(Resnet, Mistakes) {
  EXPECT_MISTAKE(
      resnet18().input(0, 3),
      "the input's height must be a whole number from 1 to 8192, got 0");
  EXPECT_MISTAKE(
      resnet18().channels(65),
      "the number of channels must be a whole number from 1 to 64, got 65");
  EXPECT_MISTAKE(resnet18().width(-1),
                 "the width must be a whole number from 1 to 4096, got -1");
  EXPECT_MISTAKE(resnet18().input(64, 64).resize(32),
                 "resize must be at least the input's longer side, 64, got 32");
  EXPECT_MISTAKE(resnet18().normalize({0.5}, {0.5}),
                 "normalize takes one number a channel: expected 3, got 1");
  EXPECT_MISTAKE(resnet18().normalize({0.5, 0.5, 0.5}, {0.5, 0, 0.5}),
                 "a standard deviation must be above 0, got 0");
  EXPECT_MISTAKE(resnet(basic, {2, 2, 2}),
                 "resnet takes the number of blocks of 4 stages, got 3");
  EXPECT_MISTAKE(
      resnet(basic, {2, 2, 2, 0}),
      "a stage's number of blocks must be a whole number from 1 to 86, got 0");
  EXPECT_MISTAKE(resnet(bottleneck, {20, 20, 20, 20}),
                 "the number of blocks in all stages must be a whole number "
                 "from 4 to 60, got 80");
}

TEST(Resnet, QueriesOfAWrongSpecGiveNothing) {
  EXPECT_BOTH(resnet18().width(0).parameters(), 0);
  EXPECT_BOTH(resnet18().freeze("x").flops(), 0);
  EXPECT_BOTH(resnet18().freeze_all().valid(), false);
  EXPECT_BOTH(resnet18().valid(), true);
}
