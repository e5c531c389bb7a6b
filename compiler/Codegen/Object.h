//===- Object.h - from LLVM dialect to an object file ----------*- C++ -*-===//

#ifndef RESNETC_CODEGEN_OBJECT_H
#define RESNETC_CODEGEN_OBJECT_H

#include "Codegen/ModelTable.h"

#include <string>
#include <vector>

namespace mlir {
class DialectRegistry;
}

namespace resnetc {

/// Registers what the translation to LLVM IR needs.
void registerTranslations(mlir::DialectRegistry &registry);

/// Translates the module, adds the table, optimizes, and writes LLVM IR, assembly or an object as `stop` asks.
bool emitObject(mlir::ModuleOp module, const ModelTable &table, const Target &target, Emit stop, llvm::raw_ostream &out,
                llvm::raw_ostream &errors);

/// The same to objects that one program takes together: parts of the module, each compiled by itself, as many at a time as there are
/// cores. What the parts are does not depend on that number.
bool emitObjects(mlir::ModuleOp module, const ModelTable &table, const Target &target, std::vector<std::string> &objects,
                 llvm::raw_ostream &errors);

} // namespace resnetc

#endif // RESNETC_CODEGEN_OBJECT_H
