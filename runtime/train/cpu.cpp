#include "train/cpu.h"

#include <cpuid.h>
#include <fmt/format.h>
#include <stdexcept>

namespace resnetc {
namespace {

enum cpu_register { eax, ebx, ecx, edx };
// Register state that the operating system must save for the feature to be
// usable: bits of XCR0.
enum state : unsigned { none = 0, avx = 0x06, avx512 = 0xe6, amx = 0x60000 };

struct feature_row {
  std::string_view name;
  unsigned leaf, subleaf;
  cpu_register where;
  unsigned bit;
  state needs;
};

// Intel's and AMD's manuals under CPUID; names as in LLVM's Host.cpp.
constexpr feature_row features[] = {
    {"x87", 1, 0, edx, 0, none},
    {"cx8", 1, 0, edx, 8, none},
    {"cmov", 1, 0, edx, 15, none},
    {"mmx", 1, 0, edx, 23, none},
    {"fxsr", 1, 0, edx, 24, none},
    {"sse", 1, 0, edx, 25, none},
    {"sse2", 1, 0, edx, 26, none},
    {"sse3", 1, 0, ecx, 0, none},
    {"pclmul", 1, 0, ecx, 1, none},
    {"ssse3", 1, 0, ecx, 9, none},
    {"fma", 1, 0, ecx, 12, avx},
    {"cx16", 1, 0, ecx, 13, none},
    {"sse4.1", 1, 0, ecx, 19, none},
    {"sse4.2", 1, 0, ecx, 20, none},
    {"crc32", 1, 0, ecx, 20, none},
    {"movbe", 1, 0, ecx, 22, none},
    {"popcnt", 1, 0, ecx, 23, none},
    {"aes", 1, 0, ecx, 25, none},
    {"xsave", 1, 0, ecx, 26, avx},
    {"avx", 1, 0, ecx, 28, avx},
    {"f16c", 1, 0, ecx, 29, avx},
    {"rdrnd", 1, 0, ecx, 30, none},
    {"fsgsbase", 7, 0, ebx, 0, none},
    {"bmi", 7, 0, ebx, 3, none},
    {"avx2", 7, 0, ebx, 5, avx},
    {"bmi2", 7, 0, ebx, 8, none},
    {"invpcid", 7, 0, ebx, 10, none},
    {"avx512f", 7, 0, ebx, 16, avx512},
    {"evex512", 7, 0, ebx, 16, avx512},
    {"avx512dq", 7, 0, ebx, 17, avx512},
    {"rdseed", 7, 0, ebx, 18, none},
    {"adx", 7, 0, ebx, 19, none},
    {"avx512ifma", 7, 0, ebx, 21, avx512},
    {"clflushopt", 7, 0, ebx, 23, none},
    {"clwb", 7, 0, ebx, 24, none},
    {"avx512cd", 7, 0, ebx, 28, avx512},
    {"sha", 7, 0, ebx, 29, none},
    {"avx512bw", 7, 0, ebx, 30, avx512},
    {"avx512vl", 7, 0, ebx, 31, avx512},
    {"avx512vbmi", 7, 0, ecx, 1, avx512},
    {"pku", 7, 0, ecx, 4, none},
    {"waitpkg", 7, 0, ecx, 5, none},
    {"avx512vbmi2", 7, 0, ecx, 6, avx512},
    {"shstk", 7, 0, ecx, 7, none},
    {"gfni", 7, 0, ecx, 8, none},
    {"vaes", 7, 0, ecx, 9, avx},
    {"vpclmulqdq", 7, 0, ecx, 10, avx},
    {"avx512vnni", 7, 0, ecx, 11, avx512},
    {"avx512bitalg", 7, 0, ecx, 12, avx512},
    {"avx512vpopcntdq", 7, 0, ecx, 14, avx512},
    {"rdpid", 7, 0, ecx, 22, none},
    {"cldemote", 7, 0, ecx, 25, none},
    {"movdiri", 7, 0, ecx, 27, none},
    {"movdir64b", 7, 0, ecx, 28, none},
    {"avx512vp2intersect", 7, 0, edx, 8, avx512},
    {"serialize", 7, 0, edx, 14, none},
    {"amx-bf16", 7, 0, edx, 22, amx},
    {"avx512fp16", 7, 0, edx, 23, avx512},
    {"amx-tile", 7, 0, edx, 24, amx},
    {"amx-int8", 7, 0, edx, 25, amx},
    {"avxvnni", 7, 1, eax, 4, avx},
    {"avx512bf16", 7, 1, eax, 5, avx512},
    {"avxifma", 7, 1, eax, 23, avx},
    {"avxvnniint8", 7, 1, edx, 4, avx},
    {"avxneconvert", 7, 1, edx, 5, avx},
    {"prefetchi", 7, 1, edx, 14, none},
    {"xsaveopt", 0xd, 1, eax, 0, none},
    {"xsavec", 0xd, 1, eax, 1, none},
    {"xsaves", 0xd, 1, eax, 3, none},
    {"sahf", 0x80000001, 0, ecx, 0, none},
    {"lzcnt", 0x80000001, 0, ecx, 5, none},
    {"sse4a", 0x80000001, 0, ecx, 6, none},
    {"prfchw", 0x80000001, 0, ecx, 8, none},
    {"mwaitx", 0x80000001, 0, ecx, 29, none},
    {"64bit", 0x80000001, 0, edx, 29, none},
    {"clzero", 0x80000008, 0, ebx, 0, none},
    {"rdpru", 0x80000008, 0, ebx, 4, none},
    {"wbnoinvd", 0x80000008, 0, ebx, 9, none},
};

// XCR0: the register state that the operating system saves.
unsigned saved_state() {
  unsigned regs[4];
  constexpr unsigned osxsave = 1u << 27;
  if (!__get_cpuid(1, &regs[0], &regs[1], &regs[2], &regs[3]) ||
      !(regs[ecx] & osxsave))
    return 0;
  unsigned low, high;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

} // namespace

bool cpu_has(std::string_view feature) {
  for (const feature_row &row : features) {
    unsigned regs[4];
    if (row.name == feature)
      return __get_cpuid_count(row.leaf, row.subleaf, &regs[0], &regs[1],
                               &regs[2], &regs[3]) &&
             (regs[row.where] >> row.bit & 1) &&
             (saved_state() & row.needs) == row.needs;
  }
  return false;
}

std::string missing_feature(const resnetc_variant &variant,
                            bool (*has)(std::string_view)) {
  for (const char *const *feature = variant.cpu_features; feature && *feature;
       ++feature)
    if (!has(*feature))
      return *feature;
  return "";
}

const resnetc_variant &choose_variant(const resnetc_variant *const *variants,
                                      bool (*has)(std::string_view)) {
  std::string problem = "this trainer holds no model";
  for (; *variants; ++variants) {
    const resnetc_variant &variant = **variants;
    if (variant.abi_version != RESNETC_ABI_VERSION) {
      problem = fmt::format(
          "the model was compiled for version {} of the interface, the runtime "
          "has {}; compile and link both with the same resnetc",
          variant.abi_version, static_cast<int>(RESNETC_ABI_VERSION));
      continue;
    }
    if (variant.struct_size < sizeof(resnetc_variant) ||
        variant.model->struct_size < sizeof(resnetc_model)) {
      problem = "the model was compiled by an older resnetc than the runtime's; "
                "compile and link both with the same one";
      continue;
    }
    std::string missing = missing_feature(variant, has);
    if (missing.empty())
      return variant;
    problem = fmt::format(
        "this CPU lacks {}, which this trainer was compiled for ({}); compile "
        "it with --mcpu=native on this machine, or with an "
        "older CPU's name",
        missing, variant.mcpu);
  }
  throw std::runtime_error(problem);
}

} // namespace resnetc
