#include "state/checkpoint.h"

#include "report/format.h"
#include "report/json_text.h"
#include "state/blocking.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <type_traits>

namespace resnetc {

using json = nlohmann::json;

checkpoint_info describe(const resnetc_model &model) {
  checkpoint_info info;
  info.mean.assign(model.mean, model.mean + model.channels);
  info.std.assign(model.std, model.std + model.channels);
  info.height = model.height;
  info.width = model.width;
  info.channels = model.channels;
  info.resize = model.resize;
  info.spec = model.spec;
  info.spec_hash = model.spec_hash;
  return info;
}

static std::map<std::string, std::string>
metadata_of(const checkpoint_info &info) {
  std::map<std::string, std::string> texts{
      {"format", "pt"}, // what transformers and timm look for
      {"classes", json_text(json(info.classes))},
      {"mean", json_text(json(info.mean))},
      {"std", json_text(json(info.std))},
      {"input", json_text(json{info.height, info.width})},
      {"channels", json_text(json(info.channels))},
      {"resize", json_text(json(info.resize))},
      {"epoch", json_text(json(info.epoch))},
      {"spec", json_text(json(info.spec))},
      {"spec_hash", json_text(json(info.spec_hash))},
      {"precision", json_text(json(info.precision))}};
  if (!info.scales.empty()) // float32 is exact as JSON's float64
    texts.emplace("scales", json_text(json(info.scales)));
  return texts;
}

void save_checkpoint(const std::filesystem::path &path,
                     const model_state &state, const checkpoint_info &info,
                     file_ops &ops) {
  std::vector<tensor_output> tensors;
  for (const resnetc_tensor &tensor : state.tensors())
    tensors.push_back({tensor.name, state.type_of(tensor), shape_of(tensor),
                       [&state, &tensor] { return state.get(tensor); }});
  write_safetensors(path, std::move(tensors), metadata_of(info), ops);
}

namespace {
/// The JSON values of the metadata; what is missing or of another type is an
/// error.
struct metadata_reader {
  const tensor_file &file;

  template <typename T> void read(const char *key, T &value) const {
    const auto found = file.metadata().find(key);
    if (found == file.metadata().end())
      throw file_error(file.path(),
                       fmt::format("its metadata lacks '{}'", key));
    try {
      json parsed = json::parse(found->second);
      if (std::is_integral_v<T> && !parsed.is_number_integer())
        throw file_error(
            file.path(),
            fmt::format("its metadata has a '{}' that is no integer", key));
      parsed.get_to(value);
    } catch (const json::exception &) {
      throw file_error(file.path(),
                       fmt::format("its metadata has an unreadable '{}'", key));
    }
  }
};
} // namespace

std::optional<checkpoint_info> read_checkpoint_info(const tensor_file &file) {
  if (!file.metadata().contains("spec_hash"))
    return std::nullopt;
  const metadata_reader metadata{file};
  checkpoint_info info;
  std::array<std::int64_t, 2> input = {};
  metadata.read("classes", info.classes);
  metadata.read("mean", info.mean);
  metadata.read("std", info.std);
  metadata.read("input", input);
  metadata.read("channels", info.channels);
  metadata.read("resize", info.resize);
  metadata.read("epoch", info.epoch);
  metadata.read("spec", info.spec);
  metadata.read("spec_hash", info.spec_hash);
  if (file.metadata().contains("precision"))
    metadata.read("precision", info.precision);
  if (file.metadata().contains("scales"))
    metadata.read("scales", info.scales);
  if (!info.scales.empty() && info.precision != "int8")
    throw file_error(file.path(),
                     fmt::format("its metadata has scales, which int8 alone "
                                 "has, and a precision of '{}'; it is damaged",
                                 info.precision));
  for (const auto &[layer, scale] : info.scales)
    if (!is_scale(scale))
      throw file_error(file.path(),
                       fmt::format("its metadata has a scale of {} for {}; "
                                   "it is damaged",
                                   scale, layer));
  info.height = input[0];
  info.width = input[1];
  const auto channels = static_cast<std::size_t>(info.channels);
  if (info.height < 1 || info.width < 1 || info.resize < 1 ||
      info.resize > std::numeric_limits<int>::max() ||
      info.mean.size() != channels || info.std.size() != channels)
    throw file_error(file.path(), "its metadata describes no input");
  return info;
}

std::optional<checkpoint_info> load_checkpoint(model_state &state,
                                               const tensor_file &file) {
  std::optional<checkpoint_info> info = read_checkpoint_info(file);
  if (info && info->spec_hash != state.model().spec_hash)
    throw file_error(file.path(),
                     fmt::format("is of another spec: got {}, expected {}; use "
                                 "the trainer that wrote it",
                                 format_spec(info->spec),
                                 format_spec(state.model().spec)));
  if (info &&
      info->classes.size() != static_cast<std::size_t>(state.model().classes))
    throw file_error(file.path(),
                     fmt::format("names {} classes, expected {}",
                                 info->classes.size(), state.model().classes));
  load_all(state, file);
  check_finite(state, file);
  return info;
}

static bool replaced_layers_fit(const model_state &state,
                                const tensor_file &file) {
  return std::all_of(state.tensors().begin(), state.tensors().end(),
                     [&](const resnetc_tensor &tensor) {
                       if (!tensor.replaced)
                         return true;
                       const tensor_view *view = file.find(tensor.name);
                       return view && view->shape == shape_of(tensor);
                     });
}

load_rules rules_for_training(const model_state &state, const tensor_file &file,
                              const std::vector<std::string> &classes,
                              std::uint64_t seed) {
  const std::optional<checkpoint_info> info = read_checkpoint_info(file);
  load_rules rules;
  rules.seed = seed;
  if (!info)
    rules.reason = "the weights name no classes";
  else if (info->classes != classes)
    rules.reason = "the weights are of other classes than the data";
  else if (!replaced_layers_fit(state, file))
    rules.reason = "the weights have another layer in its place";
  else
    rules = {replaced_layers::load,
             "the weights are of the same classes as the data", seed};
  return rules;
}

} // namespace resnetc
