//===- Target.cpp - what the code generator must know of a CPU ------------===//

#include "Codegen/Target.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/X86TargetParser.h"

using namespace resnetc;

/// Instruction sets that emitted code may use and a machine may lack.
static constexpr llvm::StringLiteral kChecked[] = {
    "sse3",     "ssse3",      "sse4.1",     "sse4.2",   "popcnt",     "avx",        "avx2",       "fma",
    "f16c",     "bmi",        "bmi2",       "lzcnt",    "movbe",      "avx512f",    "avx512cd",   "avx512bw",
    "avx512dq", "avx512vl",   "avx512vnni", "avx512bf16", "avx512vbmi", "avx512ifma"};

std::optional<Target> Target::lookUp(llvm::StringRef name) {
  bool native = name == "native";
  std::string cpu = native ? llvm::sys::getHostCPUName().str() : name.str();
  if (llvm::X86::parseArchX86(cpu, /*Only64Bit=*/true) == llvm::X86::CK_None)
    return std::nullopt;
  llvm::SmallVector<llvm::StringRef> named;
  llvm::X86::getFeaturesForCPU(cpu, named);
  llvm::StringMap<bool> all;
  for (llvm::StringRef feature : named) {
    all[feature] = true;
    llvm::X86::updateImpliedFeatures(feature, true, all); // x86-64-v3 names avx2, not avx
  }
  if (native) // a virtual machine may hide what its CPU has, and a CPU newer than LLVM goes by an older one's name
    all = llvm::sys::getHostCPUFeatures();
  Target target;
  target.cpu = cpu;
  for (llvm::StringRef feature : kChecked)
    if (all.lookup(feature))
      target.features.push_back(feature.str());
  auto has = [&](llvm::StringRef f) { return llvm::is_contained(target.features, f); };
  bool wide = has("avx512f") && has("avx512bw") && has("avx512dq") && has("avx512vl");
  target.vectorBytes = wide ? 64 : has("avx") ? 32 : 16;
  target.registers = wide ? 32 : 16;
  target.fma = has("fma");
  return target;
}
