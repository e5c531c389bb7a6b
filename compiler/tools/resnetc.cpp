//===- resnetc.cpp - from a spec to a native trainer ----------------------===//

#include "Driver/Driver.h"

int main(int argc, char **argv) { return resnetc::resnetcMain(argc, argv); }
