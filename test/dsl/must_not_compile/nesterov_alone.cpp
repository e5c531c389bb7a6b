// expect: nesterov needs momentum
#include <resnetc/dsl.h>

using namespace resnetc;

#ifdef WRONG
constexpr auto model = resnet18().optimizer(sgd(0.1).nesterov());
#else
constexpr auto model = resnet18().optimizer(sgd(0.1).momentum(0.9).nesterov());
#endif

static_assert(valid<model>);
