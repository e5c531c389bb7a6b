//===- Dropout.cpp - dropout by counter-based random numbers --------------===//

#include "Conversion/Lowering.h"

#include "IR/AbiDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

#include <cmath>

using namespace mlir;
using namespace mlir::resnet;

/// Separates dropout's random numbers from all others of the same seed.
static constexpr int64_t kPurpose = 0x64726f70; // "drop"

/// The first word of Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3").
static Value philox(OpBuilder &b, Location loc, std::array<Value, 4> counter, std::array<Value, 2> key) {
  auto constant = [&](uint32_t v) { return arith::ConstantIntOp::create(b, loc, static_cast<int32_t>(v), 32).getResult(); };
  auto bump = [&](Value k, uint32_t by) -> Value { return arith::AddIOp::create(b, loc, k, constant(by)); };
  auto mix = [&](Value x, Value y, Value z) -> Value {
    return arith::XOrIOp::create(b, loc, arith::XOrIOp::create(b, loc, x, y), z);
  };
  for (int round = 0; round < 10; ++round) {
    auto p = arith::MulUIExtendedOp::create(b, loc, counter[0], constant(0xD2511F53));
    auto q = arith::MulUIExtendedOp::create(b, loc, counter[2], constant(0xCD9E8D57));
    counter = {mix(q.getHigh(), counter[1], key[0]), q.getLow(), mix(p.getHigh(), counter[3], key[1]), p.getLow()};
    key = {bump(key[0], 0x9E3779B9), bump(key[1], 0xBB67AE85)};
  }
  return counter[0];
}

LogicalResult mlir::resnet::lower(DropoutOp op, Lowering &l) {
  double rate = op.getRate().convertToDouble();
  OpBuilder &b = l.b;
  Location loc = l.loc;
  Type i32 = b.getI32Type();
  auto low = [&](OpBuilder &b, Value v) -> Value { return arith::TruncIOp::create(b, loc, i32, v); };
  auto high = [&](OpBuilder &b, Value v) -> Value {
    Value shift = arith::ConstantIntOp::create(b, loc, 32, 64);
    return low(b, arith::ShRUIOp::create(b, loc, v, shift));
  };
  Value seed = l.scalar("seed"), step = low(b, l.scalar("step"));
  int64_t site = kPurpose ^ (static_cast<int64_t>(op.getSite()) << 16);
  Value purpose = arith::ConstantIntOp::create(b, loc, static_cast<int32_t>(site), 32);
  std::array<Value, 2> key{low(b, seed), arith::XOrIOp::create(b, loc, high(b, seed), purpose)};
  Value off = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, l.scalar("dropout"),
                                    arith::ConstantIntOp::create(b, loc, 0, 64));
  Value bound = arith::ConstantIntOp::create(b, loc, static_cast<int32_t>(static_cast<uint32_t>(std::min(rate * 0x1p32, 0x1p32 - 1))), 32);
  Value zero = l.constant(0), scale = l.constant(1 / (1 - rate));
  Value ids = l.tensorOf(abi::BufferOp::create(b, loc, MemRefType::get({ShapedType::kDynamic}, b.getI64Type()), l.call,
                                               "sample_ids", l.batch),
                         false);
  Maps d{b.getContext(), 3}; // (n, cb, c)
  AffineMap id = d({d[0], d[1], d[2]});
  Destination y = l.destination(op.getY());
  Value v = l.generic({{l.dense(op.getX()), id}, {ids, d({d[0]})}}, {{y.interior, id}},
                      SmallVector<utils::IteratorType>(3, utils::IteratorType::parallel),
                      [&](OpBuilder &b, Location loc, ValueRange in) {
                        Value block = linalg::IndexOp::create(b, loc, 1), lane = linalg::IndexOp::create(b, loc, 2);
                        Value size = arith::ConstantIndexOp::create(b, loc, kBlock);
                        Value at = arith::AddIOp::create(b, loc, arith::MulIOp::create(b, loc, block, size), lane);
                        Value element = arith::IndexCastOp::create(b, loc, i32, at);
                        Value word = philox(b, loc, {element, step, low(b, in[1]), high(b, in[1])}, key);
                        Value dropped = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, word, bound);
                        Value kept = arith::MulFOp::create(b, loc, in[0], scale);
                        Value masked = arith::SelectOp::create(b, loc, dropped, zero, kept);
                        return SmallVector<Value>{arith::SelectOp::create(b, loc, off, in[0], masked)};
                      })[0];
  l.define(op.getY(), v, y);
  return success();
}
