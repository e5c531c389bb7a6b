//===- Import.h - from the graph of a spec to the `resnet` dialect -*- C++
//-*-===//

#ifndef RESNETC_FRONTEND_IMPORT_H
#define RESNETC_FRONTEND_IMPORT_H

#include "resnetc/graph.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace mlir::resnet {

/// The forward program of a valid graph: a `resnet.parameter` for each tensor
/// of the state_dict, in torchvision's order, and `@forward(images:
/// tensor<?xCxHxW>) -> tensor<?xK>`. What is trained is on the parameters, what
/// a frozen batch norm does (`policy`) on the ops. `elementType` is f32 or f64.
/// Loads the dialects that it needs into `context`.
OwningOpRef<ModuleOp> importGraph(const resnetc::graph &graph,
                                  MLIRContext &context, Type elementType);

} // namespace mlir::resnet

#endif // RESNETC_FRONTEND_IMPORT_H
