//===- Algorithm.cpp - which algorithm a convolution takes ----------------===//

#include "Transforms/Algorithm.h"

#include "Conversion/ParameterLayout.h"
#include "IR/ResnetDialect.h"
#include "IR/WinogradDialect.h"
#include "Transforms/LayerName.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

#include <algorithm>

using namespace mlir;
using namespace mlir::resnet;

ConvolutionShape mlir::resnet::convolutionShape(Value x, Value y, Value weight,
                                                int64_t stride,
                                                int64_t padding) {
  auto in = cast<RankedTensorType>(x.getType());
  auto out = cast<RankedTensorType>(y.getType());
  return ConvolutionShape{
      in.getDimSize(1),
      out.getDimSize(1),
      out.getDimSize(2),
      out.getDimSize(3),
      cast<RankedTensorType>(weight.getType()).getDimSize(2),
      stride,
      padding};
}

ConvolutionShape mlir::resnet::convolutionShape(Conv2dOp op) {
  return convolutionShape(op.getX(), op.getY(), op.getWeight(), op.getStride(),
                          op.getPadding());
}

bool mlir::resnet::allowsWinograd(const ConvolutionShape &s) {
  return s.window == 3 && s.stride <= 2 && s.padding == 1;
}

bool mlir::resnet::allowsWinogradStem(const ConvolutionShape &s) {
  using Tiles = winograd::StemTiles;
  return s.window == Tiles::kWindow && s.stride == Tiles::kStride &&
         s.padding == Tiles::kPadding && s.channels <= Tiles::kPixel &&
         s.width >= Tiles::kOutputs;
}

bool mlir::resnet::prefersWinogradStem(const ConvolutionShape &s) {
  // Fewer tiles in a row leave registers empty.
  constexpr int64_t kTiles = 6;
  return allowsWinogradStem(s) &&
         winograd::StemTiles{s.width, s.channels}.count() >= kTiles;
}

double mlir::resnet::winogradGain(const ConvolutionShape &s, Cover cover) {
  if (winograd::isStem(cover)) {
    winograd::StemTiles tiles{s.width, s.channels};
    return static_cast<double>(tiles.kWindow * s.width) /
           (tiles.kPoints * tiles.count());
  }
  winograd::Tiles tiles(s.height, s.width, cover);
  return 9.0 * s.height * s.width /
         (tiles.rows.points() * tiles.columns.points());
}

/// Tiles of 5 save 12 % more of the products than those of 3, and take twice the
/// filter. To bring an element of its panels to a task costs as much as some ten of
/// its multiply-adds (measured), once an image.
static Cover coverOfStrided(const ConvolutionShape &s) {
  constexpr int64_t kPanel = 10;
  auto cost = [&](Cover cover) {
    winograd::Tiles tiles(s.height, s.width, cover);
    return tiles.rows.points() * tiles.columns.points() +
           kPanel * winograd::pointsOf(cover);
  };
  Cover best{3, 3};
  for (Cover next : {Cover{3, 5}, {5, 3}, {5, 5}})
    if (cost(next) < cost(best))
      best = next;
  return best;
}

bool mlir::resnet::prefersWinograd(const ConvolutionShape &s) {
  // The transforms of a tile are some 300 operations a channel, its products
  // 36 multiply-adds a pair of channels.
  constexpr int64_t kChannels = 64;
  constexpr double kGain = 1.8, kStridedGain = 1.5;
  return allowsWinograd(s) && std::min(s.channels, s.outChannels) >= kChannels &&
         (s.stride == 1 ? winogradGain(s, {4, 4}) >= kGain
                        : winogradGain(s, coverOfStrided(s)) >= kStridedGain);
}

Cover mlir::resnet::coverOf(const ConvolutionShape &s, bool kept) {
  // Larger tiles cost more in transforms, which products with fewer channels do
  // not earn, and lose two bits more.
  constexpr int64_t kChannels = 128;
  constexpr double kGain = 1.15;
  if (s.stride == 2)
    return coverOfStrided(s);
  bool larger = kept && keepsFilter(s.channels, s.outChannels) &&
                std::min(s.channels, s.outChannels) >= kChannels &&
                winogradGain(s, {6, 6}) >= kGain * winogradGain(s, {4, 4});
  return larger ? Cover{6, 6} : Cover{4, 4};
}

bool mlir::resnet::prefersWinogradForOne(llvm::ArrayRef<int64_t> y,
                                         llvm::ArrayRef<int64_t> cover) {
  // To transform a window of one pair of channels costs about what its products
  // with four tiles do, and these gain three quarters of direct ones.
  constexpr int64_t kTiles = 9;
  return winograd::Axis{cover[0], cover[0]}.stride() == 1 &&
         winograd::Tiles(y[2], y[3], cover).count() >= kTiles;
}

bool mlir::resnet::keepsFilter(int64_t channels, int64_t outChannels) {
  constexpr int64_t kWideChannels = 512;
  return blocks(std::max(channels, outChannels)) * kBlock < kWideChannels;
}

llvm::StringMap<Cover> mlir::resnet::winogradLayers(ModuleOp module) {
  llvm::StringMap<Cover> layers;
  module.walk([&](Conv2dOp op) {
    if (std::optional<llvm::ArrayRef<int64_t>> cover = op.getWinograd())
      layers[layerName(op)] = {(*cover)[0], (*cover)[1]};
  });
  return layers;
}

std::vector<std::string> mlir::resnet::directForOne(ModuleOp module) {
  std::vector<std::string> direct;
  for (StringRef name : {"features", "logits"}) {
    auto usual = module.lookupSymbol<func::FuncOp>(name);
    auto single = module.lookupSymbol<func::FuncOp>((name + kSingleSuffix).str());
    if (!usual || !single)
      continue;
    for (auto [conv, one] :
         llvm::zip_equal(usual.getOps<Conv2dOp>(), single.getOps<Conv2dOp>()))
      if (conv.getWinograd() && !one.getWinograd())
        direct.push_back(layerName(one).str());
  }
  return direct;
}
