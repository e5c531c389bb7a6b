// expect: nothing is left to train; add .replace_fc(classes) or .unfreeze("fc")
// after it
#include <resnetc/dsl.h>

using namespace resnetc;

#ifdef WRONG
constexpr auto model = resnet18().freeze_all();
#else
constexpr auto model = resnet18().freeze_all().replace_fc(20);
#endif

static_assert(valid<model>);
