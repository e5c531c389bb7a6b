//===- Precision.h - which convolutions compute in what --------*- C++ -*-===//

#ifndef RESNETC_TRANSFORMS_PRECISION_H
#define RESNETC_TRANSFORMS_PRECISION_H

#include "IR/ResnetDialect.h"
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
bool bf16BeatsWinograd(const ConvolutionShape &shape, Cover cover);

/// Why a convolution of the frozen prefix cannot compute in int8; empty where it
/// can. Activations that may be negative would need a zero point other than 0:
/// images alone have one.
std::string whyNotInt8(Conv2dOp op);

/// How a convolution of the frozen prefix computes.
struct LayerPrecision {
  std::string layer;
  std::string type; // "f32", "bf16" or "int8"
  std::string why;
};

/// Of each convolution of `features`, in its order, as `precision` made it;
/// nothing for a null function.
std::vector<LayerPrecision> precisionsOf(func::FuncOp features, StringRef precision);

} // namespace mlir::resnet

#endif // RESNETC_TRANSFORMS_PRECISION_H
