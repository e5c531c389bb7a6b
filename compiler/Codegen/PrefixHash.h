//===- PrefixHash.h - a key for what `features` computes -------*- C++ -*-===//

#ifndef RESNETC_CODEGEN_PREFIXHASH_H
#define RESNETC_CODEGEN_PREFIXHASH_H

#include "llvm/ADT/StringRef.h"

#include <string>

namespace llvm {
class Module;
}

namespace resnetc {
struct CompileOptions;
struct Target;

/// 32 hex digits over the code of `prepare` and `features`, all that they reach, and what it is compiled for; "" where there
/// is no `features` (the names say which functions these are, of `precision`). Two programs with the same hash compute the same records, to the bit, of the same frozen buffer and
/// images. `module` is as translated, before optimization: what the optimizer does to a kernel may depend on its other
/// callers, but keeps each result to the bit, since no operation has a fast-math flag.
std::string prefixHash(const llvm::Module &module, const CompileOptions &options, const Target &target,
                       llvm::StringRef prepareName, llvm::StringRef featuresName, llvm::StringRef precision);

} // namespace resnetc

#endif // RESNETC_CODEGEN_PREFIXHASH_H
