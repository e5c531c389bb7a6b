//===- Quantize.cpp - the frozen prefix in int8 ---------------------------===//

#include "Conversion/ParameterLayout.h"
#include "Transforms/Passes.h"
#include "Transforms/Precision.h"
#include "Transforms/PreparedSlot.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"

namespace mlir::resnet {
#define GEN_PASS_DEF_QUANTIZE
#include "Transforms/Passes.h.inc"

namespace {

RankedTensorType withElement(Type type, Type element) { return cast<RankedTensorType>(type).clone(element); }

/// Takes the images of a function of the seam to no results: what is read by side effects alone.
void dropResults(func::FuncOp func) {
  Block &body = func.getBody().front();
  body.getTerminator()->setOperands(ValueRange());
  func.setFunctionType(FunctionType::get(func.getContext(), func.getArgumentTypes(), {}));
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(body)))
    if (isOpTriviallyDead(&op))
      op.erase();
}

/// Makes @features int8, with what @prepare computes for it and the scales that it is asked for.
class Quantizer {
public:
  /// `counted` maps what @features computed in float32 to the same in @calibrate.
  Quantizer(ModuleOp module, func::FuncOp features, IRMapping counted)
      : symbols(module), features(features), prepare(module.lookupSymbol<func::FuncOp>("prepare")), counted(std::move(counted)),
        b(module.getContext()), ui8(b.getIntegerType(8, false)), si8(b.getIntegerType(8, true)) {}

  void run() {
    for (auto conv : features.getOps<Conv2dOp>())
      if (whyNotInt8(conv).empty())
        narrow.insert(conv);
    chooseStored();
    for (auto conv : llvm::make_early_inc_range(features.getOps<Conv2dOp>()))
      if (narrow.contains(conv))
        quantize(conv);
  }

private:
  //===--- what is stored how ---===//

  /// Whether all readers of an activation take it in int8, and one computes in it. What a max pool gives has its input's scale.
  bool wantsBytes(Value v) {
    bool computes = false;
    for (OpOperand &use : v.getUses()) {
      auto conv = dyn_cast<Conv2dOp>(use.getOwner());
      auto pool = dyn_cast<MaxPoolOp>(use.getOwner());
      if (conv ? !narrow.contains(conv) : !pool || pool.getWinner() || !bytes.contains(pool.getY()))
        return false;
      computes |= pool || use.get() == conv.getX();
    }
    return computes;
  }

  /// Whether narrow convolutions alone read it, as their residual.
  bool isResidual(Value v) {
    return llvm::all_of(v.getUses(), [&](OpOperand &use) {
      auto conv = dyn_cast<Conv2dOp>(use.getOwner());
      return conv && narrow.contains(conv) && use.get() == conv.getResidual();
    });
  }

  void chooseStored() {
    for (Operation &op : llvm::reverse(features.getBody().front()))
      if (isa<Conv2dOp, MaxPoolOp>(op) && wantsBytes(op.getResult(0)))
        bytes.insert(op.getResult(0));
    for (Operation &op : features.getBody().front()) {
      auto conv = dyn_cast<Conv2dOp>(op);
      auto pool = dyn_cast<MaxPoolOp>(op);
      if (conv ? !narrow.contains(conv) : !pool)
        continue;
      Value y = op.getResult(0);
      if (bytes.contains(y) && (conv ? conv.getRelu() : getElementTypeOrSelf(pool.getX()) == ui8))
        y.setType(withElement(y.getType(), ui8));
      else if (conv && isResidual(y))
        y.setType(withElement(y.getType(), b.getBF16Type()));
    }
  }

  //===--- scales ---===//

  /// The row of an activation `v` of float32 in the network as it was, named after `name`, and its counts.
  ScaleOp makeScale(Value v, StringRef name, bool isSigned) {
    OpBuilder before(prepare);
    auto scale = ScaleOp::create(before, v.getLoc(), name, isSigned);
    symbols.insert(scale); // renames it where the name is taken
    while (v.hasOneUse() && isa<MaxPoolOp>(*v.user_begin()))
      v = v.user_begin()->getResult(0);
    Value same = counted.lookup(v);
    OpBuilder after(b.getContext());
    after.setInsertionPointAfterValue(same);
    HistogramOp::create(after, v.getLoc(), same, scale.getSymName());
    return scale;
  }

  /// A convolution's layer, by its weight's name.
  static StringRef layerOf(Conv2dOp conv) {
    StringRef name = conv.getWeight().getDefiningOp<ReadOp>().getSource();
    if (!name.consume_back(".weight"))
      name.consume_back(".int8");
    return name;
  }

  std::string nameOf(Value v, Conv2dOp reader) {
    if (isImages(v))
      return "images";
    while (auto pool = v.getDefiningOp<MaxPoolOp>())
      v = pool.getX();
    auto conv = v.getDefiningOp<Conv2dOp>();
    return conv ? layerOf(conv).str() : (layerOf(reader) + ".input").str();
  }

  FlatSymbolRefAttr scaleOf(Value v) {
    while (auto pool = v.getDefiningOp<MaxPoolOp>())
      v = pool.getX();
    ScaleOp scale = scales.lookup(v);
    return scale ? FlatSymbolRefAttr::get(scale.getSymNameAttr()) : FlatSymbolRefAttr();
  }

  /// What a convolution reads, in int8.
  Value inBytes(Value x, Conv2dOp reader) {
    if (isa<IntegerType>(getElementTypeOrSelf(x)))
      return x;
    Value &q = quantized[x];
    if (q)
      return q;
    bool images = isImages(x);
    std::string name = nameOf(x, reader);
    ScaleOp scale = makeScale(x, name, images);
    OpBuilder at(reader);
    int64_t channels = cast<RankedTensorType>(x.getType()).getDimSize(1);
    Value factor = ratio(at, name, "factor", channels, FlatSymbolRefAttr(), FlatSymbolRefAttr::get(scale.getSymNameAttr()));
    q = QuantizeOp::create(at, x.getLoc(), withElement(x.getType(), images ? si8 : ui8), x, factor);
    scales[q] = scale;
    return q;
  }

  //===--- slots ---===//

  Value read(OpBuilder &at, SlotOp slot) { return ReadOp::create(at, slot.getLoc(), slot.getType(), slot.getSymName()); }

  /// A slot of `layer` with `value`, which stands in @prepare.
  SlotOp makeSlot(StringRef layer, StringRef suffix, Value value) {
    return makePreparedSlot(symbols, prepare, layer + "." + suffix, value);
  }

  OpBuilder atEnd() { return OpBuilder(prepare.getBody().front().getTerminator()); }

  Value ratio(OpBuilder &at, StringRef layer, StringRef suffix, int64_t channels, FlatSymbolRefAttr over, FlatSymbolRefAttr under) {
    OpBuilder end = atEnd();
    auto type = RankedTensorType::get({channels}, b.getF32Type());
    return read(at, makeSlot(layer, suffix, ScaleRatioOp::create(end, at.getInsertionPoint()->getLoc(), type, over, under)));
  }

  /// In @prepare, what @features reads there: what a slot is written with, or a parameter.
  Value inPrepare(Value v) {
    if (!v)
      return v;
    auto read = v.getDefiningOp<ReadOp>();
    for (auto write : prepare.getOps<WriteOp>())
      if (write.getSlot() == read.getSource())
        return write.getValue();
    OpBuilder end = atEnd();
    return end.clone(*read)->getResult(0);
  }

  //===--- convolutions ---===//

  void quantize(Conv2dOp conv) {
    Location loc = conv.getLoc();
    std::string layer = layerOf(conv).str();
    Value x = inBytes(conv.getX(), conv), y = conv.getY();
    bool isSigned = getElementTypeOrSelf(x).isSignedInteger(), bytes = getElementTypeOrSelf(y) == ui8;
    if (bytes)
      scales[y] = makeScale(y, layer, /*isSigned=*/false);
    OpBuilder end = atEnd();
    Value weight = inPrepare(conv.getWeight());
    auto vector = RankedTensorType::get({cast<RankedTensorType>(y.getType()).getDimSize(1)}, b.getF32Type());
    Value scale = inPrepare(conv.getScale()), shift = inPrepare(conv.getShift());
    auto q = QuantizeWeightOp::create(end, loc, withElement(weight.getType(), si8), vector, vector, weight);
    auto fold = FoldScalesOp::create(end, loc, vector, vector, q.getScale(), isSigned ? q.getSums() : Value(), scale, shift, scaleOf(x),
                                     bytes ? scaleOf(y) : FlatSymbolRefAttr());
    OpBuilder at(conv);
    conv.getXMutable().assign(x);
    conv.getWeightMutable().assign(read(at, makeSlot(layer, "int8", q.getQuantized())));
    conv.getScaleMutable().assign(read(at, makeSlot(layer, "scale", fold.getFactor())));
    conv.getShiftMutable().assign(read(at, makeSlot(layer, "shift", fold.getOffset())));
    conv.removeWinogradAttr();
    Value residual = conv.getResidual();
    if (residual && (bytes || getElementTypeOrSelf(residual) == ui8))
      conv.getResidualScaleMutable().assign(ratio(at, layer, "residual", vector.getDimSize(0), scaleOf(residual),
                                                  bytes ? scaleOf(y) : FlatSymbolRefAttr()));
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(*conv->getBlock()))) // reads of what is no longer read
      if (isa<ReadOp>(op) && op.use_empty())
        op.erase();
  }

  SymbolTable symbols;
  func::FuncOp features, prepare;
  IRMapping counted;
  OpBuilder b;
  IntegerType ui8, si8;
  llvm::DenseSet<Operation *> narrow;
  llvm::DenseSet<Value> bytes; // results that all readers would take so
  llvm::DenseMap<Value, ScaleOp> scales;
  llvm::DenseMap<Value, Value> quantized; // by what is float32
};

struct Quantize : impl::QuantizeBase<Quantize> {
  void runOnOperation() override {
    auto features = getOperation().lookupSymbol<func::FuncOp>("features");
    if (!features)
      return;
    OpBuilder b(&getContext());
    b.setInsertionPointAfter(features);
    IRMapping counted;
    auto plain = cast<func::FuncOp>(b.clone(*features)), calibrate = cast<func::FuncOp>(b.clone(*features, counted));
    plain.setSymName(kPlainFeatures);
    calibrate.setSymName(kCalibrate);
    Quantizer(getOperation(), features, counted).run();
    dropResults(calibrate);
  }
};

} // namespace
} // namespace mlir::resnet
