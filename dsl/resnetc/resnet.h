//===- resnet.h - a spec: resnet18().freeze_all().replace_fc(20)
//------------===//
//
// A spec records what was asked for, in any order; `build` makes the graph:
// architecture first, then the rules in order.
//
//===----------------------------------------------------------------------===//
#ifndef RESNETC_RESNET_H
#define RESNETC_RESNET_H

#include "resnetc/edit.h"

namespace resnetc {

inline constexpr int max_side = 8192, max_width = 4096, max_epochs = 1000000;

using numbers = list<number, max_channels>;

/// The value of a spec. Each call gives a changed copy; a setting given twice
/// holds its last value. The first mistake is in `error` (a rule that matches
/// nothing is found by `build`). Structural: it can be a template argument.
struct spec {
  text<15> name;
  block_kind kind = basic;
  int stages[4] = {};
  resnetc::stem stem_kind = stem::imagenet;
  int base_planes = 64, input_channels = 3, input_height = 224,
      input_width = 224;
  int resize_side = 0; // 0: derived from the input
  int means = 0,
      stds =
          0; // how many numbers .normalize gave; 0: derived from the channels
  double mean[max_channels] = {}, std[max_channels] = {};
  place normalize_at, resize_at;
  resnetc::training training;
  rule rules[max_rules];
  int rule_count = 0;
  layer layers[max_rules]; // of all heads, one after the other
  int layer_count = 0;
  failure error;

  using here = std::source_location;

  //===--- architecture ---===//

  /// Height and width of the images that the network sees, in pixels.
  constexpr spec input(integer height, integer width) const;
  constexpr spec channels(integer n) const;
  constexpr spec stem(resnetc::stem kind) const;
  /// Planes of the four stages: n, 2n, 4n, 8n.
  constexpr spec width(integer n) const;
  /// Evaluation resizes an image's shorter side to n pixels before the centre
  /// crop.
  constexpr spec resize(integer n) const;
  /// x = (v/255 - mean)/std; one number a channel each.
  constexpr spec normalize(numbers mean, numbers std) const;

  //===--- rules, in order ---===//

  constexpr spec freeze_all(bn_policy policy = bn::running,
                            place where = here::current()) const;
  /// Up to eight patterns; a bn policy may be the last argument.
  constexpr spec freeze(selector a, selector b = {}, selector c = {},
                        selector d = {}, selector e = {}, selector f = {},
                        selector g = {}, selector h = {},
                        selector i = {}) const;
  constexpr spec unfreeze(selector a, selector b = {}, selector c = {},
                          selector d = {}, selector e = {}, selector f = {},
                          selector g = {}, selector h = {}) const;
  /// Freezes what comes before the first parameter that matches.
  constexpr spec freeze_until(selector first_trained,
                              selector policy = {}) const;
  constexpr spec replace_fc(integer classes) const;
  constexpr spec replace(string name, const head &layers) const;

  //===--- training defaults ---===//

  constexpr spec weights(string path) const;
  constexpr spec optimizer(const resnetc::optimizer &o) const;
  constexpr spec schedule(const resnetc::schedule &s) const;
  constexpr spec epochs(integer n) const;
  constexpr spec label_smoothing(number share) const;

  //===--- queries; 0 and false for a wrong spec ---===//

  constexpr int64_t parameters() const;
  constexpr int64_t trainable_parameters() const;
  /// Forward, one image: 2 x multiply-adds of convolutions and linear layers.
  constexpr int64_t flops() const;
  constexpr int classes() const;
  constexpr bool valid() const;

private:
  constexpr void add_rule(const rule &r);
  constexpr void select(rule_kind kind, const selector *items, int count,
                        int max_patterns);
};

//===----------------------------------------------------------------------===//
// Architecture
//===----------------------------------------------------------------------===//

constexpr spec spec::input(integer height, integer width) const {
  spec s = *this;
  s.input_height = checked(height, 1, max_side, "the input's height", s.error);
  s.input_width = checked(width, 1, max_side, "the input's width", s.error);
  return s;
}

constexpr spec spec::channels(integer n) const {
  spec s = *this;
  s.input_channels =
      checked(n, 1, max_channels, "the number of channels", s.error);
  return s;
}

constexpr spec spec::stem(resnetc::stem kind) const {
  spec s = *this;
  s.stem_kind = kind;
  return s;
}

constexpr spec spec::width(integer n) const {
  spec s = *this;
  s.base_planes = checked(n, 1, max_width, "the width", s.error);
  return s;
}

constexpr spec spec::resize(integer n) const {
  spec s = *this;
  s.resize_side = checked(n, 1, max_side, "resize", s.error);
  s.resize_at = n.where;
  return s;
}

constexpr spec spec::normalize(numbers mean, numbers std) const {
  spec s = *this;
  s.means = mean.count;
  s.stds = std.count;
  s.normalize_at = mean.where;
  for (int i = 0; i < mean.count && i < max_channels; ++i) {
    number m = mean.values[i];
    s.mean[i] =
        checked(m, m.value >= -largest_number && m.value <= largest_number,
                "a mean", "finite", s.error);
  }
  for (int i = 0; i < std.count && i < max_channels; ++i) {
    number d = std.values[i];
    s.std[i] = checked(d, d.value > 0 && d.value <= largest_number,
                       "a standard deviation", "above 0", s.error);
  }
  return s;
}

//===----------------------------------------------------------------------===//
// Rules
//===----------------------------------------------------------------------===//

constexpr void spec::add_rule(const rule &r) {
  if (rule_count < max_rules)
    rules[rule_count++] = r;
  else
    fail(error, r.where, "more than 64 rules; join patterns with *");
}

/// One rule a pattern, all with the policy that may stand last.
constexpr void spec::select(rule_kind kind, const selector *items, int count,
                            int max_patterns) {
  while (count && !items[count - 1].given)
    --count;
  rule r;
  r.kind = kind;
  if (count && items[count - 1].is_policy)
    r.policy = items[--count].policy;
  if (count == 0 || count > max_patterns) {
    text<300> message = detail::rule_name(kind);
    message +=
        max_patterns == 1 ? " takes 1 pattern" : " takes 1 to 8 patterns";
    message += ", got ";
    message += count;
    return fail(error, items[count ? max_patterns : 0].where, message);
  }
  for (int i = 0; i < count; ++i) {
    const selector &s = items[i];
    r.where = s.where;
    if (s.is_policy)
      return fail(error, s.where, "a bn policy must be the last argument");
    if (!s.pattern.fits || !text<63>::fits(s.pattern.value))
      return fail(error, s.where, "a pattern must have at most 63 characters");
    r.pattern = s.pattern.value.view();
    add_rule(r);
  }
}

constexpr spec spec::freeze_all(bn_policy policy, place where) const {
  spec s = *this;
  rule r;
  r.policy = policy;
  r.where = where;
  s.add_rule(r);
  return s;
}

constexpr spec spec::freeze(selector a, selector b, selector c, selector d,
                            selector e, selector f, selector g, selector h,
                            selector i) const {
  spec s = *this;
  const selector items[] = {a, b, c, d, e, f, g, h, i};
  s.select(rule_kind::freeze, items, 9, 8);
  return s;
}

constexpr spec spec::unfreeze(selector a, selector b, selector c, selector d,
                              selector e, selector f, selector g,
                              selector h) const {
  spec s = *this;
  const selector items[] = {a, b, c, d, e, f, g, h};
  for (const selector &item : items)
    if (item.is_policy)
      fail(s.error, item.where,
           "unfreeze takes no bn policy: a trained batch norm uses the batch's "
           "statistics");
  s.select(rule_kind::unfreeze, items, 8, 8);
  return s;
}

constexpr spec spec::freeze_until(selector first_trained,
                                  selector policy) const {
  spec s = *this;
  const selector items[] = {first_trained, policy};
  s.select(rule_kind::freeze_until, items, 2, 1);
  return s;
}

constexpr spec spec::replace_fc(integer classes) const {
  spec s = *this;
  rule r;
  r.kind = rule_kind::replace;
  r.classes =
      checked(classes, 1, max_classes, "the number of classes", s.error);
  r.where = classes.where;
  s.add_rule(r);
  return s;
}

constexpr spec spec::replace(string name, const head &layers) const {
  spec s = *this;
  if (!(name.value == "fc")) {
    text<300> message = "only \"fc\" can be replaced, got \"";
    message += name.value.view().substr(0, 63);
    message += "\"";
    fail(s.error, name.where, message);
  }
  if (layers.error)
    fail(s.error, layers.error.where, layers.error.what);
  if (s.layer_count + layers.count > max_rules)
    fail(s.error, name.where, "more than 64 layers in all heads together");
  if (s.error)
    return s;
  rule r;
  r.kind = rule_kind::replace;
  r.first_layer = s.layer_count;
  r.layers = layers.count;
  r.where = name.where;
  for (int i = 0; i < layers.count; ++i)
    s.layers[s.layer_count++] = layers.layers[i];
  s.add_rule(r);
  return s;
}

//===----------------------------------------------------------------------===//
// Training defaults
//===----------------------------------------------------------------------===//

constexpr spec spec::weights(string path) const {
  spec s = *this;
  if (!path.fits)
    fail(s.error, path.where,
         "the path of the weights must have at most 255 characters");
  s.training.weights = path.value;
  return s;
}

constexpr spec spec::optimizer(const resnetc::optimizer &o) const {
  spec s = *this;
  s.training.optimizer = o;
  if (o.error)
    fail(s.error, o.error.where, o.error.what);
  if (o.lookahead && o.mu == 0)
    fail(s.error, o.nesterov_at,
         "nesterov needs momentum; write sgd(lr).momentum(0.9).nesterov()");
  return s;
}

constexpr spec spec::schedule(const resnetc::schedule &schedule) const {
  spec s = *this;
  s.training.schedule = schedule;
  if (schedule.error)
    fail(s.error, schedule.error.where, schedule.error.what);
  return s;
}

constexpr spec spec::epochs(integer n) const {
  spec s = *this;
  s.training.epochs =
      checked(n, 1, max_epochs, "the number of epochs", s.error);
  return s;
}

constexpr spec spec::label_smoothing(number share) const {
  spec s = *this;
  s.training.label_smoothing =
      checked(share, share.value >= 0 && share.value < 1, "label_smoothing",
              "at least 0 and below 1", s.error);
  return s;
}

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
