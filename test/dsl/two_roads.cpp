// A .rdsl file means the same to a C++ compiler, which #includes it, and to
// resnetc's parser: the same graph, the same MLIR.
#include "Driver/GraphPrinter.h"
#include "Driver/SpecText.h"
#include "Frontend/Parser.h"
#include "Pipelines.h"

#include <resnetc/dsl.h>

#include "llvm/Support/MemoryBuffer.h"

#include <gtest/gtest.h>

using namespace resnetc;

#define ROAD(name) static constexpr auto name =
// clang-format off
ROAD(food)
#include "models/food.rdsl"
;
ROAD(scratch18)
#include "models/scratch18.rdsl"
;
ROAD(tail34)
#include "models/tail34.rdsl"
;
ROAD(head50)
#include "models/head50.rdsl"
;
ROAD(norms101)
#include "models/norms101.rdsl"
;
ROAD(middle152)
#include "models/middle152.rdsl"
;
ROAD(cifar)
#include "models/cifar.rdsl"
;
ROAD(every_call)
#include "test/dsl/Inputs/every_call.rdsl"
;
ROAD(every_rule)
#include "test/dsl/Inputs/every_rule.rdsl"
;
// clang-format on

static graph parsed(llvm::StringRef text) {
  std::string errors;
  llvm::raw_string_ostream out(errors);
  std::optional<graph> g = parseSpec(text, "spec", out);
  EXPECT_TRUE(g) << errors;
  return g ? *g : graph();
}

static std::string mlirText(const graph &g) {
  std::string text, errors;
  llvm::raw_string_ostream out(text), err(errors);
  EXPECT_TRUE(compile(g, {}, Emit::MLIR, out, err)) << errors;
  return text;
}

static std::string printed(const graph &g) {
  std::string text;
  llvm::raw_string_ostream out(text);
  printGraph(g, out);
  return text;
}

static void expectSameTraining(const training &a, const training &b) {
  EXPECT_EQ(a.optimizer.kind, b.optimizer.kind);
  EXPECT_EQ(a.optimizer.lr, b.optimizer.lr);
  EXPECT_EQ(a.optimizer.mu, b.optimizer.mu);
  EXPECT_EQ(a.optimizer.decay, b.optimizer.decay);
  EXPECT_EQ(a.optimizer.lookahead, b.optimizer.lookahead);
  EXPECT_EQ(a.schedule.kind, b.schedule.kind);
  EXPECT_EQ(a.schedule.every, b.schedule.every);
  EXPECT_EQ(a.schedule.factor, b.schedule.factor);
  EXPECT_EQ(a.schedule.warmup_epochs, b.schedule.warmup_epochs);
  EXPECT_EQ(a.epochs, b.epochs);
  EXPECT_EQ(a.label_smoothing, b.label_smoothing);
  EXPECT_EQ(a.weights.view(), b.weights.view());
}

/// Everything but the places of rules, which C++ knows only roughly.
static void expectSame(const graph &a, const graph &b) {
  EXPECT_EQ(printed(a), printed(b));
  EXPECT_EQ(spec_hash(a).view(), spec_hash(b).view());
  for (int c = 0; c < max_channels; ++c) {
    EXPECT_EQ(a.mean[c], b.mean[c]);
    EXPECT_EQ(a.std[c], b.std[c]);
  }
  expectSameTraining(a.training, b.training);
  EXPECT_EQ(mlirText(a), mlirText(b));
}

static void expectSameRoads(const spec &model, const char *path) {
  auto file = llvm::MemoryBuffer::getFile(path);
  ASSERT_TRUE(bool(file)) << path;
  graph g = build(model);
  expectSame(g, parsed((*file)->getBuffer()));
  expectSame(g, parsed(specText(
                    model))); // the text that a C++ model's trainer carries
}

TEST(TwoRoads, Food) { expectSameRoads(food, SOURCE_DIR "/models/food.rdsl"); }
TEST(TwoRoads, Scratch18) {
  expectSameRoads(scratch18, SOURCE_DIR "/models/scratch18.rdsl");
}
TEST(TwoRoads, Tail34) {
  expectSameRoads(tail34, SOURCE_DIR "/models/tail34.rdsl");
}
TEST(TwoRoads, Head50) {
  expectSameRoads(head50, SOURCE_DIR "/models/head50.rdsl");
}
TEST(TwoRoads, Norms101) {
  expectSameRoads(norms101, SOURCE_DIR "/models/norms101.rdsl");
}
TEST(TwoRoads, Middle152) {
  expectSameRoads(middle152, SOURCE_DIR "/models/middle152.rdsl");
}
TEST(TwoRoads, Cifar) {
  expectSameRoads(cifar, SOURCE_DIR "/models/cifar.rdsl");
}
TEST(TwoRoads, EveryCall) {
  expectSameRoads(every_call, SOURCE_DIR "/test/dsl/Inputs/every_call.rdsl");
}
TEST(TwoRoads, EveryRule) {
  expectSameRoads(every_rule, SOURCE_DIR "/test/dsl/Inputs/every_rule.rdsl");
}

TEST(Emit, WritesWhatResnetcWrites) {
  std::string path = testing::TempDir() + "/food.graph";
  ASSERT_EQ(emit<food>("graph", path.c_str()), 0);
  auto file = llvm::MemoryBuffer::getFile(path);
  ASSERT_TRUE(bool(file));
  EXPECT_EQ((*file)->getBuffer().str(), printed(build(food)));
  EXPECT_EQ(emit<food>("picture", path.c_str()), 1);
}
