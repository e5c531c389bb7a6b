//===- OutlineKernels.cpp - loops and ops become shared functions ---------===//

#include "Codegen/Passes.h"
#include "Conversion/Work.h"
#include "IR/AbiDialect.h"
#include "IR/WinogradDialect.h"

#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Analysis/TopologicalSortUtils.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/StringMap.h"

namespace mlir::resnet {
#define GEN_PASS_DEF_OUTLINEKERNELS
#include "Codegen/Passes.h.inc"

namespace {

constexpr StringLiteral kParallelFor = "resnetc_parallel_for";

FunctionType bodyType(OpBuilder &b) {
  return b.getFunctionType({LLVM::LLVMPointerType::get(b.getContext()), b.getI64Type(), b.getI64Type(), b.getI32Type()}, {});
}

/// What kernels have been made; one that is asked for twice is made once.
class Kernels {
public:
  explicit Kernels(ModuleOp module) : module(module) {}

  /// A function of `arguments` with the body that `fill` builds from its block arguments, or an equal one made before.
  func::FuncOp get(Location loc, TypeRange arguments, llvm::function_ref<void(OpBuilder &, ValueRange)> fill) {
    OpBuilder b = OpBuilder::atBlockEnd(module.getBody());
    auto kernel = func::FuncOp::create(b, loc, "kernel", b.getFunctionType(arguments, {}));
    kernel.setPrivate();
    b.setInsertionPointToStart(kernel.addEntryBlock());
    fill(b, kernel.getArguments());
    func::ReturnOp::create(b, loc);
    std::string text;
    llvm::raw_string_ostream stream(text);
    kernel->print(stream, OpPrintingFlags().useLocalScope());
    func::FuncOp &known = byText[text];
    if (known) {
      kernel.erase();
      return known;
    }
    kernel.setName(("kernel_" + Twine(byText.size() - 1)).str());
    return known = kernel;
  }

private:
  ModuleOp module;
  llvm::StringMap<func::FuncOp> byText;
};

/// What the region or op uses from outside, constants apart, in order of use.
void collect(Operation *op, SetVector<Value> &values, SetVector<Operation *> &constants) {
  SetVector<Value> used(op->operand_begin(), op->operand_end());
  getUsedValuesDefinedAbove(op->getRegions(), used);
  for (Value v : used)
    if (Operation *def = v.getDefiningOp(); def && def->hasTrait<OpTrait::ConstantLike>())
      constants.insert(def);
    else
      values.insert(v);
}

/// Maps constants to clones and values to the kernel's arguments.
IRMapping enter(OpBuilder &b, ValueRange arguments, const SetVector<Value> &values, const SetVector<Operation *> &constants) {
  IRMapping mapping;
  for (Operation *c : constants)
    b.clone(*c, mapping);
  for (auto [value, argument] : llvm::zip(values, arguments))
    mapping.map(value, argument);
  return mapping;
}

//===----------------------------------------------------------------------===//
// Parallel loops
//===----------------------------------------------------------------------===//

class LoopOutliner {
public:
  LoopOutliner(scf::ForallOp loop, int64_t number, Kernels &kernels)
      : loop(loop), b(loop.getContext()), loc(loop.getLoc()), number(number), kernels(kernels) {}

  LogicalResult run() {
    auto parent = loop->getParentOfType<func::FuncOp>();
    if (llvm::any_of(loop.getMixedLowerBound(), [](OpFoldResult v) { return getConstantIntValue(v) != 0; }) ||
        !loop.getDynamicStep().empty())
      return loop.emitOpError("expected bounds from 0 and steps that are constants");
    collect(loop, values, constants);
    func::FuncOp body = makeBody(parent);
    if (!body)
      return failure();
    if (ArrayAttr work = findWork())
      body->setAttr(kWorkAttr, work);
    b.setInsertionPoint(loop);
    Value count = arith::ConstantIndexOp::create(b, loc, 1);
    for (int64_t i = 0; i < loop.getRank(); ++i)
      count = b.createOrFold<arith::MulIOp>(loc, count, steps(b, i, IRMapping()));
    count = arith::IndexCastOp::create(b, loc, b.getI64Type(), count);
    Value pointer = func::ConstantOp::create(b, loc, bodyType(b), SymbolRefAttr::get(body));
    func::CallOp::create(b, loc, kParallelFor, TypeRange(), ValueRange{parent.getArgument(0), pointer, count});
    loop.erase();
    return success();
  }

private:
  /// The loop's part of a step: that of the layer whose sums are in it, which others may have been fused with. Two, where the sum of two layers'
  /// gradients is computed at once.
  ArrayAttr findWork() {
    SetVector<Attribute> found;
    loop.getBody()->walk([&](Operation *op) {
      auto generic = dyn_cast<linalg::GenericOp>(op);
      bool sums = isa<winograd::ConvOp, winograd::StemOp>(op) || (generic && generic.getNumReductionLoops() > 0);
      DictionaryAttr work = sums ? workAt(op->getLoc()) : DictionaryAttr();
      if (work && Work::fromAttr(work).flops > 0)
        found.insert(work);
    });
    if (DictionaryAttr work = workAt(loc); work && found.empty())
      found.insert(work);
    return found.empty() ? ArrayAttr() : b.getArrayAttr(found.getArrayRef());
  }

  /// body(call, begin, end, worker): finds what the kernel needs from the call alone, and calls it.
  func::FuncOp makeBody(func::FuncOp parent) {
    SetVector<Operation *> slice;
    if (failed(findSlice(parent, slice)))
      return nullptr;
    b.setInsertionPoint(parent);
    auto body = func::FuncOp::create(b, loc, (parent.getName() + "_" + Twine(number)).str(), bodyType(b));
    body.setPrivate();
    b.setInsertionPointToStart(body.addEntryBlock());
    IRMapping mapping;
    mapping.map(parent.getArgument(0), body.getArgument(0));
    for (Operation *op : slice)
      if (auto worker = dyn_cast<abi::WorkerOp>(op))
        mapping.map(worker.getWorker(), arith::IndexCastUIOp::create(b, loc, b.getIndexType(), body.getArgument(3)).getResult());
      else
        b.clone(*op, mapping);
    SmallVector<Value> arguments;
    for (Value v : values)
      arguments.push_back(mapping.lookup(v));
    for (int64_t i : {1, 2})
      arguments.push_back(arith::IndexCastOp::create(b, loc, b.getIndexType(), body.getArgument(i)));
    func::CallOp::create(b, loc, makeKernel(ValueRange(arguments).getTypes()), arguments);
    func::ReturnOp::create(b, loc);
    return body;
  }

  /// The operations that compute `values`; an error where one is not a pure function of the call.
  LogicalResult findSlice(func::FuncOp parent, SetVector<Operation *> &slice) {
    BackwardSliceOptions options;
    options.inclusive = true;
    options.omitBlockArguments = true;
    auto foreign = [&](Value v) { return isa<BlockArgument>(v) && v != parent.getArgument(0); };
    for (Value v : values)
      if (foreign(v) || (v.getDefiningOp() && failed(getBackwardSlice(v, &slice, options))))
        return loop.emitOpError("uses a value that is not a function of the call");
    sort(slice);
    for (Operation *op : slice) {
      if (llvm::any_of(op->getOperands(), foreign))
        return loop.emitOpError("uses a value that is not a function of the call");
      if (!isPure(op))
        return op->emitOpError("is used by a parallel loop but is not a pure function of the call");
    }
    return success();
  }

  /// Operands before their users. As a rule all stand in one block, whose order is known.
  static void sort(SetVector<Operation *> &slice) {
    if (!llvm::all_equal(llvm::map_range(slice, [](Operation *op) { return op->getBlock(); }))) {
      slice = topologicalSort(slice);
      return;
    }
    SmallVector<Operation *> ops(slice.begin(), slice.end());
    llvm::sort(ops, [](Operation *x, Operation *y) { return x->isBeforeInBlock(y); });
    slice = SetVector<Operation *>(ops.begin(), ops.end());
  }

  /// kernel(values..., begin, end): the loop's body for a range of its flat index.
  func::FuncOp makeKernel(TypeRange types) {
    return kernels.get(loc, types, [&](OpBuilder &k, ValueRange arguments) {
      IRMapping mapping = enter(k, arguments.drop_back(2), values, constants);
      auto range = scf::ForOp::create(k, loc, arguments.drop_back().back(), arguments.back(),
                                      arith::ConstantIndexOp::create(k, loc, 1));
      OpBuilder::InsertionGuard guard(k);
      k.setInsertionPointToStart(range.getBody());
      delinearize(k, range.getInductionVar(), mapping);
      for (Operation &op : loop.getBody()->without_terminator())
        k.clone(op, mapping);
    });
  }

  /// How many steps the loop takes along dimension `i`.
  Value steps(OpBuilder &at, int64_t i, const IRMapping &mapping) {
    Value bound = loop.getMixedUpperBound()[i].dyn_cast<Value>();
    bound = bound ? mapping.lookupOrDefault(bound) : getValueOrCreateConstantIndexOp(at, loc, loop.getMixedUpperBound()[i]);
    int64_t step = loop.getStaticStep()[i];
    return step == 1 ? bound : at.createOrFold<arith::CeilDivUIOp>(loc, bound, arith::ConstantIndexOp::create(at, loc, step));
  }

  /// Maps the loop's variables to the digits of a flat index, the last one running fastest, times their steps.
  void delinearize(OpBuilder &k, Value flat, IRMapping &mapping) {
    auto variables = loop.getInductionVars();
    for (int64_t i = variables.size() - 1; i >= 0; --i) {
      Value digit = flat;
      if (i > 0) {
        Value count = steps(k, i, mapping);
        digit = k.createOrFold<arith::RemUIOp>(loc, flat, count);
        flat = k.createOrFold<arith::DivUIOp>(loc, flat, count);
      }
      int64_t step = loop.getStaticStep()[i];
      mapping.map(variables[i], step == 1 ? digit
                                          : k.createOrFold<arith::MulIOp>(loc, digit,
                                                                          arith::ConstantIndexOp::create(k, loc, step)));
    }
  }

  scf::ForallOp loop;
  OpBuilder b;
  Location loc;
  int64_t number;
  Kernels &kernels;
  SetVector<Value> values;
  SetVector<Operation *> constants;
};

//===----------------------------------------------------------------------===//
// Serial ops
//===----------------------------------------------------------------------===//

bool computes(Operation *op) { return isa<linalg::LinalgOp, memref::CopyOp>(op); }

/// Each op that computes, with the fills right before it: they may start its sums.
SmallVector<SmallVector<Operation *>> runsIn(func::FuncOp func) {
  SmallVector<SmallVector<Operation *>> runs;
  func.walk([&](Block *block) {
    if (isa<linalg::LinalgOp>(block->getParentOp()))
      return;
    bool open = false;
    for (Operation &op : *block) {
      if (computes(&op)) {
        if (!open)
          runs.emplace_back();
        runs.back().push_back(&op);
        open = isa<linalg::FillOp>(op);
      } else if (!isPure(&op)) {
        open = false;
      }
    }
  });
  return runs;
}

/// Replaces the run by a call.
void outlineRun(ArrayRef<Operation *> run, Kernels &kernels) {
  SetVector<Value> values;
  SetVector<Operation *> constants;
  for (Operation *op : run)
    collect(op, values, constants);
  func::FuncOp kernel = kernels.get(run.front()->getLoc(), ValueRange(values.getArrayRef()).getTypes(),
                                    [&](OpBuilder &k, ValueRange arguments) {
                                      IRMapping mapping = enter(k, arguments, values, constants);
                                      for (Operation *op : run)
                                        k.clone(*op, mapping);
                                    });
  OpBuilder b(run.back());
  func::CallOp::create(b, run.back()->getLoc(), kernel, values.getArrayRef());
  for (Operation *op : run)
    op->erase();
}

struct OutlineKernels : impl::OutlineKernelsBase<OutlineKernels> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    OpBuilder b(&getContext());
    b.setInsertionPointToStart(module.getBody());
    auto type = b.getFunctionType({LLVM::LLVMPointerType::get(&getContext()), bodyType(b), b.getI64Type()}, {});
    func::FuncOp::create(b, module.getLoc(), kParallelFor, type).setPrivate();
    Kernels kernels(module);
    for (auto func : llvm::to_vector(module.getOps<func::FuncOp>())) {
      int64_t number = 0;
      SmallVector<scf::ForallOp> loops;
      func.walk([&](scf::ForallOp loop) { loops.push_back(loop); });
      for (scf::ForallOp loop : loops)
        if (failed(LoopOutliner(loop, number++, kernels).run()))
          return signalPassFailure();
      for (ArrayRef<Operation *> run : runsIn(func))
        outlineRun(run, kernels);
    }
  }
};

} // namespace
} // namespace mlir::resnet
