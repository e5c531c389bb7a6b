#include "both.h"

using namespace resnetc;

static constexpr auto head_model = resnet18().freeze_all().replace(
    "fc", seq(dropout(0.2), linear(256), relu(), linear(20)));

static constexpr text<63> name_of(const graph &g, int from_end) {
  return g.nodes[g.count - from_end].name.view();
}

TEST(Layers, AHeadIsNamedAsSequentialNamesIt) {
  EXPECT_BOTH(name_of(build(head_model), 3) == "fc.1", true);
  EXPECT_BOTH(name_of(build(head_model), 1) == "fc.3", true);
  EXPECT_BOTH(head_model.classes(), 20);
  EXPECT_BOTH(head_model.trainable_parameters(),
              512 * 256 + 256 + 256 * 20 + 20);
}

TEST(Layers, Mistakes) {
  EXPECT_MISTAKE(resnet18().replace("fc", seq(linear(0))),
                 "linear's number of outputs must be a whole number from 1 to "
                 "1000000, got 0");
  EXPECT_MISTAKE(resnet18().replace("fc", seq(dropout(1.5), linear(2))),
                 "dropout's rate must be at least 0 and below 1, got 1.5");
  EXPECT_MISTAKE(resnet18().replace("fc", seq(linear(2), relu())),
                 "the last layer of seq must be linear(classes)");
  EXPECT_MISTAKE(resnet18().replace(
                     "fc", seq(relu(), relu(), relu(), relu(), relu(), relu(),
                               relu(), relu(), relu(), relu(), relu(), relu(),
                               relu(), relu(), relu(), relu(), linear(2))),
                 "seq takes at most 16 layers");
  EXPECT_MISTAKE(resnet18().replace("layer4", seq(linear(2))),
                 "only \"fc\" can be replaced, got \"layer4\"");
}
