//===- Loss.cpp - softmax cross entropy -----------------------------------===//

#include "Conversion/Lowering.h"

#include "IR/AbiDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

#include <limits>

using namespace mlir;
using namespace mlir::resnet;

static constexpr auto kParallel = utils::IteratorType::parallel;
static constexpr auto kReduction = utils::IteratorType::reduction;

namespace {

/// The pieces of one loss: all loops run over (n | class), or over n alone.
class Loss {
public:
  Loss(Lowering &l, Value logits, int64_t classes, Value labels)
      : l(l), b(l.b), loc(l.loc), classes(classes), labels(labels), maps{b.getContext(), 2} {
    SmallVector<ReassociationIndices> groups{{0}, {1, 2}};
    rows = tensor::CollapseShapeOp::create(b, loc, logits, groups);
    scores = logical(rows);
    highest = reduce({scores}, -std::numeric_limits<double>::infinity(), [](OpBuilder &b, Location loc, ValueRange in) {
      return SmallVector<Value>{arith::MaximumFOp::create(b, loc, in[1], in[0])};
    });
    exponentials = overClasses({scores, highest}, [](OpBuilder &b, Location loc, ValueRange in) {
      return SmallVector<Value>{math::ExpOp::create(b, loc, arith::SubFOp::create(b, loc, in[0], in[1]))};
    });
    partition = reduce({exponentials}, 0, sumBody);
    total = reduce({scores}, 0, sumBody);
    own = reduce({scores, labels}, 0, [](OpBuilder &b, Location loc, ValueRange in) {
      return SmallVector<Value>{arith::SelectOp::create(b, loc, isLabel(b, loc, in[1]), in[0], in[2])};
    });
  }

  void writeLoss() {
    Value smoothing = l.scalar("label_smoothing"), one = l.constant(1), count = l.constant(classes);
    Maps d{b.getContext(), 1};
    AffineMap id = d({d[0]});
    // log Z - own, and log Z - mean of the logits
    Value losses = l.generic({{highest, id}, {partition, id}, {own, id}, {total, id}},
                             {{l.empty({ShapedType::kDynamic}, b.getF64Type()), id}}, {kParallel},
                             [&](OpBuilder &b, Location loc, ValueRange in) {
                               Value logZ = arith::AddFOp::create(b, loc, in[0], math::LogOp::create(b, loc, in[1]));
                               Value hard = arith::SubFOp::create(b, loc, logZ, in[2]);
                               Value soft = arith::SubFOp::create(b, loc, logZ, arith::DivFOp::create(b, loc, in[3], count));
                               Value keep = arith::SubFOp::create(b, loc, one, smoothing);
                               Value v = arith::AddFOp::create(b, loc, arith::MulFOp::create(b, loc, keep, hard),
                                                               arith::MulFOp::create(b, loc, smoothing, soft));
                               if (!l.element.isF64())
                                 v = arith::ExtFOp::create(b, loc, b.getF64Type(), v);
                               return SmallVector<Value>{v};
                             })[0];
    writeSum("loss", losses, b.getF64Type());
  }

  /// An image is hit when no class beats its label: a higher logit, or an equal one of a lower index.
  void writeHits() {
    Maps d{b.getContext(), 2};
    Value zeros = l.filled(l.empty({ShapedType::kDynamic}, b.getI64Type()), 0);
    Value better = l.generic({{scores, d({d[0], d[1]})}, {own, d({d[0]})}, {labels, d({d[0]})}}, {{zeros, d({d[0]})}},
                             {kParallel, kReduction}, [](OpBuilder &b, Location loc, ValueRange in) {
                               Value at = index(b, loc);
                               Value higher = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::UGT, in[0], in[1]);
                               Value equal = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, in[0], in[1]);
                               Value before = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, at, in[2]);
                               Value beats = arith::OrIOp::create(b, loc, higher, arith::AndIOp::create(b, loc, equal, before));
                               Value one = arith::ExtUIOp::create(b, loc, b.getI64Type(), beats);
                               return SmallVector<Value>{arith::AddIOp::create(b, loc, in[3], one)};
                             })[0];
    Maps e{b.getContext(), 1};
    Value zero = arith::ConstantIntOp::create(b, loc, 0, 64);
    Value hits = l.generic({{better, e({e[0]})}}, {{l.empty({ShapedType::kDynamic}, b.getI64Type()), e({e[0]})}},
                           {kParallel}, [&](OpBuilder &b, Location loc, ValueRange in) {
                             Value none = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, in[0], zero);
                             return SmallVector<Value>{arith::ExtUIOp::create(b, loc, b.getI64Type(), none)};
                           })[0];
    writeSum("hits", hits, b.getI64Type());
  }

  /// [n][kb][32] with zeros in the pads.
  Value gradient(RankedTensorType type) {
    Value smoothing = l.scalar("label_smoothing"), divisor = l.scalar("loss_divisor");
    Value one = l.constant(1), zero = l.constant(0), count = l.constant(classes);
    Value keep = arith::SubFOp::create(b, loc, one, smoothing), spread = arith::DivFOp::create(b, loc, smoothing, count);
    Value whole = l.filled(l.emptyLike(rows), 0);
    auto [at, size, step] = window();
    Value part = tensor::ExtractSliceOp::create(b, loc, whole, at, size, step);
    AffineMap id = maps({maps[0], maps[1]}), row = maps({maps[0]});
    Value v = l.generic({{exponentials, id}, {partition, row}, {labels, row}}, {{part, id}}, {kParallel, kParallel},
                        [&](OpBuilder &b, Location loc, ValueRange in) {
                          Value p = arith::DivFOp::create(b, loc, in[0], in[1]);
                          Value target = arith::SelectOp::create(b, loc, isLabel(b, loc, in[2]), keep, zero);
                          p = arith::SubFOp::create(b, loc, arith::SubFOp::create(b, loc, p, target), spread);
                          return SmallVector<Value>{arith::DivFOp::create(b, loc, p, divisor)};
                        })[0];
    whole = tensor::InsertSliceOp::create(b, loc, v, whole, at, size, step);
    SmallVector<ReassociationIndices> groups{{0}, {1, 2}};
    return tensor::ExpandShapeOp::create(b, loc, type, whole, groups);
  }

private:
  static Value index(OpBuilder &b, Location loc) {
    return arith::IndexCastOp::create(b, loc, b.getI64Type(), linalg::IndexOp::create(b, loc, 1));
  }
  static Value isLabel(OpBuilder &b, Location loc, Value label) {
    return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, index(b, loc), label);
  }

  std::tuple<SmallVector<OpFoldResult>, SmallVector<OpFoldResult>, SmallVector<OpFoldResult>> window() {
    OpFoldResult zero = b.getIndexAttr(0), one = b.getIndexAttr(1);
    return {{zero, zero}, {l.batch, b.getIndexAttr(classes)}, {one, one}};
  }

  /// The columns that are classes.
  Value logical(Value padded) {
    auto [at, size, step] = window();
    return tensor::ExtractSliceOp::create(b, loc, padded, at, size, step);
  }

  SmallVector<Operand> operands(ValueRange values) {
    SmallVector<Operand> result;
    for (Value v : values)
      result.push_back({v, cast<RankedTensorType>(v.getType()).getRank() == 2 ? maps({maps[0], maps[1]}) : maps({maps[0]})});
    return result;
  }
  Value reduce(ValueRange inputs, double initial, Body body) {
    Value start = l.filled(l.empty({ShapedType::kDynamic}), initial);
    return l.generic(operands(inputs), {{start, maps({maps[0]})}}, {kParallel, kReduction}, body)[0];
  }
  Value overClasses(ValueRange inputs, Body body) {
    return l.generic(operands(inputs), {{l.empty({ShapedType::kDynamic, classes}), maps({maps[0], maps[1]})}},
                     {kParallel, kParallel}, body)[0];
  }
  void writeSum(StringRef field, Value values, Type type) {
    Maps d{b.getContext(), 2}; // (one | n)
    Value memref = abi::BufferOp::create(b, loc, MemRefType::get({1}, type), l.call, field, Value());
    Value start = l.filled(l.tensorOf(memref, true), 0);
    Value sum = l.generic({{values, d({d[1]})}}, {{start, d({d[0]})}}, {kParallel, kReduction},
                          [](OpBuilder &b, Location loc, ValueRange in) -> SmallVector<Value> {
                            if (in[0].getType().isF64())
                              return {arith::AddFOp::create(b, loc, in[1], in[0])};
                            return {arith::AddIOp::create(b, loc, in[1], in[0])};
                          })[0];
    l.store(sum, memref);
  }

  Lowering &l;
  OpBuilder &b;
  Location loc;
  int64_t classes;
  Value labels, rows, scores, highest, exponentials, partition, total, own;
  Maps maps;
};

} // namespace

/// The call may ask for the logits of the step.
static void storeIfWanted(Lowering &l, Value logits) {
  Value address = abi::ScalarOp::create(l.b, l.loc, l.b.getI64Type(), l.call, "logits");
  Value zero = arith::ConstantIntOp::create(l.b, l.loc, 0, 64);
  Value wanted = arith::CmpIOp::create(l.b, l.loc, arith::CmpIPredicate::ne, address, zero);
  auto branch = scf::IfOp::create(l.b, l.loc, wanted, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(l.b);
  l.b.setInsertionPointToStart(branch.thenBlock());
  storeLogits(l, logits);
}

LogicalResult mlir::resnet::lower(SoftmaxCrossEntropyOp op, Lowering &l) {
  Value logits = l.dense(op.getLogits());
  int64_t classes = cast<RankedTensorType>(op.getLogits().getType()).getDimSize(1);
  Loss pieces(l, logits, classes, l.dense(op.getLabels()));
  storeIfWanted(l, op.getLogits());
  pieces.writeLoss();
  pieces.writeHits();
  l.define(op.getDlogits(), pieces.gradient(cast<RankedTensorType>(logits.getType())));
  return success();
}
