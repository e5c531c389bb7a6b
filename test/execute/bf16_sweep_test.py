#!/usr/bin/env python3
"""Convolutions in bf16 at every size against plain loops in float64 over operands rounded to bf16.

  bf16_sweep_test.py --tools DIR --work DIR [--mcpu NAME] [--tiles-of NAME] [--jobs N] [--sizes few|all]

What is compared are the whole ways of a value: weights rounded by @prepare, activations as they are stored, sums in float32 in the
order of the kernels, epilogues, results rounded where they are read in bf16. A result differs from the loop's by the error of a float32 sum,
and behind a rounding by half a unit in the last place of bf16, 2^-9, where the two fall on different sides of a tie.
"""

import sys

import numpy as np

import naive
import program
import sweep
from sampled import Judge, Sampled

SUM = 1e-5  # of the largest error of a float32 sum over the largest value
ROUNDED = SUM + 2**-8  # of what was rounded after it was computed: one step of bf16


def bf16(values):
    return naive.bf16(values).astype(np.float64)


class Case(Sampled):
    """Images hold bf16 numbers, so that the convolutions that select operands give them exactly in any precision."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.module.function("prepare")

    def _draw(self, random, shape):
        values = super()._draw(random, shape)
        return bf16(values) if shape[1:] == self.images.shape else values


def convolution(case, name, x, k, kernel, stride):
    f, padding = case.features, kernel // 2
    weight = case.parameter(name, "conv_weight", (k, x.shape[0], kernel, kernel))
    value = lambda o: o.images if x is case.images else o[x]
    pairs = x is not case.images or stride * x.shape[0] % 2 == 0  # otherwise float32
    rounded = lambda o: bf16(o[weight]) if pairs else o[weight]
    case.result(name, f.conv2d(x, weight, stride, padding), lambda o: naive.conv2d(value(o), rounded(o), stride, padding))


def single(size, c, k, windows, stems):
    """Convolutions of [c, *size] to k channels."""
    channels = min(c + k, 40)
    case = Case(f"{size[0]}x{size[1]}, {c} to {k} channels", "f32", channels, size)
    x = case.take(np.arange(c) % channels)
    for kernel, stride in windows:
        convolution(case, f"conv{kernel}x{kernel}s{stride}", x, k, kernel, stride)
    for kernel, stride in stems:
        convolution(case, f"stem{kernel}x{kernel}s{stride}", case.images, k, kernel, stride)
    return case


def images_of(channels, size):
    """Stems of images of few channels: pixels of an even number of values apart, windows of an odd number too."""
    case = Case(f"{size[0]}x{size[1]} of {channels} channels", "f32", channels, size)
    for kernel, stride in sweep.WINDOWS:
        if stride * channels % 2 == 0:
            convolution(case, f"stem{kernel}x{kernel}s{stride}", case.images, 40, kernel, stride)
    return case


def chain(size):
    """A bottleneck with its epilogues behind a stem and a max pool: values that are stored in bf16, one of them also a residual."""
    case = Case(f"{size[0]}x{size[1]}, bottleneck", "f32", 6, size)
    f, p = case.features, case.parameter
    weights = {}
    for name, (k, c, kernel) in dict(s=(40, 6, 3), a=(33, 40, 1), b=(34, 33, 3), c=(40, 34, 1)).items():
        weights[name] = p(name, "conv_weight", (k, c, kernel, kernel))
        for more in ("scale", "shift"):
            weights[name + more] = p(f"{name}.{more}", "bn_weight" if more == "scale" else "bn_bias", (k,))
    x = f.conv2d(case.images, weights["s"], 1, 1, weights["sscale"], weights["sshift"], None, True)
    x = f.max_pool(x, 3, 2, 1)
    y = f.conv2d(x, weights["a"], 1, 0, weights["ascale"], weights["ashift"], None, True)
    y = f.conv2d(y, weights["b"], 1, 1, weights["bscale"], weights["bshift"], None, True)
    y = f.conv2d(y, weights["c"], 1, 0, weights["cscale"], weights["cshift"], x, True)

    def reference(o):
        def step(name, x, padding, residual=0.0):
            v = naive.conv2d(x, bf16(o[weights[name]]), 1, padding)
            v = v * naive.by_channel(o[weights[name + "scale"]]) + naive.by_channel(o[weights[name + "shift"]])
            return np.maximum(v + residual, 0)

        x = naive.max_pool(bf16(step("s", o.images, 1)), 3, 2, 1)[0]
        y = bf16(step("b", bf16(step("a", x, 0)), 1))
        return step("c", y, 0, x)

    case.result("bottleneck", y, reference)
    return case


def cases(sizes):
    """(case, bound)"""
    for plane in sweep.planes(sizes):
        yield single(*plane), SUM
    for channels, size in sweep.images():
        yield images_of(channels, size), SUM
    # more weights than stay in the second-level cache, and many blocks; of fewer output channels than Winograd's algorithm takes
    yield single((5, 9), 400, 60, [(3, 1), (3, 2)], []), SUM
    yield single((3, 7), 2600, 40, [(1, 1), (1, 2)], []), SUM
    for size in ((7, 9), (12, 17), (16, 5)):
        yield chain(size), ROUNDED


def main():
    parser = program.parser(__doc__)
    parser.add_argument("--sizes", choices=("few", "all"), default="few")
    arguments = parser.parse_args()
    arguments.precision = "bf16"
    swept = list(cases(arguments.sizes))
    programs = program.build([case.text() for case, _ in swept], arguments, "split")
    judge = Judge()
    for (case, bound), compiled in zip(swept, programs):
        images = case.draw_images(np.random.default_rng(0), sweep.BATCH)
        judge.add_with_one_alone(case, case.element, lambda some: case.run(compiled, some), images, bound)
    sys.exit(judge.report() if programs else program.SKIPPED)


if __name__ == "__main__":
    main()
