//===- ResnetDialect.cpp - the `resnet` dialect ---------------------------===//

#include "IR/ResnetDialect.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/IR/OpImplementation.h"

using namespace mlir;
using namespace mlir::resnet;

#include "IR/ResnetDialect.cpp.inc"

void ResnetDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "IR/ResnetOps.cpp.inc"
      >();
}
