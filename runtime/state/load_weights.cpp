#include "state/load_weights.h"

#include "state/blocking.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

namespace resnetc {
namespace {

/// All that keeps a file from a model, gathered into one message.
struct misfits {
  std::vector<std::string> missing, wrong, unknown;

  bool empty() const {
    return missing.empty() && wrong.empty() && unknown.empty();
  }
};

/// "fc" of "fc.1.weight".
std::string_view layer_of(std::string_view name) {
  return name.substr(0, name.find('.'));
}

std::set<std::string_view> replaced_layers_of(const model_state &state) {
  std::set<std::string_view> layers;
  for (const resnetc_tensor &tensor : state.tensors())
    if (tensor.replaced)
      layers.insert(layer_of(tensor.name));
  return layers;
}

/// Why a tensor of the file cannot be taken; empty where it can.
std::string objection(const resnetc_tensor &tensor, const tensor_view &found) {
  if (found.shape != shape_of(tensor))
    return fmt::format("{} is {}, expected {}", tensor.name,
                       shape_text(found.shape), shape_text(shape_of(tensor)));
  const bool counter = tensor.space == RESNETC_COUNTER;
  if (counter ? is_floating(found.dtype) || found.dtype == element_type::boolean
              : !is_floating(found.dtype))
    return fmt::format("{} holds {}, expected {}", tensor.name,
                       name_of(found.dtype),
                       counter ? "integers" : "a floating type");
  return {};
}

void check_tensor(const resnetc_tensor &tensor, const tensor_file &file,
                  misfits &found) {
  const tensor_view *view = file.find(tensor.name);
  if (!view) {
    if (tensor.space != RESNETC_COUNTER)
      found.missing.push_back(tensor.name);
    return;
  }
  if (std::string wrong = objection(tensor, *view); !wrong.empty())
    found.wrong.push_back(std::move(wrong));
}

void check_unknown(const model_state &state, const tensor_file &file,
                   const std::set<std::string_view> &free_layers,
                   const std::vector<std::string> &ignored, misfits &found) {
  std::set<std::string_view> known(ignored.begin(), ignored.end());
  for (const resnetc_tensor &tensor : state.tensors())
    known.insert(tensor.name);
  for (const tensor_view &tensor : file.tensors())
    if (!known.contains(tensor.name) &&
        !free_layers.contains(layer_of(tensor.name)))
      found.unknown.push_back(tensor.name);
}

/// The whole list for a mistake in a layer or two; of another model's file,
/// where nothing fits, its beginning.
std::string listed(const char *what, const std::vector<std::string> &names) {
  constexpr std::size_t limit = 20;
  if (names.empty())
    return {};
  const std::size_t shown = std::min(names.size(), limit);
  std::string text = fmt::format(
      "; {}: {}", what,
      fmt::join(names.begin(),
                names.begin() + static_cast<std::ptrdiff_t>(shown), ", "));
  if (shown < names.size())
    text += fmt::format(" and {} more", names.size() - shown);
  return text;
}

void refuse(const model_state &state, const tensor_file &file,
            const misfits &found) {
  if (found.empty())
    return;
  throw file_error(
      file.path(),
      fmt::format("does not fit {}{}{}{}; give weights of this model",
                  state.model().name, listed("missing", found.missing),
                  listed("wrong", found.wrong),
                  listed("not in the model", found.unknown)));
}

void take(model_state &state, const resnetc_tensor &tensor,
          const tensor_file &file, load_report &report) {
  if (const tensor_view *view = file.find(tensor.name)) {
    state.set(tensor, *view);
    ++report.loaded;
  } else {
    state.counter(tensor) = 0; // only counters may be missing
  }
}

} // namespace

void check_finite(const model_state &state, const tensor_file &file) {
  std::vector<std::string> names;
  for (const resnetc_tensor &tensor : state.tensors())
    if (!state.finite(tensor))
      names.push_back(tensor.name);
  if (!names.empty())
    throw file_error(file.path(),
                     fmt::format("holds values that are not finite{}; give "
                                 "weights that work",
                                 listed("in", names)));
}

load_report load_weights(model_state &state, const tensor_file &file,
                         const load_rules &rules) {
  const auto fresh = [&](const resnetc_tensor &tensor) {
    return tensor.replaced && rules.replaced == replaced_layers::initialise;
  };
  misfits found;
  for (const resnetc_tensor &tensor : state.tensors())
    if (!fresh(tensor))
      check_tensor(tensor, file, found);
  const std::set<std::string_view> replaced = replaced_layers_of(state);
  check_unknown(state, file, replaced, {}, found);
  refuse(state, file, found);

  load_report report;
  report.notes = file.notes();
  for (const resnetc_tensor &tensor : state.tensors()) {
    if (fresh(tensor)) {
      state.initialise(tensor, rules.seed);
      report.initialised.push_back(tensor.name);
    } else {
      take(state, tensor, file, report);
    }
  }
  check_finite(state, file);
  for (std::string_view layer : replaced)
    report.notes.push_back(fmt::format(
        "{} is {}{}{}", layer,
        rules.replaced == replaced_layers::load ? "loaded" : "initialised",
        rules.reason.empty() ? "" : ": ", rules.reason));
  return report;
}

load_report load_all(model_state &state, const tensor_file &file,
                     const std::vector<std::string> &ignored) {
  misfits found;
  for (const resnetc_tensor &tensor : state.tensors())
    check_tensor(tensor, file, found);
  check_unknown(state, file, {}, ignored, found);
  refuse(state, file, found);
  load_report report;
  report.notes = file.notes();
  for (const resnetc_tensor &tensor : state.tensors())
    take(state, tensor, file, report);
  return report;
}

} // namespace resnetc
