#include "train/interrupt.h"

#include <csignal>
#include <unistd.h>

namespace resnetc {
namespace {

// A signal handler has nothing but these to speak through.
volatile std::sig_atomic_t guarded = 0;
volatile std::sig_atomic_t pending = 0;

void on_interrupt(int) {
  if (!guarded || pending)
    _exit(interrupted_exit);
  pending = 1;
}

} // namespace

void handle_interrupts() {
  struct sigaction action{};
  action.sa_handler = on_interrupt;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
}

interrupt_guard::interrupt_guard() {
  if (guarded == 0)
    pending = 0;
  guarded = guarded + 1;
}

interrupt_guard::~interrupt_guard() { guarded = guarded - 1; }

bool interrupt_guard::interrupted() const { return pending != 0; }

} // namespace resnetc
