//===- resnet.h - resnet18().freeze_all().replace_fc(20) ------------------===//
//
// The models, and the graph that a spec of one makes.
//
//===----------------------------------------------------------------------===//
#ifndef RESNETC_RESNET_H
#define RESNETC_RESNET_H

#include "resnetc/spec.h"

namespace resnetc {

//===----------------------------------------------------------------------===//
// The models
//===----------------------------------------------------------------------===//

namespace detail {
constexpr spec make_spec(std::string_view name, block_kind kind,
                         const int (&stages)[4]) {
  spec s;
  s.name = name;
  s.kind = kind;
  for (int i = 0; i < 4; ++i)
    s.stages[i] = stages[i];
  return s;
}
} // namespace detail

constexpr spec resnet18() {
  return detail::make_spec("resnet18", basic, {2, 2, 2, 2});
}
constexpr spec resnet34() {
  return detail::make_spec("resnet34", basic, {3, 4, 6, 3});
}
constexpr spec resnet50() {
  return detail::make_spec("resnet50", bottleneck, {3, 4, 6, 3});
}
constexpr spec resnet101() {
  return detail::make_spec("resnet101", bottleneck, {3, 4, 23, 3});
}
constexpr spec resnet152() {
  return detail::make_spec("resnet152", bottleneck, {3, 8, 36, 3});
}

/// Any ResNet of four stages: resnet(basic, {2, 2, 2, 2}).
constexpr spec resnet(block_kind kind, list<integer, 4> blocks) {
  spec s = detail::make_spec("resnet", kind, {1, 1, 1, 1});
  int most = max_blocks(kind), sum = 0;
  if (blocks.count != 4) {
    text<300> message = "resnet takes the number of blocks of 4 stages, got ";
    message += blocks.count;
    fail(s.error, blocks.where, message);
    return s;
  }
  for (int i = 0; i < 4; ++i)
    sum += s.stages[i] = checked(blocks.values[i], 1, most,
                                 "a stage's number of blocks", s.error);
  if (sum > most)
    checked(integer(sum, blocks.where), 4, most,
            "the number of blocks in all stages", s.error);
  return s;
}

//===----------------------------------------------------------------------===//
// The graph of a spec
//===----------------------------------------------------------------------===//

namespace detail {

/// ImageNet's for three channels, 0.5 for others, unless the spec gives its
/// own; one number a channel.
constexpr void set_normalization(graph &g, const spec &s) {
  constexpr double imagenet_mean[] = {0.485, 0.456, 0.406},
                   imagenet_std[] = {0.229, 0.224, 0.225};
  for (int given : {s.means, s.stds}) {
    if (s.normalize_at == place() || given == g.channels)
      continue;
    text<300> message = "normalize takes one number a channel: expected ";
    message += g.channels;
    message += ", got ";
    message += given;
    return fail(g.error, s.normalize_at, message);
  }
  for (int c = 0; c < g.channels; ++c) {
    bool own = s.means > 0;
    g.mean[c] = own ? s.mean[c] : g.channels == 3 ? imagenet_mean[c] : 0.5;
    g.std[c] = own ? s.std[c] : g.channels == 3 ? imagenet_std[c] : 0.5;
  }
}

/// Shorter side at evaluation: floor(256*side/224) of the input's longer side,
/// as torchvision's 256 for 224.
constexpr void set_resize(graph &g, const spec &s) {
  int side = g.height > g.width ? g.height : g.width;
  g.resize = s.resize_side ? s.resize_side : 256 * side / 224;
  if (g.resize >= side)
    return;
  text<300> message = "resize must be at least the input's longer side, ";
  message += side;
  message += ", got ";
  message += g.resize;
  fail(g.error, s.resize_at, message);
}

constexpr void append_network(graph &g, const spec &s) {
  int x = append_stem(g, s.stem_kind, s.base_planes);
  for (int stage = 0; stage < 4; ++stage)
    for (int block = 0; block < s.stages[stage]; ++block) {
      node_name prefix = "layer";
      prefix += stage + 1;
      prefix += '.';
      prefix += block;
      x = append_block(g, x, s.kind, prefix, s.base_planes << stage,
                       stage > 0 && block == 0 ? 2 : 1);
    }
  append_fc(g, append_global_avg_pool(g, x), 1000, false);
}

} // namespace detail

/// The graph, with the first mistake of the spec in its `error`.
constexpr graph build(const spec &s) {
  graph g;
  g.error = s.error;
  if (g.error)
    return g;
  g.name = s.name;
  g.channels = s.input_channels;
  g.height = s.input_height;
  g.width = s.input_width;
  g.training = s.training;
  detail::set_normalization(g, s);
  detail::set_resize(g, s);
  if (g.error)
    return g;
  detail::append_network(g, s);
  g.rule_count = s.rule_count;
  for (int i = 0; i < s.rule_count; ++i)
    g.rules[i] = s.rules[i];
  apply_rules(g, s.layers);
  return g;
}

constexpr int64_t spec::parameters() const {
  graph g = build(*this);
  return g.error ? 0 : g.parameters();
}
constexpr int64_t spec::trainable_parameters() const {
  graph g = build(*this);
  return g.error ? 0 : g.trainable_parameters();
}
constexpr int64_t spec::flops() const {
  graph g = build(*this);
  return g.error ? 0 : g.flops();
}
constexpr int spec::classes() const {
  graph g = build(*this);
  return g.error ? 0 : g.classes;
}
constexpr bool spec::valid() const { return !build(*this).error; }

} // namespace resnetc

#endif
