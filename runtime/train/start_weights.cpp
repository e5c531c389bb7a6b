#include "train/start_weights.h"

#include "report/format.h"
#include "state/checkpoint.h"

#include <fmt/format.h>

namespace resnetc {
namespace {

std::int64_t frozen_parameters(const resnetc_model &model) {
  return model.parameters - model.trainable_parameters;
}

void load_file(model_state &state, const train_settings &settings,
               const std::vector<std::string> &classes, console &out) {
  if (settings.weights_from_spec && !std::filesystem::exists(settings.weights))
    throw file_error(settings.weights,
                     "no such file, though the spec's weights() names it, "
                     "relative to the working folder; give --weights FILE");
  tensor_file file = tensor_file::open(settings.weights);
  load_rules rules = rules_for_training(state, file, classes, settings.seed);
  load_report report = load_weights(state, file, rules);
  out.say(fmt::format("{}: {} tensors taken, {} initialised (seed {}).",
                      settings.weights, report.loaded,
                      report.initialised.size(), settings.seed));
  for (const std::string &note : report.notes)
    out.say(note);
}

} // namespace

void load_start_weights(model_state &state, const train_settings &settings,
                        const std::vector<std::string> &classes, console &out) {
  const resnetc_model &model = state.model();
  std::int64_t frozen = frozen_parameters(model);
  if (!settings.weights.empty() && settings.weights != "random")
    return load_file(state, settings, classes, out);
  if (settings.weights.empty() && frozen > 0)
    throw std::runtime_error(
        fmt::format("{} of {} parameters are frozen, and there are no weights "
                    "for them; give --weights FILE, or "
                    "--weights random to keep random ones on purpose",
                    format_count(frozen), format_count(model.parameters)));
  state.initialise_all(settings.seed);
  out.say(fmt::format("All weights are random (seed {}){}.", settings.seed,
                      frozen > 0 ? ", the frozen ones too" : ""));
}

} // namespace resnetc
