// All that a trainer says goes through here: sentences, one progress line,
// warnings, errors, results.
#pragma once

#include "report/format.h"

#include <chrono>
#include <cstdio>
#include <functional>
#include <set>
#include <string>
#include <string_view>

namespace resnetc {

/// Writes to the terminal or a log. Results (tables, JSON) go to standard
/// output, warnings and errors to standard error, prose to `prose`: standard
/// output, or standard error where standard output holds JSON. Not thread-safe:
/// the main thread talks.
class console {
public:
  explicit console(std::FILE *prose);

  /// From now on prose goes here.
  void set_prose(std::FILE *prose);

  /// While it is, prose is left out.
  void mute(bool muted) { muted_ = muted; }

  /// One line of prose.
  void say(std::string_view line);

  /// The state of something long. On a terminal it overwrites the line before,
  /// as wide as the terminal is, at most ten times a second; elsewhere it is a
  /// line of its own, at most one in `plain_interval`.
  void progress(const progress_line &line);

  /// Takes the progress line off the terminal.
  void end_progress();

  /// "warning: ...", standard error; each once.
  void warn(std::string_view message);
  void fail(std::string_view message); ///< "error: ...", standard error

  /// What was asked for; adds nothing to it.
  void result(std::string_view text);

  /// Flushes; false where something could not be written (a full disk, a closed
  /// pipe).
  bool flush();

  static constexpr std::chrono::seconds plain_interval{10};

private:
  void print_line(std::string_view line);

  using clock = std::chrono::steady_clock;

  std::FILE *prose_;
  bool muted_ = false;
  std::set<std::string, std::less<>> warnings_; // given so far
  bool interactive_ = false;
  bool line_open_ = false; // a progress line stands on the terminal
  clock::time_point last_progress_{};
};

/// Mutes the console while it lives; does nothing where `wanted` is false.
class silence {
public:
  explicit silence(console &out, bool wanted = true)
      : out_(wanted ? &out : nullptr) {
    if (out_)
      out_->mute(true);
  }
  ~silence() {
    if (out_)
      out_->mute(false);
  }
  silence(const silence &) = delete;
  silence &operator=(const silence &) = delete;

private:
  console *out_;
};

} // namespace resnetc
