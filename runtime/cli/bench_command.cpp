#include "cli/bench_layers.h"
#include "data/random.h"
#include "measure/bandwidth.h"
#include "report/format.h"
#include "state/atomic_file.h"
#include "state/scales.h"
#include "train/calibration.h"
#include "train/engine.h"
#include "train/precision.h"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <functional>
#include <nlohmann/json.hpp>
#include <sys/resource.h>

namespace resnetc {
namespace {

enum class what { infer, train, features, head };
constexpr std::string_view what_names[] = {"infer", "train", "features",
                                           "head"};

struct step_times {
  double best, median; // seconds
};

// Batches with fixed random contents, in the variant's element type.
template <typename T> void fill_images(void *buffer, std::int64_t count) {
  random_stream random(0, random_purpose::measure, 0);
  for (std::int64_t i = 0; i < count; ++i)
    static_cast<T *>(buffer)[i] = static_cast<T>(random.uniform(-2, 2));
}

step_times measure(const std::function<void()> &run, double seconds,
                   layer_watch *layers) {
  using clock = std::chrono::steady_clock;
  auto since = [](clock::time_point start) {
    return std::chrono::duration<double>(clock::now() - start).count();
  };
  run(); // touches the memory
  constexpr std::size_t least_runs = 3;
  std::vector<double> times;
  for (clock::time_point start = clock::now();
       times.size() < least_runs || since(start) < seconds;) {
    if (layers)
      layers->times.begin_step();
    clock::time_point begin = clock::now();
    run();
    times.push_back(since(begin));
    if (layers) {
      layers->times.end_step(times.back());
      layers->peak.look_again();
    }
  }
  std::ranges::sort(times);
  return {times.front(), times[times.size() / 2]};
}

double peak_rss_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024; // of kB
}

step_times measure(what kind, const command_context &context,
                   std::int64_t batch, layer_watch *layers) {
  const resnetc_model &model = *context.variant.model;
  bool trains = kind == what::train || kind == what::head;
  engine engine(context.variant, threads_of(context.options), batch,
                trains                ? engine_use::training
                : kind == what::infer ? engine_use::single_image
                                      : engine_use::inference);
  engine.state().initialise_all(0);
  std::int64_t elements = batch * model.height * model.width * model.channels;
  bool f64 = context.variant.dtype == RESNETC_F64;
  aligned_buffer images(elements * (f64 ? sizeof(double) : sizeof(float))),
      labels(batch * sizeof(std::int64_t)), ids(batch * sizeof(std::int64_t));
  f64 ? fill_images<double>(images.data(), elements)
      : fill_images<float>(images.data(), elements);
  if (!needed_scales(context.variant).empty())
    calibrate(engine, plain_variant(context.variants, context.variant),
              images.data(), batch, threads_of(context.options));
  engine.prepare();
  engine.refresh();
  for (std::int64_t i = 0; i < batch; ++i) {
    labels.as<std::int64_t>()[i] = i % model.classes;
    ids.as<std::int64_t>()[i] = i;
  }
  auto step = [&](const void *records) {
    engine.gradients(records, labels.as<std::int64_t>(), ids.as<std::int64_t>(),
                     batch, {});
    engine.apply({RESNETC_SGD, 0.9, 1e-4, false},
                 0); // a rate of 0 costs the same and keeps the numbers tame
  };
  double seconds = context.options.real("seconds", 5, 0, 86400);
  const void *records = engine.records(images.data(), batch);
  if (layers)
    engine.time_loops(layers->times.loops());
  switch (kind) {
  case what::infer:
    return measure(
        [&] { engine.logits(engine.records(images.data(), batch), batch); },
        seconds, layers);
  case what::train:
    return measure([&] { step(engine.records(images.data(), batch)); }, seconds,
                   layers);
  case what::features:
    return measure([&] { engine.records(images.data(), batch); }, seconds,
                   layers);
  default:
    return measure([&] { step(records); }, seconds, layers);
  }
}

} // namespace

int bench_command(const command_context &context) {
  const arguments &options = context.options;
  const resnetc_model &model = *context.variant.model;
  options.required("what");
  auto kind = static_cast<what>(options.choice("what", 0, what_names));
  std::int64_t batch = batch_of(options);
  if (kind == what::train || kind == what::head)
    check_training_batch(batch, model);
  if (kind == what::features && !context.variant.features)
    throw std::runtime_error(
        "option --what: nothing is frozen before the first trained layer, so "
        "there are no features to time; use train or infer");
  std::optional<atomic_file> roofline;
  if (std::optional<std::string> path = options.text("roofline"))
    roofline.emplace(*path); // a path that cannot be written ends it here
  std::optional<layer_watch> layers;
  if (options.given("layers") || roofline)
    layers.emplace(layer_times(context.variant),
                   peak_watch(threads_of(options)));
  step_times times = measure(kind, context, batch, layers ? &*layers : nullptr);
  double rss = peak_rss_mb();
  machine_limits limits{};
  if (layers) {
    layers->peak.look();
    bool f64 = context.variant.dtype == RESNETC_F64;
    limits.peak = layers->peak.highest() / (f64 ? 2 : 1);
  }
  std::string_view name = what_names[static_cast<std::size_t>(kind)];
  std::string threads = format_number_of(threads_of(options), "thread");
  std::string title =
      fmt::format("{} of {}, batch {}, {}", name, model.name, batch, threads);
  if (roofline) {
    limits.bandwidth = memory_bandwidth(threads_of(options));
    roofline->write(layer_roofline(layers->times, limits, batch, title));
    roofline->commit();
  }
  auto images = static_cast<double>(batch);
  if (options.given("json")) {
    nlohmann::ordered_json json{
        {"what", name},
        {"model", model.name},
        {"batch", batch},
        {"threads", threads_of(options)},
        {"images_per_second_best", images / times.best},
        {"images_per_second_median", images / times.median},
        {"peak_rss_mb", rss}};
    if (layers) {
      json["fma_peak_gflops"] = limits.peak;
      json["step_ms_best"] = 1e3 * times.best;
      json["step_ms_median"] = 1e3 * times.median;
    }
    if (roofline)
      json["memory_gb_per_second"] = limits.bandwidth;
    if (options.given("layers"))
      json["layers"] = layers_as_json(layers->times, limits, batch);
    context.out.result(json.dump() + "\n");
    return 0;
  }
  context.out.result(fmt::format(
      "{}: {:.1f} images/s at best, {:.1f} in the median; {:.0f} MB at most\n",
      title, images / times.best, images / times.median, rss));
  if (options.given("layers"))
    context.out.result("\n" + layer_table(layers->times, limits, batch));
  return 0;
}

} // namespace resnetc
