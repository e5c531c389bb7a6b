// Data sets that come split into train, val, valid or test folders.
#include "data/index.h"

#include <fmt/format.h>

#include <optional>
#include <set>
#include <string_view>

namespace resnetc {
namespace fs = std::filesystem;
namespace {

/// Names of the sub-folders if all are names of splits; nothing for a folder of
/// classes, or one that can't be read (index_folder says why).
std::optional<std::set<std::string>> split_names(const fs::path &directory) {
  const std::set<std::string_view> known = {"train", "val", "valid", "test"};
  std::set<std::string> found;
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end;
       it.increment(error)) {
    std::string name = it->path().filename().string();
    std::error_code no_type;
    if (name.starts_with('.') || !it->is_directory(no_type))
      continue;
    if (!known.contains(name))
      return std::nullopt;
    found.insert(std::move(name));
  }
  return error || found.empty() ? std::nullopt
                                : std::optional(std::move(found));
}

/// The first of val, valid and test that there is.
std::optional<std::string> validation_name(const std::set<std::string> &names) {
  for (const char *name : {"val", "valid", "test"})
    if (names.contains(name))
      return name;
  return std::nullopt;
}

} // namespace

data_folders find_training_folders(const fs::path &directory) {
  std::optional<std::set<std::string>> names = split_names(directory);
  if (!names)
    return {directory, {}};
  if (names->size() == 1)
    return {directory / *names->begin(), {}};
  if (!names->contains("train"))
    throw data_error(
        fmt::format("{} holds {} and {}, but no train folder; name the one to "
                    "train on with --data and the other "
                    "with --val",
                    directory.string(), *names->begin(), *names->rbegin()));
  return {directory / "train", directory / *validation_name(*names)};
}

fs::path find_evaluation_folder(const fs::path &directory) {
  std::optional<std::set<std::string>> names = split_names(directory);
  if (!names)
    return directory;
  return directory / validation_name(*names).value_or("train");
}

} // namespace resnetc
