// Which precision eval and predict compute the frozen prefix in.
#include "train/precision.h"

#include "cli/command.h"
#include "state/checkpoint.h"
#include "train/evaluate.h"

#include <fmt/format.h>
#include <stdexcept>

namespace resnetc {

/// The program's own precision; f32 where that needs scales and the file, which
/// was trained in another, has none.
static const resnetc_variant &
own_unless_calibrated(const command_context &context, bool has_scales) {
  return !needed_scales(context.variant).empty() && !has_scales
             ? plain_variant(context.variants, context.variant)
             : context.variant;
}

const resnetc_variant &variant_for(const command_context &context,
                                   const std::string &checkpoint) {
  const resnetc_variant &own = context.variant;
  check_image_channels(*own.model); // before the file is asked
  if (std::optional<std::string> given = context.options.text("precision")) {
    if (auto *found = find_precision(context.variants, own, *given))
      return *found;
    throw std::runtime_error(fmt::format(
        "option --precision: got '{}', but this trainer computes in {}", *given,
        precisions_of(context.variants, own)));
  }
  auto info = read_checkpoint_info(tensor_file::open(checkpoint));
  if (!info) { // a plain state_dict does not tell
    const resnetc_variant &used = own_unless_calibrated(context, false);
    if (&used != &own)
      context.out.warn(fmt::format(
          "{}: holds no scales of the activations that {} rounds, as "
          "checkpoints of train do, so all is computed in f32",
          checkpoint, own.precision));
    return used;
  }
  if (auto *found = find_precision(context.variants, own, info->precision))
    return *found;
  const resnetc_variant &used =
      own_unless_calibrated(context, !info->scales.empty());
  context.out.warn(fmt::format(
      "{}: was trained behind frozen layers in {}, and this trainer computes "
      "them in {}; compile one with --precision={} to see what it learned",
      checkpoint, info->precision, used.precision, info->precision));
  return used;
}

} // namespace resnetc
