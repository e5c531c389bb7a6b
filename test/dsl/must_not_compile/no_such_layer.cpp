// expect: no layer matches "layer5.*"; did you mean "layer4.*"?
// expect: spec_error
#include <resnetc/dsl.h>

using namespace resnetc;

#ifdef WRONG
constexpr auto model = resnet18().freeze("layer5.*");
#else
constexpr auto model = resnet18().freeze("layer4.*");
#endif

static_assert(valid<model>);
