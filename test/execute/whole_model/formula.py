"""Weights, images and labels by formula, so that no test needs a file of them.

A value is a function of (seed, tensor name, element index) alone: a 64-bit hash, scaled. Only integer arithmetic and
correctly rounded operations are used, so every machine and NumPy version gives the same bits. All floating-point values
are float32 numbers; float64 programs get the same ones.
"""

import math

import numpy as np

GOLDEN = 0x9E3779B97F4A7C15
BLOCKS = {
    "resnet18": ("basic", (2, 2, 2, 2)),
    "resnet34": ("basic", (3, 4, 6, 3)),
    "resnet50": ("bottleneck", (3, 4, 6, 3)),
}


def hashes(key, count):
    """uint64 [count]: FNV-1a of the key seeds a SplitMix64 sequence."""
    seed = 0xCBF29CE484222325
    for byte in key.encode():
        seed = (seed ^ byte) * 0x100000001B3 % 2**64
    x = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(GOLDEN) + np.uint64(seed)
    x ^= x >> np.uint64(30)
    x *= np.uint64(0xBF58476D1CE4E5B9)
    x ^= x >> np.uint64(27)
    x *= np.uint64(0x94D049BB133111EB)
    x ^= x >> np.uint64(31)
    return x


def uniform(key, shape, low, high):
    """float32 of `shape`, uniform in [low, high]."""
    unit = (hashes(key, math.prod(shape)) >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return (low + (high - low) * unit).astype(np.float32).reshape(shape)


def _batch_norm(name, width):
    for field in ("weight", "bias", "running_mean", "running_var"):
        yield f"{name}.{field}", (width,)
    yield f"{name}.num_batches_tracked", ()


def _block(name, kind, inputs, planes, stride):
    if kind == "basic":
        convs = [(planes, inputs, 3), (planes, planes, 3)]
    else:
        convs = [(planes, inputs, 1), (planes, planes, 3), (4 * planes, planes, 1)]
    for i, (k, c, r) in enumerate(convs, 1):
        yield f"{name}.conv{i}.weight", (k, c, r, r)
        yield from _batch_norm(f"{name}.bn{i}", k)
    outputs = convs[-1][0]
    if stride > 1 or inputs != outputs:
        yield f"{name}.downsample.0.weight", (outputs, inputs, 1, 1)
        yield from _batch_norm(f"{name}.downsample.1", outputs)


def shapes(case):
    """{name: shape} of the case's state_dict, in torchvision's names and order."""
    kind, counts = BLOCKS.get(case.model) or case.model
    stem = 3 if case.small_stem else 7
    entries = [("conv1.weight", (case.width, case.channels, stem, stem)), *_batch_norm("bn1", case.width)]
    inputs = case.width
    for layer, count in enumerate(counts, 1):
        planes = case.width * 2 ** (layer - 1)
        for i in range(count):
            stride = 2 if layer > 1 and i == 0 else 1
            entries += _block(f"layer{layer}.{i}", kind, inputs, planes, stride)
            inputs = planes * (1 if kind == "basic" else 4)
    if case.head:
        layers = [("fc.1", inputs, case.head), ("fc.3", case.head, case.classes)]
    else:
        layers = [("fc", inputs, case.classes)]
    for name, fan_in, fan_out in layers:
        entries += [(f"{name}.weight", (fan_out, fan_in)), (f"{name}.bias", (fan_out,))]
    return dict(entries)


def _parameter(name, shape, key):
    root3 = math.sqrt(3)
    if len(shape) == 4:  # kaiming, fan out: standard deviation sqrt(2 / (K R S))
        bound = root3 * math.sqrt(2 / (shape[0] * shape[2] * shape[3]))
        return uniform(key, shape, -bound, bound)
    if name.endswith("num_batches_tracked"):
        return np.array(7, np.int64)
    if name.endswith("running_var"):
        return uniform(key, shape, 0.5, 1.5)
    if name.startswith("fc."):
        bound = 1 / math.sqrt(shape[-1])
        return uniform(key, shape, -bound, bound)
    if name.endswith(".weight"):
        return uniform(key, shape, 0.5, 1.0)
    return uniform(key, shape, -0.1 * root3, 0.1 * root3)


def tensors(case, seed):
    """What `step` reads: {name: array} of images [N,C,H,W], labels [N] and the whole state_dict."""
    result = {
        "images": uniform(f"{seed}/images", (case.batch, case.channels, *case.size), -math.sqrt(3), math.sqrt(3)),
        "labels": (hashes(f"{seed}/labels", case.batch) % np.uint64(case.classes)).astype(np.int64),
    }
    for name, shape in shapes(case).items():
        result[name] = _parameter(name, shape, f"{seed}/{name}")
    return result
