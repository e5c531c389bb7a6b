// expect: no layer matches "layr1"; did you mean "layer1"?
#include <resnetc/dsl.h>

using namespace resnetc;

#ifdef WRONG
constexpr auto model = resnet18().freeze("layr1");
#else
constexpr auto model = resnet18().freeze("layer1");
#endif

int main() { return emit<model>("mlir", "model.mlir"); }
