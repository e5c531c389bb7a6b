//===- PlanMemory.cpp - one arena for a function's buffers ----------------===//

#include "Codegen/Passes.h"
#include "IR/AbiDialect.h"
#include "IR/WinogradDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

namespace mlir::resnet {
#define GEN_PASS_DEF_PLANMEMORY
#include "Codegen/Passes.h.inc"

namespace {

constexpr int64_t kAlignment = 64;

/// A buffer: its bytes (an image's share where it grows with the batch) and the operations between which it lives.
struct Buffer {
  memref::AllocOp alloc;
  int64_t bytes, first, last;
  int64_t offset = -1;

  bool meets(const Buffer &other) const { return first <= other.last && other.first <= last; }
};

int64_t bytesOf(MemRefType type) {
  int64_t bytes = type.getElementTypeBitWidth() / 8;
  for (int64_t size : type.getShape())
    bytes *= ShapedType::isDynamic(size) ? 1 : size;
  return llvm::alignTo(bytes, kAlignment);
}

/// The position of the last operation of the function's body that reaches the value through views.
int64_t lastUse(Value value, Block *body, const DenseMap<Operation *, int64_t> &positions) {
  int64_t last = 0;
  for (Operation *user : value.getUsers()) {
    last = std::max(last, positions.at(body->findAncestorOpInBlock(*user)));
    if (isa<ViewLikeOpInterface>(user))
      last = std::max(last, lastUse(user->getResult(0), body, positions));
  }
  return last;
}

/// Gives offsets, largest buffers first, each at the lowest place that none alive at the same time holds. Returns the end.
int64_t place(MutableArrayRef<Buffer> buffers) {
  SmallVector<Buffer *> order;
  for (Buffer &b : buffers)
    order.push_back(&b);
  // Of equals the earlier one first: they stand in one array.
  llvm::sort(order, [](Buffer *a, Buffer *b) { return a->bytes != b->bytes ? a->bytes > b->bytes : a < b; });
  int64_t end = 0;
  SmallVector<Buffer *> placed; // by offset
  for (Buffer *buffer : order) {
    int64_t offset = 0;
    for (Buffer *other : placed)
      if (buffer->meets(*other) && other->offset < offset + buffer->bytes)
        offset = std::max(offset, other->offset + other->bytes);
    buffer->offset = offset;
    end = std::max(end, offset + buffer->bytes);
    placed.insert(llvm::upper_bound(placed, buffer, [](Buffer *a, Buffer *b) { return a->offset < b->offset; }), buffer);
  }
  return end;
}

/// Gives offsets within a thread's part: loops follow one another, so that each begins at its start. Returns the end.
int64_t placeByLoop(MutableArrayRef<Buffer> buffers) {
  DenseMap<Operation *, int64_t> ends;
  int64_t end = 0;
  for (Buffer &buffer : buffers) {
    int64_t &at = ends[buffer.alloc->getParentOfType<scf::ForallOp>()];
    buffer.offset = at;
    at += buffer.bytes;
    end = std::max(end, at);
  }
  return end;
}

struct PlanMemory : impl::PlanMemoryBase<PlanMemory> {
  void runOnOperation() override {
    func::FuncOp func = getOperation();
    if (func.isDeclaration())
      return;
    Block *body = &func.getBody().front();
    DenseMap<Operation *, int64_t> positions;
    for (auto [i, op] : llvm::enumerate(*body))
      positions[&op] = i;

    SmallVector<Buffer> fixed, growing, perThread;
    WalkResult result = func.walk([&](memref::AllocOp alloc) {
      MemRefType type = alloc.getType();
      bool grows = !type.hasStaticShape();
      if (alloc->hasAttr(winograd::kPerThreadAttr) && !grows) {
        perThread.push_back({alloc, bytesOf(type), 0, 0});
        return WalkResult::advance();
      }
      if (alloc->getParentOfType<scf::ForallOp>())
        return WalkResult::advance(); // a tile's own: EmitKernels keeps it in registers or on the worker's stack
      if (alloc->getBlock() != body || type.getNumDynamicDims() > 1 || (grows && !type.isDynamicDim(0))) {
        alloc.emitOpError("expected an allocation at the function's top level whose only dynamic size leads");
        return WalkResult::interrupt();
      }
      (grows ? growing : fixed).push_back({alloc, bytesOf(type), positions.at(alloc), lastUse(alloc, body, positions)});
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      return signalPassFailure();

    int64_t fixedBytes = place(fixed), imageBytes = place(growing);
    int64_t threadBytes = placeByLoop(perThread);
    func->setAttr("resnet.arena", DenseI64ArrayAttr::get(&getContext(), {fixedBytes, imageBytes, threadBytes}));
    if (fixed.empty() && growing.empty() && perThread.empty())
      return;

    OpBuilder b(&getContext());
    b.setInsertionPointToStart(body);
    Location loc = func.getLoc();
    Value call = func.getArgument(0);
    auto constant = [&](int64_t v) { return arith::ConstantIndexOp::create(b, loc, v).getResult(); };
    Value batch = arith::IndexCastOp::create(b, loc, b.getIndexType(),
                                             abi::ScalarOp::create(b, loc, b.getI64Type(), call, "batch"));
    Value shared = arith::AddIOp::create(b, loc, constant(fixedBytes), arith::MulIOp::create(b, loc, batch, constant(imageBytes)));
    Value threads, size = shared;
    if (threadBytes) {
      // Up to the end of this thread's part, which is as much of the arena as a thread knows.
      threads = arith::MulIOp::create(b, loc, abi::WorkerOp::create(b, loc, b.getIndexType(), call), constant(threadBytes));
      threads = arith::AddIOp::create(b, loc, shared, threads);
    }
    Value arena = abi::BufferOp::create(b, loc, MemRefType::get({ShapedType::kDynamic}, b.getI8Type()), call, "arena", size);
    for (Buffer &buffer : fixed)
      replace(b, buffer, arena, constant(buffer.offset));
    for (Buffer &buffer : growing)
      replace(b, buffer, arena,
              arith::AddIOp::create(b, loc, constant(fixedBytes), arith::MulIOp::create(b, loc, batch, constant(buffer.offset))));
    if (threadBytes) {
      Value end = arith::AddIOp::create(b, loc, threads, constant(threadBytes));
      arena = abi::BufferOp::create(b, loc, MemRefType::get({ShapedType::kDynamic}, b.getI8Type()), call, "arena", end);
      for (Buffer &buffer : perThread) {
        Value at = arith::AddIOp::create(b, loc, threads, constant(buffer.offset));
        buffer.alloc.replaceAllUsesWith(
            memref::ViewOp::create(b, loc, buffer.alloc.getType(), arena, at, ValueRange()).getResult());
      }
    }
    // Not before: the builder may stand at one of them.
    for (Buffer &buffer : llvm::concat<Buffer>(fixed, growing, perThread))
      buffer.alloc.erase();
  }

  static void replace(OpBuilder &b, Buffer &buffer, Value arena, Value offset) {
    auto view = memref::ViewOp::create(b, buffer.alloc.getLoc(), buffer.alloc.getType(), arena, offset,
                                       buffer.alloc.getDynamicSizes());
    view->moveBefore(buffer.alloc);
    buffer.alloc.replaceAllUsesWith(view.getResult());
  }
};

} // namespace
} // namespace mlir::resnet
