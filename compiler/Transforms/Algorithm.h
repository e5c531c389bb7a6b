//===- Algorithm.h - which algorithm a convolution takes -------*- C++ -*-===//

#ifndef RESNETC_TRANSFORMS_ALGORITHM_H
#define RESNETC_TRANSFORMS_ALGORITHM_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringMap.h"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace mlir {
class ModuleOp;
class Value;
} // namespace mlir

namespace mlir::resnet {

class Conv2dOp;

/// A convolution's output plane, its channels in and out, and its window.
struct ConvolutionShape {
  int64_t channels, outChannels, height, width, window, stride, padding;
};

/// Of the forward convolution x -> y.
ConvolutionShape convolutionShape(Value x, Value y, Value weight, int64_t stride,
                                  int64_t padding);
ConvolutionShape convolutionShape(Conv2dOp op);

/// Outputs along rows and columns of the largest tiles that Winograd's algorithm
/// computes a plane by.
using Cover = std::array<int64_t, 2>;

/// Whether Winograd's algorithm can compute it.
bool allowsWinograd(const ConvolutionShape &shape);

/// Whether it is a first convolution that Winograd's algorithm can compute along
/// rows: of images, 7x7 and of stride 2.
bool allowsWinogradStem(const ConvolutionShape &shape);

/// Whether that is worth its transforms.
bool prefersWinogradStem(const ConvolutionShape &shape);

/// Multiplications of direct convolution for each one of Winograd's: 4 where
/// tiles of 4x4 cover the plane, 1.65 those of 3x3 at a stride of 2, less where they
/// reach beyond its edges.
double winogradGain(const ConvolutionShape &shape, Cover cover);

/// Whether Winograd's algorithm is worth its transforms.
bool prefersWinograd(const ConvolutionShape &shape);

/// The cover of a forward convolution whose filter is transformed once (`kept`),
/// or of one, or of a dx, whose filter is transformed in each step.
Cover coverOf(const ConvolutionShape &shape, bool kept);

/// Whether Winograd's algorithm is worth it for a single image of output `y`
/// [N,K,H,W] where the filter is transformed on the way; at a stride of 2 it is
/// not.
bool prefersWinogradForOne(llvm::ArrayRef<int64_t> y,
                           llvm::ArrayRef<int64_t> cover);

/// Whether the transformed filter of so many channels in and out, in whole
/// blocks, is kept as a whole: it takes up to four times the weight's memory, 38 MB
/// of 512 by 512 channels.
bool keepsFilter(int64_t channels, int64_t outChannels);

/// The layers that ChooseConvolution gave to Winograd's algorithm, with the covers
/// of their forward convolutions.
llvm::StringMap<Cover> winogradLayers(ModuleOp module);

/// Those of them that SingleImage computes directly for one image alone.
std::vector<std::string> directForOne(ModuleOp module);

} // namespace mlir::resnet

#endif // RESNETC_TRANSFORMS_ALGORITHM_H
