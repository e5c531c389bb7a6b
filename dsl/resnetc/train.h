//===- train.h - training defaults of a spec
//--------------------------------===//
#ifndef RESNETC_TRAIN_H
#define RESNETC_TRAIN_H

#include "resnetc/error.h"

namespace resnetc {

/// Numbered as in runtime/include/resnetc/abi.h.
enum class optimizer_kind { sgd, adam, adamw };
enum class schedule_kind { constant, cosine, step };

struct optimizer {
  optimizer_kind kind = optimizer_kind::sgd;
  double lr = 0.01, mu = 0.9,
         decay = 0;       // learning rate, momentum, weight decay
  bool lookahead = false; // nesterov
  failure error;
};

struct schedule {
  schedule_kind kind = schedule_kind::constant;
  int every = 0;            // epochs; step
  double factor = 1;        // step
  double warmup_epochs = 0; // linear from 0
  failure error;
};

/// What `train` does unless its command line says otherwise.
struct training {
  resnetc::optimizer optimizer;
  resnetc::schedule schedule;
  int epochs = 10;
  double label_smoothing = 0;
  text<255> weights; // path, empty where the spec names none
};

} // namespace resnetc

#endif
