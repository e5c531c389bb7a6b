#include "both.h"

using namespace resnetc;

TEST(Suggest, GlobsCoverNamesAndModules) {
  EXPECT_BOTH(matches("layer1", "layer1.0.conv1", "weight"), true);
  EXPECT_BOTH(matches("layer1.*", "layer1.0.conv1", "weight"), true);
  EXPECT_BOTH(matches("layer1.0.conv1", "layer1.0.conv1", "weight"), true);
  EXPECT_BOTH(matches("layer1.0.conv1.weight", "layer1.0.conv1", "weight"),
              true);
  EXPECT_BOTH(matches("*.bn1", "layer1.0.bn1", "bias"), true);
  EXPECT_BOTH(matches("*.bias", "layer1.0.bn1", "bias"), true);
  EXPECT_BOTH(matches("*1*1.b*", "layer1.0.bn1", "bias"), true);
  EXPECT_BOTH(matches("layer?.0", "layer3.0.bn1", "bias"), true);
  EXPECT_BOTH(matches("*", "fc", "weight"), true);
}

TEST(Suggest, GlobsEndAtComponents) {
  EXPECT_BOTH(matches("layer", "layer1.0.conv1", "weight"), false);
  EXPECT_BOTH(matches("layer1.1", "layer1.10.conv1", "weight"), false);
  EXPECT_BOTH(matches("conv1", "layer1.0.conv1", "weight"), false);
  EXPECT_BOTH(matches("*.bn1", "bn1", "weight"), false);
  EXPECT_BOTH(matches("", "fc", "weight"), false);
  EXPECT_BOTH(matches("fc.weight.x", "fc", "weight"), false);
}

TEST(Suggest, TheNearestLayerIsMeant) {
  EXPECT_MISTAKE(resnet18().freeze("layer5.*"),
                 "no layer matches \"layer5.*\"; did you mean \"layer4.*\"?");
  EXPECT_MISTAKE(resnet18().freeze("layr2"),
                 "no layer matches \"layr2\"; did you mean \"layer2\"?");
  EXPECT_MISTAKE(
      resnet50().freeze("layer3.0.cnv3"),
      "no layer matches \"layer3.0.cnv3\"; did you mean \"layer3.0.conv3\"?");
  EXPECT_MISTAKE(resnet18().freeze("fc.wieght"),
                 "no layer matches \"fc.wieght\"; did you mean \"fc.weight\"?");
}

TEST(Suggest, WhatIsMeantIsThere) {
  EXPECT_MISTAKE(resnet18().freeze("layr1.0.cnv1"),
                 "no layer matches \"layr1.0.cnv1\"; did you mean "
                 "\"layer1.0.conv1\"?");
  EXPECT_MISTAKE(resnet18().freeze("layr1.5"),
                 "no layer matches \"layr1.5\"; \"layer1\" has 0, 1");
  EXPECT_MISTAKE(resnet18().freeze("leyer4.*.cnov1"),
                 "no layer matches \"leyer4.*.cnov1\"; see the names of "
                 "torchvision, such as \"layer1.0.conv1.weight\"");
  EXPECT_MISTAKE(resnet18().freeze("conv1.weight.x"),
                 "no layer matches \"conv1.weight.x\"; \"conv1.weight\" has "
                 "nothing below it");
}

TEST(Suggest, DistancesFollowTheFingers) {
  EXPECT_BOTH(distance("sdg", "sgd"), 24);
  EXPECT_BOTH(distance("replaceFc", "replace_fc"), 28);
  EXPECT_BOTH(distance("", "abc"), 72);
  EXPECT_BOTH(distance("abc", "abc"), 0);
  EXPECT_BOTH(distance("layer5", "layer4") < distance("layer5", "layer1"), true);
}

TEST(Suggest, WithoutANearOneSaysWhatThereIs) {
  EXPECT_MISTAKE(resnet18().freeze("layer4.head"),
                 "no layer matches \"layer4.head\"; \"layer4\" has 0, 1");
  EXPECT_MISTAKE(resnet18().freeze("encoder"),
                 "no layer matches \"encoder\"; the layers are conv1, bn1, "
                 "layer1, layer2, layer3, layer4, fc");
  EXPECT_MISTAKE(resnet18().freeze("*.conv9"),
                 "no layer matches \"*.conv9\"; see the names of torchvision, "
                 "such as \"layer1.0.conv1.weight\"");
}
