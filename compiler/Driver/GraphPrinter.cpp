//===- GraphPrinter.cpp - the graph as text and as a picture --------------===//

#include "Driver/GraphPrinter.h"

#include "Driver/SpecText.h"

#include "llvm/Support/FormatVariadic.h"

#include <vector>

namespace resnetc {

llvm::StringRef opName(op_kind kind) {
  static constexpr llvm::StringLiteral names[] = {
      "input",    "conv2d",          "batch_norm", "relu",   "add",
      "max_pool", "global_avg_pool", "linear",     "dropout"};
  return names[static_cast<int>(kind)];
}

llvm::StringRef trainedText(const node &n) {
  if (n.name.empty())
    return "";
  bool bias = n.kind == op_kind::conv2d ? n.weight_trained : n.bias_trained;
  if (n.weight_trained)
    return bias ? "trained" : "trained, bias frozen";
  return bias ? "frozen, bias trained" : "frozen";
}

/// What stands behind the global pool is a vector.
static std::string shapeText(const shape &s, bool vector) {
  if (vector)
    return std::to_string(s.c);
  return llvm::formatv("{0}x{1}x{2}", s.c, s.h, s.w);
}

static void printNode(const graph &g, int i, bool vector,
                      llvm::raw_ostream &out) {
  const node &n = g.nodes[i];
  out << '%' << i << " = " << opName(n.kind);
  for (int input : n.inputs)
    if (input >= 0)
      out << " %" << input;
  if (!n.name.empty())
    out << ' ' << n.name.view();
  if (n.kernel)
    out << llvm::formatv(" kernel={0} stride={1} padding={2}", n.kernel,
                         n.stride, n.padding);
  if (n.kind == op_kind::dropout)
    out << " rate=" << llvm::formatv("{0:g}", n.rate).str();
  out << " : " << shapeText(n.out, vector);
  if (n.name.empty()) {
    out << '\n';
    return;
  }
  out << "  " << trainedText(n);
  if (n.kind == op_kind::batch_norm && !n.weight_trained)
    out << (n.policy == bn::batch ? ", batch statistics"
                                  : ", running statistics");
  if (n.replaced)
    out << ", replaced";
  if (n.weight_rule >= 0)
    out << " by rule " << n.weight_rule + 1;
  if (n.kind != op_kind::conv2d && n.bias_rule != n.weight_rule &&
      n.bias_rule >= 0)
    out << ", bias by rule " << n.bias_rule + 1;
  out << '\n';
}

void printGraph(const graph &g, llvm::raw_ostream &out) {
  out << g.name.view() << " " << shapeText(g.nodes[0].out, false) << " -> "
      << g.classes << " classes\n"
      << g.parameters() << " parameters, " << g.trainable_parameters()
      << " trained, " << g.flops() << " FLOPs forward\n"
      << "resize " << g.resize << ", spec hash " << spec_hash(g).view() << "\n";
  for (int i = 0; i < g.rule_count; ++i)
    out << "rule " << i + 1 << ": " << ruleText(g.rules[i]) << "\n";
  bool vector = false;
  for (int i = 0; i < g.count; ++i) {
    vector |= g.nodes[i].kind == op_kind::global_avg_pool;
    printNode(g, i, vector, out);
  }
}

/// Blue is frozen, orange is trained, both readable in grey.
static llvm::StringRef colour(const node &n) {
  if (n.name.empty())
    return "#eeeeee";
  return trainedText(n) == "frozen" ? "#a6cee3" : "#fdbf6f";
}

/// The column that a node is drawn in: the stem, a stage, or what follows the last one.
static std::vector<std::string> columns(const graph &g) {
  std::vector<std::string> result(g.count);
  for (int i = 0; i < g.count; ++i) {
    const node &n = g.nodes[i];
    llvm::StringRef name = n.name.view();
    if (name.starts_with("layer"))
      result[i] = name.split('.').first;
    else if (n.kind == op_kind::global_avg_pool)
      result[i] = "head";
    else
      result[i] = i == 0 ? "stem" : result[n.inputs[0]];
  }
  return result;
}

static void printDotNode(const graph &g, int i, bool vector,
                         llvm::raw_ostream &out) {
  const node &n = g.nodes[i];
  out << "    n" << i << " [fillcolor=\"" << colour(n) << "\", label=\"";
  if (n.name.empty())
    out << opName(n.kind);
  else
    out << n.name.view() << "\\n" << opName(n.kind) << ", " << trainedText(n);
  out << "\\n" << shapeText(n.out, vector) << "\"];\n";
}

void printDot(const graph &g, llvm::raw_ostream &out) {
  out << "digraph " << g.name.view() << " {\n"
      << "  graph [ranksep=0.2, nodesep=0.15];\n"
      << "  node [shape=box, style=filled, fontname=\"Helvetica\", "
         "fontsize=10, margin=\"0.1,0.03\", height=0.3];\n"
      << "  edge [arrowsize=0.6];\n";
  std::vector<std::string> column = columns(g);
  std::vector<int> tops; // the first node of each column
  bool vector = false;
  for (int i = 0; i < g.count; ++i) {
    vector |= g.nodes[i].kind == op_kind::global_avg_pool;
    if (i == 0 || column[i] != column[i - 1]) {
      out << (i ? "  }\n" : "") << "  subgraph cluster_" << column[i]
          << " {\n    color=white;\n";
      tops.push_back(i);
    }
    printDotNode(g, i, vector, out);
  }
  out << "  }\n  { rank=same;";
  for (int top : tops)
    out << (top ? " -> n" : " n") << top;
  out << " [style=invis]; }\n";
  // Edges between columns don't push the later one down.
  for (int i = 0; i < g.count; ++i)
    for (int input : g.nodes[i].inputs)
      if (input >= 0)
        out << "  n" << input << " -> n" << i
            << (column[input] == column[i] ? ";\n" : " [constraint=false];\n");
  out << "}\n";
}

} // namespace resnetc
