//===- import_graph.cpp - what the frontend makes of a spec, before any pass ===//

#include "Frontend/Import.h"
#include "Frontend/Parser.h"

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/Verifier.h"
#include "llvm/Support/MemoryBuffer.h"

/// import-graph SPEC.rdsl [f64]: prints the module, with its locations; exits with 1 where it does not verify.
int main(int argc, char **argv) {
  auto file = argc > 1 ? llvm::MemoryBuffer::getFile(argv[1]) : std::make_error_code(std::errc::invalid_argument);
  if (!file)
    return 1;
  std::optional<resnetc::graph> graph = resnetc::parseSpec((*file)->getBuffer(), argv[1], llvm::errs());
  if (!graph)
    return 1;
  mlir::MLIRContext context;
  mlir::Type element = mlir::Float32Type::get(&context);
  if (argc > 2)
    element = mlir::Float64Type::get(&context);
  mlir::OwningOpRef<mlir::ModuleOp> module = mlir::resnet::importGraph(*graph, context, element);
  module->print(llvm::outs(), mlir::OpPrintingFlags().enableDebugInfo().useLocalScope());
  return failed(mlir::verify(*module));
}
