//===- PackedDialect.h - several narrow numbers in one lane ----*- C++ -*-===//

#ifndef RESNETC_IR_PACKEDDIALECT_H
#define RESNETC_IR_PACKEDDIALECT_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

#include "IR/PackedDialect.h.inc"

#define GET_OP_CLASSES
#include "IR/PackedOps.h.inc"

namespace mlir::packed {

/// bf16 and int8 in a lane.
inline constexpr int64_t kPair = 2, kQuad = 4;

/// Numbers of a type in a lane; 0 where they are none.
inline int64_t inLane(Type narrow) { return narrow.isBF16() ? kPair : narrow.isInteger(8) ? kQuad : 0; }

void registerBufferization(DialectRegistry &registry);

} // namespace mlir::packed

#endif // RESNETC_IR_PACKEDDIALECT_H
