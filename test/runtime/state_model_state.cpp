// A model's state in memory: initial values, and what load_weights takes and refuses.
#include "state/load_weights.h"
#include "state/safetensors.h"

#include "state_files.h"
#include "state_model.h"

#include <sys/resource.h>

#include <cmath>
#include <csignal>
#include <cstring>
#include <fstream>
#include <optional>

using namespace resnetc;

namespace {

std::vector<float> values(const model_state &state, const resnetc_tensor &tensor) {
  const auto *data = reinterpret_cast<const float *>(state.get(tensor));
  int64_t count = 1;
  for (int d = 0; d < tensor.rank; ++d)
    count *= tensor.shape[d];
  return {data, data + count};
}

/// Mean and standard deviation.
std::pair<double, double> moments(const std::vector<float> &x) {
  double sum = 0, squares = 0;
  for (float v : x)
    sum += v, squares += double(v) * v;
  const double mean = sum / static_cast<double>(x.size());
  return {mean, std::sqrt(squares / static_cast<double>(x.size()) - mean * mean)};
}

TEST(ModelState, AlignsItsBuffersAndZeroesThem) {
  table t;
  fill_small(t);
  t.conv("large", 512, 512, 3);
  t.model.frozen_derived_size = 64;
  const model_state state(t.variant());
  resnetc_call call = {};
  state.bind(call);
  for (void *buffer : {call.frozen, call.trained, call.stats, call.frozen_derived, call.trained_derived})
    EXPECT_EQ(reinterpret_cast<uintptr_t>(buffer) % 64, 0u);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(call.frozen) % (2 << 20), 0u);
  const auto *frozen = static_cast<const float *>(call.frozen);
  EXPECT_TRUE(std::all_of(frozen, frozen + t.model.frozen_size, [](float v) { return v == 0; }));
}

TEST(ModelState, InitialisesAsPyTorchDoes) {
  table t;
  t.conv("conv", 64, 32, 3);
  t.batch_norm("bn", 40);
  t.linear("fc", 100, 400);
  model_state state(t.variant());
  state.initialise_all(5);
  const auto [mean, deviation] = moments(values(state, t["conv"]));
  EXPECT_NEAR(mean, 0, 0.001);
  EXPECT_NEAR(deviation, std::sqrt(2.0 / (64 * 9)), 0.001);
  EXPECT_EQ(values(state, t["bn.weight"]), std::vector<float>(40, 1));
  EXPECT_EQ(values(state, t["bn.bias"]), std::vector<float>(40, 0));
  EXPECT_EQ(values(state, t["bn.running_mean"]), std::vector<float>(40, 0));
  EXPECT_EQ(values(state, t["bn.running_var"]), std::vector<float>(40, 1));
  EXPECT_EQ(state.counter(t["bn.num_batches_tracked"]), 0);
  for (const char *name : {"fc.weight", "fc.bias"}) {
    const std::vector<float> x = values(state, t[name]);
    const auto [low, high] = std::minmax_element(x.begin(), x.end());
    EXPECT_GE(*low, -0.05f) << name;
    EXPECT_LE(*high, 0.05f) << name;
    EXPECT_GT(*high - *low, 0.09f) << name;
    EXPECT_NEAR(moments(x).first, 0, 0.01) << name;
  }
  // Pads stay zero: the second block of the batch norm holds 8 channels.
  const auto *bn = static_cast<const float *>(state.frozen()) + t["bn.weight"].offset;
  EXPECT_EQ(bn[39], 1);
  EXPECT_EQ(bn[40], 0);
}

TEST(ModelState, InitialValuesHangOnSeedAndNameAlone) {
  table one, other, wide(RESNETC_F64);
  one.linear("fc", 3, 5);
  other.linear("other", 7, 7);
  other.linear("fc", 3, 5);
  wide.linear("fc", 3, 5);
  model_state a(one.variant()), b(other.variant()), c(wide.variant());
  a.initialise_all(1);
  b.initialise_all(1);
  c.initialise_all(1);
  const std::vector<float> first = values(a, one["fc.weight"]);
  EXPECT_EQ(first, values(b, other["fc.weight"]));
  const auto *doubles = reinterpret_cast<const double *>(c.get(wide["fc.weight"]));
  EXPECT_EQ(first, std::vector<float>(doubles, doubles + 15));
  a.initialise_all(2);
  EXPECT_NE(first, values(a, one["fc.weight"]));
}

TEST(ModelState, CountsStepsWhereTheTableSaysSo) {
  table t;
  fill_small(t);
  model_state state(t.variant());
  state.count_step();
  state.count_step();
  EXPECT_EQ(state.counter(t["bn1.num_batches_tracked"]), 0);
  EXPECT_EQ(state.counter(t["layer1.0.bn1.num_batches_tracked"]), 2);
}

/// Writes a file of the small model with some tensors left out, reshaped, added or of another type.
/// Bytes of the mapping at this address that are in memory.
std::size_t resident(const void *address) {
  std::ifstream smaps("/proc/self/smaps");
  const auto wanted = reinterpret_cast<std::uintptr_t>(address);
  bool found = false;
  for (std::string line; std::getline(smaps, line);) {
    std::uintptr_t first = 0, end = 0;
    std::size_t kilobytes = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx ", &first, &end) == 2)
      found = first <= wanted && wanted < end;
    else if (found && std::sscanf(line.c_str(), "Rss: %zu kB", &kilobytes) == 1)
      return kilobytes * 1024;
  }
  ADD_FAILURE() << "no such mapping";
  return 0;
}

class Frozen : public testing::Test {
protected:
  Frozen() {
    fill_small(t);
    t.conv("large", 512, 512, 3); // 9 MB
    state.emplace(t.variant());
    state->initialise_all(1);
    before = values(*state, t["large"]);
    stem = values(*state, t["conv1.weight"]);
  }

  table t;
  std::optional<model_state> state;
  std::vector<float> before, stem;
  scratch_folder folder;
};

TEST_F(Frozen, TakesNoMemoryInAFileUntilItIsRead) {
  const void *in_memory = state->frozen();
  state->keep_frozen_in(folder.path);
  if (state->frozen() == in_memory)
    GTEST_SKIP() << folder.path << " is in memory, or its file system has no files without a name";
  EXPECT_EQ(folder.entries(), 0U);
  EXPECT_EQ(resident(state->frozen()), 0U);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(state->frozen()) % 64, 0U);
  EXPECT_EQ(values(*state, t["large"]), before);
  EXPECT_EQ(values(*state, t["conv1.weight"]), stem);
  EXPECT_LT(resident(state->frozen()), 100000U); // `get` gave the pages back
  const auto *frozen = static_cast<const float *>(state->frozen());
  double sum = 0;
  for (std::int64_t i = 0; i < t.model.frozen_size; ++i)
    sum += frozen[i];
  EXPECT_NE(sum, 0);
  EXPECT_GT(resident(frozen), before.size() * sizeof(float) * 9 / 10); // a step may read them, too
  EXPECT_EQ(values(*state, t["large"]), before);
}

TEST_F(Frozen, StaysInMemoryWhereAFileWouldSaveNothing) {
  const void *in_memory = state->frozen();
  for (const char *where : {"/dev/shm", "/dev/null", "/no/such/folder"}) {
    state->keep_frozen_in(where);
    EXPECT_EQ(state->frozen(), in_memory) << where;
  }
  EXPECT_EQ(values(*state, t["large"]), before);
}

TEST_F(Frozen, StaysInMemoryWhereThereIsNoRoom) {
  const void *in_memory = state->frozen();
  rlimit old{};
  getrlimit(RLIMIT_FSIZE, &old);
  auto *handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{1 << 20, old.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  state->keep_frozen_in(folder.path);
  setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(state->frozen(), in_memory);
  EXPECT_EQ(values(*state, t["large"]), before);
}

class LoadWeights : public testing::Test {
protected:
  LoadWeights() {
    fill_small(t);
    for (const resnetc_tensor &tensor : t.tensors)
      shapes[tensor.name] = {tensor.shape, tensor.shape + tensor.rank};
  }

  /// Element i of every tensor is i + 1, a counter 9.
  tensor_file file() {
    const std::vector<float> numbers = [] {
      std::vector<float> x(2000);
      for (std::size_t i = 0; i < x.size(); ++i)
        x[i] = static_cast<float>(i + 1);
      return x;
    }();
    const int64_t nine = 9;
    std::vector<tensor_view> views;
    for (const auto &[name, shape] : shapes) {
      tensor_view view;
      view.name = name;
      const bool counter = name.ends_with("tracked") && !floating_counters;
      view.dtype = counter ? element_type::i64 : types.contains(name) ? types[name] : element_type::f32;
      view.shape = shape;
      view.strides = contiguous_strides(shape);
      view.data = reinterpret_cast<const std::byte *>(counter ? static_cast<const void *>(&nine) : numbers.data());
      views.push_back(view);
    }
    write_safetensors(folder.path / "w", views, {});
    return tensor_file::open(folder.path / "w");
  }

  table t;
  scratch_folder folder;
  std::map<std::string, std::vector<int64_t>> shapes;
  std::map<std::string, element_type> types;
  bool floating_counters = false;
};

TEST_F(LoadWeights, TakesAllAndInitialisesWhatIsReplaced) {
  model_state state(t.variant());
  const load_report report = load_weights(state, file(), {replaced_layers::initialise, "the weights name no classes", 1});
  EXPECT_EQ(report.loaded, static_cast<int64_t>(t.tensors.size()) - 2);
  EXPECT_EQ(report.initialised, (std::vector<std::string>{"fc.weight", "fc.bias"}));
  EXPECT_EQ(report.notes, std::vector<std::string>{"fc is initialised: the weights name no classes"});
  EXPECT_EQ(values(state, t["bn1.bias"]), (std::vector<float>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(state.counter(t["bn1.num_batches_tracked"]), 9);
  EXPECT_LT(std::abs(values(state, t["fc.weight"])[7]), 0.51f);
}

TEST_F(LoadWeights, TakesReplacedLayersWhenTold) {
  model_state state(t.variant());
  const load_report report = load_weights(state, file(), {replaced_layers::load, "the same classes", 1});
  EXPECT_TRUE(report.initialised.empty());
  EXPECT_EQ(report.notes, std::vector<std::string>{"fc is loaded: the same classes"});
  EXPECT_EQ(values(state, t["fc.bias"]), (std::vector<float>{1, 2}));
}

TEST_F(LoadWeights, IgnoresAnotherHeadUnderTheReplacedName) {
  shapes["fc.weight"] = {10, 4};
  shapes.erase("fc.bias");
  shapes["fc.1.weight"] = {3};
  model_state state(t.variant());
  EXPECT_EQ(load_weights(state, file(), {}).initialised.size(), 2u);
}

TEST_F(LoadWeights, ReadsMissingCountersAsZero) {
  shapes.erase("bn1.num_batches_tracked");
  model_state state(t.variant());
  state.counter(t["bn1.num_batches_tracked"]) = 4;
  load_weights(state, file(), {});
  EXPECT_EQ(state.counter(t["bn1.num_batches_tracked"]), 0);
  EXPECT_EQ(state.counter(t["layer1.0.bn1.num_batches_tracked"]), 9);
}

TEST_F(LoadWeights, ListsAllThatDoesNotFit) {
  shapes.erase("bn1.bias");
  shapes.erase("conv1.weight");
  shapes["bn1.weight"] = {7};
  shapes["layer1.0.conv1.weight"] = {4, 6, 1, 1};
  shapes["layer2.0.conv1.weight"] = {1};
  shapes["fcx.weight"] = {1};
  types["bn1.running_var"] = element_type::i32;
  model_state state(t.variant());
  const std::string error = error_of([&] { load_weights(state, file(), {}); });
  EXPECT_EQ(error, (folder.path / "w").string() +
                       ": does not fit resnet18; missing: conv1.weight, bn1.bias; wrong: bn1.weight is [7], expected "
                       "[6], bn1.running_var holds i32, expected a floating type, layer1.0.conv1.weight is [4, 6, 1, "
                       "1], expected [4, 6, 3, 3]; not in the model: fcx.weight, layer2.0.conv1.weight; give weights "
                       "of this model");
  // Nothing was loaded.
  EXPECT_EQ(values(state, t["bn1.running_mean"]), std::vector<float>(6, 0));
}

TEST_F(LoadWeights, RefusesCountersThatDoNotCount) {
  floating_counters = true;
  model_state state(t.variant());
  EXPECT_ERROR(load_weights(state, file(), {}), "bn1.num_batches_tracked holds f32, expected integers");
}

TEST_F(LoadWeights, CutsTheListOfAnotherModel) {
  for (int i = 0; i < 30; ++i)
    shapes["layer4." + std::to_string(i)] = {1};
  model_state state(t.variant());
  EXPECT_ERROR(load_weights(state, file(), {}), " and 10 more");
}

TEST_F(LoadWeights, LoadsAllForStep) {
  shapes["images"] = {1};
  model_state state(t.variant());
  EXPECT_EQ(load_all(state, file(), {"images", "labels"}).loaded, static_cast<int64_t>(t.tensors.size()));
  EXPECT_ERROR(load_all(state, file()), "not in the model: images");
  shapes.erase("fc.bias");
  EXPECT_ERROR(load_all(state, file(), {"images"}), "missing: fc.bias");
}

} // namespace
