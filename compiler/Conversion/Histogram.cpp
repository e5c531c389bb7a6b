//===- Histogram.cpp - values counted by their magnitude ------------------===//

#include "Conversion/Lowering.h"
#include "IR/AbiDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "resnetc/abi.h"

using namespace mlir;
using namespace mlir::resnet;

namespace {

/// Counts of one activation. Of values that follow one another each is counted in a table of its own: ReLUs give many zeros,
/// and to count one more in the same place has to wait for the last one.
class Counts {
public:
  explicit Counts(Lowering &l) : l(l), type(MemRefType::get({kTables, RESNETC_BINS}, l.b.getI64Type())) {
    tables = memref::AllocOp::create(l.b, l.loc, type);
    Value none = arith::ConstantIntOp::create(l.b, l.loc, 0, 64);
    loop({kTables, RESNETC_BINS}, [&](OpBuilder &b, Location loc, ValueRange at) { memref::StoreOp::create(b, loc, none, tables, at); });
  }

  /// Images, [n][H][W*C], or an activation in blocks of channels, of which `channels` are no pads.
  void count(Value values, int64_t channels) {
    ArrayRef<int64_t> shape = cast<RankedTensorType>(values.getType()).getShape();
    if (shape.size() == 3)
      return rows(values, shape.drop_back(), std::nullopt, shape.back());
    int64_t whole = channels / kBlock, rest = channels % kBlock;
    if (whole)
      rows(values, {ShapedType::kDynamic, whole, shape[2], shape[3]}, std::nullopt, kBlock);
    if (rest)
      rows(values, {ShapedType::kDynamic, shape[2], shape[3]}, whole, rest);
  }

  void addTo(Value histogram) {
    loop({RESNETC_BINS}, [&](OpBuilder &b, Location loc, ValueRange at) {
      Value sum = memref::LoadOp::create(b, loc, histogram, at);
      for (int64_t t = 0; t < kTables; ++t)
        sum = arith::AddIOp::create(b, loc, sum, memref::LoadOp::create(b, loc, tables, ValueRange{index(b, t), at[0]}));
      memref::StoreOp::create(b, loc, sum, histogram, at);
    });
  }

private:
  static constexpr int64_t kTables = 4;

  Value index(OpBuilder &b, int64_t v) { return arith::ConstantIndexOp::create(b, l.loc, v); }

  void loop(ArrayRef<int64_t> sizes, llvm::function_ref<void(OpBuilder &, Location, ValueRange)> body) {
    SmallVector<Value> begin, end, step;
    for (int64_t size : sizes) {
      begin.push_back(index(l.b, 0));
      end.push_back(ShapedType::isDynamic(size) ? l.batch : index(l.b, size));
      step.push_back(index(l.b, 1));
    }
    scf::buildLoopNest(l.b, l.loc, begin, end, step, body);
  }

  /// The values [outer..., i] for i < count, where `block` is given as the second index.
  void rows(Value values, ArrayRef<int64_t> outer, std::optional<int64_t> block, int64_t count) {
    loop(outer, [&](OpBuilder &b, Location loc, ValueRange at) {
      auto countAt = [&](OpBuilder &n, Value i, int64_t table) {
        SmallVector<Value> where(at);
        if (block)
          where.insert(where.begin() + 1, index(n, *block));
        where.push_back(i);
        add(n, loc, tensor::ExtractOp::create(n, loc, values, where), table);
      };
      int64_t whole = count / kTables * kTables;
      if (whole) {
        auto loop = scf::ForOp::create(b, loc, index(b, 0), index(b, whole), index(b, kTables));
        OpBuilder n = OpBuilder::atBlockBegin(loop.getBody());
        for (int64_t t = 0; t < kTables; ++t)
          countAt(n, arith::AddIOp::create(n, loc, loop.getInductionVar(), index(n, t)), t);
      }
      for (int64_t i = whole; i < count; ++i)
        countAt(b, index(b, i), i - whole);
    });
  }

  void add(OpBuilder &b, Location loc, Value v, int64_t table) {
    auto constant = [&](int64_t c) { return arith::ConstantIntOp::create(b, loc, c, 32).getResult(); };
    Value bits = arith::BitcastOp::create(b, loc, b.getI32Type(), v);
    bits = arith::AndIOp::create(b, loc, bits, constant(0x7fffffff));
    Value bin = arith::SubIOp::create(b, loc, arith::ShRUIOp::create(b, loc, bits, constant(RESNETC_BIN_SHIFT)), constant(RESNETC_FIRST_BIN));
    bin = arith::MinSIOp::create(b, loc, arith::MaxSIOp::create(b, loc, bin, constant(0)), constant(RESNETC_BINS - 1));
    SmallVector<Value> at{index(b, table), arith::IndexCastOp::create(b, loc, b.getIndexType(), bin)};
    Value sum = arith::AddIOp::create(b, loc, memref::LoadOp::create(b, loc, tables, at), arith::ConstantIntOp::create(b, loc, 1, 64));
    memref::StoreOp::create(b, loc, sum, tables, at);
  }

  Lowering &l;
  MemRefType type;
  Value tables;
};

} // namespace

LogicalResult mlir::resnet::lower(HistogramOp op, Lowering &l) {
  Counts counts(l);
  counts.count(l.dense(op.getX()), cast<RankedTensorType>(op.getX().getType()).getDimSize(1));
  const Placement &place = l.layout.lookUp(op.getScale());
  int64_t rows = l.layout.size(place.space);
  Value all = abi::BufferOp::create(l.b, l.loc, MemRefType::get({rows * RESNETC_BINS}, l.b.getI64Type()), l.call, "histograms", Value());
  counts.addTo(l.viewOf(all, place.offset * RESNETC_BINS, {RESNETC_BINS}, {1}));
  return success();
}
