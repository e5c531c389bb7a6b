//===- ResnetDialect.td - the `resnet` dialect ----------------*- tablegen -*-===//

#ifndef RESNET_DIALECT_TD
#define RESNET_DIALECT_TD

include "mlir/IR/OpBase.td"

def ResnetDialect : Dialect {
  let name = "resnet";
  let cppNamespace = "::mlir::resnet";
  let summary = "ResNets, their gradients and their training step";
  let description = [{
    Values are logical tensors: activations `tensor<?xCxHxW>` with a dynamic batch, feature vectors `tensor<?xC>`,
    parameters in torchvision's shapes. Nothing in this dialect knows of blocks, halos or threads; the lowering to
    linalg adds them. All ops are pure but those that name a parameter or a slot to write
    (`accumulate_gradient`, `update_statistics`, `write`).
  }];
}

#endif
