// A hand-made table of a model, as the compiler would emit it, for the tests of runtime/state.
#ifndef RESNETC_TEST_STATE_MODEL_H
#define RESNETC_TEST_STATE_MODEL_H

#include "resnetc/abi.h"

#include <algorithm>
#include <deque>
#include <string>
#include <vector>

struct blocked_dimension {
  int64_t size, step;
  int32_t dim;
};

inline int64_t blocks(int64_t count) { return (count + 31) / 32; }

/// Grows a table tensor by tensor, then stands for a compiled model.
class table {
public:
  explicit table(resnetc_dtype dtype = RESNETC_F32) {
    model.struct_size = sizeof model;
    model.channels = 3;
    model.height = 224;
    model.width = 200;
    model.resize = 256;
    model.name = "resnet18";
    model.spec = "resnet18().freeze_all().replace_fc(2)";
    model.spec_hash = "0123abcd";
    model.mean = mean;
    model.std = std;
    code.struct_size = sizeof code;
    code.dtype = dtype;
    code.block = 32;
    code.model = &model;
  }
  table(const table &) = delete;

  resnetc_tensor &conv(const std::string &name, int64_t k, int64_t c, int64_t r, resnetc_space space = RESNETC_FROZEN) {
    resnetc_tensor &t =
        add(name, RESNETC_CONV_WEIGHT, space, {k, c, r, r},
            {{blocks(k), 32, 0}, {blocks(c), 32, 1}, {r, 1, 2}, {r, 1, 3}, {32, 1, 1}, {32, 1, 0}});
    t.fan_in = c * r * r;
    t.fan_out = k * r * r;
    return t;
  }
  /// A stem does not block its three input channels.
  resnetc_tensor &stem(const std::string &name, int64_t k, int64_t c, int64_t r, resnetc_space space = RESNETC_FROZEN) {
    resnetc_tensor &t = add(name, RESNETC_CONV_WEIGHT, space, {k, c, r, r},
                            {{blocks(k), 32, 0}, {r, 1, 2}, {r, 1, 3}, {c, 1, 1}, {32, 1, 0}});
    t.fan_in = c * r * r;
    t.fan_out = k * r * r;
    return t;
  }
  void batch_norm(const std::string &name, int64_t c, resnetc_space parameters = RESNETC_FROZEN,
                  resnetc_space statistics = RESNETC_FROZEN) {
    vector(name + ".weight", RESNETC_BN_WEIGHT, parameters, c);
    vector(name + ".bias", RESNETC_BN_BIAS, parameters, c);
    vector(name + ".running_mean", RESNETC_BN_MEAN, statistics, c);
    vector(name + ".running_var", RESNETC_BN_VAR, statistics, c);
    add(name + ".num_batches_tracked", RESNETC_BN_COUNT, RESNETC_COUNTER, {}, {}).counts = statistics == RESNETC_STATS;
  }
  void linear(const std::string &name, int64_t k, int64_t c, bool replaced = false) {
    resnetc_tensor &weight = add(name + ".weight", RESNETC_LINEAR_WEIGHT, RESNETC_TRAINED, {k, c},
                                 {{blocks(k), 32, 0}, {blocks(c), 32, 1}, {32, 1, 1}, {32, 1, 0}});
    weight.replaced = replaced;
    weight.fan_in = c;
    resnetc_tensor &bias = vector(name + ".bias", RESNETC_LINEAR_BIAS, RESNETC_TRAINED, k);
    bias.replaced = replaced;
    bias.fan_in = c;
    model.classes = static_cast<int32_t>(k);
  }
  resnetc_tensor &vector(const std::string &name, resnetc_role role, resnetc_space space, int64_t c) {
    return add(name, role, space, {c}, {{blocks(c), 32, 0}, {32, 1, 0}});
  }

  resnetc_tensor &add(const std::string &name, resnetc_role role, resnetc_space space,
                      const std::vector<int64_t> &shape, const std::vector<blocked_dimension> &blocking) {
    resnetc_tensor t = {};
    t.struct_size = sizeof t;
    t.name = names.emplace_back(name).c_str();
    t.role = role;
    t.space = space;
    t.rank = static_cast<int32_t>(shape.size());
    std::copy(shape.begin(), shape.end(), t.shape);
    t.blocked_rank = static_cast<int32_t>(blocking.size());
    t.blocked_count = space == RESNETC_COUNTER ? 0 : 1;
    for (std::size_t d = 0; d < blocking.size(); ++d) {
      t.blocked_size[d] = blocking[d].size;
      t.blocked_step[d] = blocking[d].step;
      t.blocked_dim[d] = blocking[d].dim;
      t.blocked_count *= blocking[d].size;
    }
    if (space != RESNETC_COUNTER) {
      int64_t &size = space == RESNETC_FROZEN    ? model.frozen_size
                      : space == RESNETC_TRAINED ? model.trained_size
                                                 : model.stats_size;
      t.offset = size;
      size += t.blocked_count;
    }
    tensors.push_back(t);
    model.tensors = tensors.data();
    model.tensor_count = static_cast<int64_t>(tensors.size());
    return tensors.back();
  }

  const resnetc_variant &variant() const { return code; }
  const resnetc_tensor &operator[](const std::string &name) const {
    return *std::find_if(tensors.begin(), tensors.end(), [&](const resnetc_tensor &t) { return name == t.name; });
  }

  resnetc_model model = {};
  std::vector<resnetc_tensor> tensors;

private:
  std::deque<std::string> names;
  resnetc_variant code = {};
  double mean[3] = {0.485, 0.456, 0.406}, std[3] = {0.229, 0.224, 0.225};
};

/// A stem, a block and a replaced head: 6 channels, 4 channels, 2 classes.
inline void fill_small(table &t) {
  t.stem("conv1.weight", 6, 3, 7);
  t.batch_norm("bn1", 6);
  t.conv("layer1.0.conv1.weight", 4, 6, 3, RESNETC_TRAINED);
  t.batch_norm("layer1.0.bn1", 4, RESNETC_TRAINED, RESNETC_STATS);
  t.linear("fc", 2, 4, true);
}

#endif
