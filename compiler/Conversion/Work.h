//===- Work.h - which part of a step an op belongs to ----------*- C++ -*-===//
//
// A measurement tells a step's parts apart: a layer in one direction, or operations of another kind. The lowering gives the part to the ops
// that it makes in the metadata of their locations, which the passes behind it carry along and no emitted code depends on; OutlineKernels reads it
// off each parallel loop, and ModelTable writes the table.
//
//===----------------------------------------------------------------------===//

#ifndef RESNETC_CONVERSION_WORK_H
#define RESNETC_CONVERSION_WORK_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Location.h"
#include "mlir/IR/Operation.h"
#include "resnetc/abi.h"

namespace mlir::resnet {

/// As `resnetc_work` has it.
struct Work {
  StringRef name;
  resnetc_direction direction = RESNETC_OTHER;
  int64_t flops = 0, bytesPerImage = 0, bytes = 0;

  DictionaryAttr toAttr(MLIRContext *context) const;
  static Work fromAttr(DictionaryAttr attr);
};

/// On a parallel loop's body: its work, an array of `Work::toAttr`.
inline constexpr StringLiteral kWorkAttr = "resnet.work";

/// The work of an op of the `resnet` dialect; without a name where it is not worth telling of.
Work workOf(Operation *op);

/// `loc`, telling of `work` where that has a name.
Location withWork(Location loc, const Work &work);

/// What `withWork` put there, or null.
DictionaryAttr workAt(Location loc);

} // namespace mlir::resnet

#endif // RESNETC_CONVERSION_WORK_H
