//===- compile_modules.cpp - modules of the `resnet` dialect to objects ---===//
//
//   compile_modules FILE.mlir FOLDER [--first N] [--mcpu NAME] [--tiles-of NAME] [--conv KIND] [--precision TYPE]
//                            [--from forward|gradients|split]
//
// Takes modules separated by `// -----` through resnetc's own pipeline. Module i, counted from N, becomes FOLDER/i.o,
// which exports its table as `resnetc_variants_i`, so that all of them link into one shared object.
//
//===----------------------------------------------------------------------===//

#include "Pipelines.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace mlir;

/// What the table says of the input; the rest of it concerns trainers alone.
static resnetc::graph describeInput(ModuleOp module) {
  resnetc::graph about;
  for (StringRef name : {"forward", "features"})
    if (auto func = module.lookupSymbol<func::FuncOp>(name)) {
      auto images = cast<RankedTensorType>(func.getArgumentTypes()[0]);
      about.channels = images.getDimSize(1);
      about.height = images.getDimSize(2);
      about.width = images.getDimSize(3);
      if (name == "forward")
        about.classes = cast<RankedTensorType>(func.getResultTypes()[0]).getDimSize(1);
      break;
    }
  return about;
}

static bool holdsDoubles(ModuleOp module) {
  return module
      .walk([](func::FuncOp func) {
        bool found = llvm::any_of(func.getArgumentTypes(), [](Type t) { return getElementTypeOrSelf(t).isF64(); });
        return found ? WalkResult::interrupt() : WalkResult::advance();
      })
      .wasInterrupted();
}

static bool compileText(StringRef text, MLIRContext &context, resnetc::Stage from, resnetc::CompileOptions options,
                        StringRef path) {
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, ParserConfig(&context));
  if (!module)
    return false;
  options.f64 = holdsDoubles(*module);
  std::error_code code;
  llvm::raw_fd_ostream out(path, code);
  if (code) {
    llvm::errs() << "error: cannot write " << path << ": " << code.message() << "\n";
    return false;
  }
  return resnetc::compileModule(*module, from, describeInput(*module), options, resnetc::Emit::Object, out, llvm::errs());
}

int main(int argc, char **argv) {
  using resnetc::Stage;
  namespace cl = llvm::cl;
  cl::opt<std::string> input(cl::Positional, cl::Required), folder(cl::Positional, cl::Required);
  cl::opt<std::string> mcpu("mcpu", cl::init("native")), tilesOf("tiles-of"), conv("conv", cl::init("auto")),
      precision("precision", cl::init("f32"));
  cl::opt<int> first("first", cl::init(0));
  cl::opt<Stage> from("from", cl::init(Stage::Forward),
                      cl::values(clEnumValN(Stage::Forward, "forward", ""), clEnumValN(Stage::Gradients, "gradients", ""),
                                 clEnumValN(Stage::Split, "split", "")));
  cl::ParseCommandLineOptions(argc, argv);
  auto buffer = llvm::MemoryBuffer::getFile(input);
  if (!buffer) {
    llvm::errs() << "error: cannot read " << input << ": " << buffer.getError().message() << "\n";
    return 1;
  }
  DialectRegistry registry;
  resnetc::registerDialects(registry);
  registry.insert<func::FuncDialect>();
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  SmallVector<StringRef> texts;
  (*buffer)->getBuffer().split(texts, "// -----\n");
  int i = first;
  for (StringRef text : texts) {
    resnetc::CompileOptions options;
    options.mcpu = mcpu;
    options.tilesOf = tilesOf;
    options.conv = conv;
    options.precision = precision;
    options.table += "_" + std::to_string(i);
    if (!compileText(text, context, from, options, (folder + "/" + Twine(i) + ".o").str())) {
      llvm::errs() << "module " << i << " of " << input << " was not compiled\n";
      return 1;
    }
    ++i;
  }
  return 0;
}
