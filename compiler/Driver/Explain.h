//===- Explain.h - what is frozen, why, and what it costs --------*- C++
//-*-===//

#ifndef RESNETC_DRIVER_EXPLAIN_H
#define RESNETC_DRIVER_EXPLAIN_H

#include "resnetc/graph.h"

#include "llvm/Support/raw_ostream.h"

namespace resnetc {

/// A table of the layers: frozen or trained, the rule that decided it, FLOPs
/// forward and of the gradients by input and weight that a training step
/// computes; then totals and the frozen prefix. FLOPs are of one image.
void explain(const graph &g, llvm::raw_ostream &out);

} // namespace resnetc

#endif // RESNETC_DRIVER_EXPLAIN_H
