//===- KernelFetch.cpp - what a kernel fetches while it computes ----------===//

#include "Codegen/KernelTile.h"

#include "Conversion/Lowering.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace mlir::resnet;

static int64_t elementsPerLine(Value buffer) {
  constexpr int64_t kLineBytes = 64;
  return kLineBytes / (getElementTypeOrSelf(buffer).getIntOrFloatBitWidth() / 8);
}

void KernelTile::fetchEpilogue(Extent t) {
  linalg::GenericOp epilogue = kernel.epilogue;
  Loops loops = epilogueLoops();
  for (OpOperand *input : epilogue.getDpsInputOperands()) {
    AffineMap map = epilogue.getMatchingIndexingMap(input);
    if (input->get() == op.getDpsInits()[0] || map.getNumResults() != epilogue.getNumLoops())
      continue;
    forEach(t, [&](Position at) {
      memref::PrefetchOp::create(b, loc, input->get(), indicesOf(map, at, loops), /*isWrite=*/false, /*localityHint=*/3,
                                 /*isDataCache=*/true);
    });
  }
}

SmallVector<KernelTile::Fetch> KernelTile::creep(int64_t dim, Extent t) {
  int64_t innermost = reductions.back();
  std::optional<int64_t> blocks = staticSize(dim), steps = staticSize(innermost);
  if (!blocks || !steps || bases.contains(innermost) || rootLoops.rowDim == kNone)
    return {};
  Value step = rootLoops.ivs[innermost];
  Loops next = rootLoops;
  next.ivs[dim] = arith::AddIOp::create(b, loc, rootLoops.ivs[dim], constant(1));
  Value last = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, next.ivs[dim], constant(*blocks));
  next.ivs[dim] = arith::SelectOp::create(b, loc, last, constant(0), next.ivs[dim]);
  int64_t along = t.lines > 1 ? rootLoops.lineDim : rootLoops.rowDim;
  Value tileSize = arith::SelectOp::create(b, loc, last, constant(t.lines > 1 ? t.lines : t.rows), constant(0));
  next.ivs[along] = arith::AddIOp::create(b, loc, rootLoops.ivs[along], tileSize);
  OpOperand *rows = op.getDpsInputOperand(0), *weights = op.getDpsInputOperand(1);
  SmallVector<Fetch> fetches{fetchRow(rows->get(), op.getMatchingIndexingMap(rows), next, innermost, step, /*isWrite=*/false)};
  fetches.push_back([this, weights, step, innermost, steps] {
    Loops ahead = rootLoops;
    ahead.ivs[innermost] = arith::AddIOp::create(b, loc, step, constant(*steps));
    fetch(weights->get(), op.getMatchingIndexingMap(weights), ahead, /*locality=*/3);
  });
  auto fetchRows = [&](linalg::GenericOp reader, const Loops &loops, Value known) {
    for (OpOperand &operand : reader->getOpOperands()) {
      AffineMap map = reader.getMatchingIndexingMap(&operand);
      if (operand.get() != known && map.getNumResults() == reader.getNumLoops())
        fetches.push_back(fetchRow(operand.get(), map, loops, loops.vectorDim, step, reader.isDpsInit(&operand)));
    }
  };
  OpOperand &output = op.getDpsInitsMutable()[0];
  if (kernel.epilogue)
    fetchRows(kernel.epilogue, epilogueLoops(), output.get());
  else
    fetches.push_back(fetchRow(output.get(), op.getMatchingIndexingMap(&output), rootLoops, rootLoops.vectorDim, step, /*isWrite=*/true));
  if (kernel.rowSums)
    fetchRows(kernel.rowSums, rowSumsLoops(), giver().getDpsInits()[0]);
  return fetches;
}

KernelTile::Fetch KernelTile::fetchRow(Value buffer, AffineMap map, Loops loops, int64_t contiguous, Value step, bool isWrite) {
  return [=, this]() mutable {
    int64_t perLine = elementsPerLine(buffer);
    Value lines = constant(std::max<int64_t>(1, kBlock / perLine));
    loops.ivs[contiguous] = arith::MulIOp::create(b, loc, arith::RemUIOp::create(b, loc, step, lines), constant(perLine));
    loops.ivs[loops.rowDim] = arith::AddIOp::create(b, loc, loops.ivs[loops.rowDim], arith::DivUIOp::create(b, loc, step, lines));
    memref::PrefetchOp::create(b, loc, buffer, indicesOf(map, {0, 0, 0}, loops), isWrite, /*localityHint=*/3, /*isDataCache=*/true);
  };
}

void KernelTile::fetchAhead() {
  Loops further = rootLoops;
  Value ends; // whether all inner ones begin anew
  for (const Outer &outer : llvm::reverse(outers)) {
    std::optional<int64_t> whole = getConstantIntValue(outer.whole);
    Value base = bases.lookup(outer.dim), begins = constant(0), step = sizeOf(outer.dim), next = step;
    Value end;
    if (whole) { // back to the first block behind the last one
      end = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::uge, arith::AddIOp::create(b, loc, base, step), constant(*whole));
      next = arith::SelectOp::create(b, loc, end, arith::SubIOp::create(b, loc, begins, base), step);
    }
    if (ends)
      next = arith::SelectOp::create(b, loc, ends, next, begins);
    further.ivs[outer.dim] = arith::AddIOp::create(b, loc, further.ivs[outer.dim], next);
    if (!end)
      break;
    ends = ends ? arith::AndIOp::create(b, loc, ends, end).getResult() : end;
  }
  for (OpOperand *input : op.getDpsInputOperands())
    fetch(input->get(), op.getMatchingIndexingMap(input), further);
}

void KernelTile::fetch(Value buffer, AffineMap map, const Loops &loops, unsigned locality) {
  int64_t perLine = elementsPerLine(buffer);
  int64_t lanes = loops.vectorDim != kNone && map.isFunctionOfDim(loops.vectorDim) ? tile.vectors * tile.lanes : 1;
  for (int64_t lane = 0; lane < lanes; lane += std::max(perLine, tile.lanes)) {
    SmallVector<Value> at = indicesOf(map, {0, 0, lane / tile.lanes}, loops);
    memref::PrefetchOp::create(b, loc, buffer, at, /*isWrite=*/false, locality, /*isDataCache=*/true);
  }
}
