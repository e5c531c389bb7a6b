// Schedules, metrics, the CPU check and the arena: what the trainer decides by rule.
#include "report/console.h"
#include "report/format.h"
#include "report/line_chart.h"
#include "train/cpu.h"
#include "train/engine.h"
#include "train/interrupt.h"
#include "train/metrics.h"
#include "train/schedule.h"
#include "train/trainer.h"

#include <cmath>
#include <csignal>
#include <gtest/gtest.h>
#include <unistd.h>

using namespace resnetc;

namespace {

TEST(LearningRate, WarmupThenCosine) {
  learning_rate rate{RESNETC_COSINE, 0.1, 1, 1, 1, 3, 10}; // W = 10, T = 30
  EXPECT_DOUBLE_EQ(rate.at(0), 0.01);
  EXPECT_DOUBLE_EQ(rate.at(9), 0.1);
  EXPECT_DOUBLE_EQ(rate.at(10), 0.1);
  EXPECT_NEAR(rate.at(20), 0.05, 1e-15);
  EXPECT_NEAR(rate.at(29), 0.1 * 0.5 * (1 + std::cos(M_PI * 19 / 20)), 1e-15);
}

TEST(LearningRate, StepsByEpoch) {
  learning_rate rate{RESNETC_STEP, 1, 0, 2, 0.1, 5, 4};
  EXPECT_DOUBLE_EQ(rate.at(7), 1);
  EXPECT_DOUBLE_EQ(rate.at(8), 0.1);
  EXPECT_DOUBLE_EQ(rate.at(19), 0.01);
}

TEST(LearningRate, FractionsOfAnEpoch) {
  learning_rate rate{RESNETC_CONSTANT, 0.4, 0.5, 1, 1, 2, 8};
  EXPECT_DOUBLE_EQ(rate.at(0), 0.1);
  EXPECT_DOUBLE_EQ(rate.at(3), 0.4);
  EXPECT_DOUBLE_EQ(rate.at(15), 0.4);
}

TEST(Tally, CrossEntropyAndRanks) {
  tally sum;
  std::vector<double> logits{1, 3, 2, 0, -1, -2, -3};
  sum.add(logits, 1);
  sum.add(logits, 5);
  EXPECT_EQ(sum.images, 2);
  EXPECT_EQ(sum.hits1, 1);
  EXPECT_EQ(sum.hits5, 1);
  double log_sum = 0;
  for (double logit : logits)
    log_sum += std::exp(logit);
  EXPECT_NEAR(sum.loss(), std::log(log_sum) - (3 - 2) / 2.0, 1e-12);
}

TEST(Tally, TiesGoToTheLowestIndex) {
  tally sum;
  sum.add(std::vector<double>{1, 1, 0}, 0);
  sum.add(std::vector<double>{1, 1, 0}, 1);
  EXPECT_EQ(sum.hits1, 1);
  EXPECT_EQ(sum.hits5, 2); // fewer than five classes: always
}

TEST(Tally, LargeLogitsDoNotOverflow) {
  tally sum;
  sum.add(std::vector<double>{1e6, 0}, 1);
  EXPECT_DOUBLE_EQ(sum.loss(), 1e6);
}

TEST(Softmax, SumsToOne) {
  std::vector<double> values{1000, 1000, -1000};
  softmax(values);
  EXPECT_EQ(values, (std::vector<double>{0.5, 0.5, 0}));
}

TEST(Best, HighestTop1ThenLowerLossThenEarlier) {
  epoch_metrics best;
  best.val_top1 = 0.8;
  best.val_loss = 0.5;
  epoch_metrics next = best;
  EXPECT_FALSE(better(next, best));
  next.val_loss = 0.4;
  EXPECT_TRUE(better(next, best));
  next.val_top1 = 0.7;
  EXPECT_FALSE(better(next, best));
  next.val_top1 = 0.9;
  next.val_loss = 9;
  EXPECT_TRUE(better(next, best));
}

TEST(Augmentation, NoneWhereHalfOfTheWorkIsFrozen) {
  resnetc_model model{};
  model.flops = 100;
  model.prefix_flops = 50;
  EXPECT_EQ(choose_augmentation(augment_choice::automatic, model), augmentation::none);
  model.prefix_flops = 49;
  EXPECT_EQ(choose_augmentation(augment_choice::automatic, model), augmentation::crop_flip);
  EXPECT_EQ(choose_augmentation(augment_choice::none, model), augmentation::none);
}

TEST(TrainingBatch, LiesWithinTheTablesLimits) {
  auto error_of = [](std::int64_t batch, std::int64_t smallest) -> std::string {
    resnetc_model model{};
    model.max_batch = 64;
    model.smallest_batch = smallest;
    try {
      check_training_batch(batch, model);
    } catch (const std::runtime_error &e) {
      return e.what();
    }
    return "";
  };
  EXPECT_EQ(error_of(1, 1), "");
  EXPECT_EQ(error_of(2, 2), "");
  EXPECT_EQ(error_of(64, 2), "");
  EXPECT_EQ(error_of(65, 1), "option --batch: got 65, but the trainer was compiled for at most 64; compile it with "
                             "--max-batch=65");
  EXPECT_EQ(error_of(1, 2), "option --batch: got 1, but batch norm needs at least two values a channel, and some maps of "
                            "this model are 1x1; use --batch 2 or more");
}

TEST(Arena, CoversEveryFunction) {
  resnetc_model model{};
  model.feature_batch = 8;
  model.features_arena = {100, 10, 7};
  model.logits_arena = {200, 1, 3};
  model.gradients_arena = {50, 20, 5};
  resnetc_arena inference = arena_for(model, engine_use::inference), training = arena_for(model, engine_use::training);
  EXPECT_EQ(inference.fixed, 208);
  EXPECT_EQ(inference.per_image, 0);
  EXPECT_EQ(inference.per_thread, 7);
  EXPECT_EQ(training.fixed, 208);
  EXPECT_EQ(training.per_image, 20);
  EXPECT_EQ(training.per_thread, 7);
}

TEST(InterruptDeathTest, AFirstOneWaitsForTheGuardsOwner) {
  EXPECT_EXIT(
      {
        handle_interrupts();
        interrupt_guard guard;
        bool before = guard.interrupted();
        raise(SIGINT);
        _exit(!before && guard.interrupted() ? 7 : 8);
      },
      testing::ExitedWithCode(7), "");
  EXPECT_EXIT(
      {
        handle_interrupts();
        interrupt_guard guard;
        raise(SIGINT);
        raise(SIGINT);
        _exit(8);
      },
      testing::ExitedWithCode(interrupted_exit), "");
  EXPECT_EXIT(
      {
        handle_interrupts();
        { interrupt_guard guard; }
        raise(SIGINT);
        _exit(8);
      },
      testing::ExitedWithCode(interrupted_exit), "");
}

bool old_cpu(std::string_view feature) { return feature == "sse2" || feature == "avx2"; }

TEST(Cpu, TakesTheFirstVariantThatRuns) {
  const char *const wide[] = {"avx2", "avx512f", nullptr}, *const narrow[] = {"avx2", nullptr};
  resnetc_model model{};
  model.struct_size = sizeof model;
  resnetc_variant first{}, second{};
  first.model = second.model = &model;
  first.struct_size = second.struct_size = sizeof(resnetc_variant);
  first.abi_version = second.abi_version = RESNETC_ABI_VERSION;
  first.cpu_features = wide;
  first.mcpu = "znver4";
  second.cpu_features = narrow;
  const resnetc_variant *both[] = {&first, &second, nullptr}, *one[] = {&first, nullptr}, *none[] = {nullptr};
  EXPECT_EQ(&choose_variant(both, old_cpu), &second);
  try {
    choose_variant(one, old_cpu);
    FAIL() << "a variant with a missing feature was taken";
  } catch (const std::runtime_error &e) {
    EXPECT_NE(std::string(e.what()).find("this CPU lacks avx512f"), std::string::npos) << e.what();
  }
  EXPECT_THROW(choose_variant(none, old_cpu), std::runtime_error);
  EXPECT_EQ(&choose_variant(one, [](std::string_view) { return true; }), &first);
  model.struct_size = offsetof(resnetc_model, smallest_batch); // of before that field
  EXPECT_THROW(choose_variant(one, [](std::string_view) { return true; }), std::runtime_error);
  model.struct_size = sizeof model;
  first.struct_size = offsetof(resnetc_variant, features_single); // of before that one
  try {
    choose_variant(one, [](std::string_view) { return true; });
    FAIL() << "a variant without fields that the runtime reads was taken";
  } catch (const std::runtime_error &e) {
    EXPECT_NE(std::string(e.what()).find("compiled by an older resnetc"), std::string::npos) << e.what();
  }
  first.struct_size = sizeof first;
  first.abi_version = 99;
  EXPECT_THROW(choose_variant(one, cpu_has), std::runtime_error);
}

// The compiler's own idea of this machine is a second source; its builtin takes literals only.
TEST(Cpu, AgreesWithTheCompilersBuiltin) {
  __builtin_cpu_init();
  std::pair<const char *, bool> known[] = {
      {"sse4.2", __builtin_cpu_supports("sse4.2") != 0},
      {"popcnt", __builtin_cpu_supports("popcnt") != 0},
      {"avx", __builtin_cpu_supports("avx") != 0},
      {"avx2", __builtin_cpu_supports("avx2") != 0},
      {"fma", __builtin_cpu_supports("fma") != 0},
      {"bmi2", __builtin_cpu_supports("bmi2") != 0},
      {"avx512f", __builtin_cpu_supports("avx512f") != 0},
      {"avx512bw", __builtin_cpu_supports("avx512bw") != 0},
      {"avx512vl", __builtin_cpu_supports("avx512vl") != 0},
      {"avx512dq", __builtin_cpu_supports("avx512dq") != 0},
      {"avx512vnni", __builtin_cpu_supports("avx512vnni") != 0},
      {"avx512bf16", __builtin_cpu_supports("avx512bf16") != 0},
      {"gfni", __builtin_cpu_supports("gfni") != 0},
      {"vpclmulqdq", __builtin_cpu_supports("vpclmulqdq") != 0},
  };
  for (auto [name, there] : known)
    EXPECT_EQ(cpu_has(name), there) << name;
  EXPECT_FALSE(cpu_has("no-such-feature"));
}

TEST(Format, Figures) {
  EXPECT_EQ(format_duration(7.4), "0:07");
  EXPECT_EQ(format_duration(3600 * 3 + 5 * 60), "3:05:00");
  EXPECT_EQ(format_percent(0.873), "87.3 %");
  EXPECT_EQ(format_count(11689512), "11,689,512");
  EXPECT_EQ(format_count(999), "999");
  EXPECT_EQ(format_number_of(1, "image"), "1 image");
  EXPECT_EQ(format_number_of(2000, "image"), "2,000 images");
  EXPECT_EQ(format_bytes(512), "512 bytes");
  EXPECT_EQ(format_bytes(2048), "2.0 KB");
  EXPECT_EQ(format_bytes(999600), "1.0 MB");
  EXPECT_EQ(format_bytes(10'000'000'000), "10.0 GB");
  EXPECT_EQ(format_progress({"", 2, 10, 37, 74, 0.5, 0.25, 52.04, 83}).text(120),
            "epoch 2/10 [==========>         ] 37/74  loss 0.5000  acc 25.0 %  52.0 images/s  1:23 left");
  EXPECT_EQ(format_evaluation("evaluation", 640, 1600, 2).text(120),
            "evaluation [========>           ] 640/1600  320 images/s  0:03 left");
  EXPECT_EQ(format_table({{"a", "10"}, {"bcd", "7"}}, {false, true}), "a    10\nbcd   7\n");
}

TEST(LineChart, DrawsWhatIsFinite) {
  double nan = std::nan("");
  std::string svg = charts_as_svg({{"loss", "epoch", {{"a<b", {{1, 2.0}, {2, nan}, {3, 1.0}}}, {"c", {{1, 1e300}}}}},
                                   {"top-1", "epoch", {{"a<b", {{1, 0.5}}}, {"c", {}}}}});
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  EXPECT_EQ(svg.find("inf"), std::string::npos);
  EXPECT_NE(svg.find(">a&lt;b</text>"), std::string::npos);
  EXPECT_EQ(svg.find("a<b"), std::string::npos);
  for (double value : {0.0, 1e10, -1e-300}) // all equal
    EXPECT_EQ(charts_as_svg({{"loss", "epoch", {{"a", {{1, value}, {2, value}}}}}}).find("nan"), std::string::npos) << value;
  EXPECT_NE(charts_as_svg({}).find("</svg>"), std::string::npos);
}

TEST(Format, ASpecInOneLine) {
  EXPECT_EQ(format_spec("resnet18().replace_fc(3)\n"), "resnet18().replace_fc(3)");
  EXPECT_EQ(format_spec("// What\n// for?\r\n\nresnet18() // one\n    .replace_fc(/* \"two */3)\n"
                        "  .weights(\"a //b\")\n// end"),
            "resnet18().replace_fc(3).weights(\"a //b\")");
  EXPECT_EQ(format_spec(""), "");
}

TEST(Format, ProgressFitsTheTerminal) {
  EXPECT_EQ(format_progress({"", 3, 10, 123, 507, 0.5, 0.25, 171.4, 723}).text(79),
            "epoch 3/10 [=>     ] 123/507  loss 0.5000  acc 25.0 %  171 images/s  12:03 left");
  progress_line line{"epoch 1/2", 3, 4, "3/4  loss 0.5000  0:03 left"};
  EXPECT_EQ(line.text(60), "epoch 1/2 [===============>    ] 3/4  loss 0.5000  0:03 left");
  EXPECT_EQ(line.text(50), "epoch 1/2 [=======>  ] 3/4  loss 0.5000  0:03 left");
  EXPECT_EQ(line.text(44), "epoch 1/2 [===>] 3/4  loss 0.5000  0:03 left");
  EXPECT_EQ(line.text(43), "epoch 1/2 3/4  loss 0.5000  0:03 left");
  EXPECT_EQ(line.text(28), "epoch 1/2 3/4  loss 0.5000  ");
  EXPECT_EQ((progress_line{"x", 4, 4, "4/4"}).text(13), "x [=====] 4/4");
  EXPECT_EQ((progress_line{"x", 0, 0, "0/0"}).text(13), "x [>    ] 0/0");
}

} // namespace
