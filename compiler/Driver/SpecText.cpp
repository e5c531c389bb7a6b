//===- SpecText.cpp - specs and rules as they are written -----------------===//

#include "Driver/SpecText.h"

#include <charconv>

namespace resnetc {

/// The shortest decimal that reads back as the same number.
static std::string real(double x) {
  char digits[32];
  auto end = std::to_chars(digits, digits + sizeof digits, x).ptr;
  return std::string(digits, end);
}

static std::string quote(std::string_view s) {
  return '"' + std::string(s) + '"';
}

static std::string numberList(const double *values, int count) {
  std::string text = "{";
  for (int i = 0; i < count; ++i)
    text += (i ? ", " : "") + real(values[i]);
  return text + "}";
}

std::string ruleText(const rule &r) {
  std::string batch = r.policy == bn::batch ? "bn::batch" : "";
  switch (r.kind) {
  case rule_kind::freeze_all:
    return "freeze_all(" + batch + ")";
  case rule_kind::replace:
    return r.layers ? "replace(\"fc\", seq(...))"
                    : "replace_fc(" + std::to_string(r.classes) + ")";
  default:
    return std::string(detail::rule_name(r.kind)) + "(" + quote(r.pattern) +
           (batch.empty() ? "" : ", " + batch) + ")";
  }
}

static std::string layerText(const layer &l) {
  if (l.kind == op_kind::linear)
    return "linear(" + std::to_string(l.features) + ")";
  return l.kind == op_kind::relu ? "relu()" : "dropout(" + real(l.rate) + ")";
}

static std::string modelText(const spec &s) {
  if (!(s.name == "resnet"))
    return std::string(s.name) + "()";
  std::string text =
      s.kind == basic ? "resnet(basic, {" : "resnet(bottleneck, {";
  for (int i = 0; i < 4; ++i)
    text += (i ? ", " : "") + std::to_string(s.stages[i]);
  return text + "})";
}

static std::string settingsText(const spec &s) {
  std::string text;
  auto add = [&](bool changed, std::string call) {
    if (changed)
      text += "\n    ." + call;
  };
  const spec d; // the defaults
  add(s.input_height != d.input_height || s.input_width != d.input_width,
      "input(" + std::to_string(s.input_height) + ", " +
          std::to_string(s.input_width) + ")");
  add(s.input_channels != d.input_channels,
      "channels(" + std::to_string(s.input_channels) + ")");
  add(s.stem_kind != d.stem_kind, "stem(stem::small)");
  add(s.base_planes != d.base_planes,
      "width(" + std::to_string(s.base_planes) + ")");
  add(s.resize_side, "resize(" + std::to_string(s.resize_side) + ")");
  add(s.means, "normalize(" + numberList(s.mean, s.means) + ", " +
                   numberList(s.std, s.stds) + ")");
  return text;
}

static std::string rulesText(const spec &s) {
  std::string text;
  for (int i = 0; i < s.rule_count; ++i) {
    const rule &r = s.rules[i];
    text += "\n    .";
    if (!r.layers) {
      text += ruleText(r);
      continue;
    }
    text += "replace(\"fc\", seq(";
    for (int l = 0; l < r.layers; ++l)
      text += (l ? ", " : "") + layerText(s.layers[r.first_layer + l]);
    text += "))";
  }
  return text;
}

static std::string optimizerText(const optimizer &o) {
  constexpr const char *names[] = {"sgd", "adam", "adamw"};
  std::string text = names[static_cast<int>(o.kind)];
  text += "(" + real(o.lr) + ")";
  if (o.mu)
    text += ".momentum(" + real(o.mu) + ")";
  if (o.decay != (o.kind == optimizer_kind::adamw ? 0.01 : 0))
    text += ".weight_decay(" + real(o.decay) + ")";
  return text + (o.lookahead ? ".nesterov()" : "");
}

static std::string scheduleText(const schedule &s) {
  std::string text =
      s.kind == schedule_kind::constant ? "constant()" : "cosine()";
  if (s.kind == schedule_kind::step)
    text = "step(" + std::to_string(s.every) + ", " + real(s.factor) + ")";
  return text +
         (s.warmup_epochs ? ".warmup(" + real(s.warmup_epochs) + ")" : "");
}

static std::string trainingText(const training &t) {
  std::string text;
  auto add = [&](bool changed, std::string call) {
    if (changed)
      text += "\n    ." + call;
  };
  const training d;
  add(!t.weights.empty(), "weights(" + quote(t.weights) + ")");
  add(optimizerText(t.optimizer) != optimizerText(d.optimizer),
      "optimizer(" + optimizerText(t.optimizer) + ")");
  add(scheduleText(t.schedule) != scheduleText(d.schedule),
      "schedule(" + scheduleText(t.schedule) + ")");
  add(t.epochs != d.epochs, "epochs(" + std::to_string(t.epochs) + ")");
  add(t.label_smoothing != 0,
      "label_smoothing(" + real(t.label_smoothing) + ")");
  return text;
}

std::string specText(const spec &s) {
  return modelText(s) + settingsText(s) + rulesText(s) +
         trainingText(s.training) + "\n";
}

} // namespace resnetc
