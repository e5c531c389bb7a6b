// expect: integer
#include <resnetc/dsl.h>

using namespace resnetc;

#ifdef WRONG
constexpr auto model = resnet18().replace_fc('a');
#else
constexpr auto model = resnet18().replace_fc(97);
#endif

static_assert(model.valid());
