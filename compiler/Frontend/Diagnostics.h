//===- Diagnostics.h - file:line:col, the line itself, a caret ---*- C++
//-*-===//

#ifndef RESNETC_FRONTEND_DIAGNOSTICS_H
#define RESNETC_FRONTEND_DIAGNOSTICS_H

#include "resnetc/error.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/raw_ostream.h"

namespace resnetc {

/// Shows the first mistake of one source text and drops the others: what
/// follows a mistake is seldom one of its own.
class Diagnostics {
public:
  Diagnostics(llvm::StringRef text, llvm::StringRef fileName,
              llvm::raw_ostream &out)
      : text(text), fileName(fileName), out(out) {}

  /// Columns count bytes from 1. Three lines of output, however long the source
  /// line is.
  void error(place where, const llvm::Twine &message);
  bool failed() const { return shown; }

private:
  llvm::StringRef text, fileName;
  llvm::raw_ostream &out;
  bool shown = false;
};

/// The words in quotes as a message may show them: printable, at most 40 bytes.
std::string quoted(llvm::StringRef word);

} // namespace resnetc

#endif // RESNETC_FRONTEND_DIAGNOSTICS_H
