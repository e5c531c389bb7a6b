//===- ParameterTable.h - from values to the parameters behind them -*- C++
//-*-===//

#ifndef RESNETC_TRANSFORMS_PARAMETERTABLE_H
#define RESNETC_TRANSFORMS_PARAMETERTABLE_H

#include "IR/ResnetDialect.h"

#include "mlir/IR/BuiltinOps.h"

namespace mlir::resnet {

/// The `resnet.parameter`s of a module. Valid as long as none is added or
/// removed.
class ParameterTable {
public:
  explicit ParameterTable(ModuleOp module) : symbols(module) {}

  /// The parameter of this name, or null.
  ParameterOp named(StringRef name) const {
    return symbols.lookup<ParameterOp>(name);
  }

  /// The parameter that `value` was read from, or null.
  ParameterOp readBy(Value value) const {
    auto read = value.getDefiningOp<ReadOp>();
    return read ? named(read.getSource()) : ParameterOp();
  }

  /// Whether training changes the parameter: by an optimizer, or as a running
  /// statistic.
  static bool changes(ParameterOp parameter) {
    return parameter.getTrained() || parameter.getMoves();
  }

private:
  SymbolTable symbols;
};

} // namespace mlir::resnet

#endif // RESNETC_TRANSFORMS_PARAMETERTABLE_H
