// The trainer's options: one table for parsing, --help and suggestions.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace resnetc {

enum command : unsigned {
  command_train = 1,
  command_eval = 2,
  command_predict = 4,
  command_bench = 8,
  command_step = 16,
  command_info = 32,
  command_cache = 64,
  every_command = 127
};

struct option_row {
  const char *name;     ///< without the dashes
  const char *argument; ///< "N", "DIR", "on|off"; "" for a flag
  unsigned commands;    ///< those that take it
  const char *help;     ///< what it does and its default
  bool repeats = false; ///< may be given several times
};

/// Every option of every command, in the order of the help text.
std::span<const option_row> option_table();

struct command_row {
  command id;
  const char *name;
  const char *positional; ///< "IMAGE...", "list|verify|clear" or ""
  const char *help;
};

std::span<const command_row> command_table();

/// What the command line gave to one command.
///
/// The getters throw std::runtime_error with what was given and what was
/// expected. A numeric getter without a value on the command line returns its
/// default unchecked.
class arguments {
public:
  bool given(const std::string &name) const { return values_.contains(name); }
  /// What an option that takes a value was given; an error where that is
  /// empty, as an unset variable of a script is.
  std::optional<std::string> text(const std::string &name) const;
  /// The value; an error where it was not given.
  std::string required(const std::string &name) const;
  std::int64_t whole(const std::string &name, std::int64_t standard,
                     std::int64_t least, std::int64_t most) const;
  /// A number in [least, most].
  double real(const std::string &name, double standard, double least,
              double most) const;
  /// The position of the value in `choices`.
  std::size_t choice(const std::string &name, std::size_t standard,
                     std::span<const std::string_view> choices) const;
  bool on_off(const std::string &name, bool standard) const;
  /// A number of bytes: "500M", "10G" (powers of 1000), "123456".
  std::int64_t bytes(const std::string &name, std::int64_t standard) const;
  /// The values of an option that repeats, in the order given.
  std::vector<std::string> all(const std::string &name) const;
  /// These arguments with another value of an option.
  arguments with(const std::string &name, const std::string &value) const;
  const std::vector<std::string> &positional() const { return positional_; }

private:
  friend arguments parse_arguments(const command_row &,
                                   std::span<const char *const>);
  std::unordered_map<std::string, std::string> values_; // flags have ""
  std::unordered_map<std::string, std::vector<std::string>> repeated_;
  std::vector<std::string> positional_;
};

/// Parses what follows the command's name. Throws std::runtime_error: unknown
/// options (with a suggestion), missing and repeated values, stray words.
arguments parse_arguments(const command_row &command,
                          std::span<const char *const> words);

/// The row of `name`; throws std::runtime_error with a suggestion.
const command_row &find_command(std::string_view name);

std::string program_help(std::string_view program);
std::string command_help(std::string_view program, const command_row &command);

/// The word of `known` nearest to `word`, or "" where none is near.
std::string nearest(std::string_view word, std::span<const std::string> known);

} // namespace resnetc
