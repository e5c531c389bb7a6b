//===- layers.h - a head made of layers: seq(dropout(0.2), linear(20)) ----===//
#ifndef RESNETC_LAYERS_H
#define RESNETC_LAYERS_H

#include "resnetc/argument.h"
#include "resnetc/graph.h"

namespace resnetc {

inline constexpr int max_head_layers = 16;
inline constexpr int max_classes = 1000000;

/// One layer of a head: linear, relu or dropout.
struct layer {
  op_kind kind = op_kind::relu;
  int features = 0; // linear: outputs
  double rate = 0;  // dropout
  place where;
  failure error;
};

/// y = x weight^T + bias with n outputs.
constexpr layer linear(integer n) {
  layer l{op_kind::linear, 0, 0, n.where, {}};
  l.features =
      checked(n, 1, max_classes, "linear's number of outputs", l.error);
  return l;
}

constexpr layer relu(place where = std::source_location::current()) {
  return {op_kind::relu, 0, 0, where, {}};
}

/// Zeroes a share `rate` of the values in training, scales the others by 1/(1 -
/// rate); the identity in evaluation.
constexpr layer dropout(number rate) {
  layer l{op_kind::dropout, 0, 0, rate.where, {}};
  l.rate = checked(rate, rate.value >= 0 && rate.value < 1, "dropout's rate",
                   "at least 0 and below 1", l.error);
  return l;
}

/// The layers of a head in order, named as nn.Sequential names them: every
/// layer counts, "fc.1" is the second.
struct head {
  layer layers[max_head_layers];
  int count = 0;
  failure error;

  constexpr void push_back(const layer &l) {
    if (l.error)
      fail(error, l.error.where, l.error.what);
    if (count < max_head_layers)
      layers[count++] = l;
    else
      fail(error, l.where, "seq takes at most 16 layers");
  }
  /// A head gives logits, so it ends in linear(classes).
  constexpr void finish(place where) {
    if (count == 0)
      fail(error, where, "seq is empty; end it with linear(classes)");
    else if (layers[count - 1].kind != op_kind::linear)
      fail(error, layers[count - 1].where,
           "the last layer of seq must be linear(classes)");
  }
};

namespace detail {
/// Carries the place of a call whose arguments are a pack.
struct first_layer {
  resnetc::layer layer;
  place where;
  constexpr first_layer(const resnetc::layer &l,
                        place where = std::source_location::current())
      : layer(l), where(where) {}
};
} // namespace detail

template <std::same_as<layer>... Layers>
constexpr head seq(detail::first_layer first, Layers... rest) {
  head h;
  h.push_back(first.layer);
  (h.push_back(rest), ...);
  h.finish(first.where);
  return h;
}

} // namespace resnetc

#endif
