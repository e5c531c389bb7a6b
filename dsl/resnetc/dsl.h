//===- dsl.h - all that a spec in C++ needs -------------------------------===//
#ifndef RESNETC_DSL_H
#define RESNETC_DSL_H

#include "resnetc/argument.h"
#include "resnetc/blocks.h"
#include "resnetc/edit.h"
#include "resnetc/emit.h"
#include "resnetc/error.h"
#include "resnetc/graph.h"
#include "resnetc/layers.h"
#include "resnetc/resnet.h"
#include "resnetc/shape.h"
#include "resnetc/spec.h"
#include "resnetc/suggest.h"
#include "resnetc/text.h"
#include "resnetc/train.h"

#endif
