//===- ShapeChecks.h - what verifiers say about shapes ---------*- C++ -*-===//

#ifndef RESNETC_IR_SHAPECHECKS_H
#define RESNETC_IR_SHAPECHECKS_H

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Operation.h"

namespace mlir::resnet {

/// `name` is a ranked tensor of this rank, of which all dimensions but the
/// first (the batch) are static and positive.
LogicalResult checkBatched(Operation *op, StringRef name, Type type,
                           int64_t rank);

/// `name` is of the type `expected`.
LogicalResult checkType(Operation *op, StringRef name, Type type,
                        Type expected);

/// `name` is [C] for `batched` [N,C,...], in its element type.
LogicalResult checkPerChannel(Operation *op, StringRef name, Type type,
                              Type batched);

/// The types of x, weight and y are those of a convolution with this stride and
/// padding.
LogicalResult checkConvolution(Operation *op, Type x, StringRef xName,
                               Type weight, StringRef weightName, Type y,
                               StringRef yName, int64_t stride,
                               int64_t padding);

/// That `filter` is what `transform_filter` makes of `weight` [K,C,3,3] for
/// tiles of at most tile[0] x tile[1] outputs.
LogicalResult checkFilter(Operation *op, Type weight, Type filter,
                          ArrayRef<int64_t> tile);

/// Where `winograd`, that the window is 3 by 3, the padding 1 and the stride 1,
/// and that it is two numbers that are `allowed`; at a stride of 2, `strided`.
LogicalResult checkWinograd(Operation *op,
                            std::optional<ArrayRef<int64_t>> winograd,
                            Type weight, int64_t stride, int64_t padding,
                            ArrayRef<int64_t> allowed,
                            ArrayRef<int64_t> strided = {});

/// The types of x and y are those of a pooling with this window; `winner` may
/// be null.
LogicalResult checkPooling(Operation *op, Type x, StringRef xName, Type y,
                           StringRef yName, Type winner, int64_t kernel,
                           int64_t stride, int64_t padding);

/// x [N,C], weight [K,C] and y [N,K] are those of a linear layer.
LogicalResult checkLinear(Operation *op, Type x, StringRef xName, Type weight,
                          StringRef weightName, Type y, StringRef yName);

/// eps > 0.
LogicalResult checkEps(Operation *op, const APFloat &eps);

} // namespace mlir::resnet

#endif // RESNETC_IR_SHAPECHECKS_H
