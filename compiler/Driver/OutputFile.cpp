//===- OutputFile.cpp - a file that appears whole or not at all -----------===//

#include "Driver/OutputFile.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Signals.h"

namespace resnetc {

namespace fs = llvm::sys::fs;

static bool cannotWrite(llvm::StringRef path, llvm::StringRef why,
                        llvm::raw_ostream &errors) {
  errors << "error: cannot write " << path << ": " << why << '\n';
  return false;
}

bool replaceFile(llvm::StringRef path,
                 llvm::function_ref<bool(llvm::StringRef)> produce,
                 llvm::raw_ostream &errors) {
  if (fs::is_directory(path))
    return cannotWrite(path, "it is a directory", errors);
  if (fs::exists(path) && !fs::is_regular_file(path))
    return produce(path);
  llvm::StringRef folder = llvm::sys::path::parent_path(path);
  if (!folder.empty() && !fs::is_directory(folder))
    return cannotWrite(path, "there is no folder " + folder.str(), errors);
  // Drawn apart from the path, whose own % would be drawn anew.
  llvm::SmallString<32> ending;
  fs::createUniquePath(".%%%%%%%%.partial", ending, /*MakeAbsolute=*/false);
  std::string partial = (path + ending).str();
  llvm::sys::RemoveFileOnSignal(partial);
  auto done = llvm::scope_exit([&] {
    fs::remove(partial);
    llvm::sys::DontRemoveFileOnSignal(partial);
  });
  // A folder that takes no file says so before the work is done.
  int file;
  if (std::error_code code = fs::openFileForWrite(partial, file))
    return cannotWrite(path, code.message(), errors);
  llvm::sys::Process::SafelyCloseFileDescriptor(file);
  if (!produce(partial))
    return false;
  if (std::error_code code = fs::rename(partial, path))
    return cannotWrite(path, code.message(), errors);
  return true;
}

bool writeFile(llvm::StringRef path, llvm::StringRef content,
               llvm::raw_ostream &errors) {
  std::error_code code;
  llvm::raw_fd_ostream out(path, code);
  if (!code) {
    out << content;
    out.close();
    code = out.error();
    out.clear_error(); // or its destructor ends the program
  }
  return !code || cannotWrite(path, code.message(), errors);
}

} // namespace resnetc
