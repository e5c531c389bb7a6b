// expect: normalize takes one number a channel: expected 1, got 3
#include <resnetc/dsl.h>

using namespace resnetc;

#ifdef WRONG
constexpr auto model =
    resnet18().channels(1).normalize({0.5, 0.5, 0.5}, {0.5, 0.5, 0.5});
#else
constexpr auto model = resnet18().channels(1).normalize({0.5}, {0.5});
#endif

static_assert(valid<model>);
