//===- Pipelines.cpp - the order of passes --------------------------------===//
//
// The only place that knows it. What holds between the stages is checked by the verifying passes.
//
//===----------------------------------------------------------------------===//

#include "Pipelines.h"

#include "Codegen/ModelTable.h"
#include "Codegen/Object.h"
#include "Codegen/Passes.h"
#include "Codegen/Target.h"
#include "Conversion/Passes.h"
#include "Frontend/Import.h"
#include "IR/AbiDialect.h"
#include "IR/ResnetDialect.h"
#include "Transforms/Passes.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Arith/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/Linalg/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Linalg/Transforms/TilingInterfaceImpl.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Dialect/SCF/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Tensor/IR/TensorTilingInterfaceImpl.h"
#include "mlir/Dialect/Tensor/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace {

void addTransforms(OpPassManager &pm) {
  pm.addPass(resnet::createFreeze());
  pm.addPass(resnet::createDifferentiate());
  pm.addPass(resnet::createFoldBatchNorm());
  pm.addPass(resnet::createFuseEpilogue());
  pm.addPass(resnet::createSplit());
  pm.addPass(resnet::createVerifySplit());
}

void addBufferization(OpPassManager &pm) {
  pm.addNestedPass<func::FuncOp>(resnet::createTileAndFuse());
  // Nothing simplifies tensors here: CSE makes one empty tensor of two, and folding an extract_slice into the insert_slice
  // before it hides which buffer holds the value. Both end in copies.
  bufferization::OneShotBufferizePassOptions bufferize;
  bufferize.allowUnknownOps = true; // abi ops have no tensors
  pm.addPass(bufferization::createOneShotBufferizePass(bufferize));
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

void addKernels(OpPassManager &pm, const resnetc::Target &target) {
  pm.addNestedPass<func::FuncOp>(resnet::createPlanMemory());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(resnet::createOutlineKernels());
  resnet::EmitKernelsOptions kernels;
  kernels.vectorBytes = target.vectorBytes;
  kernels.registers = target.registers;
  kernels.fma = target.fma;
  pm.addNestedPass<func::FuncOp>(resnet::createEmitKernels(kernels));
  pm.addPass(createCSEPass());
  pm.addPass(createCanonicalizerPass());
}

void addLLVM(OpPassManager &pm) {
  pm.addPass(memref::createExpandStridedMetadataPass());
  pm.addPass(createLowerAffinePass());
  pm.addPass(createLoopInvariantCodeMotionPass());
  pm.addPass(createCSEPass());
  pm.addPass(createSCFToControlFlowPass());
  pm.addPass(resnet::createAbiToLLVM());
  pm.addPass(createConvertVectorToLLVMPass());
  pm.addPass(createConvertMathToLLVMPass());
  pm.addPass(createConvertMathToLibmPass());
  pm.addPass(createArithToLLVMConversionPass());
  pm.addPass(createFinalizeMemRefToLLVMConversionPass());
  pm.addPass(createConvertIndexToLLVMPass());
  pm.addPass(createConvertControlFlowToLLVMPass());
  pm.addPass(createConvertFuncToLLVMPass());
  pm.addPass(createReconcileUnrealizedCastsPass());
}

DialectRegistry makeRegistry() {
  DialectRegistry registry;
  registry.insert<resnet::ResnetDialect, abi::AbiDialect, bufferization::BufferizationDialect>();
  arith::registerBufferizableOpInterfaceExternalModels(registry);
  linalg::registerBufferizableOpInterfaceExternalModels(registry);
  linalg::registerTilingInterfaceExternalModels(registry);
  scf::registerBufferizableOpInterfaceExternalModels(registry);
  tensor::registerBufferizableOpInterfaceExternalModels(registry);
  tensor::registerTilingInterfaceExternalModels(registry);
  resnetc::registerTranslations(registry);
  return registry;
}

bool run(MLIRContext &context, ModuleOp module, llvm::function_ref<void(OpPassManager &)> add) {
  PassManager pm(&context);
#ifndef RESNETC_VERIFY_EACH
  pm.enableVerifier(false);
#endif
  add(pm);
  return succeeded(pm.run(module));
}

} // namespace

bool resnetc::compile(const graph &model, const CompileOptions &options, Emit stop, llvm::raw_ostream &out,
                      llvm::raw_ostream &errors) {
  std::optional<Target> target = Target::lookUp(options.mcpu);
  if (!target) {
    errors << "error: unknown CPU \"" << options.mcpu << "\"; give an x86-64 CPU by LLVM's name, such as native, x86-64-v3 or znver4\n";
    return false;
  }
  MLIRContext context(makeRegistry(), MLIRContext::Threading::DISABLED);
  std::string first;
  ScopedDiagnosticHandler diagnostics(&context, [&](Diagnostic &d) {
    if (first.empty())
      first = d.str();
    return success();
  });
  auto fail = [&] {
    errors << "error: internal error in the compiler: " << first << "\n";
    return false;
  };
  Type element = options.f64 ? Type(Float64Type::get(&context)) : Type(Float32Type::get(&context));
  OwningOpRef<ModuleOp> module = resnet::importGraph(model, context, element);
  if (!module || !run(context, *module, addTransforms))
    return fail();
  auto print = [&] {
    module->print(out);
    out << '\n';
    return true;
  };
  if (stop == Emit::MLIR)
    return print();
  ModelTable table(model, *module, options, *target);
  if (!run(context, *module, [](OpPassManager &pm) { pm.addPass(resnet::createResnetToLinalg()); }))
    return fail();
  if (stop == Emit::Linalg)
    return print();
  if (!run(context, *module, [&](OpPassManager &pm) {
        addBufferization(pm);
        addKernels(pm, *target);
      }))
    return fail();
  table.readArenas(*module);
  if (!run(context, *module, addLLVM))
    return fail();
  return emitObject(*module, table, *target, stop, out, errors);
}
