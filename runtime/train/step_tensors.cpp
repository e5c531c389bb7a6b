#include "train/step_tensors.h"

#include "report/json_text.h"
#include "state/blocking.h"
#include "state/load_weights.h"
#include "state/safetensors.h"
#include "state/scales.h"
#include "train/calibration.h"

#include <cstring>
#include <fmt/format.h>

namespace resnetc {
namespace {

struct given_batch {
  std::int64_t size = 0;
  aligned_buffer images, labels, ids;
};

const tensor_view &find(const tensor_file &file, const char *name,
                        const std::string &expected) {
  const tensor_view *tensor = file.find(name);
  if (!tensor)
    throw file_error(file.path(), fmt::format("has no tensor '{}'; expected {}",
                                              name, expected));
  return *tensor;
}

// [N,C,H,W] in the file to [N][H][W][C]: a blocked form like any other.
resnetc_tensor image_layout(const resnetc_model &model, std::int64_t n) {
  resnetc_tensor tensor{};
  tensor.struct_size = sizeof(tensor);
  tensor.name = "images";
  tensor.rank = tensor.blocked_rank = 4;
  std::int64_t shape[] = {n, model.channels, model.height, model.width};
  int order[] = {0, 2, 3, 1};
  tensor.blocked_count = 1;
  for (int d = 0; d < 4; ++d) {
    tensor.shape[d] = shape[d];
    tensor.blocked_dim[d] = order[d];
    tensor.blocked_size[d] = shape[order[d]];
    tensor.blocked_step[d] = 1;
    tensor.blocked_count *= shape[d];
  }
  return tensor;
}

given_batch read_batch(const tensor_file &file,
                       const resnetc_variant &variant) {
  const resnetc_model &model = *variant.model;
  std::string expected =
      fmt::format("[N, {}, {}, {}] in f32 or f64, {} <= N <= {}",
                  model.channels, model.height, model.width,
                  model.smallest_batch, model.max_batch);
  const tensor_view &images = find(file, "images", expected);
  std::int64_t n = images.shape.empty() ? 0 : images.shape[0];
  bool fits =
      images.shape == std::vector<std::int64_t>{n, model.channels, model.height,
                                                model.width} &&
      n >= model.smallest_batch && n <= model.max_batch;
  if (!fits || !is_floating(images.dtype))
    throw file_error(file.path(),
                     fmt::format("'images' is {} in {}, expected {}",
                                 shape_text(images.shape),
                                 name_of(images.dtype), expected));
  const tensor_view &labels =
      find(file, "labels", fmt::format("[{}] in i64", n));
  if (labels.dtype != element_type::i64 ||
      labels.shape != std::vector<std::int64_t>{n})
    throw file_error(file.path(),
                     fmt::format("'labels' is {} in {}, expected [{}] in i64",
                                 shape_text(labels.shape),
                                 name_of(labels.dtype), n));

  given_batch batch{
      n, aligned_buffer(images.count() * size_of(element_type_of(variant))),
      aligned_buffer(n * sizeof(std::int64_t)),
      aligned_buffer(n * sizeof(std::int64_t))};
  pack(image_layout(model, n), static_cast<resnetc_dtype>(variant.dtype),
       batch.images.data(), images);
  for (std::int64_t i = 0; i < n; ++i) {
    std::int64_t label;
    std::memcpy(&label, labels.data + i * labels.strides[0] * sizeof(label),
                sizeof(label));
    if (label < 0 || label >= model.classes)
      throw file_error(file.path(),
                       fmt::format("'labels' holds {} at {}, expected 0 to {}",
                                   label, i, model.classes - 1));
    batch.labels.as<std::int64_t>()[i] = label;
    batch.ids.as<std::int64_t>()[i] = i;
  }
  return batch;
}

// A tensor with its elements in memory.
tensor_output hold(std::string name, element_type dtype,
                   std::vector<std::int64_t> shape,
                   std::vector<std::byte> elements) {
  auto held = std::make_shared<std::vector<std::byte>>(std::move(elements));
  return {std::move(name), dtype, std::move(shape),
          [held] { return held->data(); }};
}

std::vector<std::byte> copy(const void *data, std::size_t bytes) {
  auto *first = static_cast<const std::byte *>(data);
  return {first, first + bytes};
}

std::vector<tensor_output> gradients_of(const engine &engine) {
  std::vector<tensor_output> outputs;
  element_type type = element_type_of(engine.variant());
  for (const resnetc_tensor &tensor : engine.state().tensors()) {
    if (tensor.space != RESNETC_TRAINED)
      continue;
    std::vector<std::int64_t> shape = shape_of(tensor);
    std::int64_t count = 1;
    for (std::int64_t extent : shape)
      count *= extent;
    std::vector<std::byte> elements(count * size_of(type));
    unpack(tensor, static_cast<resnetc_dtype>(engine.variant().dtype),
           engine.gradient_buffer(), elements.data());
    outputs.push_back(hold(std::string("grad.") + tensor.name, type, shape,
                           std::move(elements)));
  }
  return outputs;
}

tensor_output losses_as(element_type type, const std::vector<double> &losses) {
  auto steps = static_cast<std::int64_t>(losses.size());
  std::vector<float> narrow(losses.begin(), losses.end());
  bool f64 = type == element_type::f64;
  return hold("loss", type, {steps},
              f64 ? copy(losses.data(), losses.size() * sizeof(double))
                  : copy(narrow.data(), narrow.size() * sizeof(float)));
}

} // namespace

void step_tensors(const resnetc_variant &variant, const resnetc_variant &plain,
                  const std::filesystem::path &in,
                  const std::filesystem::path &out,
                  const step_settings &settings) {
  tensor_file file = tensor_file::open(in);
  given_batch batch = read_batch(file, variant);
  engine engine(variant, settings.threads, batch.size, engine_use::training);
  load_all(engine.state(), file, {"images", "labels"});
  std::map<std::string, std::string> metadata;
  if (!needed_scales(variant).empty()) {
    calibrate(engine, plain, batch.images.data(), batch.size, settings.threads);
    metadata["scales"] =
        json_text(nlohmann::json(name_scales(variant, engine.scales())));
  }
  engine.prepare();

  element_type type = element_type_of(variant);
  std::size_t logit_bytes = batch.size * variant.model->classes * size_of(type);
  aligned_buffer logits(logit_bytes);
  std::vector<tensor_output> outputs;
  std::vector<double> losses;
  gradient_settings gradients{settings.label_smoothing, 0, false};
  for (int step = 0; step < settings.steps; ++step) {
    const void *records = engine.records(batch.images.data(), batch.size);
    batch_result result = engine.gradients(
        records, batch.labels.as<std::int64_t>(), batch.ids.as<std::int64_t>(),
        batch.size, gradients, step == 0 ? logits.data() : nullptr);
    losses.push_back(result.loss_sum / static_cast<double>(batch.size));
    if (step == 0) {
      outputs = gradients_of(engine);
      outputs.push_back(hold("logits", type,
                             {batch.size, variant.model->classes},
                             copy(logits.data(), logit_bytes)));
    }
    engine.apply(settings.optimizer, settings.lr);
  }
  outputs.push_back(losses_as(type, losses));
  for (const resnetc_tensor &tensor : engine.state().tensors())
    outputs.push_back(
        {tensor.name, engine.state().type_of(tensor), shape_of(tensor),
         [&engine, &tensor] { return engine.state().get(tensor); }});
  write_safetensors(out, std::move(outputs), metadata);
}

} // namespace resnetc
