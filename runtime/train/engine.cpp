#include "train/engine.h"

#include "state/blocking.h"
#include "state/scales.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <stdexcept>

namespace resnetc {
namespace {

bool is_aligned(const void *data) {
  return reinterpret_cast<std::uintptr_t>(data) % 64 == 0;
}

} // namespace

resnetc_arena arena_for(const resnetc_model &model, engine_use use) {
  auto alone = [&](const resnetc_arena &arena) {
    return arena.fixed + model.feature_batch * arena.per_image;
  };
  resnetc_arena both{
      std::max(alone(model.features_arena), alone(model.logits_arena)), 0,
      std::max(model.features_arena.per_thread, model.logits_arena.per_thread)};
  if (use != engine_use::training)
    return both;
  const resnetc_arena &gradients = model.gradients_arena;
  return {std::max(both.fixed, gradients.fixed), gradients.per_image,
          std::max(both.per_thread, gradients.per_thread)};
}

void check_training_batch(std::int64_t batch, const resnetc_model &model) {
  if (batch > model.max_batch)
    throw std::runtime_error(
        fmt::format("option --batch: got {}, but the trainer was compiled for "
                    "at most {}; compile it with --max-batch={}",
                    batch, model.max_batch, batch));
  if (batch < model.smallest_batch)
    throw std::runtime_error(
        fmt::format("option --batch: got {}, but batch norm needs at least two "
                    "values a channel, and some maps of this model are 1x1; "
                    "use --batch {} or more",
                    batch, model.smallest_batch));
}

engine::engine(const resnetc_variant &variant, int threads, std::int64_t batch,
               engine_use use)
    : variant_(variant), use_(use), element_type_(element_type_of(variant)), batch_(batch),
      state_(variant), pool_(threads) {
  resnetc_arena arena = arena_for(model(), use);
  arena_ = aligned_buffer(arena.fixed + batch * arena.per_image +
                          threads * arena.per_thread);
  std::int64_t sub_batch = model().feature_batch;
  input_stage_ =
      aligned_buffer(sub_batch * std::max(image_bytes(), record_bytes()));
  if (variant.features) {
    records_ = aligned_buffer(batch * record_bytes());
    record_stage_ = aligned_buffer(sub_batch * record_bytes());
  }
  logits_ = aligned_buffer(bytes(sub_batch * model().classes));
  if (use != engine_use::training)
    return;
  gradients_ = aligned_buffer(bytes(model().trained_size));
  state1_ = aligned_buffer(bytes(model().trained_size));
  for (const resnetc_tensor &tensor : state_.tensors())
    if (tensor.space == RESNETC_TRAINED)
      rows_.push_back({tensor.offset, tensor.blocked_count, 0, 0, 0});
}

resnetc_call engine::call(std::int64_t n) {
  resnetc_call call{};
  call.struct_size = sizeof(call);
  call.threads = pool_.threads();
  call.pool = &pool_;
  call.batch = n;
  call.arena = arena_.data();
  call.scales = scales_.as<const float>();
  state_.bind(call);
  return call;
}

void engine::set_scales(std::span<const float> scales) {
  if (scales.size() != needed_scales(variant_).size())
    throw std::logic_error("an engine got scales of another variant");
  scales_ = aligned_buffer(scales.size_bytes());
  std::ranges::copy(scales, scales_.as<float>());
}

void engine::prepare() {
  if (scales().size() != needed_scales(variant_).size())
    throw std::logic_error("an engine in int8 got no scales");
  resnetc_call prepare = call(1);
  variant_.prepare(&prepare);
}

void engine::refresh() {
  resnetc_call refresh = call(1);
  variant_.refresh(&refresh);
}

// Sub-batches of small or odd-sized images may start between the 64-byte
// boundaries that emitted code counts on.
const void *engine::aligned(const void *data, std::size_t size) {
  if (is_aligned(data))
    return data;
  return std::memcpy(input_stage_.data(), data, size);
}

resnetc_call engine::call_on(const void *images, std::int64_t first,
                             std::int64_t n) {
  resnetc_call part =
      call(std::min<std::int64_t>(model().feature_batch, n - first));
  part.images =
      aligned(static_cast<const std::byte *>(images) + first * image_bytes(),
              part.batch * image_bytes());
  return part;
}

const void *engine::records(const void *images, std::int64_t n) {
  if (!variant_.features)
    return images;
  for (std::int64_t first = 0; first < n; first += model().feature_batch) {
    resnetc_call features = call_on(images, first, n);
    std::byte *out = records_.as<std::byte>() + first * record_bytes();
    features.records = is_aligned(out) ? out : record_stage_.data();
    choose(variant_.features, variant_.features_single, n)(&features);
    if (features.records != out)
      std::memcpy(out, features.records, features.batch * record_bytes());
  }
  return records_.data();
}

void engine::calibrate(const void *images, std::int64_t n,
                       std::int64_t *histograms) {
  for (std::int64_t first = 0; first < n; first += model().feature_batch) {
    resnetc_call calibrate = call_on(images, first, n);
    calibrate.histograms = histograms;
    variant_.calibrate(&calibrate);
  }
}

batch_result engine::gradients(const void *records, const std::int64_t *labels,
                               const std::int64_t *sample_ids, std::int64_t n,
                               const gradient_settings &settings,
                               void *logits) {
  batch_result result;
  resnetc_call gradients = call(n);
  gradients.records = const_cast<void *>(records);
  gradients.labels = labels;
  gradients.sample_ids = sample_ids;
  gradients.logits = logits;
  gradients.gradients = gradients_.data();
  gradients.loss = &result.loss_sum;
  gradients.hits = &result.hits;
  gradients.label_smoothing = settings.label_smoothing;
  gradients.loss_divisor = static_cast<double>(n);
  gradients.seed = settings.seed;
  gradients.step = step_;
  gradients.dropout = settings.dropout;
  variant_.gradients(&gradients);
  state_.count_step();
  return result;
}

void engine::apply(const optimizer_settings &settings, double lr) {
  if (settings.kind != RESNETC_SGD && !state2_.data())
    state2_ = aligned_buffer(bytes(model().trained_size));
  for (resnetc_row &row : rows_) {
    row.lr = lr;
    row.momentum = settings.momentum;
    row.weight_decay = settings.weight_decay;
  }
  resnetc_call apply = call(1);
  apply.gradients = gradients_.data();
  apply.state1 = state1_.data();
  apply.state2 = state2_.data();
  apply.step = step_;
  apply.rows = rows_.data();
  apply.row_count = static_cast<std::int64_t>(rows_.size());
  apply.optimizer = settings.kind;
  apply.nesterov = settings.nesterov;
  variant_.apply(&apply);
  ++step_;
}

std::span<const double> engine::logits(const void *records, std::int64_t n) {
  std::int64_t classes = model().classes;
  logits_as_double_.resize(n * classes);
  for (std::int64_t first = 0; first < n; first += model().feature_batch) {
    resnetc_call logits =
        call(std::min<std::int64_t>(model().feature_batch, n - first));
    const std::byte *in =
        static_cast<const std::byte *>(records) + first * record_bytes();
    logits.records =
        const_cast<void *>(aligned(in, logits.batch * record_bytes()));
    logits.logits = logits_.data();
    choose(variant_.logits, variant_.logits_single, n)(&logits);
    auto out = logits_as_double_.begin() + first * classes;
    if (element_type_ == element_type::f64)
      std::copy_n(logits_.as<double>(), logits.batch * classes, out);
    else
      std::copy_n(logits_.as<float>(), logits.batch * classes, out);
  }
  return logits_as_double_;
}

void engine::copy_to(training_snapshot &snapshot) const {
  auto copy = [](const void *from, std::size_t size, aligned_buffer &to) {
    if (!from)
      return;
    if (to.size() != size)
      to = aligned_buffer(size);
    if (size > 0)
      std::memcpy(to.data(), from, size);
  };
  copy(state_.trained(), bytes(model().trained_size), snapshot.trained);
  copy(state_.stats(), bytes(model().stats_size), snapshot.stats);
  copy(state1_.data(), state1_.size(), snapshot.state1);
  copy(state2_.data(), state2_.size(), snapshot.state2);
  snapshot.counters = state_.counters();
  snapshot.step = step_;
}

void engine::swap_with(training_snapshot &snapshot) {
  state_.swap_trained(snapshot.trained, snapshot.stats, snapshot.counters);
  std::swap(state1_, snapshot.state1);
  std::swap(state2_, snapshot.state2);
  std::swap(step_, snapshot.step);
}

bool engine::finite() const {
  return std::ranges::all_of(
      state_.tensors(), [this](const resnetc_tensor &tensor) {
        return tensor.space == RESNETC_FROZEN || state_.finite(tensor);
      });
}

} // namespace resnetc
