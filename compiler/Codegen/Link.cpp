//===- Link.cpp - an object and the runtime to an executable --------------===//

#include "Pipelines.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"

using namespace resnetc;

/// The runtime's archives and flags stand beside resnetc in resnetc-link-flags.txt, one argument a line.
static std::string linkFlagsPath() {
  static int anchor;
  llvm::SmallString<256> path(llvm::sys::fs::getMainExecutable(nullptr, &anchor));
  llvm::sys::path::remove_filename(path);
  llvm::sys::path::append(path, "resnetc-link-flags.txt");
  return std::string(path);
}

static std::string firstLineOf(llvm::StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFile(path);
  return buffer ? (*buffer)->getBuffer().trim().split('\n').first.str() : std::string();
}

bool resnetc::link(llvm::ArrayRef<std::string> objects, llvm::StringRef path, llvm::raw_ostream &errors) {
  auto compiler = llvm::sys::findProgramByName("c++");
  if (!compiler) {
    errors << "error: no c++ found to link with; install g++ (or write an object with --emit=obj)\n";
    return false;
  }
  std::string flagsPath = linkFlagsPath();
  auto flags = llvm::MemoryBuffer::getFile(flagsPath);
  if (!flags) {
    errors << "error: cannot read " << flagsPath << ": " << flags.getError().message() << "; is resnetc installed whole?\n";
    return false;
  }
  llvm::SmallString<128> log;
  if (std::error_code code = llvm::sys::fs::createTemporaryFile("resnetc-link", "txt", log)) {
    errors << "error: cannot write a temporary file: " << code.message() << "\n";
    return false;
  }
  auto remove = llvm::scope_exit([&] { llvm::sys::fs::remove(log); });
  llvm::SmallVector<llvm::StringRef> arguments{*compiler, "-o", path};
  arguments.append(objects.begin(), objects.end());
  (*flags)->getBuffer().split(arguments, '\n', -1, /*KeepEmpty=*/false);
  std::optional<llvm::StringRef> redirects[] = {llvm::StringRef(""), llvm::StringRef(log), llvm::StringRef(log)};
  std::string problem;
  int status = llvm::sys::ExecuteAndWait(*compiler, arguments, std::nullopt, redirects, 0, 0, &problem);
  if (status == 0)
    return true;
  if (problem.empty())
    problem = firstLineOf(log);
  errors << "error: linking with " << *compiler << " failed: " << problem << "\n";
  return false;
}
