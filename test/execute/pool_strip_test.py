#!/usr/bin/env python3
"""A max pool that computes the stem in its tasks, strip by strip, gives the bits that it gives of a stem in memory.

  pool_strip_test.py --tools DIR --work DIR [--mcpu NAME]

Of each shape there are two modules: in one the pool alone reads the stem, in the other the stem is a result too. Both against plain loops as well,
and the first in every batch and for one to five threads. Not-a-number wins in a window.
"""

import sys

import numpy as np

import naive
import program
from sampled import Judge, Sampled

SIZES = ((61, 13), (30, 33), (97, 3), (4, 5))  # of images
STEMS = ((7, 2, 3, True), (3, 1, 1, True), (7, 2, 3, False))  # kernel, stride, padding, ReLU
WINDOWS = ((3, 2, 1), (3, 1, 1), (2, 2, 0))  # of pools
CHANNELS, OUT = 3, 64  # no pads of channels, which are not-a-number where an image is
BATCHES = (1, 3)
THREADS = range(1, 6)


def at_size(element, size, stem, window, apart):
    kernel, stride, padding, relu = stem
    title = f"{size[0]}x{size[1]}, stem {kernel}x{kernel}s{stride}{' and ReLU' if relu else ''}, pool {window}"
    case = Sampled(title + (", apart" if apart else ""), element, CHANNELS, size)
    weight = case.parameter("weight", "conv_weight", (OUT, CHANNELS, kernel, kernel))
    scale, shift = (case.parameter(name, "bn_weight", (OUT,)) for name in ("scale", "shift"))
    y = case.features.conv2d(case.images, weight, stride, padding, scale, shift, None, relu)

    def reference(o):
        v = naive.conv2d(o.images, o[weight], stride, padding) * naive.by_channel(o[scale]) + naive.by_channel(o[shift])
        return np.maximum(v, 0) if relu else v

    case.result("pool", case.features.max_pool(y, *window), lambda o: naive.max_pool(reference(o), *window)[0])
    if apart:
        case.result("stem", y, reference)
    return case


def pairs():
    """(case, the same with the stem apart, whether the first has no place for the stem)"""
    for element in ("f32", "f64"):
        for size in SIZES:
            for stem in STEMS:
                for window in WINDOWS:
                    yield *(at_size(element, size, stem, window, apart) for apart in (False, True)), window[2] > 0


def main():
    arguments = program.parser(__doc__).parse_args()
    cases = list(pairs())
    programs = program.build([case.text() for pair in cases for case in pair[:2]], arguments, "split")
    pools = program.load_pool(arguments.tools)
    judge = Judge()
    for number, (case, apart, strips) in enumerate(cases if programs else []):
        compiled, other = programs[2 * number : 2 * number + 2]
        if strips and compiled.model.features_arena.per_image >= other.model.features_arena.per_image:
            judge.failed.append(f"{case}: keeps the stem in memory")
        images = case.draw_images(np.random.default_rng(0), max(BATCHES))
        expected = judge.add(apart, case.element, lambda: apart.run(other, images))[0].ours
        spoiled = images.copy()
        spoiled[0, 0, images.shape[2] // 2, images.shape[3] // 2] = np.nan
        found = case.run(compiled, spoiled)[0]
        if not np.array_equal(np.isnan(found.ours), np.isnan(found.expected)):
            judge.failed.append(f"{case}: not-a-number is elsewhere")
        for threads in THREADS:
            pool = pools.make_pool(threads)
            for batch in BATCHES:
                run = lambda: case.run(compiled, images[:batch], pool=pool, threads=threads)
                for outcome in judge.add(f"{case}, batch {batch}, {threads} threads", case.element, run):
                    if not np.array_equal(outcome.ours, expected[:batch]):
                        judge.failed.append(f"{case}, batch {batch}, {threads} threads: other bits than with the stem apart")
            pools.free_pool(pool)
    sys.exit(judge.report() if programs else program.SKIPPED)


if __name__ == "__main__":
    main()
