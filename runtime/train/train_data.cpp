#include "train/train_data.h"

#include "report/format.h"
#include "train/calibration.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace resnetc {
namespace {

constexpr double standard_split = 0.1;

void say_other_files(const image_index &index, console &out) {
  if (index.other_files > 0)
    out.say(fmt::format("{}: {} other {} left out ({}{})", index.root.string(),
                        index.other_files,
                        index.other_files == 1 ? "file is" : "files are",
                        fmt::join(index.other_examples, ", "),
                        index.other_files > static_cast<std::int64_t>(
                                                index.other_examples.size())
                            ? ", ..."
                            : ""));
}

void check_classes(const image_index &index, const resnetc_model &model) {
  auto found = static_cast<std::int64_t>(index.classes.size());
  if (found == model.classes)
    return;
  constexpr std::size_t shown = 10;
  std::vector<std::string> names(index.classes.begin(),
                                 index.classes.begin() +
                                     std::min(index.classes.size(), shown));
  throw data_error(fmt::format(
      "{}: has {} classes ({}{}), but the model was compiled for {}; compile a "
      "spec with replace_fc({}), or name another "
      "folder",
      index.root.string(), found, fmt::join(names, ", "),
      index.classes.size() > shown ? ", ..." : "", model.classes, found));
}

image_index index_validation(const std::filesystem::path &root,
                             const std::vector<std::string> &classes,
                             console &out) {
  image_index index = index_folder(root, index_purpose::evaluation);
  std::vector<std::string> missing = map_classes(index, classes);
  if (!missing.empty())
    out.warn(fmt::format("{}: has no images of {}", root.string(),
                         fmt::join(missing, ", ")));
  say_other_files(index, out);
  return index;
}

} // namespace

train_data find_train_data(const train_settings &settings,
                           const resnetc_model &model, console &out) {
  data_folders folders = find_training_folders(settings.data);
  train_data data;
  data.training = index_folder(folders.training, index_purpose::training);
  say_other_files(data.training, out);
  check_classes(data.training, model);
  data.calibration = calibration_images(data.training);

  std::filesystem::path validation = !settings.validation.empty()
                                         ? settings.validation
                                     : settings.val_split ? ""
                                                          : folders.validation;
  std::string where;
  if (!validation.empty()) {
    data.validation = index_validation(validation, data.training.classes, out);
    where = validation.string();
  } else {
    double split = settings.val_split.value_or(standard_split);
    data.validation = hold_out(data.training, split, settings.seed);
    where = fmt::format("held out: {:g} % of each class", 100 * split);
  }
  out.say(fmt::format(
      "{}: {} images of {} classes for training, {} for validation ({}).",
      folders.training.string(), format_count(data.training.samples.size()),
      data.training.classes.size(),
      format_count(data.validation.samples.size()), where));
  return data;
}

} // namespace resnetc
