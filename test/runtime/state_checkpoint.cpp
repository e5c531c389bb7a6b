// Checkpoints: what was saved comes back, and only into the model that it is of.
#include "state/checkpoint.h"

#include "state_files.h"
#include "state_model.h"

#include <cstring>
#include <limits>

using namespace resnetc;

namespace {

class Checkpoint : public testing::Test {
protected:
  Checkpoint() : state((fill_small(t), t.variant())) {
    state.initialise_all(3);
    state.count_step();
    info = describe(t.model);
    info.classes = {"a \"quoted\" one", "später"};
    info.epoch = 4;
  }

  tensor_file saved() {
    save_checkpoint(path, state, info);
    return tensor_file::open(path);
  }

  table t;
  model_state state;
  checkpoint_info info;
  scratch_folder folder;
  const std::filesystem::path path = folder.path / "best.safetensors";
};

void expect_equal(const model_state &a, const model_state &b) {
  for (const resnetc_tensor &tensor : a.tensors()) {
    std::size_t bytes = size_of(a.type_of(tensor));
    for (int d = 0; d < tensor.rank; ++d)
      bytes *= static_cast<std::size_t>(tensor.shape[d]);
    EXPECT_EQ(std::memcmp(a.get(tensor), b.get(tensor), bytes), 0) << tensor.name;
  }
}

TEST_F(Checkpoint, HoldsExactlyTheStateDict) {
  const tensor_file file = saved();
  EXPECT_EQ(file.tensors().size(), t.tensors.size());
  for (const resnetc_tensor &tensor : t.tensors) {
    const tensor_view *view = file.find(tensor.name);
    ASSERT_NE(view, nullptr) << tensor.name;
    EXPECT_EQ(view->shape, (std::vector<int64_t>(tensor.shape, tensor.shape + tensor.rank))) << tensor.name;
    EXPECT_EQ(view->dtype, tensor.space == RESNETC_COUNTER ? element_type::i64 : element_type::f32) << tensor.name;
  }
  EXPECT_EQ(file.metadata().at("classes"), R"(["a \"quoted\" one","später"])");
  EXPECT_EQ(file.metadata().at("input"), "[224,200]");
  EXPECT_EQ(file.metadata().at("mean"), "[0.485,0.456,0.406]");
  EXPECT_EQ(file.metadata().at("epoch"), "4");
}

TEST_F(Checkpoint, ComesBackToTheBit) {
  const tensor_file file = saved();
  model_state other(t.variant());
  const checkpoint_info read = load_checkpoint(other, file).value();
  expect_equal(state, other);
  EXPECT_EQ(read.classes, info.classes);
  EXPECT_EQ(read.mean, info.mean);
  EXPECT_EQ(read.std, info.std);
  EXPECT_EQ(read.height, 224);
  EXPECT_EQ(read.width, 200);
  EXPECT_EQ(read.channels, 3);
  EXPECT_EQ(read.resize, 256);
  EXPECT_EQ(read.epoch, 4);
  EXPECT_EQ(read.spec, t.model.spec);
  EXPECT_EQ(read.spec_hash, t.model.spec_hash);
}

TEST_F(Checkpoint, KeepsDoubles) {
  table wide(RESNETC_F64);
  fill_small(wide);
  model_state doubles(wide.variant()), other(wide.variant());
  doubles.initialise_all(1);
  save_checkpoint(path, doubles, info);
  load_checkpoint(other, tensor_file::open(path));
  expect_equal(doubles, other);
}

TEST_F(Checkpoint, IsRefusedByAnotherSpec) {
  info.spec_hash = "other";
  info.spec = "// wider\nresnet34()\n  .replace_fc(2)\n";
  EXPECT_ERROR(load_checkpoint(state, saved()), "is of another spec: got resnet34().replace_fc(2), expected resnet18()");
  info.spec_hash = t.model.spec_hash;
  info.classes = {"one"};
  EXPECT_ERROR(load_checkpoint(state, saved()), "names 1 classes, expected 2");
}

TEST_F(Checkpoint, MayBeAPlainStateDict) {
  std::vector<tensor_view> views = saved().tensors();
  const tensor_file file = tensor_file::open(path);
  write_safetensors(folder.path / "plain", file.tensors(), {});
  const tensor_file plain = tensor_file::open(folder.path / "plain");
  EXPECT_FALSE(read_checkpoint_info(plain));
  model_state other(t.variant());
  EXPECT_FALSE(load_checkpoint(other, plain));
  expect_equal(state, other);
}

TEST_F(Checkpoint, IsRefusedWithDamagedMetadata) {
  const tensor_file file = saved();
  for (const char *key : {"classes", "mean", "std", "input", "channels", "resize", "epoch", "spec"}) {
    std::map<std::string, std::string> metadata = file.metadata();
    metadata.erase(key);
    write_safetensors(folder.path / "damaged", std::vector<tensor_view>(), metadata);
    EXPECT_ERROR(read_checkpoint_info(tensor_file::open(folder.path / "damaged")), std::string("lacks '") + key);
    metadata[key] = "{";
    write_safetensors(folder.path / "damaged", std::vector<tensor_view>(), metadata);
    EXPECT_ERROR(read_checkpoint_info(tensor_file::open(folder.path / "damaged")),
                 std::string("unreadable '") + key);
  }
  info.mean = {1};
  EXPECT_ERROR(read_checkpoint_info(saved()), "describes no input");
}

TEST_F(Checkpoint, KeepsScalesToTheBit) {
  EXPECT_FALSE(saved().metadata().contains("scales"));
  EXPECT_TRUE(read_checkpoint_info(saved())->scales.empty());
  const float third = 1 / 3.F, least = std::numeric_limits<float>::denorm_min();
  const resnetc_scale rows[] = {{sizeof(resnetc_scale), 0, "layer1.0.conv1"}, {sizeof(resnetc_scale), 1, "images"}};
  resnetc_variant low = t.variant();
  low.precision = "int8";
  low.scales = rows;
  low.scale_count = 2;
  info.precision = "int8";
  info.scales = name_scales(low, std::vector{third, least});
  EXPECT_EQ(info.scales, (named_scales{{"images", least}, {"layer1.0.conv1", third}}));
  const named_scales read = read_checkpoint_info(saved())->scales;
  EXPECT_EQ(order_scales(low, read, path), (std::vector{third, least}));

  EXPECT_ERROR(order_scales(low, {}, path), "holds no scales of the activations that int8 rounds; give --precision f32");
  EXPECT_ERROR(order_scales(low, {{"images", 1.F}, {"conv1", 1.F}}, path), "lacks the scale of what layer1.0.conv1 gives");
  EXPECT_ERROR(order_scales(low, {{"images", 1.F}, {"layer1.0.conv1", 1.F}, {"layer1.0.conv2", 1.F}}, path),
               "holds 3 scales, expected 2");
  EXPECT_TRUE(order_scales(t.variant(), {}, path).empty());
}

TEST_F(Checkpoint, IsRefusedWithDamagedScales) {
  const tensor_file file = saved();
  for (auto [text, message] : {std::pair("[1]", "unreadable 'scales'"), {"{\"conv1\": \"a\"}", "unreadable 'scales'"},
                               {"{\"conv1\": 0}", "a scale of 0 for conv1"}, {"{\"conv1\": -1}", "a scale of -1 for conv1"},
                               {"{\"conv1\": 1e300}", "a scale of inf for conv1"}}) {
    std::map<std::string, std::string> metadata = file.metadata();
    metadata["scales"] = text;
    metadata["precision"] = "\"int8\"";
    write_safetensors(folder.path / "damaged", std::vector<tensor_view>(), metadata);
    EXPECT_ERROR(read_checkpoint_info(tensor_file::open(folder.path / "damaged")), message);
  }
  std::map<std::string, std::string> metadata = file.metadata();
  metadata["scales"] = "{\"conv1\": 1}";
  write_safetensors(folder.path / "damaged", std::vector<tensor_view>(), metadata);
  EXPECT_ERROR(read_checkpoint_info(tensor_file::open(folder.path / "damaged")), "scales, which int8 alone has, and a precision of 'f32'");
}

TEST_F(Checkpoint, DecidesAboutReplacedLayers) {
  const tensor_file file = saved();
  EXPECT_EQ(rules_for_training(state, file, info.classes, 1).replaced, replaced_layers::load);
  const load_rules other = rules_for_training(state, file, {"x", "y"}, 1);
  EXPECT_EQ(other.replaced, replaced_layers::initialise);
  EXPECT_EQ(other.reason, "the weights are of other classes than the data");
  write_safetensors(folder.path / "plain", file.tensors(), {});
  EXPECT_EQ(rules_for_training(state, tensor_file::open(folder.path / "plain"), info.classes, 1).reason,
            "the weights name no classes");
  table t2;
  t2.linear("fc", 2, 7, true);
  const model_state changed(t2.variant());
  EXPECT_EQ(rules_for_training(changed, file, info.classes, 1).reason,
            "the weights have another layer in its place");
}

TEST_F(Checkpoint, KeepsClassesThatAreNoUtf8) {
  info.classes = {"caf\xe9", "b"};
  EXPECT_EQ(read_checkpoint_info(saved())->classes, (std::vector<std::string>{"caf\ufffd", "b"}));
}

TEST_F(Checkpoint, TrainingStateComesBack) {
  const auto size = static_cast<std::size_t>(t.model.trained_size);
  aligned_buffer momentum(size * 4), second(size * 4), a(size * 4), b(size * 4);
  // Values as training leaves them: pads zero.
  std::memcpy(momentum.data(), state.trained(), size * 4);
  for (std::size_t i = 0; i < size; ++i)
    second.as<float>()[i] = 2 * momentum.as<float>()[i];
  const training_position position = {3, 70, 11, "adam"};
  save_training_state(path, state, position, momentum.data(), second.data());
  const tensor_file file = tensor_file::open(path);
  const training_position read = load_training_state(file, state, a.data(), b.data());
  EXPECT_EQ(read.epoch, 3);
  EXPECT_EQ(read.step, 70);
  EXPECT_EQ(read.seed, 11u);
  EXPECT_EQ(read.optimizer, "adam");
  EXPECT_EQ(std::memcmp(a.data(), momentum.data(), size * 4), 0);
  EXPECT_EQ(std::memcmp(b.data(), second.data(), size * 4), 0);

  save_training_state(path, state, position, momentum.data(), nullptr);
  const tensor_file sgd = tensor_file::open(path);
  load_training_state(sgd, state, a.data(), nullptr);
  EXPECT_ERROR(load_training_state(sgd, state, a.data(), b.data()), "lacks 'state2.layer1.0.conv1.weight'");
  EXPECT_ERROR(load_training_state(saved(), state, a.data(), nullptr), "lacks 'position'");
  save_training_state(path, state, position, momentum.data(), nullptr);
  t.model.spec_hash = "other";
  EXPECT_ERROR(load_training_state(tensor_file::open(path), state, a.data(), nullptr), "is of another spec");
}

} // namespace
