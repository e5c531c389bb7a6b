//===- EmitKernels.cpp - linalg on buffers to register tiles --------------===//

#include "Codegen/Kernel.h"
#include "Codegen/Passes.h"
#include "Codegen/Transposition.h"
#include "Codegen/Winograd.h"
#include "Conversion/Lowering.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/ADT/TypeSwitch.h"

namespace mlir::resnet {
#define GEN_PASS_DEF_EMITKERNELS
#include "Codegen/Passes.h.inc"

namespace {

/// The fill of exactly this buffer that `op` continues from: nothing touches the buffer between the two.
linalg::FillOp fillBefore(linalg::GenericOp op, Value buffer) {
  for (Operation *before = op->getPrevNode(); before; before = before->getPrevNode()) {
    if (auto fill = dyn_cast<linalg::FillOp>(before); fill && fill.getOutputs()[0] == buffer)
      return fill;
    bool touches = llvm::is_contained(before->getOperands(), buffer) || before->getNumRegions() > 0;
    if (touches && !isMemoryEffectFree(before))
      return nullptr;
  }
  return nullptr;
}

/// Whether a buffer is an allocation, or all that is used of one: that of the largest tile, where the last one may be smaller.
bool isScratch(Value buffer) {
  auto part = buffer.getDefiningOp<memref::SubViewOp>();
  Value whole = part ? part.getSource() : buffer;
  return whole.getDefiningOp<memref::AllocOp>() && (!part || whole.hasOneUse());
}

/// The elementwise op that is the only reader of a scratch buffer, which `root` writes over `rank` dimensions, and `fill`
/// before it.
linalg::GenericOp readerOf(Value scratch, Operation *root, linalg::FillOp fill, int64_t rank) {
  if (!isScratch(scratch))
    return nullptr;
  linalg::GenericOp reader;
  for (Operation *user : scratch.getUsers()) {
    if (user == root || user == fill)
      continue;
    auto generic = dyn_cast<linalg::GenericOp>(user);
    if (reader || !generic)
      return nullptr;
    reader = generic;
  }
  if (!reader || reader->getBlock() != root->getBlock() || reader.getNumReductionLoops() > 0 ||
      llvm::is_contained(reader.getDpsInits(), scratch) || reader.getNumDpsInits() != 1 ||
      reader.getNumLoops() != rank)
    return nullptr;
  for (OpOperand *input : reader.getDpsInputOperands())
    if (input->get() == scratch && !reader.getMatchingIndexingMap(input).isPermutation())
      return nullptr;
  return reader;
}

linalg::GenericOp epilogueOf(linalg::GenericOp root, linalg::FillOp fill) {
  if (root.getNumDpsInits() != 1 || !fill)
    return nullptr;
  return readerOf(root.getDpsInits()[0], root, fill, root.getNumParallelLoops());
}

/// The sums over rows that read what `giver` writes, nothing but the fills that start them between the two.
linalg::GenericOp rowSumsOf(linalg::GenericOp giver) {
  if (giver.getNumDpsInits() != 1)
    return nullptr;
  SmallVector<Value> filled;
  for (Operation *behind = giver->getNextNode(); behind; behind = behind->getNextNode()) {
    if (auto sums = dyn_cast<linalg::GenericOp>(behind)) {
      bool reads = sums->hasAttr(kRowSumsAttr) && llvm::is_contained(sums.getDpsInputs(), giver.getDpsInits()[0]);
      bool starts = llvm::all_of(filled, [&](Value v) { return llvm::is_contained(sums.getDpsInits(), v); });
      return reads && starts ? sums : nullptr;
    }
    if (auto fill = dyn_cast<linalg::FillOp>(behind))
      filled.push_back(fill.getOutputs()[0]);
    else if (!isMemoryEffectFree(behind))
      return nullptr;
  }
  return nullptr;
}

struct EmitKernels : impl::EmitKernelsBase<EmitKernels> {
  using EmitKernelsBase::EmitKernelsBase;

  void runOnOperation() override {
    KernelTarget target{vectorBytes, registers, fma};
    IRRewriter rewriter(&getContext());
    SmallVector<linalg::GenericOp> ops;
    generalizeCopies(rewriter);
    emitTransforms(rewriter, target);
    getOperation().walk([&](linalg::GenericOp op) { ops.push_back(op); });
    llvm::DenseSet<Operation *> taken;
    bool fences = false;
    for (linalg::GenericOp op : ops) {
      if (taken.contains(op) || emitTransposition(rewriter, op, target))
        continue;
      Kernel kernel = describe(op);
      if (kernel.epilogue)
        taken.insert(kernel.epilogue);
      if (kernel.rowSums)
        taken.insert(kernel.rowSums);
      fences |= streams(kernel);
      emitKernel(rewriter, kernel, target);
    }
    if (fences) {
      rewriter.setInsertionPoint(getOperation().getBody().back().getTerminator());
      LLVM::CallIntrinsicOp::create(rewriter, getOperation().getLoc(), rewriter.getStringAttr("llvm.x86.sse.sfence"), ValueRange());
    }
    SmallVector<linalg::FillOp> fills;
    getOperation().walk([&](linalg::FillOp fill) { fills.push_back(fill); });
    for (linalg::FillOp fill : fills) {
      rewriter.setInsertionPoint(fill);
      emitKernel(rewriter, {*linalg::generalizeNamedOp(rewriter, fill), {nullptr}, nullptr}, target);
    }
    if (failed(scratchToStack(rewriter)))
      signalPassFailure();
  }

  /// Winograd's algorithm: what it leaves are loops alone, its products' kernels among them.
  void emitTransforms(IRRewriter &rewriter, const KernelTarget &target) {
    SmallVector<Operation *> ops;
    getOperation().walk([&](Operation *op) {
      if (isa<winograd::WinogradDialect>(op->getDialect()))
        ops.push_back(op);
    });
    for (Operation *op : ops)
      TypeSwitch<Operation *>(op)
          .Case([&](winograd::FilterOp filter) { emitFilter(rewriter, filter, target); })
          .Case([&](winograd::ConvDwOp conv) { emitConvDw(rewriter, conv, target); })
          .Case([&](winograd::StemOp stem) { emitStem(rewriter, stem, readerOf(stem.getOut(), stem, nullptr, 5), target); })
          .Case([&](winograd::ConvOp conv) { emitConv(rewriter, conv, readerOf(conv.getOut(), conv, nullptr, 5), target); });
  }

  LogicalResult scratchToStack(IRRewriter &rewriter) {
    SmallVector<memref::AllocOp> scratch;
    getOperation().walk([&](memref::AllocOp alloc) { scratch.push_back(alloc); });
    for (memref::AllocOp alloc : scratch) {
      MemRefType type = alloc.getType();
      if (alloc->use_empty()) { // a part of it was used, by registers
        rewriter.eraseOp(alloc);
        continue;
      }
      if (!type.hasStaticShape() || type.getNumElements() * type.getElementTypeBitWidth() / 8 > kStackBytes)
        return alloc.emitOpError("expected a tile's buffer to be replaced by registers, or to have a size that fits a stack");
      rewriter.setInsertionPointToStart(&getOperation().getBody().front());
      rewriter.replaceOpWithNewOp<memref::AllocaOp>(alloc, type, rewriter.getI64IntegerAttr(64));
    }
    return success();
  }

  void generalizeCopies(IRRewriter &rewriter) {
    SmallVector<memref::CopyOp> copies;
    getOperation().walk([&](memref::CopyOp copy) { copies.push_back(copy); });
    for (memref::CopyOp copy : copies) {
      rewriter.setInsertionPoint(copy);
      if (copy.getSource() != copy.getTarget())
        linalg::makeMemRefCopyOp(rewriter, copy.getLoc(), copy.getSource(), copy.getTarget());
      rewriter.eraseOp(copy);
    }
  }

  static Kernel describe(linalg::GenericOp op) {
    Kernel kernel{op, {}, nullptr};
    bool reduces = op.getNumReductionLoops() > 0;
    // Sums that come back to a tile for each block of an outer reduction go through memory.
    bool inRegisters = reduces && !op->hasAttr(kOuterAttr);
    for (Value output : op.getDpsInits())
      kernel.fills.push_back(inRegisters ? fillBefore(op, output) : nullptr);
    if (inRegisters)
      kernel.epilogue = epilogueOf(op, kernel.fills[0]);
    if (kernel.epilogue)
      kernel.scratch = op.getDpsInits()[0].getDefiningOp();
    // A result that is complete when it is stored.
    if (inRegisters || !reduces)
      kernel.rowSums = rowSumsOf(kernel.epilogue ? kernel.epilogue : op);
    return kernel;
  }
};

} // namespace
} // namespace mlir::resnet
