//===- resnet-opt.cpp - every pass by itself ------------------------------===//

#include "Codegen/Passes.h"
#include "Conversion/Passes.h"
#include "IR/AbiDialect.h"
#include "IR/PackedDialect.h"
#include "IR/ResnetDialect.h"
#include "IR/WinogradDialect.h"
#include "Pipelines.h"
#include "Transforms/Passes.h"

#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  registry.insert<mlir::resnet::ResnetDialect, mlir::abi::AbiDialect, mlir::packed::PackedDialect,
                  mlir::winograd::WinogradDialect>();
  mlir::packed::registerBufferization(registry);
  mlir::winograd::registerBufferization(registry);
  mlir::registerAllPasses();
  mlir::resnet::registerTransformsPasses();
  mlir::resnet::registerConversionPasses();
  mlir::resnet::registerCodegenPasses();
  resnetc::registerPipelines();
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "resnetc's passes, one by one\n", registry));
}
