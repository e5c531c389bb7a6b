#include "state/training_state.h"

#include "state/blocking.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace resnetc {

using json = nlohmann::json;

static std::size_t bytes_of(const resnetc_tensor &tensor, element_type type) {
  std::size_t bytes = size_of(type);
  for (std::int64_t extent : shape_of(tensor))
    bytes *= static_cast<std::size_t>(extent);
  return bytes;
}

void save_training_state(const std::filesystem::path &path,
                         const model_state &state,
                         const training_position &position, const void *state1,
                         const void *state2, file_ops &ops) {
  const auto dtype = static_cast<resnetc_dtype>(state.variant().dtype);
  const element_type type = element_type_of(state.variant());
  std::vector<tensor_output> tensors;
  std::vector<std::byte> logical;
  const auto add = [&](const char *prefix, const void *flat) {
    for (const resnetc_tensor &tensor : state.tensors())
      if (flat && tensor.space == RESNETC_TRAINED)
        tensors.push_back({fmt::format("{}.{}", prefix, tensor.name), type,
                           shape_of(tensor), [&, flat] {
                             logical.resize(bytes_of(tensor, type));
                             unpack(tensor, dtype, flat, logical.data());
                             return static_cast<const std::byte *>(
                                 logical.data());
                           }});
  };
  add("state1", state1);
  add("state2", state2);
  const json where = {{"epoch", position.epoch},
                      {"step", position.step},
                      {"seed", position.seed},
                      {"optimizer", position.optimizer},
                      {"spec_hash", state.model().spec_hash}};
  write_safetensors(path, std::move(tensors), {{"position", where.dump()}},
                    ops);
}

static training_position read_position(const tensor_file &file,
                                       const resnetc_model &model) {
  const auto found = file.metadata().find("position");
  if (found == file.metadata().end())
    throw file_error(file.path(), "is no state of a run: its metadata lacks "
                                  "'position'");
  try {
    const json where = json::parse(found->second);
    if (where.at("spec_hash") != model.spec_hash)
      throw file_error(file.path(), "is of another spec; use the trainer that "
                                    "wrote it");
    return {where.at("epoch").get<std::int64_t>(),
            where.at("step").get<std::int64_t>(),
            where.at("seed").get<std::uint64_t>(),
            where.at("optimizer").get<std::string>()};
  } catch (const json::exception &) {
    throw file_error(file.path(), "its metadata has an unreadable 'position'");
  }
}

/// `flat` may be null: then the file need not have that state.
static void load_flat(const tensor_file &file, const model_state &state,
                      const std::string &prefix, void *flat) {
  for (const resnetc_tensor &tensor : state.tensors()) {
    if (!flat || tensor.space != RESNETC_TRAINED)
      continue;
    const tensor_view *view = file.find(prefix + tensor.name);
    if (!view || view->shape != shape_of(tensor) || !is_floating(view->dtype))
      throw file_error(file.path(),
                       fmt::format("lacks '{}{}' of shape {}", prefix,
                                   tensor.name, shape_text(shape_of(tensor))));
    pack(tensor, static_cast<resnetc_dtype>(state.variant().dtype), flat,
         *view);
  }
}

training_position load_training_state(const tensor_file &file,
                                      const model_state &state, void *state1,
                                      void *state2) {
  training_position position = read_position(file, state.model());
  load_flat(file, state, "state1.", state1);
  load_flat(file, state, "state2.", state2);
  return position;
}

} // namespace resnetc
