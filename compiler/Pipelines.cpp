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
#include "IR/PackedDialect.h"
#include "IR/ResnetDialect.h"
#include "IR/WinogradDialect.h"
#include "Transforms/Algorithm.h"
#include "Transforms/Kept.h"
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
using namespace resnetc;

namespace {

void addChoices(OpPassManager &pm, StringRef conv, StringRef precision) {
  resnet::ChooseConvolutionOptions choice;
  choice.conv = conv.str();
  pm.addPass(resnet::createChooseConvolution(choice));
  if (precision == "int8") {
    pm.addPass(resnet::createQuantize());
  } else {
    resnet::ChoosePrecisionOptions narrow;
    narrow.conv = conv.str();
    narrow.precision = precision.str();
    pm.addPass(resnet::createChoosePrecision(narrow));
  }
  if (conv == "auto") // else the user has chosen
    pm.addPass(resnet::createSingleImage());
  pm.addPass(resnet::createPrepareFilters());
  pm.addPass(resnet::createSplitPrepare());
}

/// From @forward as the frontend makes it, or from a later stage, to the functions of the seam.
void addTransforms(OpPassManager &pm, Stage from, StringRef conv, StringRef precision) {
  if (from == Stage::Split)
    return addChoices(pm, conv, precision);
  if (from == Stage::Forward) {
    pm.addPass(resnet::createFreeze());
    pm.addPass(resnet::createDifferentiate());
  }
  pm.addPass(resnet::createMaskBeforePool());
  pm.addPass(resnet::createFoldBatchNorm());
  pm.addPass(resnet::createFuseEpilogue());
  pm.addPass(resnet::createRecompute());
  pm.addPass(resnet::createSplit());
  addChoices(pm, conv, precision);
  pm.addPass(resnet::createVerifySplit());
}

void addBufferization(OpPassManager &pm) {
  pm.addNestedPass<func::FuncOp>(resnet::createTileAndFuse());
  // Nothing simplifies tensors here: CSE makes one empty tensor of two, and folding an extract_slice into the insert_slice
  // before it hides which buffer holds the value. Both end in copies.
  bufferization::OneShotBufferizePassOptions bufferize;
  bufferize.allowUnknownOps = true; // abi ops have no tensors
  pm.addPass(bufferization::createOneShotBufferizePass(bufferize));
  pm.addNestedPass<func::FuncOp>(createCanonicalizerPass());
  pm.addNestedPass<func::FuncOp>(createCSEPass());
}

void addOutlining(OpPassManager &pm) {
  addBufferization(pm);
  pm.addNestedPass<func::FuncOp>(resnet::createPlanMemory());
  pm.addNestedPass<func::FuncOp>(createCanonicalizerPass());
  pm.addPass(resnet::createOutlineKernels());
}

void addKernels(OpPassManager &pm, const Target &target) {
  resnet::EmitKernelsOptions kernels;
  kernels.vectorBytes = target.vectorBytes;
  kernels.registers = target.registers;
  kernels.fma = target.fma;
  pm.addNestedPass<func::FuncOp>(resnet::createEmitKernels(kernels));
  pm.addNestedPass<func::FuncOp>(createCSEPass());
  pm.addNestedPass<func::FuncOp>(createCanonicalizerPass());
}

void addLLVM(OpPassManager &pm) {
  OpPassManager &functions = pm.nest<func::FuncOp>();
  functions.addPass(memref::createExpandStridedMetadataPass());
  functions.addPass(createLowerAffinePass());
  functions.addPass(createLoopInvariantCodeMotionPass());
  functions.addPass(createCSEPass());
  functions.addPass(createSCFToControlFlowPass());
  pm.addPass(resnet::createAbiToLLVM());
  pm.addPass(resnet::createPackedToLLVM());
  pm.addPass(createConvertFuncToLLVMPass());
  OpPassManager &bodies = pm.nest<LLVM::LLVMFuncOp>();
  bodies.addPass(resnet::createBodiesToLLVM());
  bodies.addPass(createReconcileUnrealizedCastsPass());
}

bool run(ModuleOp module, llvm::function_ref<void(OpPassManager &)> add) {
  PassManager pm(module.getContext());
#ifndef RESNETC_VERIFY_EACH
  pm.enableVerifier(false);
#endif
  add(pm);
  return succeeded(pm.run(module));
}

/// A precision's dot products, and who has them.
struct DotProducts {
  StringRef feature, name, cpus;
};

DotProducts dotProducts(StringRef precision) {
  if (precision == "int8")
    return {"avx512vnni", "AVX-512 VNNI", "znver4 or icelake-server"};
  return {"avx512bf16", "AVX-512 BF16", "znver4 or sapphirerapids"};
}

/// Whether a CPU has the instructions of a precision.
bool computes(const Target &target, StringRef precision) {
  return precision == "f32" || llvm::is_contained(target.features, dotProducts(precision).feature);
}

/// What `resnet-to-llvm` takes.
struct ToLLVMOptions : PassPipelineOptions<ToLLVMOptions> {
  Option<std::string> mcpu{*this, "mcpu", llvm::cl::desc("LLVM's name of an x86-64 CPU"), llvm::cl::init("native")};
  Option<std::string> conv{*this, "conv", llvm::cl::desc("auto, direct or winograd"), llvm::cl::init("auto")};
  Option<std::string> precision{*this, "precision", llvm::cl::desc("f32, bf16 or int8"), llvm::cl::init("f32")};
  Option<Stage> from{*this, "from", llvm::cl::desc("what the module holds already"), llvm::cl::init(Stage::Forward),
                     llvm::cl::values(clEnumValN(Stage::Forward, "forward", "@forward alone"),
                                      clEnumValN(Stage::Gradients, "gradients", "@forward and @gradients"),
                                      clEnumValN(Stage::Split, "split", "the functions of the seam"))};
};

} // namespace

void resnetc::registerPipelines() {
  auto build = [](OpPassManager &pm, StringRef text, llvm::function_ref<LogicalResult(const Twine &)> error) -> LogicalResult {
    ToLLVMOptions options;
    if (failed(options.parseFromString(text)))
      return mlir::failure();
    std::optional<Target> target = Target::lookUp(options.mcpu);
    if (!target)
      return error("unknown CPU \"" + options.mcpu + "\"");
    if (!computes(*target, options.precision))
      return error("precision " + options.precision + " needs " + dotProducts(options.precision).name + ", which " + target->cpu + " has not");
    addTransforms(pm, options.from, options.conv, options.precision);
    pm.addPass(resnet::createResnetToLinalg());
    addOutlining(pm);
    addKernels(pm, *target);
    addLLVM(pm);
    return success();
  };
  registerPassPipeline("resnet-to-llvm", "everything from @forward, or from a later stage, to the LLVM dialect", build,
                       [](auto handle) { handle(ToLLVMOptions()); });
}

void resnetc::registerDialects(DialectRegistry &registry) {
  registry.insert<resnet::ResnetDialect, abi::AbiDialect, packed::PackedDialect, winograd::WinogradDialect, bufferization::BufferizationDialect>();
  arith::registerBufferizableOpInterfaceExternalModels(registry);
  linalg::registerBufferizableOpInterfaceExternalModels(registry);
  linalg::registerTilingInterfaceExternalModels(registry);
  scf::registerBufferizableOpInterfaceExternalModels(registry);
  tensor::registerBufferizableOpInterfaceExternalModels(registry);
  tensor::registerTilingInterfaceExternalModels(registry);
  packed::registerBufferization(registry);
  winograd::registerBufferization(registry);
  registerTranslations(registry);
}

static Type elementTypeOf(const CompileOptions &options, MLIRContext &context) {
  return options.f64 ? Type(Float64Type::get(&context)) : Type(Float32Type::get(&context));
}

/// The CPU to compile for, with tiles as another CPU's registers shape them where that is asked for. Nothing for an unknown name.
static std::optional<Target> targetOf(const CompileOptions &options) {
  std::optional<Target> target = Target::lookUp(options.mcpu);
  if (!target || options.tilesOf.empty())
    return target;
  std::optional<Target> shape = Target::lookUp(options.tilesOf);
  if (!shape)
    return std::nullopt;
  target->vectorBytes = shape->vectorBytes;
  target->registers = shape->registers;
  return target;
}

/// As targetOf, where that CPU can compute as `options` ask; otherwise an error.
static std::optional<Target> checkedTarget(const CompileOptions &options, llvm::raw_ostream &errors) {
  std::optional<Target> target = targetOf(options);
  if (!target) {
    errors << "error: unknown CPU \"" << options.mcpu << "\"; give an x86-64 CPU by LLVM's name, such as native, x86-64-v3 or znver4\n";
    return std::nullopt;
  }
  if (computes(*target, options.precision))
    return target;
  DotProducts needed = dotProducts(options.precision);
  errors << "error: --precision=" << options.precision << " needs a CPU with " << needed.name << ", which " << target->cpu
         << " has not; compile for another by --mcpu, such as " << needed.cpus << ", or leave --precision at f32\n";
  return std::nullopt;
}

bool resnetc::checkTarget(const CompileOptions &options, llvm::raw_ostream &errors) {
  return checkedTarget(options, errors).has_value();
}

/// A precision for what is not there is a mistake.
static bool checkPrefix(ModuleOp module, const CompileOptions &options, llvm::raw_ostream &errors) {
  if (options.precision == "f32" || module.lookupSymbol<func::FuncOp>("features"))
    return true;
  errors << "error: --precision=" << options.precision << " is that of the frozen prefix, and this spec has none; leave it at f32\n";
  return false;
}

/// Through the pipeline as far as `stop` asks: to text in `out`, or to the LLVM dialect and then `emit`.
static bool lowerModule(ModuleOp module, Stage from, const graph &about, const CompileOptions &options, Emit stop,
                        llvm::raw_ostream &out, llvm::raw_ostream &errors,
                        llvm::function_ref<bool(const ModelTable &, const Target &)> emit) {
  std::optional<Target> target = checkedTarget(options, errors);
  if (!target)
    return false;
  module.getContext()->disableMultithreading();
  std::string first;
  ScopedDiagnosticHandler diagnostics(module.getContext(), [&](Diagnostic &d) {
    if (first.empty())
      first = d.str();
    return success();
  });
  auto fail = [&] {
    errors << "error: internal error in the compiler: " << first << "\n";
    return false;
  };
  auto print = [&] {
    module->print(out);
    out << '\n';
    return true;
  };
  if (!run(module, [&](OpPassManager &pm) { addTransforms(pm, from, options.conv, options.precision); }))
    return fail();
  if (!checkPrefix(module, options, errors))
    return false;
  if (stop == Emit::MLIR)
    return print();
  ModelTable table(about, module, options, *target);
  if (!run(module, [](OpPassManager &pm) { pm.addPass(resnet::createResnetToLinalg()); }))
    return fail();
  if (stop == Emit::Linalg)
    return print();
  if (!run(module, addOutlining))
    return fail();
  // Up to here one thread works: with several, one compilation in fifty found other kernels to be equal, and which order that hung on is
  // not known. From here on functions no longer look at each other.
  module.getContext()->enableMultithreading();
  if (!run(module, [&](OpPassManager &pm) { addKernels(pm, *target); }))
    return fail();
  table.readArenas(module);
  table.readWork(module);
  if (!run(module, addLLVM))
    return fail();
  return emit(table, *target);
}

namespace {
/// A module of a graph, in a context of its own.
struct Import {
  Import(const graph &model, const CompileOptions &options, llvm::raw_ostream &errors) : context(registry()) {
    context.disableMultithreading();
    module = resnet::importGraph(model, context, elementTypeOf(options, context));
    if (!module)
      errors << "error: internal error in the compiler: the model could not be imported\n";
  }

  static DialectRegistry registry() {
    DialectRegistry dialects;
    registerDialects(dialects);
    return dialects;
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
};
} // namespace

bool resnetc::compile(const graph &model, const CompileOptions &options, Emit stop, llvm::raw_ostream &out,
                      llvm::raw_ostream &errors) {
  Import import(model, options, errors);
  return import.module && compileModule(*import.module, Stage::Forward, model, options, stop, out, errors);
}

bool resnetc::compileObjects(const graph &model, const CompileOptions &options, std::vector<std::string> &objects,
                             llvm::raw_ostream &errors) {
  Import import(model, options, errors);
  return import.module && lowerModule(*import.module, Stage::Forward, model, options, Emit::Exe, errors, errors,
                                      [&](const ModelTable &table, const Target &target) {
                                        return emitObjects(*import.module, table, target, objects, errors);
                                      });
}

std::optional<MemoryUse> resnetc::measureMemory(const graph &model, const CompileOptions &options, llvm::raw_ostream &errors) {
  if (!checkTarget(options, errors))
    return std::nullopt;
  Import import(model, options, errors);
  OwningOpRef<ModuleOp> &module = import.module;
  if (!module)
    return std::nullopt;
  MemoryUse use;
  use.elementBytes = options.f64 ? 8 : 4;
  bool done = run(*module, [&](OpPassManager &pm) { addTransforms(pm, Stage::Forward, options.conv, options.precision); });
  if (done && !checkPrefix(*module, options, errors))
    return std::nullopt;
  if (done) {
    use.kept = resnet::keptBytes(module->lookupSymbol<func::FuncOp>("gradients"));
    auto features = module->lookupSymbol<func::FuncOp>("features");
    use.records = resnet::recordsOf(features);
    use.prefix = resnet::layersOf(features);
    use.winograd = resnet::winogradLayers(*module);
    use.directForOne = resnet::directForOne(*module);
    if (options.precision != "f32")
      use.precisions = resnet::precisionsOf(features, options.precision);
    resnet::ParameterLayout layout(*module);
    using resnet::Space;
    use.frozen = layout.size(Space::Frozen);
    use.trained = layout.size(Space::Trained);
    use.stats = layout.size(Space::Stats);
    use.derived = layout.size(Space::FrozenDerived) + layout.size(Space::TrainedDerived);
    done = run(*module, [](OpPassManager &pm) {
      pm.addPass(resnet::createResnetToLinalg());
      addBufferization(pm);
      pm.addNestedPass<func::FuncOp>(resnet::createPlanMemory());
    });
  }
  if (!done) {
    errors << "error: internal error in the compiler: the memory of the model could not be planned\n";
    return std::nullopt;
  }
  use.features = arenaOf(*module, "features");
  use.gradients = arenaOf(*module, "gradients");
  use.logits = arenaOf(*module, "logits");
  use.featureBatch = featureBatch(use.features, use.logits);
  return use;
}

bool resnetc::compileModule(ModuleOp module, Stage from, const graph &about, const CompileOptions &options, Emit stop,
                            llvm::raw_ostream &out, llvm::raw_ostream &errors) {
  return lowerModule(module, from, about, options, stop, out, errors, [&](const ModelTable &table, const Target &target) {
    return emitObject(module, table, target, stop, out, errors);
  });
}
