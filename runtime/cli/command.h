// The commands: each reads its options, does its work through train/, and says
// the result.
#pragma once

#include "cli/options.h"
#include "data/decode.h"
#include "data/loader.h"
#include "report/console.h"
#include "train/prefix_cache.h"

#include <resnetc/abi.h>

namespace resnetc {

struct command_context {
  const resnetc_variant &variant;
  const arguments &options;
  console &out;
  const resnetc_variant *const *variants; ///< all that the program holds
};

// Each returns the exit code; mistakes are std::exceptions whose text is for
// the user.
int train_command(const command_context &context);
int eval_command(const command_context &context);
int predict_command(const command_context &context);
int bench_command(const command_context &context);
int step_command(const command_context &context);
int info_command(const command_context &context);
int cache_command(const command_context &context);

/// For eval and predict: the variant of --precision, or else of the precision
/// that the checkpoint was trained in.
const resnetc_variant &variant_for(const command_context &context,
                                   const std::string &checkpoint);

// Options that several commands take.
int threads_of(const arguments &options);
std::int64_t batch_of(const arguments &options);
exif exif_of(const arguments &options);
bad_image_policy bad_images_of(const arguments &options);
cache_settings cache_of(const arguments &options);
/// `standard` where --optimizer is not given.
resnetc_optimizer optimizer_of(const arguments &options,
                               resnetc_optimizer standard);

} // namespace resnetc
