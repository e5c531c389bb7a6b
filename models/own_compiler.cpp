// A C++ program that holds a spec and is its own compiler. What is wrong with
// the spec is an error of this program's compilation.
//   cmake --build --preset release --target own_compiler
//   build/release/bin/own_compiler -o food_trainer
#include <resnetc/dsl.h>

using namespace resnetc;

// Any C++ expression will do, such as resnet18().freeze_all().replace_fc(20); a
// .rdsl file is one.
constexpr auto model =
#include "food.rdsl"
    ;

static_assert(model.classes() == 20);
static_assert(model.parameters() == 11186772);
static_assert(model.trainable_parameters() == 10260);
static_assert(model.flops() == 3627143168);

int main(int argc, char **argv) {
  return resnetc::compile_main<model>(argc, argv);
}
