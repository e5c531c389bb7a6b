//===- Explain.cpp - what is frozen, why, and what it costs ---------------===//

#include "Driver/Explain.h"

#include "Driver/GraphPrinter.h"
#include "Driver/Memory.h"
#include "Driver/SpecText.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

#include <vector>

namespace resnetc {

/// The trainer's default.
static constexpr int64_t usualBatch = 32;

namespace {
/// What is known of a node's output.
struct Facts {
  bool trainedUpstream = false; // here or before: its gradient is needed
  bool imageAlone =
      true; // a function of the image alone, the same in every step
};

struct Totals {
  int64_t forward = 0, dx = 0, dw = 0, kept = 0, prefix = 0;
};
} // namespace

static bool trainsSomething(const node &n) {
  return !n.name.empty() && trainedText(n) != "frozen";
}

static std::vector<Facts> analyse(const graph &g) {
  std::vector<Facts> facts(g.count);
  for (int i = 0; i < g.count; ++i) {
    const node &n = g.nodes[i];
    for (int input : n.inputs) {
      if (input < 0)
        continue;
      facts[i].trainedUpstream |= facts[input].trainedUpstream;
      facts[i].imageAlone &= facts[input].imageAlone;
    }
    facts[i].trainedUpstream |= trainsSomething(n);
    bool byBatch = n.kind == op_kind::batch_norm &&
                   (n.weight_trained || n.policy == bn::batch);
    facts[i].imageAlone &=
        !trainsSomething(n) && !byBatch && n.kind != op_kind::dropout;
  }
  return facts;
}

static std::string why(const graph &g, const node &n) {
  if (n.weight_rule < 0)
    return "no rule names it";
  const rule &r = g.rules[n.weight_rule];
  std::string text = ruleText(r);
  if (r.where.line)
    text += llvm::formatv(", line {0}", r.where.line);
  return text;
}

static std::string megaflops(int64_t flops) {
  return flops ? llvm::formatv("{0:f1}", flops / 1e6).str() : "-";
}

static std::string kilobytes(int64_t bytes) {
  return bytes ? llvm::formatv("{0:f1}", bytes / 1e3).str() : "-";
}

static void printRow(llvm::raw_ostream &out, llvm::StringRef layer,
                     llvm::StringRef state, llvm::StringRef forward,
                     llvm::StringRef dx, llvm::StringRef dw,
                     llvm::StringRef kept, llvm::StringRef by,
                     llvm::StringRef reason) {
  std::string line =
      llvm::formatv("{0,-22}{1,-16}{2,9}{3,9}{4,9}{5,9}  {6,-13}{7}", layer,
                    state, forward, dx, dw, kept, by, reason);
  out << llvm::StringRef(line).rtrim() << '\n';
}

/// How a layer's sums are computed.
static std::string algorithm(const node &n, const MemoryUse &memory) {
  if (n.kind != op_kind::conv2d)
    return "";
  auto cover = memory.winograd.find(n.name.view());
  if (cover == memory.winograd.end())
    return "direct";
  return llvm::formatv("winograd {0}x{1}", cover->second[0], cover->second[1]);
}

static Totals printLayers(const graph &g, const std::vector<Facts> &facts,
                          const MemoryUse &memory, llvm::raw_ostream &out) {
  Totals sum;
  for (int i = 0; i < g.count; ++i) {
    const node &n = g.nodes[i];
    if (n.name.empty())
      continue;
    int64_t flops = node_flops(g, n);
    int64_t dx = facts[n.inputs[0]].trainedUpstream ? flops : 0,
            dw = n.weight_trained ? flops : 0,
            kept = memory.kept.lookup(llvm::StringRef(n.name.view()));
    sum.forward += flops;
    sum.dx += dx;
    sum.dw += dw;
    sum.kept += kept;
    sum.prefix += memory.prefix.contains(n.name.view()) ? flops : 0;
    std::string state = trainedText(n).str();
    if (n.kind == op_kind::batch_norm && !n.weight_trained &&
        n.policy == bn::batch)
      state += ", batch";
    printRow(out, n.name.view(), state, megaflops(flops), megaflops(dx),
             megaflops(dw), kilobytes(kept), algorithm(n, memory), why(g, n));
  }
  return sum;
}

/// What each convolution of the frozen prefix computes in, and why.
static void printPrecision(const MemoryUse &memory, llvm::raw_ostream &out) {
  if (memory.precisions.empty())
    return;
  out << "\nprecision of the frozen prefix; its sums, epilogues and records are "
         "f32\n";
  for (const mlir::resnet::LayerPrecision &p : memory.precisions)
    out << llvm::formatv("{0,-28}{1,-6}{2}\n", p.layer, p.type, p.why);
}

/// Why the frozen prefix ends where it does.
static std::string whyCut(const graph &g, const std::vector<Facts> &facts) {
  auto first =
      llvm::find_if(facts, [](const Facts &f) { return !f.imageAlone; });
  if (first == facts.end())
    return "nothing is trained";
  const node &n = g.nodes[first - facts.begin()];
  if (n.kind == op_kind::dropout)
    return "dropout is another one in each step";
  return std::string(n.name.view()) + (trainsSomething(n)
                                           ? " is the first trained layer"
                                           : " normalises by the batch");
}

/// What is kept of an image where the frozen prefix is computed once, behind
/// which layers, and what is frozen but left to every step.
static void printRecords(const graph &g, const std::vector<Facts> &facts,
                         const MemoryUse &memory, llvm::raw_ostream &out) {
  std::string reason = whyCut(g, facts);
  auto print = [&](llvm::StringRef what, int64_t elements,
                   llvm::StringRef from) {
    out << llvm::formatv("{0}{1} values an image ({2} kB){3}; {4}\n", what,
                         elements, kilobytes(elements * memory.elementBytes),
                         from, reason);
  };
  if (memory.records.empty())
    return print("records: the images themselves, ", g.nodes[0].out.elements(),
                 "");
  int64_t elements = 0;
  std::vector<llvm::StringRef> layers;
  for (const mlir::resnet::Record &record : memory.records) {
    elements += record.elements;
    layers.push_back(record.layer);
  }
  print("records: ", elements,
        std::string(layers.size() > 1 ? ", the outputs of "
                                      : ", the output of ") +
            llvm::join(layers, " and "));
  std::vector<llvm::StringRef> late;
  for (int i = 0; i < g.count; ++i)
    if (facts[i].imageAlone && node_flops(g, g.nodes[i]) &&
        !memory.prefix.contains(g.nodes[i].name.view()))
      late.push_back(g.nodes[i].name.view());
  if (!late.empty())
    out << "computed in each step though frozen, since records are smaller in "
           "front of them: "
        << llvm::join(late, ", ") << '\n';
}

void explain(const graph &g, const MemoryUse &memory, int64_t maxBatch,
             llvm::raw_ostream &out) {
  out << g.name.view() << ", " << g.parameters() << " parameters, "
      << g.trainable_parameters()
      << " trained; of one image: MFLOPs, and kB kept for the backward half"
         "\n\n";
  printRow(out, "layer", "state", "forward", "dx", "dw", "kept", "by", "why");
  std::vector<Facts> facts = analyse(g);
  Totals sum = printLayers(g, facts, memory, out);
  // What ops without a name keep, such as the max pool's winners.
  int64_t all = 0;
  for (const auto &entry : memory.kept)
    all += entry.second;
  if (all != sum.kept)
    printRow(out, "(pools and joins)", "", "", "", "",
             kilobytes(all - sum.kept), "", "");
  printRow(out, "total", "", megaflops(sum.forward), megaflops(sum.dx),
           megaflops(sum.dw), kilobytes(all), "", "");
  out << llvm::formatv("\na training step: {0:f1} MFLOPs an image, {1:f1} % of "
                       "one that trains everything\n",
                       (sum.forward + sum.dx + sum.dw) / 1e6,
                       100.0 * (sum.forward + sum.dx + sum.dw) /
                           (3.0 * sum.forward - node_flops(g, g.nodes[1])));
  out << llvm::formatv(
      "frozen prefix: {0:f1} MFLOPs an image, {1:f1} % of forward\n",
      sum.prefix / 1e6, sum.forward ? 100.0 * sum.prefix / sum.forward : 0.0);
  printRecords(g, facts, memory, out);
  if (!memory.directForOne.empty())
    out << "one image alone: direct in " << llvm::join(memory.directForOne, ", ")
        << '\n';
  printPrecision(memory, out);
  printMemory(g, memory, std::min(usualBatch, maxBatch), out);
}

} // namespace resnetc
