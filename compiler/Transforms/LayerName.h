//===- LayerName.h - which layer an op belongs to --------------*- C++ -*-===//

#ifndef RESNETC_TRANSFORMS_LAYERNAME_H
#define RESNETC_TRANSFORMS_LAYERNAME_H

#include "mlir/IR/Location.h"
#include "mlir/IR/Operation.h"

namespace mlir::resnet {

/// torchvision's name of the layer, which the frontend gave the op as its
/// location; empty for an op that owns no tensor.
inline StringRef layerName(Operation *op) {
  auto loc = dyn_cast<NameLoc>(op->getLoc());
  return loc ? loc.getName().strref() : "";
}

} // namespace mlir::resnet

#endif // RESNETC_TRANSFORMS_LAYERNAME_H
