#include "cli/command.h"
#include "report/format.h"
#include "train/bad_images.h"
#include "train/checkpoint_model.h"
#include "train/evaluate.h"

#include <chrono>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace resnetc {
namespace {

// Labels by the checkpoint's class names; a plain state_dict has none, so there
// the folders' order counts.
image_index index_for(const checkpoint_model &model, std::int64_t classes,
                      const std::filesystem::path &data, console &out) {
  std::filesystem::path folder = find_evaluation_folder(data);
  image_index index = index_folder(folder, index_purpose::evaluation);
  if (model.classes()) {
    std::vector<std::string> missing = map_classes(index, *model.classes());
    if (!missing.empty())
      out.warn(fmt::format("{}: has no images of {}", folder.string(),
                           fmt::join(missing, ", ")));
  } else if (static_cast<std::int64_t>(index.classes.size()) != classes) {
    throw data_error(fmt::format(
        "{}: has {} classes, but the model has {}, and the checkpoint has no "
        "class names to tell which; add a folder for each",
        folder.string(), index.classes.size(), classes));
  }
  return index;
}

} // namespace

int eval_command(const command_context &context) {
  const arguments &options = context.options;
  std::string data = options.required("data"),
              checkpoint = options.required("checkpoint");
  loader_options loading;
  loading.batch = static_cast<int>(batch_of(options));
  loading.threads = threads_of(options);
  loading.dtype = static_cast<resnetc_dtype>(context.variant.dtype);
  loading.orientation = exif_of(options);
  loading.bad_images = bad_images_of(options);

  checkpoint_model model(variant_for(context, checkpoint), checkpoint,
                         loading.threads, loading.batch,
                         engine_use::inference);
  image_index index =
      index_for(model, context.variant.model->classes, data, context.out);
  bad_images bad(context.out);
  transform_spec input = model.input();
  prefix_caches caches(cache_of(options));
  prefix_cache *cache =
      caches.find(model.engine(), input, loading.orientation);
  record_source images(model.engine(), index.samples, input, loading,
                       bad.callback(), cache);
  auto all = static_cast<std::int64_t>(index.samples.size());
  images.start(sequential_order(all));
  auto start = std::chrono::steady_clock::now();
  tally result = evaluate(model.engine(), images, [&](std::int64_t done) {
    std::chrono::duration<double> passed =
        std::chrono::steady_clock::now() - start;
    context.out.progress(
        format_evaluation("evaluation", done, all, passed.count()));
    return true;
  });
  bad.say_count();
  if (images.found() > 0)
    context.out.say(fmt::format("{} of {} images came from the cache.",
                                format_count(images.found()),
                                format_count(result.images)));
  if (cache)
    cache->say_trouble(context.out);
  if (!std::isfinite(result.loss()))
    throw std::runtime_error(
        fmt::format("{}: the loss over {} is not finite; the weights or what "
                    "they give are no numbers",
                    checkpoint, data));
  if (options.given("json")) {
    nlohmann::ordered_json json{{"images", result.images},
                                {"loss", result.loss()},
                                {"top1", result.top1()},
                                {"top5", result.top5()}};
    context.out.result(json.dump() + "\n");
  } else {
    context.out.result(
        fmt::format("{} images: loss {:.4f}, top-1 {}, top-5 {}\n",
                    result.images, result.loss(), format_percent(result.top1()),
                    format_percent(result.top5())));
  }
  return 0;
}

} // namespace resnetc
