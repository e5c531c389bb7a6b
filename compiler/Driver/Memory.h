//===- Memory.h - what a training step takes of memory --------*- C++ -*-===//

#ifndef RESNETC_DRIVER_MEMORY_H
#define RESNETC_DRIVER_MEMORY_H

#include "Pipelines.h"

namespace resnetc {

/// The arenas in bytes, and the resident memory of a training step on up to
/// `batch` images, part by part.
void printMemory(const graph &g, const MemoryUse &memory, int64_t batch,
                 llvm::raw_ostream &out);

} // namespace resnetc

#endif // RESNETC_DRIVER_MEMORY_H
