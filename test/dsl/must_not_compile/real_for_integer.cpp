// expect: integer
#include <resnetc/dsl.h>

using namespace resnetc;

#ifdef WRONG
constexpr auto model = resnet18().replace_fc(20.9);
#else
constexpr auto model = resnet18().replace_fc(20);
#endif

static_assert(model.valid());
