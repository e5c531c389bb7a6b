//===- Records.h - what is kept of an image -------------------*- C++ -*-===//

#ifndef RESNETC_TRANSFORMS_RECORDS_H
#define RESNETC_TRANSFORMS_RECORDS_H

#include "llvm/ADT/StringSet.h"

#include <string>
#include <vector>

namespace mlir::func {
class FuncOp;
}

namespace mlir::resnet {

/// One value of a record.
struct Record {
  std::string layer; // that gives it: "layer3.1" for a block's sum, "avgpool"
  int64_t elements;  // of one image, in blocks
};

/// What `features` gives, in its order; nothing for a null function.
std::vector<Record> recordsOf(func::FuncOp features);

/// The convolutions and linear layers that `features` computes.
llvm::StringSet<> layersOf(func::FuncOp features);

} // namespace mlir::resnet

#endif // RESNETC_TRANSFORMS_RECORDS_H
