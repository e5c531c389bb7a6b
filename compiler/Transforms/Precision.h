//===- Precision.h - which convolutions compute in bf16 --------*- C++ -*-===//

#ifndef RESNETC_TRANSFORMS_PRECISION_H
#define RESNETC_TRANSFORMS_PRECISION_H

#include "Transforms/Algorithm.h"

#include <string>
#include <vector>

namespace mlir::func {
class FuncOp;
}

namespace mlir::resnet {

/// Products that vdpbf16ps does for each one of a float32 multiply-add, and
/// the share of that and of Winograd's gain that kernels reach (measured:
/// docs/performance.md, of a Zen 5).
inline constexpr double kBf16Gain = 2.0, kBf16Yield = 0.95,
                        kWinogradYield = 0.72;

/// Whether bf16 is faster than Winograd's algorithm in float32.
bool bf16BeatsWinograd(const ConvolutionShape &shape);

/// How a convolution of the frozen prefix computes.
struct LayerPrecision {
  std::string layer;
  bool bf16;
  std::string why;
};

/// Of each convolution of `features`, in its order; nothing for a null
/// function.
std::vector<LayerPrecision> precisionsOf(func::FuncOp features);

} // namespace mlir::resnet

#endif // RESNETC_TRANSFORMS_PRECISION_H
