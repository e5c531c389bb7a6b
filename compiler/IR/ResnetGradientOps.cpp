//===- ResnetGradientOps.cpp - verifiers of the loss and the backward ops -===//

#include "IR/ResnetDialect.h"
#include "IR/ShapeChecks.h"

using namespace mlir;
using namespace mlir::resnet;

LogicalResult SoftmaxCrossEntropyOp::verify() {
  // C1
  auto logits = cast<RankedTensorType>(getLogits().getType());
  if (failed(checkBatched(*this, "logits", logits, 2)))
    return failure();
  return checkType(*this, "labels", getLabels().getType(),
                   RankedTensorType::get({logits.getDimSize(0)},
                                         IntegerType::get(getContext(), 64)));
}

LogicalResult Conv2dDxOp::verify() {
  // C1
  if (failed(checkConvolution(*this, getDx().getType(), "dx",
                              getWeight().getType(), "weight",
                              getDy().getType(), "dy", getStride(),
                              getPadding())))
    return failure();
  // C2
  return checkWinograd(*this, getWinograd(), getWeight().getType(), getStride(),
                       getPadding(), {4, 6});
}

LogicalResult Conv2dDwOp::verify() {
  // C1
  if (failed(checkConvolution(*this, getX().getType(), "x", getDw().getType(),
                              "dw", getDy().getType(), "dy", getStride(),
                              getPadding())))
    return failure();
  // C2
  return checkWinograd(*this, getWinograd(), getDw().getType(), getStride(),
                       getPadding(), {4});
}

LogicalResult BatchNormSumsOp::verify() {
  // C1
  if (failed(checkBatched(*this, "x", getX().getType(), 4)) ||
      failed(checkPerChannel(*this, "mean", getMean().getType(),
                             getX().getType())))
    return failure();
  // C2
  return checkEps(*this, getEps());
}

LogicalResult BatchNormDxOp::verify() {
  // C1
  if (failed(checkBatched(*this, "x", getX().getType(), 4)) ||
      failed(checkPerChannel(*this, "weight", getWeight().getType(),
                             getX().getType())))
    return failure();
  // C2
  return checkEps(*this, getEps());
}

LogicalResult ChannelSumOp::verify() {
  // C1
  auto dy = cast<RankedTensorType>(getDy().getType());
  if (failed(checkBatched(*this, "dy", dy, dy.getRank() == 2 ? 2 : 4)))
    return failure();
  return checkPerChannel(*this, "sum", getSum().getType(), dy);
}

LogicalResult MaxPoolGradOp::verify() {
  // C1
  return checkPooling(*this, getDx().getType(), "dx", getDy().getType(), "dy",
                      getWinner().getType(), getKernel(), getStride(),
                      getPadding());
}

LogicalResult GlobalAvgPoolGradOp::verify() {
  // C1
  auto dx = cast<RankedTensorType>(getDx().getType());
  if (failed(checkBatched(*this, "dx", dx, 4)))
    return failure();
  return checkType(*this, "dy", getDy().getType(),
                   dx.clone(dx.getShape().take_front(2)));
}

LogicalResult LinearDxOp::verify() {
  // C1
  return checkLinear(*this, getDx().getType(), "dx", getWeight().getType(),
                     "weight", getDy().getType(), "dy");
}

LogicalResult LinearDwOp::verify() {
  // C1
  return checkLinear(*this, getX().getType(), "x", getDw().getType(), "dw",
                     getDy().getType(), "dy");
}
