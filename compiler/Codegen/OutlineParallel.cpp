//===- OutlineParallel.cpp - parallel loops become functions --------------===//

#include "Codegen/Passes.h"

#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Analysis/TopologicalSortUtils.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Transforms/RegionUtils.h"

namespace mlir::resnet {
#define GEN_PASS_DEF_OUTLINEPARALLEL
#include "Codegen/Passes.h.inc"

namespace {

constexpr StringLiteral kParallelFor = "resnetc_parallel_for";

FunctionType bodyType(OpBuilder &b) {
  return b.getFunctionType({LLVM::LLVMPointerType::get(b.getContext()), b.getI64Type(), b.getI64Type(), b.getI32Type()}, {});
}

class Outliner {
public:
  Outliner(scf::ForallOp loop, int64_t number) : loop(loop), b(loop.getContext()), loc(loop.getLoc()), number(number) {}

  LogicalResult run() {
    auto parent = loop->getParentOfType<func::FuncOp>();
    if (failed(checkCaptured(parent)))
      return failure();
    func::FuncOp body = makeBody(parent);
    b.setInsertionPoint(loop);
    Value count = arith::ConstantIndexOp::create(b, loc, 1);
    for (Value bound : getValueOrCreateConstantIndexOp(b, loc, loop.getMixedUpperBound()))
      count = b.createOrFold<arith::MulIOp>(loc, count, bound);
    count = arith::IndexCastOp::create(b, loc, b.getI64Type(), count);
    Value pointer = func::ConstantOp::create(b, loc, bodyType(b), SymbolRefAttr::get(body));
    func::CallOp::create(b, loc, kParallelFor, TypeRange(), ValueRange{parent.getArgument(0), pointer, count});
    loop.erase();
    return success();
  }

private:
  /// Everything outside that the loop needs, in order; an error where something is not a pure function of the call.
  LogicalResult checkCaptured(func::FuncOp parent) {
    SetVector<Value> used;
    getUsedValuesDefinedAbove(loop.getRegion(), used);
    used.insert_range(loop.getDynamicUpperBound());
    BackwardSliceOptions options;
    options.inclusive = true;
    options.omitBlockArguments = true;
    for (Value v : used) {
      if (v == parent.getArgument(0))
        continue;
      if (isa<BlockArgument>(v) || failed(getBackwardSlice(v, &captured, options)))
        return loop.emitOpError("uses a value that is not a function of the call");
    }
    captured = topologicalSort(captured);
    for (Operation *op : captured)
      if (!isPure(op))
        return op->emitOpError("is used by a parallel loop but is not a pure function of the call");
    return success();
  }

  func::FuncOp makeBody(func::FuncOp parent) {
    b.setInsertionPoint(parent);
    std::string name = (parent.getName() + "_" + Twine(number)).str();
    auto body = func::FuncOp::create(b, loc, name, bodyType(b));
    body.setPrivate();
    b.setInsertionPointToStart(body.addEntryBlock());
    IRMapping mapping;
    mapping.map(parent.getArgument(0), body.getArgument(0));
    for (Operation *op : captured)
      b.clone(*op, mapping);
    auto toIndex = [&](Value v) { return arith::IndexCastOp::create(b, loc, b.getIndexType(), v).getResult(); };
    auto range = scf::ForOp::create(b, loc, toIndex(body.getArgument(1)), toIndex(body.getArgument(2)),
                                    arith::ConstantIndexOp::create(b, loc, 1));
    func::ReturnOp::create(b, loc);
    b.setInsertionPointToStart(range.getBody());
    delinearize(range.getInductionVar(), mapping);
    for (Operation &op : loop.getBody()->without_terminator())
      b.clone(op, mapping);
    hoistScratch(body);
    return body;
  }

  /// A tile's small buffers go on the worker's stack, once for all tiles.
  void hoistScratch(func::FuncOp body) {
    SmallVector<memref::AllocOp> scratch;
    body.walk([&](memref::AllocOp alloc) { scratch.push_back(alloc); });
    b.setInsertionPointToStart(&body.getBody().front());
    for (memref::AllocOp alloc : scratch) {
      auto stack = memref::AllocaOp::create(b, loc, alloc.getType(), b.getI64IntegerAttr(64));
      alloc.replaceAllUsesWith(stack.getResult());
      alloc.erase();
    }
  }

  /// Maps the loop's variables to the digits of a flat index, the last one running fastest.
  void delinearize(Value flat, IRMapping &mapping) {
    auto bounds = loop.getMixedUpperBound();
    auto variables = loop.getInductionVars();
    for (int64_t i = variables.size() - 1; i > 0; --i) {
      Value bound = bounds[i].dyn_cast<Value>();
      bound = bound ? mapping.lookup(bound) : getValueOrCreateConstantIndexOp(b, loc, bounds[i]);
      mapping.map(variables[i], b.createOrFold<arith::RemUIOp>(loc, flat, bound));
      flat = b.createOrFold<arith::DivUIOp>(loc, flat, bound);
    }
    mapping.map(variables[0], flat);
  }

  scf::ForallOp loop;
  OpBuilder b;
  Location loc;
  int64_t number;
  SetVector<Operation *> captured;
};

struct OutlineParallel : impl::OutlineParallelBase<OutlineParallel> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    OpBuilder b(&getContext());
    b.setInsertionPointToStart(module.getBody());
    auto type = b.getFunctionType({LLVM::LLVMPointerType::get(&getContext()), bodyType(b), b.getI64Type()}, {});
    func::FuncOp::create(b, module.getLoc(), kParallelFor, type).setPrivate();
    for (auto func : llvm::to_vector(module.getOps<func::FuncOp>())) {
      int64_t number = 0;
      SmallVector<scf::ForallOp> loops;
      func.walk([&](scf::ForallOp loop) { loops.push_back(loop); });
      for (scf::ForallOp loop : loops)
        if (failed(Outliner(loop, number++).run()))
          return signalPassFailure();
    }
  }
};

} // namespace
} // namespace mlir::resnet
