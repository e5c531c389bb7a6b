//===- graph.h - the network as a value: nodes, shapes, what is trained ---===//
//
// The end of the front end and the start of the compiler: a graph says
// everything about a model that emitted code depends on. It is built by `build`
// (resnet.h) from a spec, at compile time in C++ and at run time in resnetc.
//
//===----------------------------------------------------------------------===//
#ifndef RESNETC_GRAPH_H
#define RESNETC_GRAPH_H

#include "resnetc/error.h"
#include "resnetc/shape.h"
#include "resnetc/text.h"
#include "resnetc/train.h"

namespace resnetc {

enum class op_kind {
  input,
  conv2d,
  batch_norm,
  relu,
  add,
  max_pool,
  global_avg_pool,
  linear,
  dropout
};

/// What a batch norm does in training once it is frozen: `running` uses and
/// keeps the running statistics, `batch` normalises by the batch and moves them
/// (PyTorch's train mode).
enum class bn_policy { running, batch };
using bn = bn_policy;

/// One operation. Fields that do not concern its kind keep their defaults.
struct node {
  op_kind kind = op_kind::input;
  text<32> name; // torchvision's module, "layer2.0.downsample.0"; empty where
                 // the op owns no tensor
  int inputs[2] = {-1, -1}; // earlier nodes; -1 where there is none
  shape out;
  int kernel = 0, stride = 0, padding = 0; // conv2d, max_pool
  double rate = 0;                         // dropout
  bool weight_trained = true; // conv2d, batch_norm, linear: of its own weight
                              // and bias, after all rules
  bool bias_trained = true;   // batch_norm, linear
  bool replaced = false;      // freshly initialised
  bn_policy policy =
      bn_policy::running; // batch_norm: asked of it when its weight is frozen
  int weight_rule = -1,
      bias_rule =
          -1; // index of the rule that decided; -1: none did, so it is trained
};

enum class rule_kind { freeze_all, freeze, unfreeze, freeze_until, replace };

/// One rule of the spec, as it was written. `.freeze("a", "b")` is two of them.
struct rule {
  rule_kind kind = rule_kind::freeze_all;
  text<63> pattern; // freeze, unfreeze, freeze_until
  bn_policy policy = bn_policy::running;
  int first_layer = 0, layers = 0; // replace: the head's layers in the spec;
                                   // layers is 0 for replace_fc
  int classes = 0;                 // replace
  place where;
};

inline constexpr int max_nodes = 640, max_rules = 64, max_channels = 64;

/// The whole model. Nodes stand in topological order, which is also
/// torchvision's order of parameters.
struct graph {
  text<15> name; // "resnet18"; "resnet" for a general one
  int channels = 0, height = 0, width = 0; // input
  int resize = 0;                          // evaluation: shorter side in pixels
  int classes = 0;
  double mean[max_channels] = {},
         std[max_channels] = {}; // one a channel, of values in 0 ... 1
  resnetc::training training;
  node nodes[max_nodes];
  int count = 0; // nodes; the last one gives the logits
  rule rules[max_rules];
  int rule_count = 0;
  failure error; // set: nothing else may be relied on

  constexpr const node *begin() const { return nodes; }
  constexpr const node *end() const { return nodes + count; }
  /// The shape that a node reads.
  constexpr shape in(const node &n) const {
    return n.inputs[0] < 0 ? shape{} : nodes[n.inputs[0]].out;
  }

  /// Weights and biases, in elements; buffers do not count.
  constexpr int64_t parameters() const;
  constexpr int64_t trainable_parameters() const;
  /// Forward, one image: 2 x multiply-adds of convolutions and linear layers.
  constexpr int64_t flops() const;
};

/// Numbered as resnetc_role in runtime/include/resnetc/abi.h.
enum class role {
  conv_weight,
  bn_weight,
  bn_bias,
  bn_mean,
  bn_var,
  bn_count,
  linear_weight,
  linear_bias
};

/// One tensor of the state_dict.
struct parameter {
  int node = 0; // its owner
  resnetc::role role = role::conv_weight;
  int rank = 0;
  int64_t shape[4] = {};
  bool trained = false; // buffers never are
  bool replaced = false;

  constexpr int64_t elements() const {
    int64_t n = 1;
    for (int d = 0; d < rank; ++d)
      n *= shape[d];
    return n;
  }
  constexpr bool is_buffer() const {
    return role == role::bn_mean || role == role::bn_var ||
           role == role::bn_count;
  }
  /// The last part of its name: "weight", "running_mean", ...
  constexpr std::string_view suffix() const {
    constexpr std::string_view names[] = {"weight",      "weight",
                                          "bias",        "running_mean",
                                          "running_var", "num_batches_tracked",
                                          "weight",      "bias"};
    return names[static_cast<int>(role)];
  }
};

/// Its torchvision name: "layer1.0.bn1.running_mean".
constexpr text<63> parameter_name(const graph &g, const parameter &p) {
  text<63> name = g.nodes[p.node].name.view();
  name += '.';
  name += p.suffix();
  return name;
}

/// Calls f(const parameter &) for every tensor of node `i`, in state_dict
/// order.
template <class F>
constexpr void for_each_parameter(const graph &g, int i, F &&f) {
  const node &n = g.nodes[i];
  int64_t k = n.out.c, c = g.in(n).c, r = n.kernel;
  switch (n.kind) {
  case op_kind::conv2d:
    f(parameter{
        i, role::conv_weight, 4, {k, c, r, r}, n.weight_trained, n.replaced});
    break;
  case op_kind::batch_norm:
    f(parameter{i, role::bn_weight, 1, {k}, n.weight_trained, n.replaced});
    f(parameter{i, role::bn_bias, 1, {k}, n.bias_trained, n.replaced});
    f(parameter{i, role::bn_mean, 1, {k}, false, n.replaced});
    f(parameter{i, role::bn_var, 1, {k}, false, n.replaced});
    f(parameter{i, role::bn_count, 0, {}, false, n.replaced});
    break;
  case op_kind::linear:
    f(parameter{
        i, role::linear_weight, 2, {k, c}, n.weight_trained, n.replaced});
    f(parameter{i, role::linear_bias, 1, {k}, n.bias_trained, n.replaced});
    break;
  default:
    break;
  }
}

/// The same for the whole state_dict, buffers included.
template <class F> constexpr void for_each_parameter(const graph &g, F &&f) {
  for (int i = 0; i < g.count; ++i)
    for_each_parameter(g, i, f);
}

constexpr int64_t graph::parameters() const {
  int64_t sum = 0;
  for_each_parameter(*this, [&](const parameter &p) {
    sum += p.is_buffer() ? 0 : p.elements();
  });
  return sum;
}

constexpr int64_t graph::trainable_parameters() const {
  int64_t sum = 0;
  for_each_parameter(
      *this, [&](const parameter &p) { sum += p.trained ? p.elements() : 0; });
  return sum;
}

/// FLOPs of one node, one image, forward; each gradient (by input, by weight)
/// costs as many.
constexpr int64_t node_flops(const graph &g, const node &n) {
  bool counts = n.kind == op_kind::conv2d || n.kind == op_kind::linear;
  int64_t r = n.kind == op_kind::conv2d ? n.kernel : 1;
  return counts ? 2 * n.out.elements() * g.in(n).c * r * r : 0;
}

constexpr int64_t graph::flops() const {
  int64_t sum = 0;
  for (const node &n : *this)
    sum += node_flops(*this, n);
  return sum;
}

/// 16 hex digits (FNV-1a, 64 bits) over what a checkpoint must agree on: the
/// ops, their names and shapes, the input, and which layers are replaced; not
/// freezing, training defaults, resize or normalisation. Stable between
/// versions.
constexpr text<16> spec_hash(const graph &g) {
  uint64_t hash = 0xcbf29ce484222325;
  auto byte = [&](uint64_t b) { hash = (hash ^ (b & 0xff)) * 0x100000001b3; };
  auto word = [&](int64_t v) {
    for (int shift = 0; shift < 64; shift += 8)
      byte(static_cast<uint64_t>(v) >> shift);
  };
  for (const node &n : g) {
    for (int64_t v :
         {int64_t(n.kind), int64_t(n.inputs[0]), int64_t(n.inputs[1]),
          int64_t(n.out.c), int64_t(n.out.h), int64_t(n.out.w),
          int64_t(n.kernel), int64_t(n.stride), int64_t(n.padding),
          int64_t(n.rate * 1e9), int64_t(n.replaced)})
      word(v);
    for (char c : n.name.view())
      byte(static_cast<unsigned char>(c));
    byte(0);
  }
  text<16> hex;
  for (int shift = 60; shift >= 0; shift -= 4)
    hex += "0123456789abcdef"[hash >> shift & 15];
  return hex;
}

} // namespace resnetc

#endif
