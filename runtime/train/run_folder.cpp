#include "train/run_folder.h"

#include <fmt/format.h>
#include <stdexcept>

namespace resnetc {
namespace {

namespace fs = std::filesystem;

// False where the folder was there already.
bool create(const fs::path &path) {
  std::error_code failure;
  bool created = fs::create_directories(path, failure);
  if (failure)
    throw std::runtime_error(
        fmt::format("{}: the folder cannot be created ({})", path.string(),
                    failure.message()));
  return created;
}

} // namespace

void check_run_folder(const fs::path &out, bool force) {
  std::error_code failure;
  if (out.empty() || !fs::exists(out, failure))
    return;
  if (!fs::is_directory(out, failure))
    throw std::runtime_error(
        fmt::format("{}: is no folder; name another with --out", out.string()));
  if (!force)
    throw std::runtime_error(
        fmt::format("{}: exists already; name another with --out, or replace "
                    "what is in it with --force",
                    out.string()));
}

run_folder create_run_folder(const fs::path &out, const std::string &name,
                             bool force) {
  check_run_folder(out, force);
  if (!out.empty()) {
    create(out);
    return {out};
  }
  for (int number = 1;; ++number) {
    fs::path path = fs::path("runs") / fmt::format("{}-{}", name, number);
    if (create(path))
      return {path};
  }
}

} // namespace resnetc
