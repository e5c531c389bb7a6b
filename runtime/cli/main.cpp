// Every trainer's main: a compiled model, linked with this and the runtime, is
// a program.
#include "cli/program.h"

int main(int argc, char **argv) {
  return resnetc::run_program(argc, argv, resnetc_variants);
}
