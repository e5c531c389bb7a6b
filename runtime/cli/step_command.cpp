#include "cli/command.h"
#include "train/precision.h"
#include "train/step_tensors.h"

#include <limits>
#include <stdexcept>

namespace resnetc {

int step_command(const command_context &context) {
  const arguments &options = context.options;
  constexpr double unbounded = std::numeric_limits<double>::infinity();
  step_settings settings;
  settings.steps = static_cast<int>(options.whole("steps", 3, 1, 1000000));
  settings.optimizer.kind = optimizer_of(options, RESNETC_SGD);
  settings.lr = options.real("lr", 0.01, 0, unbounded);
  settings.optimizer.momentum = options.real("momentum", 0.9, 0, 1);
  settings.optimizer.nesterov = options.given("nesterov");
  settings.optimizer.weight_decay =
      options.real("weight-decay", 0, 0, unbounded);
  settings.label_smoothing = options.real("label-smoothing", 0, 0, 1);
  settings.threads = threads_of(options);
  if (settings.optimizer.kind == RESNETC_SGD && settings.optimizer.nesterov &&
      settings.optimizer.momentum == 0)
    throw std::runtime_error("option --nesterov: Nesterov momentum needs a "
                             "momentum above 0; give --momentum 0.9");
  step_tensors(context.variant,
               plain_variant(context.variants, context.variant), options.required("in"), options.required("out"),
               settings);
  return 0;
}

} // namespace resnetc
