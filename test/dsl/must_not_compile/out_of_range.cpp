// expect: the number of classes must be a whole number from 1 to 1000000, got 0
#include <resnetc/dsl.h>

using namespace resnetc;

#ifdef WRONG
constexpr auto model = resnet18().replace_fc(0);
#else
constexpr auto model = resnet18().replace_fc(1);
#endif

static_assert(valid<model>);
