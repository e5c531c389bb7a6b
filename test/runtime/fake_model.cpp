// A model as the compiler would emit it, but written by hand and small: six random projections of an 8x8 picture, ReLU, and a linear layer of three
// classes. It lets the whole trainer be tested without the compiler.
//
//   FAKE_ELEMENT  float or double
//   FAKE_WHOLE    the projections are trained too, behind a statistic that training moves; images are their own records
//   FAKE_CPU      a CPU feature that the variant claims to need
//   FAKE_HASH     the spec's hash
//   FAKE_PREFIX_HASH  the frozen prefix's
//   FAKE_SMALLEST_BATCH  images that a training step needs
//   FAKE_INT8     a variant in int8 comes first, which rounds images and records by their scales; behind it f32
#include <resnetc/abi.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <iterator>

#ifndef FAKE_ELEMENT
#define FAKE_ELEMENT float
#endif
#ifndef FAKE_WHOLE
#define FAKE_WHOLE 0
#endif
#ifndef FAKE_INT8
#define FAKE_INT8 0
#endif
#ifndef FAKE_SMALLEST_BATCH
#define FAKE_SMALLEST_BATCH 1
#endif
#ifndef FAKE_PREFIX_HASH
#define FAKE_PREFIX_HASH "5eed"
#endif
#ifndef FAKE_HASH
#define FAKE_HASH "fa4e"
#endif

namespace {

using real = FAKE_ELEMENT;
constexpr bool whole = FAKE_WHOLE;
constexpr int64_t side = 8, channels = 3, pixels = side * side, wide = 6, classes = 3, block = 4;
constexpr int64_t image_size = pixels * channels, record_size = whole ? image_size : wide;

// Where the parameters lie. The linear layer's weight is blocked [K/4][C/4][4 of C][4 of K].
constexpr int64_t fc_weight = 0, fc_bias = 32, conv_trained = 36, conv_size = wide * image_size;
constexpr int64_t trained_size = whole ? conv_trained + conv_size : conv_trained, frozen_size = whole ? 0 : conv_size;
int64_t fc_at(int64_t k, int64_t c) { return fc_weight + (k / block * 2 + c / block) * 16 + c % block * block + k % block; }

resnetc_tensor tensor(const char *name, int role, int space, int rank, int blocked_rank) {
  resnetc_tensor t{};
  t.struct_size = sizeof(t);
  t.name = name;
  t.role = role;
  t.space = space;
  t.rank = rank;
  t.blocked_rank = blocked_rank;
  return t;
}

resnetc_tensor conv_weight() {
  resnetc_tensor t = tensor("conv1.weight", RESNETC_CONV_WEIGHT, whole ? RESNETC_TRAINED : RESNETC_FROZEN, 4, 4);
  int64_t shape[] = {wide, channels, side, side};
  for (int d = 0; d < 4; ++d) {
    t.shape[d] = t.blocked_size[d] = shape[d];
    t.blocked_step[d] = 1;
    t.blocked_dim[d] = d;
  }
  t.fan_in = image_size;
  t.fan_out = wide * pixels;
  t.offset = whole ? conv_trained : 0;
  t.blocked_count = conv_size;
  return t;
}

resnetc_tensor fc_tensor(const char *name, int role) {
  bool weight = role == RESNETC_LINEAR_WEIGHT;
  resnetc_tensor t = tensor(name, role, RESNETC_TRAINED, weight ? 2 : 1, weight ? 4 : 2);
  t.replaced = 1;
  t.shape[0] = classes;
  t.shape[1] = weight ? wide : 0;
  int64_t sizes[] = {1, 2, 4, 4}, steps[] = {4, 4, 1, 1}, bias_sizes[] = {1, 4}, bias_steps[] = {4, 1};
  int32_t dims[] = {0, 1, 1, 0};
  for (int d = 0; d < t.blocked_rank; ++d) {
    t.blocked_size[d] = weight ? sizes[d] : bias_sizes[d];
    t.blocked_step[d] = weight ? steps[d] : bias_steps[d];
    t.blocked_dim[d] = weight ? dims[d] : 0;
  }
  t.fan_in = wide;
  t.fan_out = classes;
  t.offset = weight ? fc_weight : fc_bias;
  t.blocked_count = weight ? 32 : 4;
  return t;
}

resnetc_tensor statistic() {
  resnetc_tensor t = tensor("bn1.running_mean", RESNETC_BN_MEAN, RESNETC_STATS, 1, 1);
  t.shape[0] = wide;
  t.blocked_size[0] = 8;
  t.blocked_step[0] = 1;
  t.blocked_count = 8;
  return t;
}

resnetc_tensor counter() {
  resnetc_tensor t = tensor("bn1.num_batches_tracked", RESNETC_BN_COUNT, RESNETC_COUNTER, 0, 0);
  t.counts = 1;
  return t;
}

real dot(const real *image, const real *weight, int64_t k) {
  real sum = 0;
  for (int64_t c = 0; c < channels; ++c)
    for (int64_t p = 0; p < pixels; ++p)
      sum += image[p * channels + c] * weight[(k * channels + c) * pixels + p];
  return sum;
}

void project(const real *image, const real *weight, real *record) {
  for (int64_t k = 0; k < wide; ++k)
    record[k] = std::max(dot(image, weight, k), real(0));
}

const real *conv_of(const resnetc_call *call) {
  return whole ? static_cast<const real *>(call->trained) + conv_trained : static_cast<const real *>(call->frozen_derived);
}

// [wide] of image n: kept in the arena behind what the pool's workers use.
real *hidden(const resnetc_call *call, int64_t n) { return static_cast<real *>(call->arena) + 64 * call->threads + n * 32; }
real *dlogits(const resnetc_call *call, int64_t n) { return hidden(call, n) + wide; }

void hidden_body(const resnetc_call *call, int64_t begin, int64_t end, int32_t worker) {
  static_cast<real *>(call->arena)[64 * worker] = real(worker); // a worker's own part of the arena
  for (int64_t n = begin; n < end; ++n) {
    const real *record = static_cast<const real *>(call->records) + n * record_size;
    if (whole)
      project(record, conv_of(call), hidden(call, n));
    else
      std::copy_n(record, wide, hidden(call, n));
  }
}

void logits_of(const real *trained, const real *hidden, real *logits) {
  for (int64_t k = 0; k < classes; ++k) {
    logits[k] = trained[fc_bias + k];
    for (int64_t c = 0; c < wide; ++c)
      logits[k] += trained[fc_at(k, c)] * hidden[c];
  }
}

void prepare(const resnetc_call *call) {
  if (!whole)
    std::memcpy(call->frozen_derived, call->frozen, frozen_size * sizeof(real));
}

void refresh(const resnetc_call *call) { std::memcpy(call->trained_derived, call->trained, trained_size * sizeof(real)); }

void features_body(const resnetc_call *call, int64_t begin, int64_t end, int32_t) {
  for (int64_t n = begin; n < end; ++n)
    project(static_cast<const real *>(call->images) + n * image_size, conv_of(call), static_cast<real *>(call->records) + n * wide);
}

void features(const resnetc_call *call) { resnetc_parallel_for(call, features_body, call->batch); }

// In int8: `prepare` keeps the scales behind its copy of the weights.
enum { images_scale, record_scale, scale_count };
const resnetc_scale scales[] = {{sizeof(resnetc_scale), 1, "images"}, {sizeof(resnetc_scale), 0, "conv1"}};

void prepare_int8(const resnetc_call *call) {
  prepare(call);
  std::copy_n(call->scales, +scale_count, static_cast<real *>(call->frozen_derived) + frozen_size);
}

real rounded(real value, real scale, real least, real most) { return scale * std::clamp(std::nearbyint(value / scale), least, most); }

void features_int8_body(const resnetc_call *call, int64_t begin, int64_t end, int32_t) {
  const real *scale = conv_of(call) + frozen_size;
  for (int64_t n = begin; n < end; ++n) {
    real image[image_size], *record = static_cast<real *>(call->records) + n * wide;
    std::transform(static_cast<const real *>(call->images) + n * image_size, static_cast<const real *>(call->images) + (n + 1) * image_size, image,
                   [&](real value) { return rounded(value, scale[images_scale], -127, 127); });
    project(image, conv_of(call), record);
    std::transform(record, record + wide, record, [&](real value) { return rounded(value, scale[record_scale], 0, 255); });
  }
}

void features_int8(const resnetc_call *call) { resnetc_parallel_for(call, features_int8_body, call->batch); }

void count(const resnetc_call *call, int row, const real *values, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    float magnitude = std::fabs(static_cast<float>(values[i]));
    int32_t bits;
    std::memcpy(&bits, &magnitude, sizeof bits);
    ++call->histograms[row * RESNETC_BINS + std::clamp((bits >> RESNETC_BIN_SHIFT) - RESNETC_FIRST_BIN, 0, RESNETC_BINS - 1)];
  }
}

void calibrate(const resnetc_call *call) {
  for (int64_t n = 0; n < call->batch; ++n) {
    const real *image = static_cast<const real *>(call->images) + n * image_size;
    real record[wide];
    project(image, conv_of(call), record);
    count(call, images_scale, image, image_size);
    count(call, record_scale, record, wide);
  }
}

double loss_of(const real *logits, int64_t label, double smoothing, double divisor, real *gradient) {
  double top = *std::max_element(logits, logits + classes), sum = 0, loss = 0;
  for (int64_t k = 0; k < classes; ++k)
    sum += std::exp(logits[k] - top);
  for (int64_t k = 0; k < classes; ++k) {
    double log_p = logits[k] - top - std::log(sum), target = (k == label ? 1 - smoothing : 0) + smoothing / classes;
    loss -= target * log_p;
    gradient[k] = static_cast<real>((std::exp(log_p) - target) / divisor);
  }
  return loss;
}

void set_gradient(const resnetc_call *call, int64_t at, real value) {
  real &gradient = static_cast<real *>(call->gradients)[at];
  gradient = call->accumulate ? gradient + value : value;
}

// One class an index.
void fc_gradient_body(const resnetc_call *call, int64_t begin, int64_t end, int32_t) {
  for (int64_t k = begin; k < end; ++k) {
    real bias = 0;
    for (int64_t n = 0; n < call->batch; ++n)
      bias += dlogits(call, n)[k];
    set_gradient(call, fc_bias + k, bias);
    for (int64_t c = 0; c < wide; ++c) {
      real sum = 0;
      for (int64_t n = 0; n < call->batch; ++n)
        sum += dlogits(call, n)[k] * hidden(call, n)[c];
      set_gradient(call, fc_at(k, c), sum);
    }
  }
}

// One projection an index.
void conv_gradient_body(const resnetc_call *call, int64_t begin, int64_t end, int32_t) {
  const real *trained = static_cast<const real *>(call->trained);
  for (int64_t c = begin; c < end; ++c)
    for (int64_t p = 0; p < image_size; ++p) {
      real sum = 0;
      for (int64_t n = 0; n < call->batch; ++n) {
        real back = 0;
        for (int64_t k = 0; k < classes; ++k)
          back += dlogits(call, n)[k] * trained[fc_at(k, c)];
        if (hidden(call, n)[c] > 0)
          sum += back * static_cast<const real *>(call->records)[n * image_size + p % pixels * channels + p / pixels];
      }
      set_gradient(call, conv_trained + c * image_size + p, sum);
    }
}

void gradients(const resnetc_call *call) {
  resnetc_parallel_for(call, hidden_body, call->batch);
  *call->loss = 0;
  *call->hits = 0;
  for (int64_t n = 0; n < call->batch; ++n) {
    real logits[classes];
    logits_of(static_cast<const real *>(call->trained), hidden(call, n), logits);
    *call->loss += loss_of(logits, call->labels[n], call->label_smoothing, call->loss_divisor, dlogits(call, n));
    *call->hits += std::max_element(logits, logits + classes) - logits == call->labels[n];
    if (call->logits)
      std::copy_n(logits, classes, static_cast<real *>(call->logits) + n * classes);
  }
  resnetc_parallel_for(call, fc_gradient_body, classes);
  if (!whole)
    return;
  resnetc_parallel_for(call, conv_gradient_body, wide);
  for (int64_t n = 0; n < call->batch; ++n)
    for (int64_t c = 0; c < wide; ++c) {
      real &mean = static_cast<real *>(call->stats)[c];
      mean = real(0.9) * mean + real(0.1) * hidden(call, n)[c];
    }
}

void update(const resnetc_call *call, const resnetc_row &row, int64_t i) {
  real &p = static_cast<real *>(call->trained)[i], g = static_cast<real *>(call->gradients)[i];
  real &m = static_cast<real *>(call->state1)[i];
  if (call->optimizer == RESNETC_SGD) {
    g += static_cast<real>(row.weight_decay) * p;
    m = call->step == 0 ? g : static_cast<real>(row.momentum) * m + g;
    p -= static_cast<real>(row.lr) * (call->nesterov ? g + static_cast<real>(row.momentum) * m : row.momentum > 0 ? m : g);
    return;
  }
  real &v = static_cast<real *>(call->state2)[i];
  if (call->optimizer == RESNETC_ADAMW)
    p *= static_cast<real>(1 - row.lr * row.weight_decay);
  else
    g += static_cast<real>(row.weight_decay) * p;
  m = real(0.9) * m + real(0.1) * g;
  v = real(0.999) * v + real(0.001) * g * g;
  double t = static_cast<double>(call->step + 1);
  p -= static_cast<real>(row.lr * (m / (1 - std::pow(0.9, t))) / (std::sqrt(v / (1 - std::pow(0.999, t))) + 1e-8));
}

void apply(const resnetc_call *call) {
  for (int64_t r = 0; r < call->row_count; ++r)
    for (int64_t i = 0; i < call->rows[r].count; ++i)
      update(call, call->rows[r], call->rows[r].offset + i);
}

void logits(const resnetc_call *call) {
  resnetc_parallel_for(call, hidden_body, call->batch);
  for (int64_t n = 0; n < call->batch; ++n)
    logits_of(static_cast<const real *>(call->trained_derived), hidden(call, n), static_cast<real *>(call->logits) + n * classes);
}

const double mean[] = {0.5, 0.5, 0.5}, deviation[] = {0.25, 0.25, 0.25};
const resnetc_training training{sizeof(resnetc_training), RESNETC_SGD, 0, RESNETC_CONSTANT, 1, 4, 0.05, 0.9, 0, 1, 0, 0, ""};
const resnetc_tensor tensors[] = {conv_weight(), fc_tensor("fc.weight", RESNETC_LINEAR_WEIGHT), fc_tensor("fc.bias", RESNETC_LINEAR_BIAS), statistic(),
                                  counter()};
// A worker has 64 elements, an image 32.
const resnetc_arena arena{64, 32 * sizeof(real), 64 * sizeof(real)};
resnetc_model make_model(int64_t frozen_derived, const char *prefix_hash) {
  return {sizeof(resnetc_model),
          channels,
          side,
          side,
          9,
          classes,
          64,
          5,
          "fake",
          "fake()",
          FAKE_HASH,
          mean,
          deviation,
          conv_size + classes * (wide + 1),
          whole ? conv_size + classes * (wide + 1) : classes *(wide + 1),
          2 * conv_size + 2 * classes * wide,
          whole ? 0 : 2 * conv_size,
          record_size,
          frozen_size,
          trained_size,
          8,
          frozen_derived,
          trained_size,
          arena,
          arena,
          arena,
          &training,
          tensors,
          whole ? 5 : 3,
          FAKE_SMALLEST_BATCH,
          "fake",
          whole ? "" : prefix_hash};
}
const resnetc_model model = make_model(frozen_size, FAKE_PREFIX_HASH), model_int8 = make_model(frozen_size + scale_count, "148");

#ifdef FAKE_CPU
const char *const cpu_features[] = {"sse2", FAKE_CPU, nullptr};
#else
const char *const cpu_features[] = {"sse2", nullptr};
#endif
// Whose loops the bodies are. The linear layer runs in one piece, but for its gradient.
const resnetc_work works[] = {
    {sizeof(resnetc_work), RESNETC_DW, "fc", 2 * classes * wide, (wide + classes) * sizeof(real), classes *wide * sizeof(real)},
    {sizeof(resnetc_work), RESNETC_OTHER, "copies", 0, 0, 0},
    {sizeof(resnetc_work), RESNETC_DW, "conv1", 2 * conv_size, (image_size + wide) * sizeof(real), conv_size * sizeof(real)},
    {sizeof(resnetc_work), RESNETC_FORWARD, "conv1", 2 * conv_size, (image_size + wide) * sizeof(real), conv_size * sizeof(real)}};
const resnetc_loop loops[] = {{sizeof(resnetc_loop), 3, features_body},
                              {sizeof(resnetc_loop), whole ? 3 : 1, hidden_body},
                              {sizeof(resnetc_loop), 0, fc_gradient_body},
                              {sizeof(resnetc_loop), 2, conv_gradient_body}};
resnetc_variant make_variant(const char *precision, const resnetc_model &of, resnetc_function prepare, resnetc_function features) {
  return {sizeof(resnetc_variant),
          RESNETC_ABI_VERSION,
          sizeof(real) == sizeof(double) ? RESNETC_F64 : RESNETC_F32,
          block,
          "x86-64",
          cpu_features,
          precision,
          &of,
          prepare,
          refresh,
          whole ? nullptr : features,
          gradients,
          apply,
          logits,
          nullptr,
          nullptr,
          works,
          loops,
          std::size(works),
          std::size(loops),
          FAKE_INT8 ? scales : nullptr,
          FAKE_INT8 ? scale_count : 0,
          FAKE_INT8 && &of == &model ? calibrate : nullptr};
}
const resnetc_variant variant = make_variant("f32", model, prepare, features),
                      variant_int8 = make_variant("int8", model_int8, prepare_int8, features_int8);

} // namespace

#if FAKE_INT8
const resnetc_variant *const resnetc_variants[] = {&variant_int8, &variant, nullptr};
#else
const resnetc_variant *const resnetc_variants[] = {&variant, nullptr};
#endif
