//===- spec.h - what a spec says ------------------------------------------===//
//
// A spec records what was asked for, in any order; resnet.h makes the graph:
// architecture first, then the rules in order.
//
//===----------------------------------------------------------------------===//
#ifndef RESNETC_SPEC_H
#define RESNETC_SPEC_H

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

} // namespace resnetc

#endif
