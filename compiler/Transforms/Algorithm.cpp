//===- Algorithm.cpp - which algorithm a convolution takes ----------------===//

#include "Transforms/Algorithm.h"

#include "Conversion/ParameterLayout.h"
#include "IR/ResnetDialect.h"
#include "Transforms/LayerName.h"
#include "mlir/IR/BuiltinOps.h"

#include <algorithm>

using namespace mlir;
using namespace mlir::resnet;

bool mlir::resnet::allowsWinograd(const ConvolutionShape &s) {
  return s.window == 3 && s.stride == 1 && s.padding == 1;
}

/// Tiles of 4x4 that cover a plane.
static int64_t tilesOver(int64_t height, int64_t width) {
  return ((height + 3) / 4) * ((width + 3) / 4);
}

double mlir::resnet::winogradGain(const ConvolutionShape &s) {
  return 9.0 * s.height * s.width / (36.0 * tilesOver(s.height, s.width));
}

bool mlir::resnet::prefersWinograd(const ConvolutionShape &s) {
  // The transforms of a tile are some 300 operations a channel, its products
  // 36 multiply-adds a pair of channels.
  constexpr int64_t kChannels = 64;
  constexpr double kGain = 1.8;
  return allowsWinograd(s) && std::min(s.channels, s.outChannels) >= kChannels &&
         winogradGain(s) >= kGain;
}

bool mlir::resnet::prefersWinogradForOne(llvm::ArrayRef<int64_t> y) {
  // To transform a window of one pair of channels costs about what its products
  // with four tiles do, and these gain three quarters of direct ones.
  constexpr int64_t kTiles = 9;
  return tilesOver(y[2], y[3]) >= kTiles;
}

bool mlir::resnet::keepsFilter(int64_t channels) {
  constexpr int64_t kWideChannels = 512;
  return blocks(channels) * kBlock < kWideChannels;
}

llvm::StringSet<> mlir::resnet::winogradLayers(ModuleOp module) {
  llvm::StringSet<> layers;
  module.walk([&](Conv2dOp op) {
    if (op.getWinograd())
      layers.insert(layerName(op));
  });
  return layers;
}
