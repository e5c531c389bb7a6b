//===- Import.cpp - from the graph of a spec to the `resnet` dialect ------===//

#include "Frontend/Import.h"

#include "IR/ResnetDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace mlir::resnet;
using resnetc::node;
using resnetc::op_kind;

/// PyTorch's default for all batch norms.
static constexpr double kBatchNormEps = 1e-5;

static constexpr StringLiteral kRoles[] = {
    "conv_weight", "bn_weight", "bn_bias",       "bn_mean",
    "bn_var",      "bn_count",  "linear_weight", "linear_bias"};

namespace {
class Importer {
public:
  Importer(const resnetc::graph &graph, MLIRContext &context, Type elementType)
      : graph(graph), elementType(elementType), b(&context),
        values(graph.count) {}

  OwningOpRef<ModuleOp> run();

private:
  void importParameters();
  Value importNode(int index);
  Value importBatchNorm(const node &node, Location loc,
                        ArrayRef<Value> tensors);
  /// Reads the tensors of a node, in state_dict order and without
  /// num_batches_tracked, which nothing computes with.
  SmallVector<Value, 4> readParameters(int index, Location loc);

  RankedTensorType typeOf(const resnetc::parameter &parameter);
  RankedTensorType mapType(resnetc::shape shape) {
    return RankedTensorType::get(
        {ShapedType::kDynamic, shape.c, shape.h, shape.w}, elementType);
  }
  RankedTensorType vectorType(resnetc::shape shape) {
    return RankedTensorType::get({ShapedType::kDynamic, shape.c}, elementType);
  }
  std::string nameOf(const resnetc::parameter &parameter) {
    return std::string(resnetc::parameter_name(graph, parameter).view());
  }
  Location locOf(const node &node) {
    return node.name.empty() ? b.getUnknownLoc()
                             : NameLoc::get(b.getStringAttr(node.name.view()));
  }

  const resnetc::graph &graph;
  Type elementType;
  OpBuilder b;
  SmallVector<Value> values; // one a node
  int64_t dropouts = 0;
};
} // namespace

RankedTensorType Importer::typeOf(const resnetc::parameter &parameter) {
  Type type = parameter.role == resnetc::role::bn_count ? Type(b.getI64Type())
                                                        : elementType;
  return RankedTensorType::get(ArrayRef(parameter.shape, parameter.rank), type);
}

void Importer::importParameters() {
  resnetc::for_each_parameter(graph, [&](const resnetc::parameter &parameter) {
    ParameterOp::create(b, locOf(graph.nodes[parameter.node]),
                        nameOf(parameter), kRoles[int(parameter.role)],
                        typeOf(parameter), parameter.trained, /*moves=*/false,
                        parameter.replaced);
  });
}

SmallVector<Value, 4> Importer::readParameters(int index, Location loc) {
  SmallVector<Value, 4> tensors;
  resnetc::for_each_parameter(
      graph, index, [&](const resnetc::parameter &parameter) {
        if (parameter.role != resnetc::role::bn_count)
          tensors.push_back(
              ReadOp::create(b, loc, typeOf(parameter), nameOf(parameter)));
      });
  return tensors;
}

Value Importer::importBatchNorm(const node &node, Location loc,
                                ArrayRef<Value> tensors) {
  StringRef policy =
      node.policy == resnetc::bn_policy::batch ? "batch" : "running";
  return BatchNormOp::create(
      b, loc, values[node.inputs[0]], tensors[0], tensors[1], tensors[2],
      tensors[3], APFloat(kBatchNormEps), policy, StringRef(node.name.view()));
}

Value Importer::importNode(int index) {
  const node &node = graph.nodes[index];
  Location loc = locOf(node);
  Value x = values[node.inputs[0]];
  SmallVector<Value, 4> tensors = readParameters(index, loc);
  switch (node.kind) {
  case op_kind::input:
    break;
  case op_kind::conv2d:
    return Conv2dOp::create(b, loc, mapType(node.out), x, tensors[0],
                            /*filter=*/Value(), /*scale=*/Value(), /*shift=*/Value(),
                            /*residual=*/Value(), /*residual_scale=*/Value(), node.stride, node.padding,
                            /*relu=*/false, /*winograd=*/DenseI64ArrayAttr());
  case op_kind::batch_norm:
    return importBatchNorm(node, loc, tensors);
  case op_kind::relu:
    return ReluOp::create(b, loc, x);
  case op_kind::add:
    return AddOp::create(b, loc, x, values[node.inputs[1]]);
  case op_kind::max_pool:
    return MaxPoolOp::create(b, loc, mapType(node.out), /*winner=*/Type(), x,
                             node.kernel, node.stride, node.padding)
        .getY();
  case op_kind::global_avg_pool:
    return GlobalAvgPoolOp::create(b, loc, vectorType(node.out), x);
  case op_kind::linear:
    return LinearOp::create(b, loc, vectorType(node.out), x, tensors[0],
                            tensors[1]);
  case op_kind::dropout:
    return DropoutOp::create(b, loc, x, APFloat(node.rate), dropouts++);
  }
  llvm_unreachable(
      "an input is no operation, and a graph has but one, the first node");
}

OwningOpRef<ModuleOp> Importer::run() {
  OwningOpRef<ModuleOp> module = ModuleOp::create(b.getUnknownLoc());
  b.setInsertionPointToEnd(module->getBody());
  importParameters();

  const node &last = graph.nodes[graph.count - 1];
  auto type =
      b.getFunctionType({mapType(graph.nodes[0].out)}, {vectorType(last.out)});
  auto forward = func::FuncOp::create(b, b.getUnknownLoc(), "forward", type);
  b.setInsertionPointToStart(forward.addEntryBlock());
  values[0] = forward.getArgument(0);
  for (int i = 1; i < graph.count; ++i)
    values[i] = importNode(i);
  func::ReturnOp::create(b, b.getUnknownLoc(), values.back());
  return module;
}

OwningOpRef<ModuleOp> mlir::resnet::importGraph(const resnetc::graph &graph,
                                                MLIRContext &context,
                                                Type elementType) {
  context.loadDialect<ResnetDialect, func::FuncDialect>();
  return Importer(graph, context, elementType).run();
}
