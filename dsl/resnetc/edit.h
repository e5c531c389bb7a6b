//===- edit.h - rules: what is frozen, what is replaced -------------------===//
//
// Rules are applied in order to a graph whose architecture is complete.
// Patterns are globs over parameter names.
//
//===----------------------------------------------------------------------===//
#ifndef RESNETC_EDIT_H
#define RESNETC_EDIT_H

#include "resnetc/blocks.h"
#include "resnetc/suggest.h"

namespace resnetc {

/// An argument of freeze, unfreeze and freeze_until: a pattern, or (last) what
/// frozen batch norms do.
struct selector {
  bool given = false, is_policy = false;
  string pattern;
  bn_policy policy = bn_policy::running;
  place where;
  constexpr selector() = default;
  constexpr selector(const char *pattern,
                     place where = std::source_location::current())
      : given(true), pattern(pattern, where), where(where) {}
  constexpr selector(bn_policy policy,
                     place where = std::source_location::current())
      : given(true), is_policy(true), policy(policy), where(where) {}
};

namespace detail {

constexpr std::string_view rule_name(rule_kind kind) {
  constexpr std::string_view names[] = {"freeze_all", "freeze", "unfreeze",
                                        "freeze_until", "replace"};
  return names[static_cast<int>(kind)];
}

/// Sets the weight and bias of node i that `matches` admits; the policy goes
/// with a batch norm's weight.
template <class F>
constexpr bool set_trained(graph &g, int i, const rule &r, int index,
                           F &&matches) {
  node &n = g.nodes[i];
  bool trained = r.kind == rule_kind::unfreeze, any = false;
  if (n.name.empty())
    return false;
  if (matches("weight")) {
    n.weight_trained = trained;
    n.weight_rule = index;
    if (!trained)
      n.policy = r.policy;
    any = true;
  }
  if (n.kind != op_kind::conv2d && matches("bias")) {
    n.bias_trained = trained;
    n.bias_rule = index;
    any = true;
  }
  return any;
}

constexpr bool apply_pattern(graph &g, const rule &r, int index) {
  bool any = false;
  size_t literal = literal_size(r.pattern);
  for (int i = 0; i < g.count; ++i)
    if (may_match(r.pattern, literal, g.nodes[i].name))
      any |= set_trained(g, i, r, index, [&](std::string_view part) {
        return matches(r.pattern, g.nodes[i].name, part);
      });
  return any;
}

/// Freezes all parameters before the first that matches. Gives false where none
/// does.
constexpr bool apply_freeze_until(graph &g, const rule &r, int index) {
  int end = 0;
  bool weight = false; // it is the bias of node `end` that matches first
  for (; end < g.count; ++end) {
    const node &n = g.nodes[end];
    if (n.name.empty())
      continue;
    if (matches(r.pattern, n.name, "weight"))
      break;
    weight = n.kind != op_kind::conv2d && matches(r.pattern, n.name, "bias");
    if (weight)
      break;
  }
  if (end == g.count)
    return false;
  bool any = false;
  for (int i = 0; i < end; ++i)
    any |= set_trained(g, i, r, index, [](std::string_view) { return true; });
  if (weight)
    any |= set_trained(g, end, r, index,
                       [](std::string_view part) { return part == "weight"; });
  if (!any) {
    text<300> message = "nothing comes before \"";
    message += r.pattern.view();
    message +=
        "\"; name the first layer that stays trained, such as \"layer4\"";
    fail(g.error, r.where, message);
  }
  return true;
}

constexpr void apply_replace(graph &g, const rule &r, int index,
                             const layer *layers) {
  int pool = g.count - 1;
  while (g.nodes[pool].kind != op_kind::global_avg_pool)
    --pool;
  for (int i = pool + 1; i < g.count; ++i)
    g.nodes[i] = {};
  g.count = pool + 1;
  if (r.layers)
    append_head(g, pool, layers + r.first_layer, r.layers);
  else
    append_fc(g, pool, r.classes, true);
  for (int i = pool + 1; i < g.count; ++i)
    g.nodes[i].weight_rule = g.nodes[i].bias_rule = index;
}

constexpr void apply_rule(graph &g, const rule &r, int index,
                          const layer *layers) {
  bool found = true;
  switch (r.kind) {
  case rule_kind::freeze_all:
    for (int i = 0; i < g.count; ++i)
      set_trained(g, i, r, index, [](std::string_view) { return true; });
    break;
  case rule_kind::freeze:
  case rule_kind::unfreeze:
    found = apply_pattern(g, r, index);
    break;
  case rule_kind::freeze_until:
    found = apply_freeze_until(g, r, index);
    break;
  case rule_kind::replace:
    apply_replace(g, r, index, layers);
    break;
  }
  if (!found)
    fail(g.error, r.where, no_match_message(g, r.pattern));
}

} // namespace detail

/// Applies the graph's rules in order; `layers` are those of the heads that
/// they name. Stops at the first mistake.
constexpr void apply_rules(graph &g, const layer *layers) {
  place last_freeze;
  for (int i = 0; i < g.rule_count && !g.error; ++i) {
    detail::apply_rule(g, g.rules[i], i, layers);
    if (g.rules[i].kind != rule_kind::unfreeze &&
        g.rules[i].kind != rule_kind::replace)
      last_freeze = g.rules[i].where;
  }
  if (g.error)
    return;
  for (const node &n : g)
    if (!n.name.empty() &&
        (n.weight_trained || (n.bias_trained && n.kind != op_kind::conv2d)))
      return;
  fail(g.error, last_freeze,
       "nothing is left to train; add .replace_fc(classes) or "
       ".unfreeze(\"fc\") after it");
}

} // namespace resnetc

#endif
