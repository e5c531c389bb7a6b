//===- ModelTable.h - the table about the model ----------------*- C++ -*-===//
//
// What the runtime knows of a model: the structs of abi.h, filled here and written into the object as constants.
//
//===----------------------------------------------------------------------===//

#ifndef RESNETC_CODEGEN_MODELTABLE_H
#define RESNETC_CODEGEN_MODELTABLE_H

#include "Codegen/Target.h"
#include "Conversion/ParameterLayout.h"
#include "Conversion/Work.h"
#include "Pipelines.h"
#include "mlir/IR/BuiltinOps.h"
#include "resnetc/abi.h"

#include <vector>

namespace llvm {
class Module;
}

namespace resnetc {

/// Images that `features` and `logits` take a call, by their arenas: enough rows for the kernels, and little enough that the
/// activations of eight images, or of four, stay in a last-level cache.
int32_t featureBatch(const resnetc_arena &features, const resnetc_arena &logits);

/// The arena that PlanMemory left on a function; zeros where there is none.
resnetc_arena arenaOf(mlir::ModuleOp planned, llvm::StringRef function);

class ModelTable {
public:
  /// From the module as Split leaves it.
  ModelTable(const graph &model, mlir::ModuleOp split, const CompileOptions &options, const Target &target);

  /// The arenas, which PlanMemory leaves on the functions.
  void readArenas(mlir::ModuleOp planned);

  /// What parallel loops belong to, which OutlineKernels leaves on their bodies.
  void readWork(mlir::ModuleOp outlined);

  /// Adds the exported table and all that it points to; the module is as translated, before optimization.
  void emit(llvm::Module &module) const;

private:
  void fillModel(mlir::ModuleOp split, const mlir::resnet::ParameterLayout &layout);
  void fillTraining();
  void fillTensors(mlir::ModuleOp split, const mlir::resnet::ParameterLayout &layout);
  void fillScales(mlir::ModuleOp split);

  const graph &model;
  const CompileOptions &options;
  const Target &target;
  resnetc_model table{};
  resnetc_arena plainArena{};    // of @features in float32, where there are two
  int64_t plainDerivedSize = 0;  // what that needs of frozen_derived
  std::vector<std::pair<std::string, bool>> scales; // name, whether it is signed
  resnetc_training training{};
  std::vector<resnetc_tensor> tensors;
  std::vector<std::string> names;
  std::vector<mlir::resnet::Work> works;
  std::vector<std::pair<std::string, int32_t>> loops; // body, its work
  std::string hash, weights;
};

} // namespace resnetc

#endif // RESNETC_CODEGEN_MODELTABLE_H
