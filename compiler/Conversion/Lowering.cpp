//===- Lowering.cpp - one function on its way to linalg -------------------===//

#include "Conversion/Lowering.h"

#include "IR/AbiDialect.h"
#include "IR/PackedDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

#include <limits>

using namespace mlir;
using namespace mlir::resnet;

static constexpr auto kParallel = utils::IteratorType::parallel;
static constexpr auto kReduction = utils::IteratorType::reduction;

//===----------------------------------------------------------------------===//
// Activations
//===----------------------------------------------------------------------===//

Lowering::Lowering(func::FuncOp source, const ParameterLayout &layout, OpBuilder &builder, Value call,
                   FloatType element)
    : b(builder), source(source), layout(layout), call(call), element(element), loc(source.getLoc()) {
  batch = arith::IndexCastOp::create(b, loc, b.getIndexType(), abi::ScalarOp::create(b, loc, b.getI64Type(), call, "batch"));
}

Halo Lowering::required(Value v) const {
  Halo halo;
  for (OpOperand &use : v.getUses())
    halo.include(haloOfUse(use));
  return halo;
}

void Lowering::defineArgument(BlockArgument argument, Value tensor) { values[argument] = {tensor, {}}; }

SmallVector<Value> mlir::resnet::copyBody(OpBuilder &, Location, ValueRange in) { return {in.front()}; }

SmallVector<Value> mlir::resnet::sumBody(OpBuilder &b, Location loc, ValueRange in) {
  return {arith::AddFOp::create(b, loc, in.back(), in.front())};
}

static double padOf(const Halo &halo) { return halo.lowest ? -std::numeric_limits<double>::infinity() : 0.0; }

static Value slice(Lowering &l, Value tensor, ArrayRef<int64_t> offsets, ArrayRef<int64_t> sizes,
                   ArrayRef<int64_t> strides = {}) {
  SmallVector<OpFoldResult> off, size, stride;
  for (size_t i = 0; i < sizes.size(); ++i) {
    off.push_back(l.b.getIndexAttr(offsets[i]));
    size.push_back(ShapedType::isDynamic(sizes[i]) ? OpFoldResult(l.batch) : l.b.getIndexAttr(sizes[i]));
    stride.push_back(l.b.getIndexAttr(strides.empty() ? 1 : strides[i]));
  }
  return tensor::ExtractSliceOp::create(l.b, l.loc, tensor, off, size, stride);
}

static Value insert(Lowering &l, Value part, Value whole, ArrayRef<int64_t> offsets) {
  SmallVector<OpFoldResult> off, size, stride;
  auto shape = cast<RankedTensorType>(part.getType()).getShape();
  for (size_t i = 0; i < shape.size(); ++i) {
    off.push_back(l.b.getIndexAttr(offsets[i]));
    size.push_back(ShapedType::isDynamic(shape[i]) ? OpFoldResult(l.batch) : l.b.getIndexAttr(shape[i]));
    stride.push_back(l.b.getIndexAttr(1));
  }
  return tensor::InsertSliceOp::create(l.b, l.loc, part, whole, off, size, stride);
}

/// An empty tensor whose halo of rows (dimension `rows`) and columns (rows + 1, in units of `unit`) is filled with `pad`.
static Value emptyWithHalo(Lowering &l, SmallVector<int64_t> shape, const Halo &halo, Type type, int64_t rows,
                           int64_t unit, double pad) {
  int64_t columns = rows + 1;
  int64_t height = shape[rows], width = shape[columns];
  shape[rows] += halo.top + halo.bottom;
  shape[columns] += (halo.left + halo.right) * unit;
  Value whole = l.empty(shape, type);
  auto strip = [&](int64_t row, int64_t rowCount, int64_t column, int64_t columnCount) {
    if (rowCount == 0 || columnCount == 0)
      return;
    SmallVector<int64_t> offsets(shape.size(), 0), sizes(shape);
    offsets[rows] = row;
    sizes[rows] = rowCount;
    offsets[columns] = column;
    sizes[columns] = columnCount;
    whole = insert(l, l.filled(slice(l, whole, offsets, sizes), pad, {1}), whole, offsets);
  };
  strip(0, halo.top, 0, shape[columns]);
  strip(halo.top + height, halo.bottom, 0, shape[columns]);
  strip(halo.top, height, 0, halo.left * unit);
  strip(halo.top, height, halo.left * unit + width, halo.right * unit);
  return whole;
}

Value Lowering::interior(Value whole, RankedTensorType type, const Halo &halo) {
  if (halo.empty())
    return whole;
  return slice(*this, whole, {0, 0, halo.top, halo.left, 0}, blockedShape(type));
}

Value Lowering::dense(Value v) {
  const Activation &a = values.at(v);
  return interior(a.tensor, cast<RankedTensorType>(v.getType()), a.halo);
}

Value Lowering::padImages(Value v, const Halo &need, Type as) {
  auto type = cast<RankedTensorType>(v.getType());
  int64_t channels = type.getDimSize(1);
  SmallVector<int64_t> shape{ShapedType::kDynamic, type.getDimSize(2), type.getDimSize(3) * channels};
  SmallVector<int64_t> at{0, need.top, need.left * channels};
  Value whole = emptyWithHalo(*this, shape, need, as ? as : element, 1, channels, padOf(need));
  AffineMap id = b.getMultiDimIdentityMap(3);
  Value copied = generic({{values.at(v).tensor, id}}, {{slice(*this, whole, at, shape), id}},
                         SmallVector<utils::IteratorType>(3, kParallel),
                         [&](OpBuilder &n, Location at, ValueRange in) -> SmallVector<Value> {
                           if (!as)
                             return {in.front()};
                           return {arith::TruncFOp::create(n, at, as, in.front())};
                         },
                         {1})[0];
  return insert(*this, copied, whole, at);
}

Value Lowering::padded(Value v, const Halo &need, Type as) {
  auto type = cast<RankedTensorType>(v.getType());
  if (isImages(v))
    return padImages(v, need, as);
  if (const Activation &a = values.at(v); cast<RankedTensorType>(a.tensor.getType()).getRank() == 3) // images in lanes
    return slice(*this, a.tensor, {0, a.halo.top - need.top, a.halo.left - need.left},
                 {ShapedType::kDynamic, type.getDimSize(2) + need.top + need.bottom, type.getDimSize(3) + need.left + need.right});
  Type own = getElementTypeOrSelf(values.at(v).tensor);
  auto &copies = !as || as == own ? values : rounded;
  Activation a = copies.contains(v) ? copies[v] : values.at(v);
  if (!a.halo.covers(need) || (as && getElementTypeOrSelf(a.tensor) != as)) {
    Value whole = emptyWithHalo(*this, blockedShape(type), need, as ? as : own, 2, 1, padOf(need));
    Value copied = elementwise(interior(a.tensor, type, a.halo), interior(whole, type, need),
                               copyBody);
    a = {insert(*this, copied, whole, {0, 0, need.top, need.left, 0}), need};
    // The next reader of this kind finds the copy; dense readers lose nothing.
    copies[v] = a;
  }
  SmallVector<int64_t> shape = blockedShape(type);
  shape[2] += need.top + need.bottom;
  shape[3] += need.left + need.right;
  if (cast<RankedTensorType>(a.tensor.getType()).getShape() == ArrayRef(shape))
    return a.tensor;
  return slice(*this, a.tensor, {0, 0, a.halo.top - need.top, a.halo.left - need.left, 0}, shape);
}

Destination Lowering::destination(Value v) {
  auto type = cast<RankedTensorType>(v.getType());
  Halo halo = type.getRank() == 4 ? required(v) : Halo{};
  bool narrow = type.getElementType().isInteger() || type.getElementType().isBF16();
  Type stored = narrow ? type.getElementType() : element;
  if (stored.isInteger(8)) // signless
    stored = b.getI8Type();
  SmallVector<int64_t> shape = blockedShape(type);
  if (halo.empty()) {
    Value whole = empty(shape, stored);
    return {whole, whole, halo};
  }
  if (stored.isInteger())
    halo.lowest = false;
  Value whole = emptyWithHalo(*this, shape, halo, stored, 2, 1, padOf(halo));
  return {whole, interior(whole, type, halo), halo};
}

Destination Lowering::laneDestination(Value v) {
  constexpr double kPad = static_cast<int32_t>(0x80808080); // zeros, 128 added to each
  auto type = cast<RankedTensorType>(v.getType());
  Halo halo = required(v);
  SmallVector<int64_t> shape{ShapedType::kDynamic, type.getDimSize(2), type.getDimSize(3)};
  Value whole = emptyWithHalo(*this, shape, halo, b.getI32Type(), 1, 1, kPad);
  return {whole, slice(*this, whole, {0, halo.top, halo.left}, shape), halo};
}

void Lowering::define(Value v, Value result, const Destination &d) {
  SmallVector<int64_t> at{0, d.halo.top, d.halo.left}; // of images in lanes
  if (cast<RankedTensorType>(d.whole.getType()).getRank() == 5)
    at = {0, 0, d.halo.top, d.halo.left, 0};
  if (d.halo.empty())
    values[v] = {result, d.halo};
  else
    values[v] = {insert(*this, result, d.whole, at), d.halo};
}

Strided::Strided(Lowering &l, Value whole, int64_t row, int64_t column, int64_t rows, int64_t columns, int64_t stride)
    : l(l), whole(whole) {
  auto attr = [&](int64_t v) { return OpFoldResult(l.b.getIndexAttr(v)); };
  int64_t blocks = cast<RankedTensorType>(whole.getType()).getDimSize(1);
  offsets = {attr(0), attr(0), attr(row), attr(column), attr(0)};
  sizes = {l.batch, attr(blocks), attr(rows), attr(columns), attr(kBlock)};
  strides = {attr(1), attr(1), attr(stride), attr(stride), attr(1)};
  slice = tensor::ExtractSliceOp::create(l.b, l.loc, whole, offsets, sizes, strides);
}

Value Strided::insert(Value part) {
  return tensor::InsertSliceOp::create(l.b, l.loc, part, whole, offsets, sizes, strides);
}

//===----------------------------------------------------------------------===//
// Parameters
//===----------------------------------------------------------------------===//

Value Lowering::viewOf(Value buffer, int64_t offset, ArrayRef<int64_t> sizes, ArrayRef<int64_t> strides) {
  SmallVector<OpFoldResult> size, stride;
  for (auto [n, s] : llvm::zip_equal(sizes, strides)) {
    size.push_back(ShapedType::isDynamic(n) ? OpFoldResult(batch) : b.getIndexAttr(n));
    stride.push_back(b.getIndexAttr(s));
  }
  auto type = MemRefType::get(sizes, cast<MemRefType>(buffer.getType()).getElementType(),
                              StridedLayoutAttr::get(b.getContext(), offset, strides));
  return memref::ReinterpretCastOp::create(b, loc, type, buffer, b.getIndexAttr(offset), size, stride);
}

Value Lowering::view(StringRef symbol, StringRef buffer) {
  const Placement &place = layout.lookUp(symbol);
  // By bytes, so that the type does not tell the place: layers of one shape share their kernels.
  int64_t width = element.getWidth() / 8;
  auto flat = abi::BufferOp::create(b, loc, MemRefType::get({layout.extent(place.space) * width}, b.getI8Type()), call, buffer,
                                    Value());
  Value offset = arith::ConstantIndexOp::create(b, loc, place.offset * width);
  Type type = place.packed ? Type(b.getI32Type()) : element;
  return memref::ViewOp::create(b, loc, MemRefType::get(place.form.sizes, type), flat, offset, ValueRange());
}

Value Lowering::parameter(Value v) {
  if (auto it = values.find(v); it != values.end())
    return it->second.tensor;
  auto read = v.getDefiningOp<ReadOp>();
  Value tensor = tensorOf(view(read.getSource(), bufferName(layout.lookUp(read.getSource()).space)), false);
  values[v] = {tensor, {}};
  return tensor;
}

LogicalResult Lowering::writeInto(Value v, llvm::function_ref<Value(Value)> write) {
  for (Operation *user : v.getUsers()) {
    auto slot = dyn_cast<WriteOp>(user);
    if (!slot)
      return v.getDefiningOp()->emitOpError("expected its result to be written to slots alone");
    Value memref = view(slot.getSlot(), bufferName(layout.lookUp(slot.getSlot()).space));
    store(write(tensorOf(memref, true)), memref);
  }
  return success();
}

bool Lowering::accumulateInto(Value v, llvm::function_ref<Value(Value)> write) {
  bool used = false;
  for (Operation *user : v.getUsers()) {
    auto accumulate = dyn_cast<AccumulateGradientOp>(user);
    if (!accumulate)
      continue;
    Value memref = view(accumulate.getParameter(), "gradients");
    store(write(tensorOf(memref, true)), memref);
    used = true;
  }
  return used;
}

//===----------------------------------------------------------------------===//
// Building
//===----------------------------------------------------------------------===//

Value Lowering::empty(ArrayRef<int64_t> shape, Type type) {
  SmallVector<OpFoldResult> sizes;
  for (int64_t n : shape)
    sizes.push_back(ShapedType::isDynamic(n) ? OpFoldResult(batch) : b.getIndexAttr(n));
  return tensor::EmptyOp::create(b, loc, sizes, type ? type : element);
}

Value Lowering::emptyLike(Value tensor) {
  auto type = cast<RankedTensorType>(tensor.getType());
  return empty(type.getShape(), type.getElementType());
}

Value Lowering::filled(Value tensor, double value, ArrayRef<int64_t> tile) {
  Type type = getElementTypeOrSelf(tensor);
  TypedAttr attr = isa<FloatType>(type) ? TypedAttr(b.getFloatAttr(type, value)) : TypedAttr(b.getIntegerAttr(type, static_cast<int64_t>(value)));
  auto fill = linalg::FillOp::create(b, loc, arith::ConstantOp::create(b, loc, attr).getResult(), tensor);
  if (!tile.empty())
    fill->setAttr(kTileAttr, b.getDenseI64ArrayAttr(tile));
  return fill.getResult(0);
}

Value Lowering::constant(double value) {
  return arith::ConstantOp::create(b, loc, b.getFloatAttr(element, value));
}

Value Lowering::scalar(StringRef field) {
  if (abi::lookUpField(field)->kind == abi::FieldKind::I64)
    return abi::ScalarOp::create(b, loc, b.getI64Type(), call, field);
  Value v = abi::ScalarOp::create(b, loc, b.getF64Type(), call, field);
  return element.isF64() ? v : arith::TruncFOp::create(b, loc, element, v);
}

Value Lowering::scaleOf(StringRef symbol) {
  const Placement &place = layout.lookUp(symbol);
  auto type = MemRefType::get({layout.size(place.space)}, b.getF32Type());
  Value scales = abi::BufferOp::create(b, loc, type, call, bufferName(place.space), Value());
  Value row = arith::ConstantIndexOp::create(b, loc, place.offset);
  return memref::LoadOp::create(b, loc, scales, row);
}

Value Lowering::tensorOf(Value memref, bool writable) {
  auto type = cast<MemRefType>(memref.getType());
  return bufferization::ToTensorOp::create(b, loc, RankedTensorType::get(type.getShape(), type.getElementType()), memref,
                                           /*restrict=*/true, writable);
}

void Lowering::store(Value tensor, Value memref) {
  bufferization::MaterializeInDestinationOp::create(b, loc, Type(), tensor, memref, /*restrict=*/true,
                                                    /*writable=*/true);
}

SmallVector<Value> Lowering::generic(ArrayRef<Operand> inputs, ArrayRef<Operand> outputs,
                                     ArrayRef<utils::IteratorType> iterators, Body body, ArrayRef<int64_t> tile,
                                     ArrayRef<std::pair<int64_t, int64_t>> outer) {
  SmallVector<Value> ins, outs;
  SmallVector<AffineMap> maps;
  SmallVector<Type> types;
  for (const Operand &o : inputs) {
    ins.push_back(o.value);
    maps.push_back(o.map);
  }
  for (const Operand &o : outputs) {
    outs.push_back(o.value);
    maps.push_back(o.map);
    types.push_back(o.value.getType());
  }
  auto op = linalg::GenericOp::create(b, loc, types, ins, outs, maps, iterators,
                                      [&](OpBuilder &nested, Location at, ValueRange args) {
                                        linalg::YieldOp::create(nested, at, body(nested, at, args));
                                      });
  if (!tile.empty())
    op->setAttr(kTileAttr, b.getDenseI64ArrayAttr(tile));
  if (!outer.empty()) {
    SmallVector<int64_t> flat;
    for (auto [dim, step] : outer)
      flat.append({dim, step});
    op->setAttr(kOuterAttr, b.getDenseI64ArrayAttr(flat));
  }
  return llvm::to_vector_of<Value>(op.getResults());
}

Value Lowering::contract(Operand a, Operand w, Operand out, int64_t parallel, ArrayRef<int64_t> tile,
                         ArrayRef<std::pair<int64_t, int64_t>> outer, bool ahead) {
  SmallVector<utils::IteratorType> iterators(a.map.getNumDims(), kReduction);
  std::fill_n(iterators.begin(), parallel, kParallel);
  Value sum = generic({a, w}, {out}, iterators,
                 [](OpBuilder &n, Location at, ValueRange in) {
                   if (in[0].getType().isInteger())
                     return SmallVector<Value>{packed::DotOp::create(n, at, in[2].getType(), in[0], in[1], in[2])};
                   Value product = arith::MulFOp::create(n, at, in[0], in[1]);
                   return SmallVector<Value>{arith::AddFOp::create(n, at, in[2], product)};
                 },
                 tile, outer)[0];
  if (ahead)
    sum.getDefiningOp()->setAttr(kAheadAttr, b.getUnitAttr());
  return sum;
}

/// Whether a batch of such activations is more than a core's share of the last cache.
static bool leavesCaches(Value activation, Type element) {
  constexpr int64_t kImageBytes = 700 << 10;
  auto shape = cast<RankedTensorType>(activation.getType()).getShape();
  return ShapedType::getNumElements(shape.drop_front()) * (element.getIntOrFloatBitWidth() / 8) >= kImageBytes;
}

Value Lowering::elementwise(ValueRange inputs, Value output, Body body) {
  unsigned rank = cast<RankedTensorType>(output.getType()).getRank();
  AffineMap id = b.getMultiDimIdentityMap(rank);
  AffineMap byChannel = AffineMap::get(rank, 0, {b.getAffineDimExpr(1), b.getAffineDimExpr(rank - 1)}, b.getContext());
  SmallVector<Operand> ins;
  for (Value v : inputs)
    ins.push_back({v, cast<RankedTensorType>(v.getType()).getRank() == 2 ? byChannel : id});
  auto widened = [&](OpBuilder &n, Location at, ValueRange in) {
    SmallVector<Value> wide(in);
    for (Value &v : wide)
      if (v.getType().isBF16())
        v = arith::ExtFOp::create(n, at, element, v);
    SmallVector<Value> results = body(n, at, wide);
    if (in.back().getType().isBF16() && !results[0].getType().isBF16())
      results[0] = arith::TruncFOp::create(n, at, in.back().getType(), results[0]);
    return results;
  };
  Value result = generic(ins, {{output, id}}, SmallVector<utils::IteratorType>(rank, kParallel), widened,
                         rank == 5 ? ArrayRef<int64_t>{1, 1, 1} : ArrayRef<int64_t>{})[0];
  if (rank == 5 && seamName(source.getName()) == "gradients" && leavesCaches(output, element))
    result.getDefiningOp()->setAttr(kStreamAttr, b.getUnitAttr());
  return result;
}

SmallVector<Value> Lowering::channelSums(ValueRange inputs, int64_t count, Body body) {
  auto shape = cast<RankedTensorType>(inputs[0].getType()).getShape();
  auto d = [&](unsigned i) { return b.getAffineDimExpr(i); };
  auto map = [&](unsigned dims, ArrayRef<AffineExpr> exprs) { return AffineMap::get(dims, 0, exprs, b.getContext()); };
  // (n, cb, h, c | w)
  SmallVector<Operand> ins, outs;
  for (Value v : inputs)
    ins.push_back({v, cast<RankedTensorType>(v.getType()).getRank() == 2 ? map(5, {d(1), d(3)})
                                                                          : map(5, {d(0), d(1), d(2), d(4), d(3)})});
  for (int64_t i = 0; i < count; ++i)
    outs.push_back({filled(empty({ShapedType::kDynamic, shape[1], shape[2], kBlock}), 0), map(5, {d(0), d(1), d(2), d(3)})});
  SmallVector<Value> rows = generic(ins, outs, {kParallel, kParallel, kParallel, kParallel, kReduction},
                                    [&](OpBuilder &n, Location at, ValueRange in) {
                                      SmallVector<Value> terms = body(n, at, in.drop_back(count));
                                      for (auto [term, sum] : llvm::zip_equal(terms, in.take_back(count)))
                                        term = arith::AddFOp::create(n, at, sum, term);
                                      return terms;
                                    },
                                    {1, 1});
  rows[0].getDefiningOp()->setAttr(kRowSumsAttr, b.getUnitAttr());
  return llvm::map_to_vector(rows, [&](Value row) {
    // (n, cb, c | h)
    Value images = filled(empty({ShapedType::kDynamic, shape[1], kBlock}), 0);
    images = generic({{row, map(4, {d(0), d(1), d(3), d(2)})}}, {{images, map(4, {d(0), d(1), d(2)})}},
                     {kParallel, kParallel, kParallel, kReduction}, sumBody, {1, 1})[0];
    // (cb, c | n)
    Value total = filled(empty({shape[1], kBlock}), 0);
    return generic({{images, map(3, {d(2), d(0), d(1)})}}, {{total, map(3, {d(0), d(1)})}},
                   {kParallel, kParallel, kReduction}, sumBody)[0];
  });
}

Value Lowering::channelwise(ValueRange inputs, Value output, Body body) {
  AffineMap id = b.getMultiDimIdentityMap(2);
  SmallVector<Operand> ins;
  for (Value v : inputs)
    ins.push_back({v, id});
  return generic(ins, {{output, id}}, {kParallel, kParallel}, body)[0];
}
