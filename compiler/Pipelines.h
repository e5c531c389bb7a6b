//===- Pipelines.h - the order of passes -----------------------*- C++ -*-===//

#ifndef RESNETC_PIPELINES_H
#define RESNETC_PIPELINES_H

#include "resnetc/graph.h"
#include "llvm/Support/raw_ostream.h"

#include <string>

namespace resnetc {

/// How far to go, and what is written there.
enum class Emit { Exe, Object, Assembly, LLVM, Linalg, MLIR, Graph, Dot };

struct CompileOptions {
  std::string mcpu = "native"; // LLVM's name of an x86-64 CPU
  int64_t maxBatch = 256;
  bool f64 = false;            // element type; for tests
  std::string conv = "auto", precision = "f32";
  std::string specText;
};

/// Runs the pipeline as far as `stop` asks and writes text (Assembly, LLVM, Linalg, MLIR) or an object (Object) to `out`.
/// False after an error, which went to `errors` as one line.
bool compile(const graph &model, const CompileOptions &options, Emit stop, llvm::raw_ostream &out,
             llvm::raw_ostream &errors);

/// Links an object with the runtime to an executable at `path`, with the system's c++. False after an error.
bool link(llvm::StringRef object, llvm::StringRef path, llvm::raw_ostream &errors);

} // namespace resnetc

#endif // RESNETC_PIPELINES_H
