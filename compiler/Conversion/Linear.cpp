//===- Linear.cpp - linear layers and their gradients ---------------------===//

#include "Conversion/Lowering.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::resnet;

/// Loops over pairs of blocks run in parallel where there is work for it.
static SmallVector<int64_t> tileOf(int64_t rows, int64_t columns) {
  return rows * columns >= 64 && rows > 1 ? SmallVector<int64_t>{1} : SmallVector<int64_t>{};
}

LogicalResult mlir::resnet::lower(LinearOp op, Lowering &l) {
  Maps d{l.b.getContext(), 5}; // (kb, n, k | cb, c)
  Value weight = l.parameter(op.getWeight());
  auto shape = cast<RankedTensorType>(weight.getType()).getShape();
  SmallVector<int64_t> tile = tileOf(shape[0], shape[1]);
  Destination y = l.destination(op.getY());
  Value sum = l.contract({l.dense(op.getX()), d({d[1], d[3], d[4]})}, {weight, d({d[0], d[3], d[4], d[2]})},
                         {l.filled(l.emptyLike(y.interior), 0), d({d[1], d[0], d[2]})}, 3, tile);
  Maps e{l.b.getContext(), 3}; // (kb, n, k)
  Value biased = l.generic({{sum, e({e[1], e[0], e[2]})}, {l.parameter(op.getBias()), e({e[0], e[2]})}},
                           {{y.interior, e({e[1], e[0], e[2]})}},
                           SmallVector<utils::IteratorType>(3, utils::IteratorType::parallel),
                           [](OpBuilder &b, Location loc, ValueRange in) {
                             return SmallVector<Value>{arith::AddFOp::create(b, loc, in[0], in[1])};
                           },
                           tile)[0];
  l.define(op.getY(), biased, y);
  return success();
}

LogicalResult mlir::resnet::lower(LinearDxOp op, Lowering &l) {
  Value weight = l.parameter(op.getWeight());
  auto shape = cast<RankedTensorType>(weight.getType()).getShape();
  Maps t{l.b.getContext(), 4}; // (cb, kb, k, c)
  Value transposed = l.generic({{weight, t({t[1], t[0], t[3], t[2]})}},
                               {{l.empty({shape[1], shape[0], kBlock, kBlock}), t({t[0], t[1], t[2], t[3]})}},
                               SmallVector<utils::IteratorType>(4, utils::IteratorType::parallel),
                               copyBody,
                               tileOf(shape[1], shape[0]))[0];
  Maps d{l.b.getContext(), 5}; // (cb, n, c | kb, k)
  Destination dx = l.destination(op.getDx());
  Value v = l.contract({l.dense(op.getDy()), d({d[1], d[3], d[4]})}, {transposed, d({d[0], d[3], d[4], d[2]})},
                       {l.filled(dx.interior, 0), d({d[1], d[0], d[2]})}, 3, tileOf(shape[1], shape[0]));
  l.define(op.getDx(), v, dx);
  return success();
}

LogicalResult mlir::resnet::lower(LinearDwOp op, Lowering &l) {
  Maps d{l.b.getContext(), 5}; // (kb, cb, c, k | n)
  bool used = l.accumulateInto(op.getDw(), [&](Value dw) -> Value {
    auto shape = cast<RankedTensorType>(dw.getType()).getShape();
    bool parallel = shape[0] * shape[1] >= 64;
    return l.contract({l.dense(op.getX()), d({d[4], d[1], d[2]})}, {l.dense(op.getDy()), d({d[4], d[0], d[3]})},
                      {dw, d({d[0], d[1], d[2], d[3]})}, 4, parallel ? ArrayRef<int64_t>{1, 1} : ArrayRef<int64_t>{});
  });
  return used ? success() : op.emitOpError("expected its result to be accumulated");
}

LogicalResult mlir::resnet::lower(ChannelSumOp op, Lowering &l) {
  Value dy = l.dense(op.getDy());
  auto type = cast<RankedTensorType>(dy.getType());
  Value sum;
  if (type.getRank() == 5) {
    sum = l.channelSum(dy, copyBody);
  } else {
    Maps d{l.b.getContext(), 3}; // (cb, c | n)
    sum = l.generic({{dy, d({d[2], d[0], d[1]})}}, {{l.filled(l.empty({type.getDimSize(1), kBlock}), 0), d({d[0], d[1]})}},
                    {utils::IteratorType::parallel, utils::IteratorType::parallel, utils::IteratorType::reduction},
                    sumBody)[0];
  }
  l.define(op.getSum(), sum);
  return success();
}
