"""Histograms of the values that an int8 prefix has scales for, and scales from them: the largest value is the largest number."""

import numpy as np

import abi
import program


def bins_of(values):
    """The bin of each magnitude, as abi.h has it."""
    bits = np.abs(np.ascontiguousarray(values, np.float32)).view(np.uint32).astype(np.int64)
    return np.clip((bits >> abi.BIN_SHIFT) - abi.FIRST_BIN, 0, abi.BINS - 1)


def histogram(values):
    return np.bincount(bins_of(values).reshape(-1), minlength=abi.BINS)


def count(plain, rows, images, **pool):
    """[rows][bins] of images [N,H,W,C], by `plain`, the variant in float32, whose @prepare has run."""
    counts = program.Buffer(rows * abi.BINS, np.int64)
    for first in range(0, len(images), plain.model.feature_batch):
        part = images[first : first + plain.model.feature_batch]
        plain.call("calibrate", len(part), images=part.astype(plain.dtype), histograms=counts, **pool)
    return counts.array.reshape(rows, abi.BINS).copy()


def scales_of(compiled, counts):
    """A scale a row: the upper edge of the last bin with values is 255, or 127."""
    last = np.array([np.flatnonzero(row).max(initial=0) for row in counts])
    edges = ((last + 1 + abi.FIRST_BIN) << abi.BIN_SHIFT).astype(np.uint32).view(np.float32)
    signed = np.array([scale.is_signed for scale in compiled.variant.scales[: compiled.variant.scale_count]], bool)
    return (edges / np.where(signed, 127, 255)).astype(np.float32)


def prepare(compiled, fill, images):
    """Runs @prepare, of an int8 prefix with the scales that `images` give; `fill` writes a program's parameters."""
    if not compiled.variant.scale_count:
        return compiled.call("prepare", 1)
    plain = compiled.plain()
    fill(plain)
    plain.call("prepare", 1)
    compiled.call("prepare", 1, scales=scales_of(compiled, count(plain, compiled.variant.scale_count, images)))
