//===- train.h - training defaults of a spec ------------------------------===//
#ifndef RESNETC_TRAIN_H
#define RESNETC_TRAIN_H

#include "resnetc/argument.h"

namespace resnetc {

/// Numbered as in runtime/include/resnetc/abi.h.
enum class optimizer_kind { sgd, adam, adamw };
enum class schedule_kind { constant, cosine, step };

inline constexpr double largest_number = std::numeric_limits<double>::max();

/// sgd(lr), adam(lr) or adamw(lr), refined by chained calls.
struct optimizer {
  optimizer_kind kind = optimizer_kind::sgd;
  double lr = 0.01, mu = 0, decay = 0; // learning rate, momentum, weight decay
  bool lookahead = false;              // nesterov
  place nesterov_at;
  failure error;

  /// g is replaced by the running sum m = x*m + g. sgd alone.
  constexpr optimizer momentum(number x) const {
    optimizer o = *this;
    o.only_sgd("momentum", x.where);
    o.mu = checked(x, x.value >= 0 && x.value < 1, "momentum",
                   "at least 0 and below 1", o.error);
    return o;
  }
  /// sgd and adam add x*p to the gradient; adamw shrinks p by lr*x first.
  constexpr optimizer weight_decay(number x) const {
    optimizer o = *this;
    o.decay = checked(x, x.value >= 0 && x.value <= largest_number,
                      "weight_decay", "at least 0", o.error);
    return o;
  }
  /// Looks one step ahead: g + momentum*m. sgd with momentum alone.
  constexpr optimizer
  nesterov(place where = std::source_location::current()) const {
    optimizer o = *this;
    o.only_sgd("nesterov", where);
    o.lookahead = true;
    o.nesterov_at = where;
    return o;
  }

private:
  constexpr void only_sgd(std::string_view what, place where) {
    if (kind == optimizer_kind::sgd)
      return;
    text<300> message = what;
    message += " belongs to sgd; ";
    message += kind == optimizer_kind::adam ? "adam" : "adamw";
    message += " has none";
    fail(error, where, message);
  }
};

constexpr optimizer make_optimizer(optimizer_kind kind, number lr,
                                   double decay) {
  optimizer o;
  o.kind = kind;
  o.decay = decay;
  o.lr = checked(lr, lr.value > 0 && lr.value <= largest_number,
                 "the learning rate", "above 0", o.error);
  return o;
}

constexpr optimizer sgd(number lr) {
  return make_optimizer(optimizer_kind::sgd, lr, 0);
}
constexpr optimizer adam(number lr) {
  return make_optimizer(optimizer_kind::adam, lr, 0);
}
constexpr optimizer adamw(number lr) {
  return make_optimizer(optimizer_kind::adamw, lr, 0.01);
}

/// constant(), cosine() or step(every, factor), each with .warmup(epochs).
struct schedule {
  schedule_kind kind = schedule_kind::constant;
  int every = 0;            // epochs; step
  double factor = 1;        // step
  double warmup_epochs = 0; // linear, from the first step
  failure error;

  constexpr schedule warmup(number epochs) const {
    schedule s = *this;
    s.warmup_epochs = checked(epochs, epochs.value >= 0 && epochs.value <= 1e6,
                              "warmup", "0 to 1000000 epochs", s.error);
    return s;
  }
};

constexpr schedule constant() { return {}; }
constexpr schedule cosine() {
  schedule s;
  s.kind = schedule_kind::cosine;
  return s;
}
/// Multiplies the learning rate by `factor` every `every` epochs.
constexpr schedule step(integer every, number factor) {
  schedule s;
  s.kind = schedule_kind::step;
  s.every = checked(every, 1, 1000000, "step's number of epochs", s.error);
  s.factor = checked(factor, factor.value > 0 && factor.value <= largest_number,
                     "step's factor", "above 0", s.error);
  return s;
}

/// What `train` does unless its command line says otherwise.
struct training {
  resnetc::optimizer optimizer = sgd(0.01).momentum(0.9);
  resnetc::schedule schedule;
  int epochs = 10;
  double label_smoothing = 0;
  text<255> weights; // path, empty where the spec names none
};

} // namespace resnetc

#endif
