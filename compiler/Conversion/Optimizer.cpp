//===- Optimizer.cpp - @apply: sgd, adam and adamw ------------------------===//
//
// One walk over the flat parameters, gradients and state. The row of a trained tensor gives its learning rate, momentum and
// weight decay; pads stay zero since all of their terms are. Formulas are PyTorch's, to the order of operations.
//
//===----------------------------------------------------------------------===//

#include "Conversion/Lowering.h"
#include "Conversion/Work.h"

#include "IR/AbiDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "resnetc/abi.h"

using namespace mlir;
using namespace mlir::resnet;

namespace {

constexpr int64_t kChunk = 512; // blocks
constexpr double kBeta1 = 0.9, kBeta2 = 0.999, kEpsilon = 1e-8;

class Apply {
public:
  Apply(OpBuilder &b, Location loc, Value call, int64_t size, FloatType element)
      : b(b), loc(loc), call(call), element(element) {
    auto flat = [&](StringRef field) {
      return abi::BufferOp::create(b, loc, MemRefType::get({size / kBlock, kBlock}, element), call, field, Value()).getResult();
    };
    trained = flat("trained");
    gradients = flat("gradients");
    state1 = flat("state1");
    state2 = flat("state2");
  }

  void build() {
    Value code = scalar("optimizer");
    Value isSgd = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, code, integer(RESNETC_SGD));
    auto choice = scf::IfOp::create(b, loc, isSgd, /*withElseRegion=*/true);
    b.setInsertionPointToStart(choice.thenBlock());
    buildSgd();
    b.setInsertionPointToStart(choice.elseBlock());
    buildAdam(arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, code, integer(RESNETC_ADAMW)));
    b.setInsertionPointAfter(choice);
  }

private:
  struct Row {
    Value first, blocks;            // index
    Value rate, momentum, decay;    // element type
  };

  Value scalar(StringRef field) { return abi::ScalarOp::create(b, loc, b.getI64Type(), call, field); }
  Value integer(int64_t v) { return arith::ConstantIntOp::create(b, loc, v, 64); }
  Value index(int64_t v) { return arith::ConstantIndexOp::create(b, loc, v); }
  Value real(double v) { return arith::ConstantOp::create(b, loc, b.getFloatAttr(element, v)); }
  Value wide(double v) { return arith::ConstantOp::create(b, loc, b.getF64FloatAttr(v)); }
  Value narrow(Value v) { return element.isF64() ? v : arith::TruncFOp::create(b, loc, element, v).getResult(); }

  /// The row's fields, read as 64-bit words.
  Row readRow(Value rows, Value r) {
    static_assert(sizeof(resnetc_row) == 5 * sizeof(int64_t));
    auto word = [&](int64_t at) { return memref::LoadOp::create(b, loc, rows, ValueRange{r, index(at)}).getResult(); };
    auto blocks = [&](Value elements) {
      return arith::IndexCastOp::create(b, loc, b.getIndexType(), arith::DivUIOp::create(b, loc, elements, integer(kBlock)))
          .getResult();
    };
    auto number = [&](int64_t at) { return narrow(arith::BitcastOp::create(b, loc, b.getF64Type(), word(at))); };
    return {blocks(word(0)), blocks(word(1)), number(2), number(3), number(4)};
  }

  /// Runs body over each block of each row, in parallel over fixed chunks of the flat buffers: a chunk meets the rows that
  /// reach into it.
  void overRows(llvm::function_ref<void(const Row &, Value block)> body) {
    OpBuilder::InsertionGuard guard(b);
    int64_t total = cast<MemRefType>(trained.getType()).getDimSize(0);
    SmallVector<OpFoldResult> chunks{b.getIndexAttr((total + kChunk - 1) / kChunk)};
    auto parallel = scf::ForallOp::create(b, loc, chunks, ValueRange(), std::nullopt);
    b.setInsertionPointToStart(parallel.getBody());
    Value begin = arith::MulIOp::create(b, loc, parallel.getInductionVars()[0], index(kChunk));
    Value end = arith::AddIOp::create(b, loc, begin, index(kChunk));
    Value count = arith::IndexCastOp::create(b, loc, b.getIndexType(), scalar("row_count"));
    Value rows = abi::BufferOp::create(b, loc, MemRefType::get({ShapedType::kDynamic, 5}, b.getI64Type()), call, "rows", count);
    auto loop = scf::ForOp::create(b, loc, index(0), count, index(1));
    b.setInsertionPointToStart(loop.getBody());
    Row row = readRow(rows, loop.getInductionVar());
    Value first = arith::MaxUIOp::create(b, loc, begin, row.first);
    Value last = arith::MinUIOp::create(b, loc, end, arith::AddIOp::create(b, loc, row.first, row.blocks));
    last = arith::MaxUIOp::create(b, loc, first, last);
    auto blocks = scf::ForOp::create(b, loc, first, last, index(1));
    b.setInsertionPointToStart(blocks.getBody());
    body(row, blocks.getInductionVar());
  }

  Value blockOf(Value flat, Value block) {
    SmallVector<OpFoldResult> at{block, b.getIndexAttr(0)}, size{b.getIndexAttr(1), b.getIndexAttr(kBlock)},
        step{b.getIndexAttr(1), b.getIndexAttr(1)};
    return memref::SubViewOp::create(b, loc, flat, at, size, step);
  }

  void update(Value block, ArrayRef<Value> outputs, Body body) {
    SmallVector<Value> outs;
    for (Value v : outputs)
      outs.push_back(blockOf(v, block));
    SmallVector<AffineMap> maps(outs.size() + 1, b.getMultiDimIdentityMap(2));
    SmallVector<utils::IteratorType> iterators(2, utils::IteratorType::parallel);
    linalg::GenericOp::create(b, loc, TypeRange(), ValueRange{blockOf(gradients, block)}, outs, maps, iterators,
                              [&](OpBuilder &n, Location at, ValueRange in) {
                                linalg::YieldOp::create(n, at, body(n, at, in));
                              });
  }

  void buildSgd() {
    Value nesterov = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne, scalar("nesterov"), integer(0));
    overRows([&](const Row &row, Value block) {
      update(block, {trained, state1}, [&](OpBuilder &b, Location loc, ValueRange in) {
        Value g = in[0], p = in[1], buffer = in[2];
        g = arith::AddFOp::create(b, loc, g, arith::MulFOp::create(b, loc, row.decay, p));
        buffer = arith::AddFOp::create(b, loc, arith::MulFOp::create(b, loc, row.momentum, buffer), g);
        Value ahead = arith::AddFOp::create(b, loc, g, arith::MulFOp::create(b, loc, row.momentum, buffer));
        Value step = arith::SelectOp::create(b, loc, nesterov, ahead, buffer);
        p = arith::SubFOp::create(b, loc, p, arith::MulFOp::create(b, loc, row.rate, step));
        return SmallVector<Value>{p, buffer};
      });
    });
  }

  /// 1 - beta^(step + 1)
  Value correction(double beta) {
    Value t = arith::SIToFPOp::create(b, loc, b.getF64Type(), arith::AddIOp::create(b, loc, scalar("step"), integer(1)));
    return arith::SubFOp::create(b, loc, wide(1), math::PowFOp::create(b, loc, wide(beta), t));
  }

  void buildAdam(Value decoupled) {
    Value bias1 = narrow(correction(kBeta1));
    Value bias2 = narrow(math::SqrtOp::create(b, loc, correction(kBeta2)));
    Value one = real(1), zero = real(0), beta2 = real(kBeta2), epsilon = real(kEpsilon);
    Value take1 = real(1 - kBeta1), take2 = real(1 - kBeta2);
    overRows([&](const Row &row, Value block) {
      Value stepSize = arith::DivFOp::create(b, loc, row.rate, bias1);
      Value shrink = arith::SubFOp::create(b, loc, one, arith::MulFOp::create(b, loc, row.rate, row.decay));
      Value keep = arith::SelectOp::create(b, loc, decoupled, shrink, one);
      Value coupled = arith::SelectOp::create(b, loc, decoupled, zero, row.decay);
      update(block, {trained, state1, state2}, [&](OpBuilder &b, Location loc, ValueRange in) {
        Value p = arith::MulFOp::create(b, loc, in[1], keep);
        Value g = arith::AddFOp::create(b, loc, in[0], arith::MulFOp::create(b, loc, coupled, in[1]));
        Value m = arith::AddFOp::create(b, loc, in[2], arith::MulFOp::create(b, loc, take1, arith::SubFOp::create(b, loc, g, in[2])));
        Value v = arith::AddFOp::create(b, loc, arith::MulFOp::create(b, loc, beta2, in[3]),
                                        arith::MulFOp::create(b, loc, take2, arith::MulFOp::create(b, loc, g, g)));
        Value root = arith::DivFOp::create(b, loc, math::SqrtOp::create(b, loc, v), bias2);
        Value ratio = arith::DivFOp::create(b, loc, m, arith::AddFOp::create(b, loc, root, epsilon));
        p = arith::SubFOp::create(b, loc, p, arith::MulFOp::create(b, loc, stepSize, ratio));
        return SmallVector<Value>{p, m, v};
      });
    });
  }

  OpBuilder &b;
  Location loc;
  Value call;
  FloatType element;
  Value trained, gradients, state1, state2;
};

} // namespace

void mlir::resnet::buildApply(ModuleOp module, const ParameterLayout &layout, FloatType element) {
  OpBuilder b = OpBuilder::atBlockEnd(module.getBody());
  Location loc = module.getLoc();
  auto type = b.getFunctionType({LLVM::LLVMPointerType::get(b.getContext())}, {});
  auto func = func::FuncOp::create(b, loc, "apply", type);
  b.setInsertionPointToStart(func.addEntryBlock());
  Apply(b, withWork(loc, {"optimizer"}), func.getArgument(0), layout.size(Space::Trained), element).build();
  func::ReturnOp::create(b, loc);
}
