//===- Driver.h - resnetc as a program ---------------------------*- C++
//-*-===//

#ifndef RESNETC_DRIVER_DRIVER_H
#define RESNETC_DRIVER_DRIVER_H

#include "resnetc/resnet.h"

#include "llvm/ADT/StringRef.h"

namespace resnetc {

/// `main` of resnetc: reads a .rdsl file and compiles it. Gives the exit code:
/// 0, or 1 after an error, which is on standard error. No output file is left
/// after an error.
int resnetcMain(int argc, char **argv);

/// The same for a valid graph that is already there; `specText` goes into the
/// trainer.
int compileMain(const graph &model, llvm::StringRef specText, int argc,
                const char *const *argv);

} // namespace resnetc

#endif // RESNETC_DRIVER_DRIVER_H
