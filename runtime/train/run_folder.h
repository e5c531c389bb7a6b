// Where a training run puts its files.
#pragma once

#include <filesystem>
#include <string>

namespace resnetc {

/// The files of a run.
struct run_folder {
  std::filesystem::path path;

  std::filesystem::path best() const { return path / "best.safetensors"; }
  std::filesystem::path last() const { return path / "last.safetensors"; }
  std::filesystem::path last_state() const {
    return path / "last.state.safetensors";
  }
  std::filesystem::path metrics() const { return path / "metrics.csv"; }
};

/// Throws std::runtime_error where `out` exists and `force` is not set, or is
/// no folder. Creates nothing. "" is always right.
void check_run_folder(const std::filesystem::path &out, bool force);

/// Creates `out`; for "" creates runs/NAME-N with the first free N from 1. With
/// `force` an existing folder is used and its files are replaced as new ones
/// come. Throws std::runtime_error.
run_folder create_run_folder(const std::filesystem::path &out,
                             const std::string &name, bool force);

} // namespace resnetc
