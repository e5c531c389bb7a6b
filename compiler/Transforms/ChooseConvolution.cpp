//===- ChooseConvolution.cpp - direct or Winograd, layer by layer ---------===//

#include "Conversion/ParameterLayout.h"
#include "IR/ResnetDialect.h"
#include "Transforms/Algorithm.h"
#include "Transforms/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::resnet {
#define GEN_PASS_DEF_CHOOSECONVOLUTION
#include "Transforms/Passes.h.inc"

namespace {

/// Of the forward convolution x -> y; nothing where it reads images, which are
/// not in blocks of channels.
std::optional<ConvolutionShape> shapeOf(Value x, Value y, Value weight,
                                        int64_t stride, int64_t padding) {
  if (isImages(x))
    return std::nullopt;
  auto in = cast<RankedTensorType>(x.getType());
  auto out = cast<RankedTensorType>(y.getType());
  return ConvolutionShape{
      in.getDimSize(1),
      out.getDimSize(1),
      out.getDimSize(2),
      out.getDimSize(3),
      cast<RankedTensorType>(weight.getType()).getDimSize(2),
      stride,
      padding};
}

struct ChooseConvolution : impl::ChooseConvolutionBase<ChooseConvolution> {
  using ChooseConvolutionBase::ChooseConvolutionBase;

  void runOnOperation() override {
    if (!llvm::is_contained({"auto", "direct", "winograd"}, conv)) {
      getOperation().emitError(
          "conv takes \"auto\", \"direct\" or \"winograd\", got \"")
          << conv << '"';
      return signalPassFailure();
    }
    getOperation().walk([&](Conv2dOp op) {
      op.setWinograd(takes(shapeOf(op.getX(), op.getY(), op.getWeight(),
                                   op.getStride(), op.getPadding())));
    });
    getOperation().walk([&](Conv2dDxOp op) {
      op.setWinograd(takes(shapeOf(op.getDx(), op.getDy(), op.getWeight(),
                                   op.getStride(), op.getPadding())));
    });
    getOperation().walk([&](Conv2dDwOp op) {
      op.setWinograd(takes(shapeOf(op.getX(), op.getDy(), op.getDw(),
                                   op.getStride(), op.getPadding())));
    });
  }

  bool takes(const std::optional<ConvolutionShape> &shape) const {
    if (!shape || conv == "direct")
      return false;
    return conv == "auto" ? prefersWinograd(*shape) : allowsWinograd(*shape);
  }
};

} // namespace
} // namespace mlir::resnet
