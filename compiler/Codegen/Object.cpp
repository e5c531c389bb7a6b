//===- Object.cpp - from LLVM dialect to an object file -------------------===//

#include "Codegen/Object.h"

#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/Bitcode/BitcodeWriter.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/ThreadPool.h"
#include "llvm/Target/TargetMachine.h"

#include <mutex>

using namespace resnetc;

void resnetc::registerTranslations(mlir::DialectRegistry &registry) {
  mlir::registerBuiltinDialectTranslation(registry);
  mlir::registerLLVMDialectTranslation(registry);
}

static constexpr llvm::StringLiteral kTriple = "x86_64-unknown-linux-gnu";

static std::unique_ptr<llvm::TargetMachine> makeMachine(const Target &target, llvm::raw_ostream &errors) {
  static std::once_flag once; // parts of a module are compiled side by side
  std::call_once(once, [] {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
  });
  std::string error;
  llvm::Triple triple(kTriple);
  const llvm::Target *found = llvm::TargetRegistry::lookupTarget(triple, error);
  if (!found) {
    errors << "error: " << error << "\n";
    return nullptr;
  }
  // Plain x86-64 and exactly the instruction sets that the table names, scheduled for the CPU.
  std::string features = "-avx512f";
  for (const std::string &f : target.features)
    features += ",+" + f;
  return std::unique_ptr<llvm::TargetMachine>(found->createTargetMachine(
      triple, "x86-64", features, llvm::TargetOptions(), llvm::Reloc::PIC_, std::nullopt, llvm::CodeGenOptLevel::Aggressive));
}

static void setAttributes(llvm::Module &module, const llvm::TargetMachine &machine, const Target &target) {
  for (llvm::Function &f : module) {
    if (f.isDeclaration())
      continue;
    f.addFnAttr("target-cpu", "x86-64");
    f.addFnAttr("tune-cpu", target.cpu);
    f.addFnAttr("target-features", machine.getTargetFeatureString());
    f.addFnAttr("prefer-vector-width", std::to_string(target.vectorBytes * 8));
    f.addFnAttr("min-legal-vector-width", std::to_string(target.vectorBytes * 8));
    f.addFnAttr(llvm::Attribute::NoUnwind);
    f.addFnAttr(llvm::Attribute::NoInline); // kernels are shared
    f.setLinkage(llvm::GlobalValue::InternalLinkage); // the table alone is seen from outside
  }
}

static void optimize(llvm::Module &module, llvm::TargetMachine &machine) {
  // Kernels come in vectors already, and as long as they should be.
  llvm::PipelineTuningOptions tuning;
  tuning.SLPVectorization = false;
  tuning.LoopUnrolling = false;
  llvm::PassBuilder builder(&machine, tuning);
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager graphs;
  llvm::ModuleAnalysisManager modules;
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(graphs);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, graphs, modules);
  builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O3).run(module, modules);
}

/// Three quarters of code generation's time without it: a kernel's addresses are a loop's variable and constants already,
/// and the x86 addressing modes take them as they are. LLVM has no other switch for it than its own option.
static void disableLoopStrengthReduction() {
  auto &options = llvm::cl::getRegisteredOptions();
  if (auto it = options.find("disable-lsr"); it != options.end())
    static_cast<llvm::cl::opt<bool> *>(it->second)->setValue(true);
}

static std::unique_ptr<llvm::Module> translate(mlir::ModuleOp source, const ModelTable &table, const Target &target,
                                               const llvm::TargetMachine &machine, llvm::LLVMContext &context,
                                               llvm::raw_ostream &errors) {
  std::unique_ptr<llvm::Module> module = mlir::translateModuleToLLVMIR(source, context, "resnetc");
  if (!module) {
    errors << "error: internal error in the compiler: the translation to LLVM IR failed\n";
    return nullptr;
  }
  module->setTargetTriple(llvm::Triple(kTriple));
  module->setDataLayout(machine.createDataLayout());
  table.emit(*module);
  setAttributes(*module, machine, target);
  return module;
}

static bool generate(llvm::Module &module, llvm::TargetMachine &machine, llvm::CodeGenFileType kind, llvm::raw_pwrite_stream &out,
                     llvm::raw_ostream &errors) {
  llvm::legacy::PassManager codegen;
  if (machine.addPassesToEmitFile(codegen, out, nullptr, kind)) {
    errors << "error: internal error in the compiler: no object can be emitted for " << kTriple << "\n";
    return false;
  }
  codegen.run(module);
  return true;
}

bool resnetc::emitObject(mlir::ModuleOp source, const ModelTable &table, const Target &target, Emit stop,
                         llvm::raw_ostream &out, llvm::raw_ostream &errors) {
  std::unique_ptr<llvm::TargetMachine> machine = makeMachine(target, errors);
  if (!machine)
    return false;
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> module = translate(source, table, target, *machine, context, errors);
  if (!module)
    return false;
  optimize(*module, *machine);
  if (stop == Emit::LLVM) {
    module->print(out, nullptr);
    return true;
  }
  disableLoopStrengthReduction();
  llvm::SmallVector<char> buffer;
  llvm::raw_svector_ostream stream(buffer);
  auto kind = stop == Emit::Assembly ? llvm::CodeGenFileType::AssemblyFile : llvm::CodeGenFileType::ObjectFile;
  if (!generate(*module, *machine, kind, stream, errors))
    return false;
  out.write(buffer.data(), buffer.size());
  return true;
}

/// The module as bitcode, from which each part is read in a context of its own. What one part defines and another calls is no
/// longer internal: it gets a name that no library has.
static std::string serialize(llvm::Module &module) {
  for (llvm::Function &f : module)
    if (f.hasLocalLinkage()) {
      f.setName("resnetc.emitted." + f.getName());
      f.setLinkage(llvm::GlobalValue::ExternalLinkage);
      f.setVisibility(llvm::GlobalValue::HiddenVisibility);
    }
  std::string bitcode;
  llvm::raw_string_ostream stream(bitcode);
  llvm::WriteBitcodeToFile(module, stream);
  return bitcode;
}

/// The part that each function with a body goes to: the longest first, where the least is.
static std::vector<size_t> assignParts(const llvm::Module &module, size_t parts) {
  std::vector<std::pair<int64_t, size_t>> order; // minus the size, and the place in the module
  for (const llvm::Function &f : module)
    if (!f.isDeclaration())
      order.emplace_back(-int64_t(f.getInstructionCount()), order.size());
  llvm::sort(order);
  std::vector<size_t> partOf(order.size());
  std::vector<int64_t> sizes(parts);
  for (auto [size, f] : order) {
    partOf[f] = llvm::min_element(sizes) - sizes.begin();
    sizes[partOf[f]] -= size;
  }
  return partOf;
}

/// The functions of a part, declarations of the others, and with the first part all variables.
static llvm::Expected<std::unique_ptr<llvm::Module>> readPart(llvm::StringRef bitcode, size_t part, llvm::ArrayRef<size_t> partOf,
                                                              llvm::LLVMContext &context) {
  auto module = llvm::getLazyBitcodeModule(llvm::MemoryBufferRef(bitcode, "part"), context);
  if (!module)
    return module;
  size_t next = 0;
  for (llvm::Function &f : **module) {
    if (f.isDeclaration() || partOf[next++] == part)
      continue;
    f.deleteBody();
    f.setIsMaterializable(false);
    f.setVisibility(llvm::GlobalValue::HiddenVisibility);
  }
  if (part > 0) { // no function reads a table
    for (llvm::GlobalVariable &variable : (*module)->globals())
      variable.setInitializer(nullptr);
    for (llvm::GlobalVariable &variable : llvm::make_early_inc_range((*module)->globals()))
      variable.eraseFromParent();
  }
  if (llvm::Error error = (*module)->materializeAll())
    return error;
  return module;
}

bool resnetc::emitObjects(mlir::ModuleOp source, const ModelTable &table, const Target &target, std::vector<std::string> &objects,
                          llvm::raw_ostream &errors) {
  constexpr size_t kParts = 8; // more than cores, so that none waits long for another
  std::string bitcode;
  std::vector<size_t> partOf;
  {
    std::unique_ptr<llvm::TargetMachine> machine = makeMachine(target, errors);
    llvm::LLVMContext context;
    std::unique_ptr<llvm::Module> module = machine ? translate(source, table, target, *machine, context, errors) : nullptr;
    if (!module)
      return false;
    partOf = assignParts(*module, kParts);
    bitcode = serialize(*module);
  }
  disableLoopStrengthReduction();
  objects.assign(kParts, "");
  std::vector<std::string> problems(kParts);
  llvm::DefaultThreadPool pool;
  for (size_t i = 0; i < kParts; ++i)
    pool.async([&, i] {
      llvm::raw_string_ostream problem(problems[i]);
      std::unique_ptr<llvm::TargetMachine> machine = makeMachine(target, problem);
      llvm::LLVMContext context;
      auto part = readPart(bitcode, i, partOf, context);
      if (!part) {
        problem << "error: internal error in the compiler: " << llvm::toString(part.takeError()) << "\n";
        return;
      }
      optimize(**part, *machine);
      llvm::SmallVector<char> buffer;
      llvm::raw_svector_ostream stream(buffer);
      if (generate(**part, *machine, llvm::CodeGenFileType::ObjectFile, stream, problem))
        objects[i].assign(buffer.begin(), buffer.end());
    });
  pool.wait();
  for (const std::string &problem : problems)
    if (!problem.empty()) {
      errors << problem;
      return false;
    }
  return true;
}
