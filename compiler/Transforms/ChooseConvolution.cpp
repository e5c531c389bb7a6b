//===- ChooseConvolution.cpp - direct or Winograd, layer by layer ---------===//

#include "Conversion/ParameterLayout.h"
#include "IR/ResnetDialect.h"
#include "IR/WinogradDialect.h"
#include "Transforms/Algorithm.h"
#include "Transforms/ParameterTable.h"
#include "Transforms/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::resnet {
#define GEN_PASS_DEF_CHOOSECONVOLUTION
#include "Transforms/Passes.h.inc"

namespace {

/// Nothing where it reads images, which are not in blocks of channels.
std::optional<ConvolutionShape> blockedShapeOf(Value x, Value y, Value weight,
                                               int64_t stride,
                                               int64_t padding) {
  if (isImages(x))
    return std::nullopt;
  return convolutionShape(x, y, weight, stride, padding);
}

/// That of "winograd-6x4".
std::optional<Cover> coverNamed(StringRef conv) {
  for (int64_t rows : {3, 4, 5, 6})
    for (int64_t columns : {3, 4, 5, 6})
      if (rows % 2 == columns % 2 &&
          conv == ("winograd-" + Twine(rows) + "x" + Twine(columns)).str())
        return Cover{rows, columns};
  return std::nullopt;
}

struct ChooseConvolution : impl::ChooseConvolutionBase<ChooseConvolution> {
  using ChooseConvolutionBase::ChooseConvolutionBase;

  void runOnOperation() override {
    std::optional<Cover> asked = coverNamed(conv);
    if (!asked && !llvm::is_contained({"auto", "direct", "winograd"}, conv)) {
      getOperation().emitError(
          "conv takes \"auto\", \"direct\" or \"winograd\", got \"")
          << conv << '"';
      return signalPassFailure();
    }
    auto askedFor = [&](const ConvolutionShape &shape) {
      bool fits = asked && winograd::Axis{(*asked)[0], (*asked)[0]}.stride() == shape.stride;
      return fits ? asked : std::nullopt;
    };
    ParameterTable parameters(getOperation());
    getOperation().walk([&](Conv2dOp op) {
      if (isImages(op.getX())) {
        if (takesStem(convolutionShape(op)))
          op.setWinograd(ArrayRef(winograd::kStemCover));
        return;
      }
      ConvolutionShape shape = convolutionShape(op);
      ParameterOp weight = parameters.readBy(op.getWeight());
      if (takes(shape))
        op.setWinograd(ArrayRef(askedFor(shape).value_or(
            coverOf(shape, weight && !ParameterTable::changes(weight)))));
    });
    getOperation().walk([&](Conv2dDxOp op) {
      // A convolution of dy.
      auto shape = blockedShapeOf(op.getDx(), op.getDy(), op.getWeight(),
                                  op.getStride(), op.getPadding());
      if (takes(shape) && shape->stride == 1)
        op.setWinograd(ArrayRef(askedFor(*shape).value_or(
            coverOf({shape->outChannels, shape->channels, shape->height,
                     shape->width, shape->window, shape->stride, shape->padding},
                    /*kept=*/false))));
    });
    getOperation().walk([&](Conv2dDwOp op) {
      if (op.getStride() == 1 &&
          takes(blockedShapeOf(op.getX(), op.getDy(), op.getDw(),
                               op.getStride(), op.getPadding())))
        op.setWinograd(ArrayRef(winograd::kUsualCover));
    });
  }

  bool takes(const std::optional<ConvolutionShape> &shape) const {
    if (!shape || conv == "direct")
      return false;
    return conv == "auto" ? prefersWinograd(*shape) : allowsWinograd(*shape);
  }

  bool takesStem(const ConvolutionShape &shape) const {
    if (conv == "direct")
      return false;
    return conv == "auto" ? prefersWinogradStem(shape)
                          : allowsWinogradStem(shape);
  }
};

} // namespace
} // namespace mlir::resnet
