// expect: no layer matches "layer3.36.*"; did you mean "layer3.35.*"?
#include <resnetc/dsl.h>

using namespace resnetc;

#ifdef WRONG
constexpr auto model = resnet152()
                           .freeze_all()
                           .unfreeze("layer4.*")
                           .freeze("*.bn1")
                           .unfreeze("*.bn2")
                           .freeze_until("layer2")
                           .unfreeze("*.0.*")
                           .replace_fc(20)
                           .freeze("layer3.36.*");
#else
constexpr auto model = resnet152()
                           .freeze_all()
                           .unfreeze("layer4.*")
                           .freeze("*.bn1")
                           .unfreeze("*.bn2")
                           .freeze_until("layer2")
                           .unfreeze("*.0.*")
                           .replace_fc(20)
                           .freeze("layer3.35.*");
#endif

static_assert(valid<model>);
