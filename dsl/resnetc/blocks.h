//===- blocks.h - torchvision's residual blocks, stem and head as nodes ---===//
//
// Each function appends nodes and gives the index of the last one. Nodes are
// appended in torchvision's order of parameters: within a block conv1, bn1,
// conv2, bn2, (conv3, bn3), downsample.0, downsample.1.
//
//===----------------------------------------------------------------------===//
#ifndef RESNETC_BLOCKS_H
#define RESNETC_BLOCKS_H

#include "resnetc/graph.h"
#include "resnetc/layers.h"

namespace resnetc {

enum class block_kind { basic, bottleneck };
inline constexpr block_kind basic = block_kind::basic,
                            bottleneck = block_kind::bottleneck;

/// imagenet: 7x7 stride 2, then a 3x3 max pool of stride 2. small: 3x3 stride 1
/// and no pool.
enum class stem { imagenet, small };

/// Channels behind a block, as a multiple of its planes.
constexpr int expansion(block_kind kind) { return kind == basic ? 1 : 4; }

/// The most blocks that fit into a graph beside stem, downsamples and the
/// longest head.
constexpr int max_blocks(block_kind kind) {
  return (max_nodes - 16 - max_head_layers) / (kind == basic ? 7 : 10);
}

namespace detail {

using node_name = text<32>;

/// "layer1.0" and "conv1" give "layer1.0.conv1".
constexpr node_name joined(std::string_view prefix, std::string_view name) {
  node_name n = prefix;
  if (!n.empty())
    n += '.';
  n += name;
  return n;
}

/// Capacity is the caller's business: `max_blocks` and `max_head_layers` keep
/// within it.
constexpr int append(graph &g, const node &n) {
  g.nodes[g.count] = n;
  return g.count++;
}

constexpr int conv2d(graph &g, int x, const node_name &name, int channels,
                     int kernel, int stride) {
  node n;
  n.kind = op_kind::conv2d;
  n.name = name;
  n.inputs[0] = x;
  n.kernel = kernel;
  n.stride = stride;
  n.padding = kernel / 2;
  n.out = window_shape(g.nodes[x].out, channels, kernel, stride, n.padding);
  return append(g, n);
}

/// An op that keeps the shape of x.
constexpr int same_shape(graph &g, op_kind kind, int x,
                         const node_name &name = {}, int other = -1) {
  node n;
  n.kind = kind;
  n.name = name;
  n.inputs[0] = x;
  n.inputs[1] = other;
  n.out = g.nodes[x].out;
  return append(g, n);
}

constexpr int conv_bn(graph &g, int x, std::string_view prefix,
                      std::string_view conv, std::string_view bn, int channels,
                      int kernel, int stride) {
  x = conv2d(g, x, joined(prefix, conv), channels, kernel, stride);
  return same_shape(g, op_kind::batch_norm, x, joined(prefix, bn));
}

constexpr int conv_bn_relu(graph &g, int x, std::string_view prefix,
                           std::string_view conv, std::string_view bn,
                           int channels, int kernel, int stride) {
  return same_shape(g, op_kind::relu,
                    conv_bn(g, x, prefix, conv, bn, channels, kernel, stride));
}

constexpr int linear(graph &g, int x, const node_name &name, int features,
                     bool replaced) {
  node n;
  n.kind = op_kind::linear;
  n.name = name;
  n.inputs[0] = x;
  n.out = {features, 1, 1};
  n.replaced = replaced;
  return append(g, n);
}

} // namespace detail

/// One residual block on x. The bottleneck is v1.5: its stride sits on the 3x3.
constexpr int append_block(graph &g, int x, block_kind kind,
                           std::string_view prefix, int planes, int stride) {
  int channels = planes * expansion(kind), y = x, identity = x;
  if (kind == basic) {
    y = detail::conv_bn_relu(g, x, prefix, "conv1", "bn1", planes, 3, stride);
    y = detail::conv_bn(g, y, prefix, "conv2", "bn2", channels, 3, 1);
  } else {
    y = detail::conv_bn_relu(g, x, prefix, "conv1", "bn1", planes, 1, 1);
    y = detail::conv_bn_relu(g, y, prefix, "conv2", "bn2", planes, 3, stride);
    y = detail::conv_bn(g, y, prefix, "conv3", "bn3", channels, 1, 1);
  }
  if (stride != 1 || g.nodes[x].out.c != channels)
    identity = detail::conv_bn(g, x, prefix, "downsample.0", "downsample.1",
                               channels, 1, stride);
  y = detail::same_shape(g, op_kind::add, y, {}, identity);
  return detail::same_shape(g, op_kind::relu, y);
}

/// The input node, of the graph's input size, and the stem.
constexpr int append_stem(graph &g, stem kind, int planes) {
  node input;
  input.out = {g.channels, g.height, g.width};
  int x = detail::append(g, input);
  bool small = kind == stem::small;
  x = detail::conv_bn_relu(g, x, "", "conv1", "bn1", planes, small ? 3 : 7,
                           small ? 1 : 2);
  if (small)
    return x;
  node pool;
  pool.kind = op_kind::max_pool;
  pool.inputs[0] = x;
  pool.kernel = 3;
  pool.stride = 2;
  pool.padding = 1;
  pool.out = window_shape(g.nodes[x].out, planes, 3, 2, 1);
  return detail::append(g, pool);
}

constexpr int append_global_avg_pool(graph &g, int x) {
  x = detail::same_shape(g, op_kind::global_avg_pool, x);
  g.nodes[x].out = {g.nodes[x].out.c, 1, 1};
  return x;
}

/// `fc` as one linear layer.
constexpr void append_fc(graph &g, int x, int classes, bool replaced) {
  detail::linear(g, x, "fc", classes, replaced);
  g.classes = classes;
}

/// `fc` as an nn.Sequential of `count` layers.
constexpr void append_head(graph &g, int x, const layer *layers, int count) {
  for (int i = 0; i < count; ++i) {
    if (layers[i].kind == op_kind::linear) {
      detail::node_name name = "fc.";
      name += i;
      x = detail::linear(g, x, name, layers[i].features, true);
      continue;
    }
    x = detail::same_shape(g, layers[i].kind, x);
    g.nodes[x].rate = layers[i].rate;
  }
  g.classes = g.nodes[x].out.c;
}

} // namespace resnetc

#endif
