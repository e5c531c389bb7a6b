#include "cli/command.h"
#include "train/check_precision.h"
#include "train/precision.h"
#include "train/sweep.h"
#include "train/trainer.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <limits>
#include <stdexcept>

namespace resnetc {
namespace {

constexpr double unbounded = std::numeric_limits<double>::infinity();

// "constant", "cosine" or "step:EVERY,FACTOR".
void set_schedule(train_settings &settings, const arguments &options) {
  std::string text = options.text("schedule").value_or("");
  if (!options.given("schedule"))
    return;
  if (text == "constant") {
    settings.schedule = RESNETC_CONSTANT;
    return;
  }
  if (text == "cosine") {
    settings.schedule = RESNETC_COSINE;
    return;
  }
  settings.schedule = RESNETC_STEP;
  char beyond;
  if (std::sscanf(text.c_str(), "step:%d,%lf%c", &settings.step_every,
                  &settings.step_factor, &beyond) != 2 ||
      settings.step_every < 1 || !(settings.step_factor > 0) ||
      !std::isfinite(settings.step_factor))
    throw std::runtime_error(
        fmt::format("option --schedule: got '{}', expected constant, cosine or "
                    "step:EVERY,FACTOR, such as step:3,0.1",
                    text));
}

// The spec's settings, or those of the --optimizer that was named, then what
// the command line says of each.
void set_optimizer(train_settings &settings, const arguments &options,
                   const resnetc_training &spec, console &out) {
  optimizer_settings &optimizer = settings.optimizer;
  optimizer = {static_cast<resnetc_optimizer>(spec.optimizer), spec.momentum,
               spec.weight_decay, spec.nesterov != 0};
  settings.lr = spec.lr;
  if (options.given("optimizer")) {
    optimizer.kind = optimizer_of(options, RESNETC_SGD);
    bool sgd = optimizer.kind == RESNETC_SGD;
    optimizer.momentum = sgd ? 0.9 : 0;
    optimizer.weight_decay = optimizer.kind == RESNETC_ADAMW ? 0.01 : 0;
    optimizer.nesterov = false;
    settings.lr = sgd ? 0.01 : 0.001;
  }
  settings.lr = options.real("lr", settings.lr, 0, unbounded);
  optimizer.momentum = options.real("momentum", optimizer.momentum, 0, 1);
  optimizer.nesterov = options.on_off("nesterov", optimizer.nesterov);
  optimizer.weight_decay =
      options.real("weight-decay", optimizer.weight_decay, 0, unbounded);
  if (optimizer.kind != RESNETC_SGD &&
      (options.given("momentum") || options.given("nesterov")))
    out.warn("--momentum and --nesterov are sgd's; they change nothing here");
  if (optimizer.kind == RESNETC_SGD && optimizer.nesterov &&
      optimizer.momentum == 0)
    throw std::runtime_error("option --nesterov: Nesterov momentum needs a "
                             "momentum above 0; give --momentum 0.9");
}

void set_data(train_settings &settings, const arguments &options) {
  settings.data = options.required("data");
  settings.validation = options.text("val").value_or("");
  if (options.given("val-split")) {
    if (options.given("val"))
      throw std::runtime_error(
          "options --val and --val-split exclude each other; give one");
    settings.val_split = options.real("val-split", 0, 0, 1);
    if (*settings.val_split <= 0 || *settings.val_split >= 1)
      throw std::runtime_error(fmt::format(
          "option --val-split: got '{}', expected a number above 0 and below 1",
          *options.text("val-split")));
  }
  constexpr std::string_view augments[] = {"auto", "none", "crop-flip"};
  settings.augment =
      static_cast<augment_choice>(options.choice("augment", 0, augments));
  settings.orientation = exif_of(options);
  settings.bad_images = bad_images_of(options);
}

train_settings settings_of(const command_context &context,
                           const arguments &options) {
  const resnetc_training &spec = *context.variant.model->training;
  train_settings settings;
  set_data(settings, options);
  set_optimizer(settings, options, spec, context.out);
  settings.weights = options.text("weights").value_or(spec.weights);
  settings.weights_from_spec = !options.given("weights");
  settings.epochs =
      static_cast<int>(options.whole("epochs", spec.epochs, 1, 1000000));
  settings.batch = batch_of(options);
  settings.label_smoothing =
      options.real("label-smoothing", spec.label_smoothing, 0, 1);
  settings.schedule = static_cast<resnetc_schedule>(spec.schedule);
  settings.step_every = std::max(spec.step_every, 1);
  settings.step_factor = spec.step_factor;
  set_schedule(settings, options);
  settings.warmup_epochs =
      options.real("warmup", spec.warmup_epochs, 0, 1000000);
  settings.seed =
      options.whole("seed", 0, 0, std::numeric_limits<std::int64_t>::max());
  settings.out = options.text("out").value_or("");
  settings.force = options.given("force");
  settings.cache = cache_of(options);
  settings.views = options.whole("cache-views", 0, 1, 10000);
  settings.threads = threads_of(options);
  return settings;
}

/// What --sweep takes: settings that change neither the images nor the layers.
constexpr std::string_view sweepable[] = {
    "lr",     "momentum", "nesterov", "weight-decay", "label-smoothing",
    "warmup", "epochs",   "batch",    "optimizer",    "seed"};

struct swept_option {
  std::string name;
  std::vector<std::string> values;
};

swept_option parse_sweep(const std::string &text, const arguments &options) {
  std::size_t equals = text.find('=');
  swept_option swept{text.substr(0, equals), {}};
  if (std::ranges::find(sweepable, swept.name) == std::end(sweepable))
    throw std::runtime_error(
        fmt::format("option --sweep: got '{}', expected NAME=VALUE,VALUE... "
                    "with a NAME of {}",
                    text, fmt::join(sweepable, ", ")));
  if (options.given(swept.name))
    throw std::runtime_error(fmt::format(
        "options --{0} and --sweep {0}=... exclude each other; give one",
        swept.name));
  std::string rest = equals == text.npos ? "" : text.substr(equals + 1);
  for (std::size_t start = 0; start <= rest.size();) {
    std::size_t end = std::min(rest.find(',', start), rest.size());
    std::string value = rest.substr(start, end - start);
    if (value.empty() || std::ranges::count(swept.values, value) > 0)
      throw std::runtime_error(fmt::format(
          "option --sweep: got '{}', expected {}=VALUE,VALUE... without empty "
          "and repeated values",
          text, swept.name));
    swept.values.push_back(value);
    start = end + 1;
  }
  return swept;
}

/// All combinations, the last option's values fastest.
std::vector<sweep_case> sweep_cases(const command_context &context) {
  struct partial {
    std::string name;
    arguments options;
  };
  std::vector<partial> partials{{"", context.options}};
  std::vector<std::string> seen;
  for (const std::string &text : context.options.all("sweep")) {
    swept_option swept = parse_sweep(text, context.options);
    if (std::ranges::count(seen, swept.name) > 0)
      throw std::runtime_error(
          fmt::format("option --sweep: {} is given twice", swept.name));
    seen.push_back(swept.name);
    std::vector<partial> next;
    for (const partial &before : partials)
      for (const std::string &value : swept.values)
        next.push_back({fmt::format("{}{}{}={}", before.name,
                                    before.name.empty() ? "" : ",", swept.name,
                                    value),
                        before.options.with(swept.name, value)});
    partials = std::move(next);
  }
  std::vector<sweep_case> cases;
  for (const partial &each : partials)
    cases.push_back({each.name, settings_of(context, each.options)});
  return cases;
}

} // namespace

static void require_two_precisions(const command_context &context) {
  if (!context.options.all("sweep").empty())
    throw std::runtime_error(
        "options --check-precision and --sweep exclude each other; give one");
  const resnetc_variant &variant = context.variant;
  if (std::string_view(variant.precision) != "f32")
    return;
  throw std::runtime_error(fmt::format(
      "option --check-precision: this trainer computes all in {}; {}",
      precision_of(variant),
      variant.features
          ? "compile one with --precision=bf16 or --precision=int8"
          : "nothing is frozen before the first trained layer of its spec, and "
            "what is trained has no other precision"));
}

int train_command(const command_context &context) {
  const bool check = context.options.given("check-precision");
  if (check)
    require_two_precisions(context);
  const resnetc_variant &variant = context.variant,
                        &plain = plain_variant(context.variants, variant);
  if (!context.options.all("sweep").empty())
    return sweep(variant, plain, sweep_cases(context), context.out);
  train_settings settings = settings_of(context, context.options);
  prefix_caches caches(settings.cache);
  run_result result =
      check ? check_precision(variant, plain, settings, caches, context.out)
            : train(variant, plain, settings, caches, context.out);
  if (!result.failure.empty())
    throw std::runtime_error(result.failure);
  return result.exit_code;
}

} // namespace resnetc
