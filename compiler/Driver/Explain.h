//===- Explain.h - what is frozen, why, and what it costs -----*- C++ -*-===//

#ifndef RESNETC_DRIVER_EXPLAIN_H
#define RESNETC_DRIVER_EXPLAIN_H

#include "Pipelines.h"
#include "resnetc/graph.h"

#include "llvm/Support/raw_ostream.h"

namespace resnetc {

/// A table of the layers: frozen or trained, the rule that decided it, FLOPs
/// forward and of the gradients by input and weight that a training step
/// computes, bytes that it keeps for its backward half; then totals, the frozen
/// prefix, what is recorded at its end, and memory. FLOPs and kept bytes are of
/// one image.
void explain(const graph &g, const MemoryUse &memory, int64_t maxBatch,
             llvm::raw_ostream &out);

} // namespace resnetc

#endif // RESNETC_DRIVER_EXPLAIN_H
