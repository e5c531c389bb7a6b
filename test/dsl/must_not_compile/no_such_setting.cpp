// expect: freez_all
#include <resnetc/dsl.h>

using namespace resnetc;

#ifdef WRONG
constexpr auto model = resnet18().freez_all();
#else
constexpr auto model = resnet18().freeze("fc");
#endif

static_assert(model.valid());
