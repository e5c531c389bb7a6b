// Ctrl-C.
#pragma once

namespace resnetc {

/// The exit code after Ctrl-C.
inline constexpr int interrupted_exit = 130;

/// From now on Ctrl-C ends the process with that code, at once unless an
/// interrupt_guard asks for time.
void handle_interrupts();

/// As long as one lives, the first Ctrl-C only sets a flag, so that the owner
/// can save and leave; a second one ends the process. Guards nest: all see it.
class interrupt_guard {
public:
  interrupt_guard();
  ~interrupt_guard();
  interrupt_guard(const interrupt_guard &) = delete;
  interrupt_guard &operator=(const interrupt_guard &) = delete;

  bool interrupted() const;
};

} // namespace resnetc
