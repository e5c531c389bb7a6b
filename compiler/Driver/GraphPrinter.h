//===- GraphPrinter.h - the graph as text and as a picture -------*- C++
//-*-===//

#ifndef RESNETC_DRIVER_GRAPHPRINTER_H
#define RESNETC_DRIVER_GRAPHPRINTER_H

#include "resnetc/graph.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/raw_ostream.h"

namespace resnetc {

/// "conv2d", "batch_norm", ...
llvm::StringRef opName(op_kind kind);
/// "frozen", "trained", "trained, bias frozen", ... for a node with parameters;
/// "" for others.
llvm::StringRef trainedText(const node &n);

/// A head, the rules, then one node a line: inputs, shape, what became of it
/// and by which rule. Without places, so that C++ and .rdsl give the same text.
void printGraph(const graph &g, llvm::raw_ostream &out);

/// Graphviz, frozen nodes in one colour and trained ones in another.
void printDot(const graph &g, llvm::raw_ostream &out);

} // namespace resnetc

#endif // RESNETC_DRIVER_GRAPHPRINTER_H
