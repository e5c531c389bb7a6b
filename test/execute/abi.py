"""runtime/include/resnetc/abi.h for ctypes: the part of each struct that the tests read."""

import ctypes
from ctypes import POINTER, Structure, c_char_p, c_double, c_int32, c_int64, c_uint32, c_void_p

SGD, ADAM, ADAMW = 0, 1, 2  # resnetc_optimizer
SPACES = ("frozen", "trained", "stats", "counter")  # resnetc_space
BLOCK = 32


class Tensor(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        *((name, c_int32) for name in ("role", "space", "replaced", "counts", "rank", "blocked_rank", "reserved")),
        ("name", c_char_p),
        ("shape", c_int64 * 4),
        *((name, c_int64) for name in ("fan_in", "fan_out", "offset", "blocked_count")),
        ("blocked_size", c_int64 * 8),
        ("blocked_step", c_int64 * 8),
        ("blocked_dim", c_int32 * 8),
    ]


class Arena(Structure):
    _fields_ = [("fixed", c_int64), ("per_image", c_int64), ("per_thread", c_int64)]


class Model(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        *((name, c_int32) for name in ("channels", "height", "width", "resize", "classes", "max_batch", "feature_batch")),
        *((name, c_char_p) for name in ("name", "spec", "spec_hash")),
        ("mean", c_void_p),
        ("std", c_void_p),
        *((name, c_int64) for name in ("parameters", "trainable_parameters", "flops", "prefix_flops", "record_size")),
        *((f"{space}_size", c_int64) for space in ("frozen", "trained", "stats", "frozen_derived", "trained_derived")),
        *((f"{name}_arena", Arena) for name in ("features", "gradients", "logits")),
        ("training", c_void_p),
        ("tensors", POINTER(Tensor)),
        ("tensor_count", c_int64),
    ]


class Row(Structure):
    _fields_ = [(name, c_int64) for name in ("offset", "count")]
    _fields_ += [(name, c_double) for name in ("lr", "momentum", "weight_decay")]


class Call(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("threads", c_int32),
        ("pool", c_void_p),
        ("batch", c_int64),
        *(
            (name, c_void_p)
            for name in ("images", "records", "labels", "logits", "frozen", "frozen_derived", "trained", "trained_derived")
        ),
        *((name, c_void_p) for name in ("stats", "gradients", "state1", "state2", "arena", "loss", "hits")),
        ("label_smoothing", c_double),
        ("loss_divisor", c_double),
        *((name, c_int64) for name in ("accumulate", "seed", "step")),
        ("sample_ids", c_void_p),
        ("dropout", c_int64),
        ("rows", c_void_p),
        *((name, c_int64) for name in ("row_count", "optimizer", "nesterov")),
        ("scales", c_void_p),
        ("histograms", c_void_p),
    ]


FUNCTIONS = ("prepare", "refresh", "features", "gradients", "apply", "logits", "features_single", "logits_single")


BINS, BIN_SHIFT, FIRST_BIN = 1024, 18, (127 - 16) << 5  # RESNETC_BINS and its like


class Scale(Structure):
    _fields_ = [("struct_size", c_uint32), ("is_signed", c_int32), ("name", c_char_p)]


class Variant(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        *((name, c_int32) for name in ("abi_version", "dtype", "block")),
        ("mcpu", c_char_p),
        ("cpu_features", POINTER(c_char_p)),
        ("precision", c_char_p),
        ("model", POINTER(Model)),
        *((name, ctypes.CFUNCTYPE(None, POINTER(Call))) for name in FUNCTIONS),
        ("works", c_void_p),
        ("loops", c_void_p),
        ("work_count", c_int64),
        ("loop_count", c_int64),
        ("scales", POINTER(Scale)),
        ("scale_count", c_int64),
        ("calibrate", ctypes.CFUNCTYPE(None, POINTER(Call))),
    ]
