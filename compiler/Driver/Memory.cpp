//===- Memory.cpp - what a training step takes of memory ------------------===//
//
// The runtime's buffers as runtime/train/engine.cpp and
// runtime/cli/bench_command.cpp allocate and touch them; a test holds the sum
// against what `TRAINER bench` measures.
//
//===----------------------------------------------------------------------===//

#include "Driver/Memory.h"

#include "llvm/Support/FormatVariadic.h"

namespace resnetc {

/// Resident pages of a trainer that do not depend on the model: the program,
/// libc, stacks. Measured; the code of ResNet18 and ResNet50 differs by little.
static constexpr int64_t programBytes = 4'200'000;

static void printArenas(const MemoryUse &memory, llvm::raw_ostream &out) {
  out << "\narena, bytes    fixed    + batch *    + threads *\n";
  auto print = [&](llvm::StringRef name, const resnetc_arena &arena) {
    out << llvm::formatv("{0,-10}{1,11}{2,13}{3,15}\n", name, arena.fixed,
                         arena.per_image, arena.per_thread);
  };
  print("features", memory.features);
  print("logits", memory.logits);
  print("gradients", memory.gradients);
}

/// All functions share one arena, and a step of one thread touches what the
/// hungriest does.
static int64_t arenaBytes(const MemoryUse &memory, int64_t batch) {
  auto bytes = [](const resnetc_arena &arena, int64_t images) {
    return arena.fixed + images * arena.per_image + arena.per_thread;
  };
  return std::max({bytes(memory.features, std::min(batch, memory.featureBatch)),
                   bytes(memory.gradients, batch), memory.logits.fixed});
}

void printMemory(const graph &g, const MemoryUse &memory, int64_t batch,
                 llvm::raw_ostream &out) {
  printArenas(memory, out);
  int64_t size = memory.elementBytes, record = 0,
          image = g.nodes[0].out.elements() * size;
  for (const mlir::resnet::Record &r : memory.records)
    record += r.elements * size;
  std::pair<llvm::StringRef, int64_t> parts[] = {
      {"weights", (memory.frozen + memory.trained + memory.stats) * size},
      {"prepared", memory.derived * size},
      {"gradients, momentum", 2 * memory.trained * size},
      {"arena", arenaBytes(memory, batch)},
      {"images, records", batch * (image + record)},
      {"program", programBytes}};
  out << llvm::formatv("\nmemory of a step on {0} images, MB\n", batch);
  int64_t sum = 0;
  auto print = [&](llvm::StringRef part, int64_t bytes) {
    out << llvm::formatv("{0,-20}{1,8:f1}\n", part, bytes / 1048576.0);
  };
  for (auto [part, bytes] : parts) {
    print(part, bytes);
    sum += bytes;
  }
  print("peak, resident", sum);
}

} // namespace resnetc
