//===- ShapeChecks.cpp - what verifiers say about shapes ------------------===//

#include "IR/ShapeChecks.h"

#include "resnetc/shape.h"

#include "mlir/IR/Diagnostics.h"

using namespace mlir;

static ShapedType shaped(Type type) { return cast<ShapedType>(type); }

LogicalResult resnet::checkBatched(Operation *op, StringRef name, Type type,
                                   int64_t rank) {
  ShapedType tensor = shaped(type);
  bool fits = tensor.getRank() == rank;
  for (int64_t d = 1; fits && d < rank; ++d)
    fits = !tensor.isDynamicDim(d) && tensor.getDimSize(d) >= 1;
  if (fits)
    return success();
  return op->emitOpError() << name << " must be "
                           << (rank == 4 ? "[N,C,H,W]" : "[N,C]")
                           << " with all but N static and at least 1, got "
                           << type;
}

LogicalResult resnet::checkType(Operation *op, StringRef name, Type type,
                                Type expected) {
  if (type == expected)
    return success();
  return op->emitOpError() << name << " must be " << expected << ", got "
                           << type;
}

LogicalResult resnet::checkPerChannel(Operation *op, StringRef name, Type type,
                                      Type batched) {
  ShapedType tensor = shaped(batched);
  return checkType(
      op, name, type,
      RankedTensorType::get({tensor.getDimSize(1)}, tensor.getElementType()));
}

/// The type that a window over `x` gives.
static FailureOr<Type> windowType(Operation *op, Type x, int64_t channels,
                                  int64_t kernel, int64_t stride,
                                  int64_t padding) {
  ShapedType tensor = shaped(x);
  int64_t rows =
      resnetc::window_count(tensor.getDimSize(2), kernel, stride, padding);
  int64_t columns =
      resnetc::window_count(tensor.getDimSize(3), kernel, stride, padding);
  if (rows < 1 || columns < 1)
    return op->emitOpError() << "must give at least one row and column, got "
                             << rows << "x" << columns << " from " << x;
  return Type(
      RankedTensorType::get({tensor.getDimSize(0), channels, rows, columns},
                            tensor.getElementType()));
}

LogicalResult resnet::checkConvolution(Operation *op, Type x, StringRef xName,
                                       Type weight, StringRef weightName,
                                       Type y, StringRef yName, int64_t stride,
                                       int64_t padding) {
  // C1
  if (failed(checkBatched(op, xName, x, 4)))
    return failure();
  ShapedType w = shaped(weight);
  if (w.getRank() != 4 || !w.hasStaticShape() || w.getDimSize(0) < 1 ||
      w.getDimSize(2) < 1 || w.getDimSize(2) != w.getDimSize(3))
    return op->emitOpError()
           << weightName << " must be [K,C,R,R] of static shape, got "
           << weight;
  int64_t channels = shaped(x).getDimSize(1), kernel = w.getDimSize(2);
  auto expected = w.clone({w.getDimSize(0), channels, kernel, kernel},
                          shaped(x).getElementType());
  if (failed(checkType(op, weightName, weight, expected)))
    return failure();
  // C2
  if (stride < 1 || padding < 0)
    return op->emitOpError()
           << "stride must be at least 1 and padding at least 0, got " << stride
           << " and " << padding;
  FailureOr<Type> result =
      windowType(op, x, w.getDimSize(0), kernel, stride, padding);
  // C3
  return failed(result) ? failure() : checkType(op, yName, y, *result);
}

LogicalResult resnet::checkPooling(Operation *op, Type x, StringRef xName,
                                   Type y, StringRef yName, Type winner,
                                   int64_t kernel, int64_t stride,
                                   int64_t padding) {
  if (failed(checkBatched(op, xName, x, 4)))
    return failure();
  // C1: a larger window's winner does not fit into a byte
  if (kernel < 1 || kernel > 11 || stride < 1 || padding < 0 ||
      padding > kernel / 2)
    return op->emitOpError()
           << "must have 1 <= kernel <= 11, stride >= 1 and 0 <= padding <= "
              "kernel/2, got kernel "
           << kernel << ", stride " << stride << ", padding " << padding;
  // C2
  FailureOr<Type> result =
      windowType(op, x, shaped(x).getDimSize(1), kernel, stride, padding);
  if (failed(result) || failed(checkType(op, yName, y, *result)))
    return failure();
  return winner
             ? checkType(op, "winner", winner,
                         shaped(y).clone(IntegerType::get(op->getContext(), 8)))
             : success();
}

LogicalResult resnet::checkLinear(Operation *op, Type x, StringRef xName,
                                  Type weight, StringRef weightName, Type y,
                                  StringRef yName) {
  if (failed(checkBatched(op, xName, x, 2)) ||
      failed(checkBatched(op, yName, y, 2)))
    return failure();
  ShapedType in = shaped(x), out = shaped(y);
  if (failed(checkType(op, yName, y,
                       in.clone({in.getDimSize(0), out.getDimSize(1)}))))
    return failure();
  return checkType(op, weightName, weight,
                   in.clone({out.getDimSize(1), in.getDimSize(1)}));
}

LogicalResult resnet::checkEps(Operation *op, const APFloat &eps) {
  if (eps.isNegative() || !eps.isFiniteNonZero())
    return op->emitOpError()
           << "eps must be above 0, got " << eps.convertToDouble();
  return success();
}

LogicalResult resnet::checkFilter(Operation *op, Type weight, Type filter,
                                  ArrayRef<int64_t> tile) {
  ShapedType w = shaped(weight);
  return checkType(op, "filter", filter,
                   w.clone({w.getDimSize(0), w.getDimSize(1), tile[0] + 2,
                            tile[1] + 2}));
}

LogicalResult
resnet::checkWinograd(Operation *op, std::optional<ArrayRef<int64_t>> winograd,
                      Type weight, int64_t stride, int64_t padding,
                      ArrayRef<int64_t> allowed, ArrayRef<int64_t> strided) {
  if (!winograd)
    return success();
  int64_t window = cast<RankedTensorType>(weight).getDimSize(2);
  bool strides = stride == 2 && !strided.empty();
  if (window != 3 || (stride != 1 && !strides) || padding != 1)
    return op->emitOpError("winograd takes window 3, stride 1")
           << (strided.empty() ? "" : " or 2") << " and padding 1, got "
           << window << ", " << stride << " and " << padding;
  if (strides)
    allowed = strided;
  if (winograd->size() != 2 || !llvm::all_of(*winograd, [&](int64_t n) {
        return llvm::is_contained(allowed, n);
      })) {
    InFlightDiagnostic error =
        op->emitOpError("winograd takes tiles of two sizes out of ");
    llvm::interleaveComma(allowed, error);
    error << ", got ";
    llvm::interleaveComma(*winograd, error);
    return error;
  }
  return success();
}
