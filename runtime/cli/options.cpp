#include "cli/options.h"

#include <algorithm>
#include <boost/program_options.hpp>
#include <cctype>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <stdexcept>

namespace resnetc {
namespace {

namespace po = boost::program_options;

[[noreturn]] void refuse(const std::string &name, const std::string &got,
                         const std::string &expected) {
  throw std::runtime_error(
      fmt::format("option --{}: got '{}', expected {}", name, got, expected));
}

template <typename T> std::optional<T> parse_number(const std::string &text) {
  T value{};
  auto [end, failure] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size())
    return std::nullopt;
  return value;
}

// Levenshtein's.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j)
    row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      std::size_t above = row[j];
      row[j] = std::min(
          {above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1])});
      diagonal = above;
    }
  }
  return row[b.size()];
}

std::string did_you_mean(std::string_view word,
                         std::span<const std::string> known,
                         std::string_view prefix) {
  std::string near = nearest(word, known);
  return near.empty() ? "" : fmt::format("; did you mean {}{}?", prefix, near);
}

std::vector<std::string> option_names(const command_row &command) {
  std::vector<std::string> names;
  for (const option_row &row : option_table())
    if (row.commands & command.id)
      names.emplace_back(row.name);
  return names;
}

std::string unknown_option(const command_row &command, std::string token) {
  token = token.substr(0, token.find('='));
  std::string name =
      token.substr(std::min(token.find_first_not_of('-'), token.size()));
  std::vector<std::string> elsewhere;
  for (const command_row &other : command_table())
    if (std::ranges::count(option_names(other), name))
      elsewhere.emplace_back(other.name);
  if (!elsewhere.empty())
    return fmt::format("{} has no option --{}; it belongs to {}", command.name,
                       name, fmt::join(elsewhere, ", "));
  return fmt::format("{} has no option --{}{}", command.name, name,
                     did_you_mean(name, option_names(command), "--"));
}

// Boost names an option with its dashes in some errors.
std::string bare_name(const std::string &token) {
  return token.substr(std::min(token.find_first_not_of('-'), token.size()));
}

// "--data --lr 1": Boost takes --lr for the value of --data.
bool swallowed_option(const command_row &command, const po::option &option) {
  if (option.original_tokens.size() < 2 ||
      !option.original_tokens[1].starts_with("--"))
    return false;
  std::string name = bare_name(option.original_tokens[1]);
  return std::ranges::count(option_names(command),
                            name.substr(0, name.find('='))) > 0;
}

po::options_description describe(const command_row &command) {
  po::options_description description;
  for (const option_row &row : option_table()) {
    if (!(row.commands & command.id))
      continue;
    if (*row.argument)
      description.add_options()(row.name, po::value<std::string>());
    else
      description.add_options()(row.name, "");
  }
  return description;
}

bool repeats(const command_row &command, const std::string &name) {
  return std::ranges::any_of(option_table(), [&](const option_row &row) {
    return row.repeats && (row.commands & command.id) && row.name == name;
  });
}

// Long names get a line of their own.
std::string help_line(const std::string &left, const char *right) {
  constexpr std::size_t width = 28;
  if (left.size() <= width)
    return fmt::format("  {:<{}} {}\n", left, width, right);
  return fmt::format("  {}\n  {:<{}} {}\n", left, "", width, right);
}

} // namespace

std::optional<std::string> arguments::text(const std::string &name) const {
  auto found = values_.find(name);
  if (found == values_.end())
    return std::nullopt;
  if (found->second.empty())
    throw std::runtime_error(fmt::format("option --{} is empty", name));
  return found->second;
}

std::string arguments::required(const std::string &name) const {
  auto value = text(name);
  if (!value)
    throw std::runtime_error(
        fmt::format("option --{} is missing; see --help", name));
  return *value;
}

std::int64_t arguments::whole(const std::string &name, std::int64_t standard,
                              std::int64_t least, std::int64_t most) const {
  auto value = text(name);
  if (!value)
    return standard;
  auto number = parse_number<std::int64_t>(*value);
  if (!number || *number < least || *number > most)
    refuse(name, *value,
           fmt::format("a whole number from {} to {}", least, most));
  return *number;
}

double arguments::real(const std::string &name, double standard, double least,
                       double most) const {
  auto value = text(name);
  if (!value)
    return standard;
  auto number = parse_number<double>(*value);
  if (!number || !std::isfinite(*number) || *number < least || *number > most)
    refuse(name, *value,
           std::isinf(most)
               ? fmt::format("a number of at least {:g}", least)
               : fmt::format("a number from {:g} to {:g}", least, most));
  return *number;
}

std::size_t arguments::choice(const std::string &name, std::size_t standard,
                              std::span<const std::string_view> choices) const {
  auto value = text(name);
  if (!value)
    return standard;
  auto found = std::ranges::find(choices, *value);
  if (found == choices.end())
    refuse(name, *value, fmt::format("{}", fmt::join(choices, " or ")));
  return found - choices.begin();
}

bool arguments::on_off(const std::string &name, bool standard) const {
  constexpr std::string_view words[] = {"off", "on"};
  return choice(name, standard, words) == 1;
}

std::int64_t arguments::bytes(const std::string &name,
                              std::int64_t standard) const {
  auto value = text(name);
  if (!value)
    return standard;
  constexpr std::string_view units = "KMGT";
  std::string digits = *value;
  double unit = 1;
  if (std::size_t power = units.find(static_cast<char>(std::toupper(digits.back())));
      power != units.npos) {
    unit = std::pow(1000, power + 1);
    digits.pop_back();
  }
  auto number = parse_number<double>(digits);
  if (!number || !(*number >= 0) || !(*number * unit <= 1e18))
    refuse(name, *value, "a size such as 500M or 10G");
  return static_cast<std::int64_t>(*number * unit);
}

std::vector<std::string> arguments::all(const std::string &name) const {
  auto found = repeated_.find(name);
  return found == repeated_.end() ? std::vector<std::string>() : found->second;
}

arguments arguments::with(const std::string &name,
                          const std::string &value) const {
  arguments changed = *this;
  changed.values_[name] = value;
  return changed;
}

arguments parse_arguments(const command_row &command,
                          std::span<const char *const> words) {
  using namespace po::command_line_style;
  po::options_description description = describe(command);
  arguments result;
  try {
    auto parsed = po::command_line_parser(
                      std::vector<std::string>(words.begin(), words.end()))
                      .options(description)
                      .style(allow_long | long_allow_next | long_allow_adjacent)
                      .allow_unregistered()
                      .run();
    for (const po::option &option : parsed.options) {
      if (option.unregistered)
        throw std::runtime_error(
            unknown_option(command, option.original_tokens.front()));
      if (swallowed_option(command, option))
        throw std::runtime_error(
            fmt::format("option --{} needs a value", option.string_key));
      if (option.position_key >= 0)
        result.positional_.push_back(option.value.front());
      else if (repeats(command, option.string_key))
        result.repeated_[option.string_key].push_back(option.value.front());
      else if (!result.values_
                    .emplace(option.string_key,
                             option.value.empty() ? "" : option.value.front())
                    .second)
        throw std::runtime_error(
            fmt::format("option --{} is given twice", option.string_key));
    }
  } catch (const po::invalid_command_line_syntax &e) {
    bool missing = e.kind() == po::invalid_syntax::missing_parameter ||
                   e.kind() == po::invalid_syntax::empty_adjacent_parameter;
    throw std::runtime_error(
        fmt::format("option --{} {}", bare_name(e.tokens()),
                    missing ? "needs a value" : "takes no value"));
  } catch (const po::error &e) {
    throw std::runtime_error(fmt::format(
        "the command line of {} cannot be read: {}", command.name, e.what()));
  }
  if (!*command.positional && !result.positional_.empty())
    throw std::runtime_error(
        fmt::format("{} takes options only, got '{}'; see {} --help",
                    command.name, result.positional_.front(), command.name));
  return result;
}

const command_row &find_command(std::string_view name) {
  std::vector<std::string> names;
  for (const command_row &row : command_table()) {
    if (row.name == name)
      return row;
    names.emplace_back(row.name);
  }
  throw std::runtime_error(fmt::format("no command '{}'{}; there are {}", name,
                                       did_you_mean(name, names, ""),
                                       fmt::join(names, ", ")));
}

std::string nearest(std::string_view word, std::span<const std::string> known) {
  std::string best;
  std::size_t least = 1 + word.size() / 3; // further away it is another word
  for (const std::string &candidate : known) {
    std::size_t distance = edit_distance(word, candidate);
    if (distance <= least && (best.empty() || distance < least)) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

std::string program_help(std::string_view program) {
  std::string text =
      fmt::format("usage: {} COMMAND [OPTION...]\n\ncommands:\n", program);
  for (const command_row &row : command_table())
    text += help_line(row.name, row.help);
  return text +
         fmt::format("\n{} COMMAND --help lists the options of a command\n",
                     program);
}

std::string command_help(std::string_view program, const command_row &command) {
  std::string text = fmt::format(
      "usage: {} {} [OPTION...]{}{}\n\n{}\n\noptions:\n", program, command.name,
      *command.positional ? " " : "", command.positional, command.help);
  for (const option_row &row : option_table())
    if (row.commands & command.id)
      text += help_line(fmt::format("--{}{}{}", row.name, *row.argument ? " " : "",
                                 row.argument),
                     row.help);
  return text;
}

} // namespace resnetc
