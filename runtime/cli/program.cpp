#include "cli/program.h"

#include "cli/command.h"
#include "train/cpu.h"
#include "train/interrupt.h"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fmt/format.h>
#include <new>
#include <string_view>
#include <system_error>

namespace resnetc {
namespace {

bool is_help(const char *word) {
  return std::strcmp(word, "--help") == 0 || std::strcmp(word, "-h") == 0;
}

int dispatch(command id, const command_context &context) {
  switch (id) {
  case command_train:
    return train_command(context);
  case command_eval:
    return eval_command(context);
  case command_predict:
    return predict_command(context);
  case command_bench:
    return bench_command(context);
  case command_step:
    return step_command(context);
  case command_cache:
    return cache_command(context);
  default:
    return info_command(context);
  }
}

int run(std::span<const char *const> words, const std::string &program,
        const resnetc_variant *const *variants, console &out) {
  if (words.empty())
    throw std::runtime_error(
        fmt::format("no command given; {} --help lists them", program));
  if (is_help(words[0])) {
    out.result(program_help(program));
    return 0;
  }
  const command_row &command = find_command(words[0]);
  words = words.subspan(1);
  // Behind -- every word is an image.
  auto options_end = std::ranges::find(words, std::string_view("--"));
  if (std::any_of(words.begin(), options_end, is_help)) {
    out.result(command_help(program, command));
    return 0;
  }
  arguments options = parse_arguments(command, words);
  if (options.given("json"))
    out.set_prose(stderr);
  return dispatch(command.id, {choose_variant(variants), options, out, variants});
}

} // namespace

int run_program(int argc, const char *const *argv,
                const resnetc_variant *const *variants) {
  console out(stdout);
  // A closed pipe and a file over the limit (ulimit -f) show as failed writes.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  handle_interrupts();
  int code = 1;
  try {
    std::string program =
        argc > 0 ? std::filesystem::path(argv[0]).filename().string()
                 : "trainer";
    code = run(std::span(argv, argc).subspan(std::min(argc, 1)), program,
               variants, out);
  } catch (const std::bad_alloc &) {
    out.fail("not enough memory; use a smaller --batch or fewer --threads");
  } catch (const std::system_error &e) {
    bool threads = e.code() == std::errc::resource_unavailable_try_again;
    out.fail(threads ? "the system starts no more threads; use fewer --threads"
                     : e.what());
  } catch (const std::exception &e) {
    out.fail(e.what());
  }
  if (!out.flush() && code == 0) {
    out.fail("standard output could not be written");
    code = 1;
  }
  return code;
}

} // namespace resnetc
