//===- ResnetOps.cpp - verifiers of the `resnet` dialect ------------------===//

#include "IR/ResnetDialect.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/OpImplementation.h"

using namespace mlir;
using namespace mlir::resnet;

LogicalResult ParameterOp::verify() { return success(); }
LogicalResult SlotOp::verify() { return success(); }
LogicalResult ReadOp::verifySymbolUses(SymbolTableCollection &) { return success(); }
LogicalResult WriteOp::verifySymbolUses(SymbolTableCollection &) { return success(); }
LogicalResult AccumulateGradientOp::verifySymbolUses(SymbolTableCollection &) { return success(); }
LogicalResult UpdateStatisticsOp::verifySymbolUses(SymbolTableCollection &) { return success(); }
LogicalResult Conv2dOp::verify() { return success(); }
LogicalResult BatchNormOp::verify() { return success(); }
LogicalResult BatchNormBatchOp::verify() { return success(); }
LogicalResult FoldBatchNormOp::verify() { return success(); }
LogicalResult ScaleShiftOp::verify() { return success(); }
LogicalResult MaxPoolOp::verify() { return success(); }
LogicalResult GlobalAvgPoolOp::verify() { return success(); }
LogicalResult LinearOp::verify() { return success(); }
LogicalResult DropoutOp::verify() { return success(); }
LogicalResult SoftmaxCrossEntropyOp::verify() { return success(); }
LogicalResult Conv2dDxOp::verify() { return success(); }
LogicalResult Conv2dDwOp::verify() { return success(); }
LogicalResult BatchNormSumsOp::verify() { return success(); }
LogicalResult BatchNormDxOp::verify() { return success(); }
LogicalResult ChannelSumOp::verify() { return success(); }
LogicalResult MaxPoolGradOp::verify() { return success(); }
LogicalResult GlobalAvgPoolGradOp::verify() { return success(); }
LogicalResult LinearDxOp::verify() { return success(); }
LogicalResult LinearDwOp::verify() { return success(); }

#define GET_OP_CLASSES
#include "IR/ResnetOps.cpp.inc"
