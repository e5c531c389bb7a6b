//===- ParameterLayout.cpp - where each parameter lives, and how ----------===//

#include "Conversion/ParameterLayout.h"

#include "IR/PackedDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <numeric>

using namespace mlir;
using namespace mlir::resnet;

static int64_t product(ArrayRef<int64_t> sizes) {
  return std::accumulate(sizes.begin(), sizes.end(), int64_t(1), std::multiplies<>());
}

SmallVector<int64_t> mlir::resnet::blockedShape(Type activation) {
  auto type = cast<RankedTensorType>(activation);
  SmallVector<int64_t> shape{ShapedType::kDynamic, blocks(type.getDimSize(1))};
  llvm::append_range(shape, type.getShape().drop_front(2));
  shape.push_back(kBlock);
  return shape;
}

int64_t mlir::resnet::elementsPerImage(ArrayRef<int64_t> blockedShape) { return product(blockedShape.drop_front()); }

int64_t BlockedForm::count() const { return product(sizes); }

StringRef mlir::resnet::bufferName(Space space) {
  switch (space) {
  case Space::Frozen:
    return "frozen";
  case Space::Trained:
    return "trained";
  case Space::Stats:
    return "stats";
  case Space::FrozenDerived:
    return "frozen_derived";
  case Space::TrainedDerived:
    return "trained_derived";
  case Space::Scales:
    return "scales";
  case Space::Counter:
    break;
  }
  llvm_unreachable("counters have no buffer");
}

bool mlir::resnet::isImages(Value value) {
  auto argument = dyn_cast<BlockArgument>(value);
  if (!argument || argument.getArgNumber() != 0)
    return false;
  auto func = dyn_cast<func::FuncOp>(argument.getOwner()->getParentOp());
  if (!func || cast<RankedTensorType>(value.getType()).getRank() != 4)
    return false;
  return takesImages(func.getName()) || !func->getParentOfType<ModuleOp>().lookupSymbol("features");
}

bool mlir::resnet::readsImages(Conv2dOp op) {
  auto quantize = op.getX().getDefiningOp<QuantizeOp>();
  return isImages(quantize ? quantize.getX() : op.getX());
}

/// [C] -> [C/32][32].
static BlockedForm vectorForm(int64_t channels) { return {{blocks(channels), kBlock}, {kBlock, 1}, {0, 0}}; }

/// [K,C,R,S] -> [K/32][C/32][R][S][32 of C][32 of K].
static BlockedForm convForm(ArrayRef<int64_t> s) {
  return {{blocks(s[0]), blocks(s[1]), s[2], s[3], kBlock, kBlock}, {kBlock, kBlock, 1, 1, 1, 1}, {0, 1, 2, 3, 1, 0}};
}

/// [K,C,R,S] -> [K/32][R][S][C][32 of K]: (S, C) is contiguous as in an image's row.
static BlockedForm stemForm(ArrayRef<int64_t> s) {
  return {{blocks(s[0]), s[2], s[3], s[1], kBlock}, {kBlock, 1, 1, 1, 1}, {0, 2, 3, 1, 0}};
}

/// The same in lanes of input channels, [K/32][C/32][R][S][lanes of 32 of C][32 of K]. It is no array of the logical tensor's elements,
/// so that sizes alone tell of it.
static BlockedForm packedForm(RankedTensorType type, bool stem) {
  ArrayRef<int64_t> s = type.getShape();
  int64_t count = packed::inLane(type.getElementType());
  if (stem && count == packed::kPair) // two of (S, C)
    return {{blocks(s[0]), s[2], static_cast<int64_t>(llvm::divideCeil(s[3] * s[1], count)), kBlock}, {}, {}};
  if (stem) // a pixel
    return {{blocks(s[0]), s[2], s[3], kBlock}, {}, {}};
  return {{blocks(s[0]), blocks(s[1]), s[2], s[3], kBlock / count, kBlock}, {}, {}};
}

/// [K,C] -> [K/32][C/32][32 of C][32 of K].
static BlockedForm linearForm(ArrayRef<int64_t> s) {
  return {{blocks(s[0]), blocks(s[1]), kBlock, kBlock}, {kBlock, kBlock, 1, 1}, {0, 1, 1, 0}};
}

/// The weights of convolutions that read images.
static llvm::StringSet<> stemWeights(ModuleOp module) {
  llvm::StringSet<> names;
  module.walk([&](Conv2dOp op) {
    if (!readsImages(op))
      return;
    if (auto read = op.getWeight().getDefiningOp<ReadOp>())
      names.insert(read.getSource());
  });
  module.walk([&](WriteOp op) { // and what a slot among them was rounded from
    auto *round = op.getValue().getDefiningOp();
    if (!isa_and_nonnull<RoundOp, QuantizeWeightOp>(round) || !names.contains(op.getSlot()))
      return;
    if (auto read = round->getOperand(0).getDefiningOp<ReadOp>())
      names.insert(read.getSource());
  });
  return names;
}

static BlockedForm formOf(ParameterOp op, bool stem) {
  ArrayRef<int64_t> shape = cast<RankedTensorType>(op.getType()).getShape();
  if (op.getRole() == "conv_weight")
    return stem ? stemForm(shape) : convForm(shape);
  if (op.getRole() == "linear_weight")
    return linearForm(shape);
  return vectorForm(shape[0]);
}

/// What `winograd.filter` gives: [K/32][36][C+1][32 of K]. The runtime never packs it: steps and dimensions are no one's business.
static BlockedForm filterForm(ArrayRef<int64_t> s) { return {{blocks(s[0]), s[2] * s[3], blocks(s[1]) * kBlock + 1, kBlock}, {}, {}}; }

static BlockedForm formOf(SlotOp op) {
  ArrayRef<int64_t> shape = cast<RankedTensorType>(op.getType()).getShape();
  return shape.size() == 4 ? filterForm(shape) : vectorForm(shape[0]);
}

ParameterLayout::ParameterLayout(ModuleOp module) {
  llvm::StringSet<> stems = stemWeights(module);
  for (auto op : module.getOps<ParameterOp>()) {
    if (op.getRole() == "bn_count")
      place(op.getSymName(), Space::Counter, {});
    else
      place(op.getSymName(), op.getTrained() ? Space::Trained : op.getMoves() ? Space::Stats : Space::Frozen,
            formOf(op, stems.contains(op.getSymName())));
  }
  auto placeSlots = [&](std::optional<StringRef> only) {
    for (auto op : module.getOps<SlotOp>()) {
      if (op.getOnly() != only)
        continue;
      auto type = cast<RankedTensorType>(op.getType());
      bool packed = packed::inLane(type.getElementType());
      place(op.getSymName(), op.getWhen() == "prepare" ? Space::FrozenDerived : Space::TrainedDerived,
            packed ? packedForm(type, stems.contains(op.getSymName())) : formOf(op), packed);
    }
  };
  int64_t &derived = sizes[static_cast<int>(Space::FrozenDerived)];
  placeSlots(std::nullopt);
  int64_t common = derived;
  placeSlots(StringRef(kPlainFeatures));
  plainDerived = std::exchange(derived, common);
  placeSlots(StringRef("features"));
  for (auto op : module.getOps<ScaleOp>())
    place(op.getSymName(), Space::Scales, {{1}, {}, {}});
}

void ParameterLayout::place(StringRef symbol, Space space, BlockedForm form, bool packed) {
  int64_t &size = sizes[static_cast<int>(space)];
  int64_t offset = size;
  size += space == Space::Counter ? 1 : form.count();
  placements[symbol] = {space, offset, std::move(form), packed};
}
