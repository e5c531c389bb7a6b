//===- OutputFile.h - a file that appears whole or not at all ----*- C++
//-*-===//

#ifndef RESNETC_DRIVER_OUTPUTFILE_H
#define RESNETC_DRIVER_OUTPUTFILE_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/raw_ostream.h"

namespace resnetc {

/// Lets `produce` make a file beside `path` and renames it to `path` when that
/// succeeded; otherwise removes it. A device, such as /dev/null, is written in
/// place. False after an error, which went to `errors`.
bool replaceFile(llvm::StringRef path,
                 llvm::function_ref<bool(llvm::StringRef)> produce,
                 llvm::raw_ostream &errors);

/// Writes `content` to `path` as it is.
bool writeFile(llvm::StringRef path, llvm::StringRef content,
               llvm::raw_ostream &errors);

} // namespace resnetc

#endif // RESNETC_DRIVER_OUTPUTFILE_H
