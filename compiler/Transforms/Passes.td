//===- Passes.td - passes within the `resnet` dialect ---------*- tablegen -*-===//

#ifndef RESNET_TRANSFORMS_PASSES_TD
#define RESNET_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def Freeze : Pass<"resnet-freeze", "ModuleOp"> {
  let summary = "decide what each batch norm does in training, and where the frozen prefix ends";
}

#endif
