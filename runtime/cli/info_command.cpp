#include "cli/command.h"
#include "report/format.h"
#include "train/engine.h"
#include "train/precision.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace resnetc {

int info_command(const command_context &context) {
  const resnetc_model &model = *context.variant.model;
  std::vector<double> mean(model.mean, model.mean + model.channels),
      std(model.std, model.std + model.channels);
  resnetc_arena arena = arena_for(model, engine_use::training);
  if (context.options.given("json")) {
    nlohmann::ordered_json json{
        {"model", model.name},
        {"input", {model.height, model.width}},
        {"channels", model.channels},
        {"classes", model.classes},
        {"mean", mean},
        {"std", std},
        {"parameters", model.parameters},
        {"trainable_parameters", model.trainable_parameters},
        {"max_batch", model.max_batch},
        {"mcpu", context.variant.mcpu},
        {"precision", precision_of(context.variant)},
        {"arena",
         {{"fixed", arena.fixed},
          {"per_image", arena.per_image},
          {"per_thread", arena.per_thread}}}};
    context.out.result(json.dump() + "\n");
    return 0;
  }
  context.out.result(format_table({
      {"model", model.name},
      {"spec", format_spec(model.spec)},
      {"input", fmt::format("{} x {}, {} channels", model.height, model.width,
                            model.channels)},
      {"classes", format_count(model.classes)},
      {"mean, std",
       fmt::format("{:g}; {:g}", fmt::join(mean, ", "), fmt::join(std, ", "))},
      {"parameters",
       fmt::format("{}, {} of them trained", format_count(model.parameters),
                   format_count(model.trainable_parameters))},
      {"largest batch", format_count(model.max_batch)},
      {"compiled for",
       fmt::format("{}, {}", context.variant.mcpu, precision_of(context.variant))},
      {"arena",
       fmt::format("{} + {} an image + {} a thread, in bytes",
                   format_count(arena.fixed), format_count(arena.per_image),
                   format_count(arena.per_thread))},
  }));
  return 0;
}

} // namespace resnetc
