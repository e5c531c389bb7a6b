//===- Explain.cpp - what is frozen, why, and what it costs ---------------===//

#include "Driver/Explain.h"

#include "Driver/GraphPrinter.h"
#include "Driver/SpecText.h"

#include "llvm/Support/FormatVariadic.h"

#include <vector>

namespace resnetc {

namespace {
/// What is known of a node's output.
struct Facts {
  bool trainedUpstream = false; // here or before: its gradient is needed
  bool imageAlone =
      true; // a function of the image alone, the same in every step
};

struct Totals {
  int64_t forward = 0, dx = 0, dw = 0, prefix = 0;
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

static void printRow(llvm::raw_ostream &out, llvm::StringRef layer,
                     llvm::StringRef state, llvm::StringRef forward,
                     llvm::StringRef dx, llvm::StringRef dw,
                     llvm::StringRef reason) {
  out << llvm::formatv("{0,-22}{1,-22}{2,11}{3,11}{4,11}  {5}\n", layer, state,
                       forward, dx, dw, reason);
}

void explain(const graph &g, llvm::raw_ostream &out) {
  std::vector<Facts> facts = analyse(g);
  Totals sum;
  out << g.name.view() << ", " << g.parameters() << " parameters, "
      << g.trainable_parameters() << " trained; MFLOPs of one image\n\n";
  printRow(out, "layer", "state", "forward", "dx", "dw", "why");
  for (int i = 0; i < g.count; ++i) {
    const node &n = g.nodes[i];
    if (n.name.empty())
      continue;
    int64_t flops = node_flops(g, n);
    int64_t dx = facts[n.inputs[0]].trainedUpstream ? flops : 0,
            dw = n.weight_trained ? flops : 0;
    sum.forward += flops;
    sum.dx += dx;
    sum.dw += dw;
    sum.prefix += facts[i].imageAlone ? flops : 0;
    std::string state = trainedText(n).str();
    if (n.kind == op_kind::batch_norm && !n.weight_trained &&
        n.policy == bn::batch)
      state += ", batch";
    printRow(out, n.name.view(), state, megaflops(flops), megaflops(dx),
             megaflops(dw), why(g, n));
  }
  printRow(out, "total", "", megaflops(sum.forward), megaflops(sum.dx),
           megaflops(sum.dw), "");
  out << llvm::formatv("\na training step: {0:f1} MFLOPs an image, {1:f1} % of "
                       "one that trains everything\n",
                       (sum.forward + sum.dx + sum.dw) / 1e6,
                       100.0 * (sum.forward + sum.dx + sum.dw) /
                           (3.0 * sum.forward - node_flops(g, g.nodes[1])));
  out << llvm::formatv(
      "frozen prefix: {0:f1} MFLOPs an image, {1:f1} % of forward\n",
      sum.prefix / 1e6, sum.forward ? 100.0 * sum.prefix / sum.forward : 0.0);
}

} // namespace resnetc
