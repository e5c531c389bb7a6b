//===- Pipelines.h - the order of passes -----------------------*- C++ -*-===//

#ifndef RESNETC_PIPELINES_H
#define RESNETC_PIPELINES_H

#include "Transforms/Precision.h"
#include "Transforms/Records.h"
#include "resnetc/abi.h"
#include "resnetc/graph.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/raw_ostream.h"

#include <optional>
#include <string>
#include <vector>

namespace mlir {
class DialectRegistry;
class ModuleOp;
} // namespace mlir

namespace resnetc {

/// How far to go, and what is written there.
enum class Emit { Exe, Object, Assembly, LLVM, Linalg, MLIR, Graph, Dot };

struct CompileOptions {
  std::string mcpu = "native"; // LLVM's name of an x86-64 CPU
  int64_t maxBatch = 256;
  bool f64 = false;            // element type; for tests
  std::string tilesOf;         // the CPU whose registers shape the tiles; empty: mcpu; for tests
  std::string precision = "f32";
  std::string conv = "auto";   // how convolutions are computed: auto, direct or winograd
  std::string specText, specName; // specName: a spec file's stem
  std::string table = "resnetc_variants"; // the symbol that the object exports
};

/// What a module in the `resnet` dialect holds already: @forward as the frontend makes it, @gradients too, or the
/// functions of the seam.
enum class Stage { Forward, Gradients, Split };

/// Runs the pipeline as far as `stop` asks and writes text (Assembly, LLVM, Linalg, MLIR) or an object (Object) to `out`.
/// False after an error, which went to `errors` as one line.
bool compile(const graph &model, const CompileOptions &options, Emit stop, llvm::raw_ostream &out,
             llvm::raw_ostream &errors);

/// To objects that one program takes together.
bool compileObjects(const graph &model, const CompileOptions &options, std::vector<std::string> &objects,
                    llvm::raw_ostream &errors);

/// As `compile` for a module in the `resnet` dialect, of a context with the dialects below. `about` tells the table what the
/// module does not.
bool compileModule(mlir::ModuleOp module, Stage from, const graph &about, const CompileOptions &options, Emit stop,
                   llvm::raw_ostream &out, llvm::raw_ostream &errors);

/// Whether the CPU of `options` is known and can compute as they ask; where not, `errors` gets one line.
bool checkTarget(const CompileOptions &options, llvm::raw_ostream &errors);

/// What a trainer needs of memory, and where its frozen prefix ends.
struct MemoryUse {
  int64_t elementBytes = 4, featureBatch = 0; // the latter as in resnetc_model
  int64_t frozen = 0, trained = 0, stats = 0, derived = 0; // elements of the flat buffers
  resnetc_arena features{}, gradients{}, logits{};
  llvm::StringMap<int64_t> kept; // bytes an image that a step keeps for its backward half, by layer
  std::vector<mlir::resnet::Record> records; // nothing where an image is its own record
  llvm::StringSet<> prefix;                  // convolutions and linear layers in front of them
  llvm::StringMap<mlir::resnet::Cover> winograd; // convolutions by Winograd's algorithm
  std::vector<std::string> directForOne;         // and those of them that are not where there is one image alone
  std::vector<mlir::resnet::LayerPrecision> precisions; // of the prefix's convolutions, where not all are float32
};

/// Compiles as far as the memory plan. Nothing after an error, which went to `errors` as one line.
std::optional<MemoryUse> measureMemory(const graph &model, const CompileOptions &options, llvm::raw_ostream &errors);

/// The dialects and interfaces that the pipeline needs.
void registerDialects(mlir::DialectRegistry &registry);

/// Makes the pipeline known by name, `resnet-to-llvm`.
void registerPipelines();

/// Links object files with the runtime to an executable at `path`, with the system's c++. False after an error.
bool link(llvm::ArrayRef<std::string> objects, llvm::StringRef path, llvm::raw_ostream &errors);

} // namespace resnetc

#endif // RESNETC_PIPELINES_H
