//===- PrefixHash.cpp - a key for what `features` computes ----------------===//

#include "Codegen/PrefixHash.h"

#include "Codegen/Target.h"
#include "Conversion/ParameterLayout.h"
#include "Pipelines.h"

#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/IR/DebugInfo.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/BLAKE3.h"
#include "llvm/Transforms/Utils/Cloning.h"

using namespace resnetc;

namespace {

/// Functions and globals in depth-first order of reference. It does not depend on names or on what else the module holds.
class Reached {
public:
  void add(const llvm::GlobalValue *global) {
    if (!globals.insert(global))
      return;
    if (auto *function = llvm::dyn_cast<llvm::Function>(global)) {
      for (const llvm::Instruction &instruction : llvm::instructions(function))
        addOperands(instruction);
    } else {
      addOperands(*global); // a variable's initial value, what an alias stands for
    }
  }

  const llvm::SetVector<const llvm::GlobalValue *> &inOrder() const { return globals; }

private:
  void addOperands(const llvm::User &user) {
    for (const llvm::Use &operand : user.operands()) {
      if (auto *global = llvm::dyn_cast<llvm::GlobalValue>(operand))
        add(global);
      else if (auto *constant = llvm::dyn_cast<llvm::Constant>(operand); constant && constants.insert(constant).second)
        addOperands(*constant);
    }
  }

  llvm::SetVector<const llvm::GlobalValue *> globals;
  llvm::DenseSet<const llvm::Constant *> constants;
};

} // namespace

/// A module of the reached alone, in order and under names that tell nothing else; what is only declared keeps its name.
static std::unique_ptr<llvm::Module> extract(const llvm::Module &module, const Reached &reached) {
  const auto &keep = reached.inOrder();
  llvm::ValueToValueMapTy map;
  auto copy = llvm::CloneModule(module, map, [&](const llvm::GlobalValue *global) { return keep.contains(global); });
  for (const llvm::GlobalValue &global : module.global_values())
    if (!keep.contains(&global))
      llvm::cast<llvm::GlobalValue>(map[&global])->eraseFromParent();
  for (auto [index, global] : llvm::enumerate(keep)) {
    auto *mine = llvm::cast<llvm::GlobalValue>(map[global]);
    if (!mine->isDeclaration())
      mine->setName("prefix." + llvm::Twine(index));
    if (auto *function = llvm::dyn_cast<llvm::Function>(mine))
      copy->getFunctionList().splice(copy->end(), copy->getFunctionList(), function->getIterator());
    else if (auto *variable = llvm::dyn_cast<llvm::GlobalVariable>(mine)) {
      copy->removeGlobalVariable(variable);
      copy->insertGlobalVariable(variable);
    }
  }
  llvm::StripDebugInfo(*copy);
  copy->setModuleIdentifier("");
  copy->setSourceFileName("");
  return copy;
}

std::string resnetc::prefixHash(const llvm::Module &module, const CompileOptions &options, const Target &target,
                                llvm::StringRef prepareName, llvm::StringRef featuresName, llvm::StringRef precision) {
  const llvm::Function *prepare = module.getFunction(prepareName), *features = module.getFunction(featuresName);
  if (!prepare || !features)
    return "";
  Reached reached;
  reached.add(prepare);
  reached.add(features);
  std::string text;
  llvm::raw_string_ostream stream(text);
  stream << LLVM_VERSION_STRING << '\n'
         << target.cpu << ' ' << llvm::join(target.features, ",") << ' ' << target.vectorBytes << ' ' << target.registers
         << '\n'
         << (options.f64 ? "f64 " : "f32 ") << precision << ' ' << mlir::resnet::kBlock << '\n';
  extract(module, reached)->print(stream, nullptr);
  return llvm::toHex(llvm::BLAKE3::hash<16>(llvm::arrayRefFromStringRef(text)), /*LowerCase=*/true);
}
