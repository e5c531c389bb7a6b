//===- Algorithm.h - which algorithm a convolution takes -------*- C++ -*-===//

#ifndef RESNETC_TRANSFORMS_ALGORITHM_H
#define RESNETC_TRANSFORMS_ALGORITHM_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringSet.h"

#include <cstdint>

namespace mlir {
class ModuleOp;
}

namespace mlir::resnet {

/// A convolution's output plane, its channels in and out, and its window.
struct ConvolutionShape {
  int64_t channels, outChannels, height, width, window, stride, padding;
};

/// Whether F(4x4,3x3) can compute it.
bool allowsWinograd(const ConvolutionShape &shape);

/// Multiplications of direct convolution for each one of Winograd's: 4 where
/// tiles of 4x4 cover the plane, less where they reach beyond its edges.
double winogradGain(const ConvolutionShape &shape);

/// Whether F(4x4,3x3) is worth its transforms.
bool prefersWinograd(const ConvolutionShape &shape);

/// The same for a single image of output `y` [N,K,H,W] where the filter is
/// transformed on the way.
bool prefersWinogradForOne(llvm::ArrayRef<int64_t> y);

/// Whether the transformed filter of so many channels in, in whole blocks, is
/// kept as a whole: it takes four times the weight's memory, 38 MB of 512 by 512
/// channels.
bool keepsFilter(int64_t channels);

/// The layers that ChooseConvolution gave to Winograd's algorithm.
llvm::StringSet<> winogradLayers(ModuleOp module);

} // namespace mlir::resnet

#endif // RESNETC_TRANSFORMS_ALGORITHM_H
