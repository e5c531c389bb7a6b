//===- ResnetOps.cpp - verifiers of parameters, slots and forward ops -----===//

#include "IR/ResnetDialect.h"
#include "IR/ShapeChecks.h"
#include "IR/WinogradDialect.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/OpImplementation.h"

using namespace mlir;
using namespace mlir::resnet;

//===----------------------------------------------------------------------===//
// Parameters and slots
//===----------------------------------------------------------------------===//

LogicalResult ParameterOp::verify() {
  StringRef role = getRole();
  bool isWeight = llvm::is_contained(
      {"conv_weight", "bn_weight", "bn_bias", "linear_weight", "linear_bias"},
      role);
  bool isStatistic =
      llvm::is_contained({"bn_mean", "bn_var", "bn_count"}, role);
  // C1
  if (!isWeight && !isStatistic)
    return emitOpError("role must be one of conv_weight, bn_weight, bn_bias, "
                       "bn_mean, bn_var, bn_count, linear_weight "
                       "and linear_bias, got \"")
           << role << "\"";
  // C2
  auto type = cast<RankedTensorType>(getType());
  if (role == "bn_count")
    if (failed(checkType(
            *this, "type", type,
            RankedTensorType::get({}, IntegerType::get(getContext(), 64)))))
      return failure();
  if (!type.hasStaticShape() ||
      (role != "bn_count" && !isa<FloatType>(type.getElementType())))
    return emitOpError("type must have a static shape and float elements, got ")
           << type;
  // C3
  if (getTrained() && !isWeight)
    return emitOpError("only weights and biases can be trained, got role \"")
           << role << "\"";
  if (getMoves() && !isStatistic)
    return emitOpError("only running statistics can move, got role \"")
           << role << "\"";
  return success();
}

LogicalResult SlotOp::verify() {
  // C1
  if (getWhen() != "prepare" && getWhen() != "refresh")
    return emitOpError("must say \"prepare\" or \"refresh\", got \"")
           << getWhen() << "\"";
  if (getOnly() && (getWhen() != "prepare" || (*getOnly() != "features" && *getOnly() != kPlainFeatures)))
    return emitOpError("of one precision must say \"prepare\" and \"features\" or \"")
           << kPlainFeatures << "\", got \"" << getWhen() << "\" and \"" << *getOnly() << "\"";
  // C2
  auto type = cast<RankedTensorType>(getType());
  if (!type.hasStaticShape() || !(isa<FloatType>(type.getElementType()) || type.getElementType().isSignedInteger(8)))
    return emitOpError("type must have a static shape and elements of a float type or si8, got ")
           << type;
  return success();
}

/// The parameter or slot that `name` stands for, as an `OpT`; says what was
/// expected where it is something else.
template <typename OpT>
static OpT lookup(Operation *op, FlatSymbolRefAttr name, StringRef expected,
                  SymbolTableCollection &symbols) {
  auto found = symbols.lookupNearestSymbolFrom<OpT>(op, name);
  if (!found)
    op->emitOpError() << name << " must name " << expected;
  return found;
}

LogicalResult ReadOp::verifySymbolUses(SymbolTableCollection &symbols) {
  // C1
  Operation *source = symbols.lookupNearestSymbolFrom(*this, getSourceAttr());
  if (!isa_and_nonnull<ParameterOp, SlotOp>(source))
    return emitOpError() << getSourceAttr()
                         << " must name a resnet.parameter or resnet.slot";
  // C2
  auto parameter = dyn_cast<ParameterOp>(source);
  return checkType(*this, "value", getValue().getType(),
                   parameter ? parameter.getType()
                             : cast<SlotOp>(source).getType());
}

LogicalResult WriteOp::verifySymbolUses(SymbolTableCollection &symbols) {
  // C1
  auto slot = lookup<SlotOp>(*this, getSlotAttr(), "a resnet.slot", symbols);
  // C2
  return slot ? checkType(*this, "value", getValue().getType(), slot.getType())
              : failure();
}

LogicalResult
AccumulateGradientOp::verifySymbolUses(SymbolTableCollection &symbols) {
  // C1
  auto parameter = lookup<ParameterOp>(*this, getParameterAttr(),
                                       "a resnet.parameter", symbols);
  if (!parameter)
    return failure();
  if (!parameter.getTrained())
    return emitOpError() << getParameterAttr() << " must be trained";
  // C2
  return checkType(*this, "gradient", getGradient().getType(),
                   parameter.getType());
}

LogicalResult
UpdateStatisticsOp::verifySymbolUses(SymbolTableCollection &symbols) {
  std::pair<FlatSymbolRefAttr, StringRef> statistics[] = {
      {getRunningMeanAttr(), "bn_mean"}, {getRunningVarAttr(), "bn_var"}};
  for (auto [name, role] : statistics) {
    // C1
    auto parameter =
        lookup<ParameterOp>(*this, name, "a resnet.parameter", symbols);
    if (!parameter)
      return failure();
    if (parameter.getRole() != role || !parameter.getMoves())
      return emitOpError() << name << " must be a " << role
                           << " that moves, got role \"" << parameter.getRole()
                           << (parameter.getMoves() ? "\", moving"
                                                    : "\", not moving");
    // C2
    if (failed(
            checkType(*this, "mean", getMean().getType(), parameter.getType())))
      return failure();
  }
  if (failed(checkBatched(*this, "x", getX().getType(), 4)) ||
      failed(checkPerChannel(*this, "mean", getMean().getType(),
                             getX().getType())))
    return failure();
  // C3
  double momentum = getMomentum().convertToDouble();
  if (!(momentum >= 0 && momentum <= 1))
    return emitOpError("momentum must be from 0 to 1, got ") << momentum;
  return success();
}

static LogicalResult checkScale(Operation *op, FlatSymbolRefAttr name, SymbolTableCollection &symbols) {
  return success(!name || lookup<ScaleOp>(op, name, "a resnet.scale", symbols));
}

LogicalResult FoldScalesOp::verifySymbolUses(SymbolTableCollection &symbols) {
  // C2
  return success(succeeded(checkScale(*this, getXAttr(), symbols)) && succeeded(checkScale(*this, getYAttr(), symbols)));
}

LogicalResult ScaleRatioOp::verifySymbolUses(SymbolTableCollection &symbols) {
  // C1
  return success(succeeded(checkScale(*this, getOverAttr(), symbols)) && succeeded(checkScale(*this, getUnderAttr(), symbols)));
}

LogicalResult HistogramOp::verifySymbolUses(SymbolTableCollection &symbols) {
  // C1
  return checkScale(*this, getScaleAttr(), symbols);
}

//===----------------------------------------------------------------------===//
// Forward
//===----------------------------------------------------------------------===//

static bool isInt8(Type type) {
  Type element = getElementTypeOrSelf(type);
  return element.isSignedInteger(8) || element.isUnsignedInteger(8);
}

/// With f32 where `type` has bf16 or int8.
static Type widened(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  return tensor.getElementType().isBF16() || isInt8(type)
             ? tensor.clone(Float32Type::get(type.getContext()))
             : type;
}

static bool isBf16(Value v) {
  return v && getElementTypeOrSelf(v).isBF16();
}

LogicalResult Conv2dOp::verifyInt8() {
  bool narrow = isInt8(getWeight().getType());
  // C8
  if (isInt8(getX().getType()) != narrow)
    return emitOpError("x and weight are int8 together, got ") << getX().getType() << " and " << getWeight().getType();
  if (narrow && (!getScale() || getWinograd()))
    return emitOpError("a weight of int8 takes scale and shift, and excludes winograd");
  bool narrowY = isInt8(getY().getType()), narrowResidual = getResidual() && isInt8(getResidual().getType());
  if ((narrowY || narrowResidual) && !narrow)
    return emitOpError("y and residual are int8 only where weight is, got ") << getWeight().getType();
  if (narrowY && !getElementTypeOrSelf(getY()).isUnsignedInteger(8))
    return emitOpError("y must not be si8");
  if (narrowResidual && !getElementTypeOrSelf(getResidual()).isUnsignedInteger(8))
    return emitOpError("residual must not be si8");
  if (getResidual() && (narrowY || narrowResidual) && !getResidualScale())
    return emitOpError("a residual that is not on y's scale needs its factor");
  // C9
  if (!getResidualScale())
    return success();
  if (!getResidual() || !narrow)
    return emitOpError("takes a residual's factor with a residual and a weight of int8 alone");
  return checkPerChannel(*this, "residual_scale", getResidualScale().getType(), widened(getY().getType()));
}

LogicalResult Conv2dOp::verifyWinogradStem() {
  using Tiles = winograd::StemTiles;
  auto w = cast<RankedTensorType>(getWeight().getType());
  int64_t columns = cast<RankedTensorType>(getY().getType()).getDimSize(3);
  if (w.getDimSize(2) == Tiles::kWindow && getStride() == Tiles::kStride &&
      getPadding() == Tiles::kPadding && w.getDimSize(1) <= Tiles::kPixel &&
      columns >= Tiles::kOutputs)
    return success();
  return emitOpError("winograd by tiles of one row takes window 7, stride 2, "
                     "padding 3, up to 4 channels and 4 columns at least, got ")
         << w.getDimSize(2) << ", " << getStride() << ", " << getPadding()
         << ", " << w.getDimSize(1) << " and " << columns;
}

LogicalResult Conv2dOp::verify() {
  // C1 to C3
  Type y = widened(getY().getType());
  if (failed(checkConvolution(*this, widened(getX().getType()), "x",
                              widened(getWeight().getType()), "weight", y, "y",
                              getStride(), getPadding())))
    return failure();
  // C4
  if (!getScale() != !getShift())
    return emitOpError("scale and shift must come together, got ")
           << (getScale() ? "scale" : "shift") << " alone";
  if (getScale() &&
      (failed(checkPerChannel(*this, "scale", getScale().getType(), y)) ||
       failed(checkPerChannel(*this, "shift", getShift().getType(), y))))
    return failure();
  if (getResidual() &&
      failed(checkType(*this, "residual", widened(getResidual().getType()), y)))
    return failure();
  // C7
  if (isBf16(getX()) && !isBf16(getWeight()))
    return emitOpError("x is bf16 only where weight is, got ")
           << getWeight().getType();
  if (isBf16(getWeight()) && getWinograd())
    return emitOpError("a weight of bf16 excludes winograd");
  // C8 and C9
  if (failed(verifyInt8()))
    return failure();
  // C5
  bool stem = getWinograd() && winograd::isStem(*getWinograd());
  if (stem ? failed(verifyWinogradStem())
           : failed(checkWinograd(*this, getWinograd(), getWeight().getType(),
                                  getStride(), getPadding(), {4, 6}, {3, 5})))
    return failure();
  // C6
  if (!getFilter())
    return success();
  if (!getWinograd())
    return emitOpError("takes a filter with winograd alone");
  if (stem)
    return emitOpError("takes a filter with winograd of 3x3 alone");
  return checkFilter(*this, getWeight().getType(), getFilter().getType(),
                     *getWinograd());
}

LogicalResult TransformFilterOp::verify() {
  // C1
  auto weight = cast<RankedTensorType>(getWeight().getType());
  if (weight.getRank() != 4 || !weight.hasStaticShape() ||
      weight.getShape().drop_front(2) != ArrayRef<int64_t>{3, 3})
    return emitOpError("weight must be [K,C,3,3] of static shape, got ")
           << weight;
  auto filter = cast<RankedTensorType>(getFilter().getType());
  auto outputs = [&](unsigned dim) -> int64_t {
    int64_t n = filter.getRank() == 4 ? filter.getDimSize(dim) - 2 : 0;
    return llvm::is_contained({3, 4, 5, 6}, n) ? n : 4;
  };
  return checkFilter(*this, weight, filter, {outputs(2), outputs(3)});
}

LogicalResult RoundOp::verify() {
  // C1
  auto weight = cast<RankedTensorType>(getWeight().getType());
  if (weight.getRank() != 4 || !weight.hasStaticShape() ||
      !weight.getElementType().isF32())
    return emitOpError("weight must be [K,C,R,R] of f32, got ") << weight;
  return checkType(*this, "rounded", getRounded().getType(),
                   weight.clone(BFloat16Type::get(getContext())));
}

LogicalResult QuantizeWeightOp::verify() {
  // C1
  auto weight = cast<RankedTensorType>(getWeight().getType());
  if (weight.getRank() != 4 || !weight.hasStaticShape() || !weight.getElementType().isF32())
    return emitOpError("weight must be [K,C,R,R] of f32, got ") << weight;
  if (failed(checkType(*this, "quantized", getQuantized().getType(), weight.clone(IntegerType::get(getContext(), 8, IntegerType::Signed)))))
    return failure();
  return checkType(*this, "scale", getScale().getType(), weight.clone({weight.getDimSize(0)}));
}

LogicalResult FoldScalesOp::verify() {
  // C1
  auto type = cast<RankedTensorType>(getWeightScale().getType());
  if (type.getRank() != 1 || !type.hasStaticShape() || !type.getElementType().isF32())
    return emitOpError("weight_scale must be [K] of f32, got ") << type;
  if (!getScale() != !getShift())
    return emitOpError("scale and shift must come together, got ") << (getScale() ? "scale" : "shift") << " alone";
  for (Value v : llvm::concat<Value>(llvm::to_vector(getOperands()), llvm::to_vector_of<Value>(getResults())))
    if (failed(checkType(*this, "each vector", v.getType(), type)))
      return failure();
  return success();
}

LogicalResult ScaleRatioOp::verify() {
  // C2
  auto type = cast<RankedTensorType>(getRatio().getType());
  if (type.getRank() != 1 || !type.hasStaticShape() || !type.getElementType().isF32())
    return emitOpError("ratio must be [C] of f32, got ") << type;
  return success();
}

LogicalResult QuantizeOp::verify() {
  // C1
  auto x = cast<RankedTensorType>(getX().getType());
  if (failed(checkBatched(*this, "x", x, 4)) || failed(checkPerChannel(*this, "factor", getFactor().getType(), x)))
    return failure();
  if (!isInt8(getQ().getType()))
    return emitOpError("must give ui8 or si8, got ") << getQ().getType();
  return checkType(*this, "q", widened(getQ().getType()), x);
}

LogicalResult HistogramOp::verify() {
  // C2
  auto x = cast<RankedTensorType>(getX().getType());
  if (failed(checkBatched(*this, "x", x, 4)))
    return failure();
  return x.getElementType().isF32() ? success() : LogicalResult(emitOpError("x must be of f32, got ") << x);
}

LogicalResult BatchNormOp::verify() {
  // C1
  if (failed(checkBatched(*this, "x", getX().getType(), 4)) ||
      failed(checkPerChannel(*this, "weight", getWeight().getType(),
                             getX().getType())))
    return failure();
  // C2
  if (getPolicy() != "running" && getPolicy() != "batch")
    return emitOpError("policy must be \"running\" or \"batch\", got \"")
           << getPolicy() << "\"";
  return checkEps(*this, getEps());
}

/// C1 and C2 of the two ops that normalise by a batch.
template <typename Op> static LogicalResult checkNormalized(Op op) {
  // C1
  Type x = op.getX().getType();
  if (failed(checkBatched(op, "x", x, 4)) ||
      failed(checkPerChannel(op, "weight", op.getWeight().getType(), x)) ||
      (op.getResidual() &&
       failed(checkType(op, "residual", op.getResidual().getType(), x))))
    return failure();
  // C2
  return checkEps(op, op.getEps());
}

LogicalResult BatchNormBatchOp::verify() { return checkNormalized(*this); }

LogicalResult NormalizeOp::verify() { return checkNormalized(*this); }

LogicalResult FoldBatchNormOp::verify() {
  // C1
  auto type = cast<RankedTensorType>(getWeight().getType());
  if (type.getRank() != 1 || !type.hasStaticShape())
    return emitOpError("operands must be [C] of static shape, got ") << type;
  // C2
  return checkEps(*this, getEps());
}

LogicalResult ScaleShiftOp::verify() {
  // C1
  Type x = getX().getType();
  if (failed(checkBatched(*this, "x", x, 4)) ||
      failed(checkPerChannel(*this, "scale", getScale().getType(), x)))
    return failure();
  return getShift() ? checkPerChannel(*this, "shift", getShift().getType(), x)
                    : success();
}

LogicalResult MaxPoolOp::verify() {
  // C3
  if (getWinner() && isInt8(getX().getType()))
    return emitOpError("of int8 must not have a winner");
  // C1 and C2
  return checkPooling(*this, getX().getType(), "x", getY().getType(), "y",
                      getWinner() ? getWinner().getType() : Type(), getKernel(),
                      getStride(), getPadding());
}

LogicalResult GlobalAvgPoolOp::verify() {
  // C1
  auto x = cast<RankedTensorType>(getX().getType());
  if (failed(checkBatched(*this, "x", x, 4)))
    return failure();
  return checkType(*this, "y", getY().getType(),
                   x.clone(x.getShape().take_front(2)));
}

LogicalResult LinearOp::verify() {
  // C1
  if (failed(checkLinear(*this, getX().getType(), "x", getWeight().getType(),
                         "weight", getY().getType(), "y")))
    return failure();
  return checkPerChannel(*this, "bias", getBias().getType(), getY().getType());
}

LogicalResult DropoutOp::verify() {
  // C1
  if (failed(checkBatched(*this, "x", getX().getType(), 2)))
    return failure();
  double rate = getRate().convertToDouble();
  if (!(rate >= 0 && rate < 1))
    return emitOpError("rate must be at least 0 and below 1, got ") << rate;
  return success();
}

#define GET_OP_CLASSES
#include "IR/ResnetOps.cpp.inc"
