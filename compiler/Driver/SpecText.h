//===- SpecText.h - specs and rules as they are written ----------*- C++
//-*-===//

#ifndef RESNETC_DRIVER_SPECTEXT_H
#define RESNETC_DRIVER_SPECTEXT_H

#include "resnetc/resnet.h"

#include <string>

namespace resnetc {

/// One rule: freeze("layer1.*", bn::batch). The layers of a replaced head are
/// "...": a graph holds them as nodes.
std::string ruleText(const rule &r);

/// A whole spec, as a .rdsl file that means the same; for models that were
/// written in C++. Settings come first.
std::string specText(const spec &model);

} // namespace resnetc

#endif // RESNETC_DRIVER_SPECTEXT_H
