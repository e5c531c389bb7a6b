//===- Parser.h - from the text of a .rdsl file to a graph -------*- C++
//-*-===//

#ifndef RESNETC_FRONTEND_PARSER_H
#define RESNETC_FRONTEND_PARSER_H

#include "resnetc/resnet.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/raw_ostream.h"

#include <optional>

namespace resnetc {

/// Evaluates a spec's text by the functions of dsl/ themselves, so that it
/// means what it means in C++. A mistake is written to `errors` under
/// `fileName`, with its line and a caret, and gives nullopt. Any text is
/// allowed, hostile ones too.
std::optional<graph> parseSpec(llvm::StringRef text, llvm::StringRef fileName,
                               llvm::raw_ostream &errors);

} // namespace resnetc

#endif // RESNETC_FRONTEND_PARSER_H
