//===- ParameterLayout.h - where each parameter lives, and how -*- C++ -*-===//
//
// The one owner of two decisions: in which flat buffer a parameter lies, and in which blocked form. The lowering reads
// parameters by it, and the model's table tells the runtime how to pack them by it.
//
//===----------------------------------------------------------------------===//

#ifndef RESNETC_CONVERSION_PARAMETERLAYOUT_H
#define RESNETC_CONVERSION_PARAMETERLAYOUT_H

#include "IR/ResnetDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

#include <array>

namespace mlir::resnet {

/// Channels a block.
inline constexpr int64_t kBlock = 32;

inline int64_t blocks(int64_t channels) { return (channels + kBlock - 1) / kBlock; }

/// Images in a call of @features or @logits at most: what a last-level cache holds the activations of.
inline constexpr int64_t kFeatureBatch = 8;

/// The dense blocked shape of a logical [N,C,H,W] or [N,C]: [n][C/32][H][W][32] or [n][C/32][32]. A record holds its values so.
SmallVector<int64_t> blockedShape(Type activation);

/// Elements of one image in such a shape.
int64_t elementsPerImage(ArrayRef<int64_t> blockedShape);

/// A dense row-major array in which dimension d has `sizes[d]` elements and adds index * `steps[d]` to the logical index
/// along dimension `dims[d]` (see resnetc_tensor in abi.h).
struct BlockedForm {
  SmallVector<int64_t> sizes, steps;
  SmallVector<int32_t> dims;

  int64_t count() const;
};

/// The flat buffers; the first three are `resnetc_space` of abi.h.
enum class Space { Frozen, Trained, Stats, Counter, FrozenDerived, TrainedDerived, Scales };
inline constexpr int kSpaces = 7;

/// The name of a space's buffer in `resnetc_call`; none for Counter.
StringRef bufferName(Space space);

struct Placement {
  Space space;
  int64_t offset; // in elements
  BlockedForm form;
  bool packed = false; // each element is a lane of two bf16 or four int8
};

class ParameterLayout {
public:
  explicit ParameterLayout(ModuleOp module);

  /// The place of a `resnet.parameter`, `resnet.slot` or `resnet.scale`.
  const Placement &lookUp(StringRef symbol) const { return placements.at(symbol); }

  /// Elements of a buffer; of FrozenDerived that of @prepare and @features.
  int64_t size(Space space) const { return sizes[static_cast<int>(space)]; }

  /// Elements of FrozenDerived that @prepare_f32 and @features_f32 use. What one of the two precisions alone reads lies behind what
  /// both do, at the same place.
  int64_t plainDerivedSize() const { return plainDerived; }

  /// Elements of a buffer at most.
  int64_t extent(Space space) const { return space == Space::FrozenDerived ? std::max(size(space), plainDerived) : size(space); }

private:
  void place(StringRef symbol, Space space, BlockedForm form, bool packed = false);

  llvm::StringMap<Placement> placements;
  std::array<int64_t, kSpaces> sizes{};
  int64_t plainDerived = 0;
};

/// Whether a value of a split function is images as the loader gives them (NHWC, unpadded): the argument of @features, or
/// where there is none, the first argument of @gradients and @logits.
bool isImages(Value value);

/// Whether a convolution reads images, as they are or in int8.
bool readsImages(Conv2dOp op);

} // namespace mlir::resnet

#endif // RESNETC_CONVERSION_PARAMETERLAYOUT_H
