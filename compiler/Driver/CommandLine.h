//===- CommandLine.h - what resnetc is asked to do ---------------*- C++
//-*-===//

#ifndef RESNETC_DRIVER_COMMANDLINE_H
#define RESNETC_DRIVER_COMMANDLINE_H

#include "Pipelines.h"

#include <optional>
#include <string>

namespace resnetc {

struct CommandLine {
  std::string spec;   // path; empty for a program that brings its own model
  std::string output; // path; empty: standard output
  Emit emit = Emit::Exe;
  bool explain = false;
  CompileOptions compile;
  std::string answer; // of --help or --version: print it, and that is all
};

/// nullopt after a mistake, which went to `errors` as one line. `takesSpec`: a
/// .rdsl file is among the arguments.
std::optional<CommandLine> parseCommandLine(int argc, const char *const *argv,
                                            bool takesSpec,
                                            llvm::raw_ostream &errors);

} // namespace resnetc

#endif // RESNETC_DRIVER_COMMANDLINE_H
