/* The seam between emitted code and the runtime, and the only one.
 *
 * A compiled model is one object file that exports `resnetc_variants`. Its functions are pure over the
 * buffers of a `resnetc_call`: they do not allocate, keep no state and do no I/O. A parallel loop in them calls
 * `resnetc_parallel_for`, which whoever links the object provides.
 *
 * Every struct begins with its size in bytes as the writer knew it: a reader may use only the fields that lie
 * within it, so fields may be added at the end without a break.
 */
#ifndef RESNETC_ABI_H
#define RESNETC_ABI_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { RESNETC_ABI_VERSION = 1 };

/* Element type of all floating-point buffers of a variant. */
typedef enum { RESNETC_F32 = 0, RESNETC_F64 = 1 } resnetc_dtype;

/* The flat buffer that a tensor lives in. */
typedef enum {
  RESNETC_FROZEN = 0,  /* never changes after loading */
  RESNETC_TRAINED = 1, /* parallel to gradients and optimizer state */
  RESNETC_STATS = 2,   /* running statistics that training moves */
  RESNETC_COUNTER = 3  /* num_batches_tracked: one int64 kept by the runtime itself; see `counts` */
} resnetc_space;

typedef enum {
  RESNETC_CONV_WEIGHT = 0,  /* [K, C, R, S] */
  RESNETC_BN_WEIGHT = 1,    /* [C] */
  RESNETC_BN_BIAS = 2,      /* [C] */
  RESNETC_BN_MEAN = 3,      /* [C], running_mean */
  RESNETC_BN_VAR = 4,       /* [C], running_var */
  RESNETC_BN_COUNT = 5,     /* [], num_batches_tracked, int64 */
  RESNETC_LINEAR_WEIGHT = 6,/* [K, C] */
  RESNETC_LINEAR_BIAS = 7   /* [K] */
} resnetc_role;

enum { RESNETC_MAX_RANK = 4, RESNETC_MAX_BLOCKED_RANK = 8 };

/* One tensor of the state_dict, in torchvision's order.
 *
 * The blocked form is a dense row-major array of `blocked_rank` dimensions. Dimension d has extent blocked_size[d]
 * and adds index * blocked_step[d] to the logical index along dimension blocked_dim[d]. Elements whose logical
 * index falls outside the shape are pads and are zero. (A conv weight [K,C,R,S] is
 * [K/32][C/32][R][S][32 of C][32 of K]: sizes {K/32,C/32,R,S,32,32}, dims {0,1,2,3,1,0}, steps {32,32,1,1,1,1}.) */
typedef struct {
  uint32_t struct_size;
  int32_t role;               /* resnetc_role */
  int32_t space;              /* resnetc_space */
  int32_t replaced;           /* 1: belongs to a layer that a rule replaced (freshly initialised) */
  int32_t counts;             /* RESNETC_COUNTER: 1 when a training step adds one */
  int32_t rank;               /* 0 ... RESNETC_MAX_RANK */
  int32_t blocked_rank;
  int32_t reserved;
  const char *name;           /* "layer1.0.conv1.weight" */
  int64_t shape[RESNETC_MAX_RANK];
  int64_t fan_in;             /* inputs of the layer: C*R*S, or C of a linear layer (for its bias too) */
  int64_t fan_out;            /* K*R*S, or K */
  int64_t offset;             /* in elements, into the buffer of `space` */
  int64_t blocked_count;      /* elements there, pads included; a multiple of the block */
  int64_t blocked_size[RESNETC_MAX_BLOCKED_RANK];
  int64_t blocked_step[RESNETC_MAX_BLOCKED_RANK];
  int32_t blocked_dim[RESNETC_MAX_BLOCKED_RANK];
} resnetc_tensor;

typedef enum { RESNETC_SGD = 0, RESNETC_ADAM = 1, RESNETC_ADAMW = 2 } resnetc_optimizer;
typedef enum { RESNETC_CONSTANT = 0, RESNETC_COSINE = 1, RESNETC_STEP = 2 } resnetc_schedule;

/* Training defaults of the spec; the command line overrides each. A field that the spec leaves open holds the default. */
typedef struct {
  uint32_t struct_size;
  int32_t optimizer;          /* resnetc_optimizer */
  int32_t nesterov;
  int32_t schedule;           /* resnetc_schedule */
  int32_t step_every;         /* epochs; RESNETC_STEP */
  int32_t epochs;
  double lr, momentum, weight_decay;
  double step_factor;
  double warmup_epochs;
  double label_smoothing;
  const char *weights;        /* "" where the spec names none */
} resnetc_training;

/* arena bytes = fixed + batch * per_image + threads * per_thread */
typedef struct {
  int64_t fixed, per_image, per_thread;
} resnetc_arena;

typedef struct {
  uint32_t struct_size;
  int32_t channels, height, width; /* input */
  int32_t resize;             /* evaluation: shorter side, in pixels */
  int32_t classes;
  int32_t max_batch;
  int32_t feature_batch;      /* `features` and `logits` take at most this many images a call */
  const char *name;           /* "resnet18"; "resnet" for a general one */
  const char *spec;           /* the spec's text */
  const char *spec_hash;      /* hex; architecture, input, channels and replaced layers alone */
  const double *mean, *std;   /* one a channel */
  int64_t parameters, trainable_parameters;
  int64_t flops;              /* forward, one image: 2 x multiply-adds of convolutions and linear layers */
  int64_t prefix_flops;       /* of them, in the frozen prefix (what `features` computes) */
  int64_t record_size;        /* elements of one image's record */
  int64_t frozen_size, trained_size, stats_size; /* elements */
  int64_t frozen_derived_size, trained_derived_size; /* elements; written by prepare / refresh */
  resnetc_arena features_arena, gradients_arena, logits_arena; /* one arena may serve all: take the largest */
  const resnetc_training *training;
  const resnetc_tensor *tensors;
  int64_t tensor_count;
  int64_t smallest_batch;     /* images that `gradients` needs at least: 2 where a batch norm on batch statistics sees maps of
                                 1x1, whose variance over a single image is that of one value; else 1 */
  const char *spec_name;      /* what runs are called: the .rdsl file's stem, "food"; else the model's name */
  const char *prefix_hash;    /* hex; of the code of `prepare` and `features` and the CPU it is for: two programs with the
                                 same one give the same records to the bit from the same frozen buffer and images.
                                 "" where `features` is NULL */
} resnetc_model;

/* Optimizer settings of one trained tensor. */
typedef struct {
  int64_t offset, count;      /* elements in the trained buffer; multiples of the block */
  double lr, momentum, weight_decay;
} resnetc_row;

struct resnetc_call;
typedef void (*resnetc_function)(const struct resnetc_call *);
typedef void (*resnetc_body)(const struct resnetc_call *, int64_t begin, int64_t end, int32_t worker);

/* All that an emitted function sees. Pointers are 64-byte aligned and typed by the variant's dtype unless said
 * otherwise; a function reads and writes only what its line below names. Thread-safe when the written
 * buffers differ.
 *
 *   prepare    frozen, and scales where the variant has some -> frozen_derived; uses arena, as much as `logits`
 *   refresh    trained, stats, frozen -> trained_derived; uses arena, as much as `logits`
 *   features   images, frozen, frozen_derived -> records (feature_batch images at most); uses arena
 *   gradients  records, labels, frozen, frozen_derived, trained, label_smoothing, loss_divisor, seed, step,
 *              sample_ids -> gradients (set, or added to where accumulate != 0), loss, hits, stats, and logits where not null;
 *              uses arena
 *   apply      trained, gradients, state1, state2, rows, optimizer, nesterov, step -> trained, state1, state2
 *   logits     records, all parameters and derived -> logits (feature_batch images at most); uses arena
 *   calibrate  images, frozen, frozen_derived -> histograms, added to (feature_batch images at most); uses arena, as much as `features`
 */
typedef struct resnetc_call {
  uint32_t struct_size;
  int32_t threads;            /* workers of the pool; the worker of a body is in [0, threads) */
  void *pool;                 /* for resnetc_parallel_for alone */
  int64_t batch;              /* images in this call, 1 ... max_batch */
  const void *images;         /* [batch][height][width][channels] */
  void *records;              /* [batch][record_size] */
  const int64_t *labels;      /* [batch] */
  void *logits;               /* [batch][classes] */
  void *frozen, *frozen_derived, *trained, *trained_derived, *stats;
  void *gradients;            /* [trained_size] */
  void *state1, *state2;      /* [trained_size]; momentum buffer / first and second moment; zero at first */
  void *arena;
  double *loss;               /* sum over the batch of the images' losses */
  int64_t *hits;              /* images whose highest logit (lowest index at a tie) is the label's */
  double label_smoothing;
  double loss_divisor;        /* gradients are those of (sum of losses) / loss_divisor */
  int64_t accumulate;
  int64_t seed;
  int64_t step;               /* optimizer steps done before this one, from 0 */
  const int64_t *sample_ids;  /* [batch]: what dropout's random numbers are keyed by */
  int64_t dropout;            /* 0: dropout is the identity */
  const resnetc_row *rows;
  int64_t row_count;
  int64_t optimizer;          /* resnetc_optimizer */
  int64_t nesterov;
  const float *scales;        /* [scale_count] */
  int64_t *histograms;        /* [scale_count][RESNETC_BINS]: how many values have their magnitude in each bin */
} resnetc_call;

/* Runs body over [0, count) in contiguous ranges, in any order and on any thread, and returns when all are done.
 * What a body computes for an index must not depend on the range that it came in. */
void resnetc_parallel_for(const resnetc_call *call, resnetc_body body, int64_t count);

/* Bins of a magnitude as float32: its exponent and five bits of its mantissa, from 2^-16 on; the first and the last one take what
 * lies beyond. Bin i begins at the float32 whose bits are (i + RESNETC_FIRST_BIN) << RESNETC_BIN_SHIFT. */
enum { RESNETC_BINS = 1024, RESNETC_BIN_SHIFT = 18, RESNETC_FIRST_BIN = (127 - 16) << 5 };

/* An activation that is kept in int8: its values are scale * q, q in 0 ... 255 or, where it may be negative, -128 ... 127. */
typedef struct {
  uint32_t struct_size;
  int32_t is_signed;
  const char *name;           /* the layer that it comes from, "layer1.0.conv1", or "images" */
} resnetc_scale;

typedef enum { RESNETC_FORWARD = 0, RESNETC_DX = 1, RESNETC_DW = 2, RESNETC_OTHER = 3 } resnetc_direction;

/* A part of the work: a convolution or linear layer in one direction, or all operations of another kind together. */
typedef struct {
  uint32_t struct_size;
  int32_t direction;          /* resnetc_direction */
  const char *name;           /* torchvision's name of the layer, "layer1.0.conv1"; of RESNETC_OTHER the kind, "batch norm" */
  int64_t flops;              /* one image: 2 x multiply-adds of the direct algorithm; 0 for RESNETC_OTHER, as are the next two */
  int64_t bytes_per_image;    /* of operands and result that grow with the batch */
  int64_t bytes;              /* of those that do not: weights and their gradients */
} resnetc_work;

/* Which part a parallel loop belongs to; one that computes two layers' sums at once has a row for each. What makes no
 * `resnetc_parallel_for` is not told of. */
typedef struct {
  uint32_t struct_size;
  int32_t work;               /* its index in `works` */
  resnetc_body body;          /* what `resnetc_parallel_for` gets */
} resnetc_loop;

typedef struct {
  uint32_t struct_size;
  int32_t abi_version;
  int32_t dtype;              /* resnetc_dtype */
  int32_t block;              /* channels a block */
  const char *mcpu;           /* "znver4" */
  const char *const *cpu_features; /* x86 features that the code uses, ended by NULL: "avx512f", ... */
  const char *precision;      /* "f32" */
  const resnetc_model *model;
  /* `features` is NULL where nothing is frozen before the first trained layer: then an image is its own record. */
  resnetc_function prepare, refresh, features, gradients, apply, logits;
  /* Like `features` and `logits`, for a batch of 1 alone, faster and rounded otherwise; NULL where they would be the
   * same. Each uses as much of the arena as the other. What must not depend on the number of images in a call never comes from these. */
  resnetc_function features_single, logits_single;
  const resnetc_work *works;
  const resnetc_loop *loops;
  int64_t work_count, loop_count;
  /* Of a variant in int8: what `prepare` needs scales of. They come from the histograms that `calibrate` of the f32 variant
   * beside it makes of some images; there the same rows are in the same order. */
  const resnetc_scale *scales;
  int64_t scale_count;
  resnetc_function calibrate; /* NULL but in an f32 variant beside one in int8 */
} resnetc_variant;

/* Ended by NULL; the best one that the machine can run comes first. */
extern const resnetc_variant *const resnetc_variants[];

#ifdef __cplusplus
}
#endif
#endif /* RESNETC_ABI_H */
