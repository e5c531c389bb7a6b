//===- Target.h - what the code generator must know of a CPU ---*- C++ -*-===//

#ifndef RESNETC_CODEGEN_TARGET_H
#define RESNETC_CODEGEN_TARGET_H

#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace resnetc {

struct Target {
  std::string cpu;                   // LLVM's name, "znver4"
  int64_t vectorBytes = 16;          // of a register
  int64_t registers = 16;
  bool fma = false;
  std::vector<std::string> features; // that the code may use beyond plain x86-64

  /// An x86-64 CPU by name, or "native"; none when LLVM does not know it.
  static std::optional<Target> lookUp(llvm::StringRef name);
};

} // namespace resnetc

#endif // RESNETC_CODEGEN_TARGET_H
