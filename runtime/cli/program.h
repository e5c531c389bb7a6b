// A trainer's command line, from argv to the exit code.
#pragma once

#include <resnetc/abi.h>

namespace resnetc {

/// Runs one command. Returns 0, 1 for every error (said on standard error), or
/// 130 after Ctrl-C.
int run_program(int argc, const char *const *argv,
                const resnetc_variant *const *variants);

} // namespace resnetc
