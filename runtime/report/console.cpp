#include "report/console.h"

#include <cstdlib>
#include <cstring>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace resnetc {
namespace {

bool can_overwrite(std::FILE *stream) {
  const char *terminal = std::getenv("TERM");
  return isatty(fileno(stream)) && terminal &&
         std::strcmp(terminal, "dumb") != 0;
}

std::size_t columns(std::FILE *stream) {
  winsize size{};
  if (ioctl(fileno(stream), TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
    return 80;
  return size.ws_col;
}

void write(std::FILE *stream, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stream);
}

} // namespace

console::console(std::FILE *prose) { set_prose(prose); }

void console::set_prose(std::FILE *prose) {
  prose_ = prose;
  interactive_ = can_overwrite(prose);
}

void console::say(std::string_view line) {
  if (!muted_)
    print_line(line);
}

void console::print_line(std::string_view line) {
  end_progress();
  write(prose_, fmt::format("{}\n", line));
  std::fflush(prose_);
}

void console::progress(const progress_line &line) {
  auto interval = interactive_ ? std::chrono::milliseconds(100)
                               : std::chrono::milliseconds(plain_interval);
  clock::time_point now = clock::now();
  if (now - last_progress_ < interval)
    return;
  last_progress_ = now;
  constexpr std::size_t log_columns = 120;
  if (!interactive_)
    return print_line(line.text(log_columns));
  // To the line's start, the text, and whatever stood behind it erased.
  write(prose_,
        fmt::format("\r{}\x1b[K", line.text(columns(prose_) - 1)));
  std::fflush(prose_);
  line_open_ = true;
}

void console::end_progress() {
  if (!line_open_)
    return;
  write(prose_, "\r\x1b[K");
  std::fflush(prose_);
  line_open_ = false;
}

void console::warn(std::string_view message) {
  if (!warnings_.emplace(message).second)
    return;
  end_progress();
  write(stderr, fmt::format("warning: {}\n", message));
}

void console::fail(std::string_view message) {
  end_progress();
  write(stderr, fmt::format("error: {}\n", message));
}

void console::result(std::string_view text) {
  end_progress();
  write(stdout, text);
}

bool console::flush() {
  bool written = std::fflush(stdout) == 0 && !std::ferror(stdout);
  return std::fflush(prose_) == 0 && !std::ferror(prose_) && written;
}

} // namespace resnetc
