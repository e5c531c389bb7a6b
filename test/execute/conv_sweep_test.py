#!/usr/bin/env python3
"""Convolutions of every size against plain loops: y, dx and dw, and those of the stem, which reads images.

  conv_sweep_test.py --tools DIR --work DIR [--mcpu NAME] [--conv KIND] [--jobs N] [--sizes few|all|seventeen]

The width decides how a kernel is cut into register tiles: sizes go past the largest tile and meet every remainder. The
height, which is in outer loops, goes through the same numbers. With --conv winograd the sizes meet every remainder of its
tiles, and filters that a task transforms itself are among them; winograd-6x4 is that with tiles of six rows and four columns of outputs, winograd-5x3 with such tiles at stride 2. `few` meets each width with each window in one module,
`all` each pair of the sizes, `seventeen` each pair of 1 to 17.
"""

import sys

import numpy as np

import naive
import program
import sweep
from sampled import BOUNDS, Judge, Sampled

STEMS = [(3, 1), (7, 2)]  # of small and of large images


def convolution(case, name, x, dy, k, kernel, stride):
    """All of a convolution of x to k channels, by parameter `name`. Images get no gradient."""
    f, padding, stem = case.features, kernel // 2, x is case.images
    weight = case.parameter(name, "conv_weight", (k, x.shape[0], kernel, kernel), "trained")
    value = lambda operands: operands.images if stem else operands[x]
    window = (stride, padding)
    case.result(f"{name} y", f.conv2d(x, weight, *window), lambda o: naive.conv2d(value(o), o[weight], *window))
    case.gradient(
        weight,
        f.conv2d_dw(x, dy, *window, like=weight),
        lambda o: naive.conv2d_dw(value(o), o[dy], kernel, *window),
    )
    if not stem:
        case.result(
            f"{name} dx",
            f.conv2d_dx(dy, weight, *window, like=x),
            lambda o: naive.conv2d_dx(o[dy], o[weight], value(o).shape, *window),
        )


def make(element, size, c, k, windows, stems=()):
    """Convolutions of [c, *size] to k channels."""
    channels = min(c + k, 40)
    case = Sampled(f"{size[0]}x{size[1]}, {c} to {k} channels", element, channels, size)
    x = case.take(np.arange(c) % channels)
    strides = dict.fromkeys(stride for _, stride in (*windows, *stems))
    dys = {stride: case.take(np.arange(c, c + k) % channels, stride) for stride in strides}
    for kernel, stride in windows:
        convolution(case, f"conv{kernel}x{kernel}s{stride}", x, dys[stride], k, kernel, stride)
    for kernel, stride in stems:
        convolution(case, f"stem{kernel}x{kernel}s{stride}", case.images, dys[stride], k, kernel, stride)
    return case


def make_stem(element, size, c, k):
    """Stems of so few channels that Winograd's algorithm takes the large one, and one beside it that reads less around the same images."""
    case = Sampled(f"stem of {size[0]}x{size[1]}, {c} to {k} channels", element, c, size)
    dy = case.take(np.arange(k) % c, 2)
    for kernel in (7, 3):
        convolution(case, f"stem{kernel}x{kernel}s2", case.images, dy, k, kernel, 2)
    return case


def stems():
    """(size, channels in, out): less than a tile, every remainder of a tile's columns and of a vector's tiles, and several blocks of tiles, of rows
    and of output channels."""
    for i, columns in enumerate((3, 4, 5, 6, 7, 9, 12, 15, 18, 20)):
        yield ((1, 2, 7, 12)[i % 4], 2 * columns - i % 2), (3, 1, 4, 2, 3)[i % 5], 4
    yield (5, 113), 3, 4  # 57 columns, 15 tiles: two blocks that share one
    yield (41, 34), 3, 70  # 21 rows: tasks of seven
    yield (45, 37), 1, 4  # 23 rows: one task


def cases(sizes, conv):
    for element in BOUNDS:
        if conv == "winograd":
            for size, c, k in stems():
                yield make_stem(element, size, c, k)
            # no larger tiles are chosen for as many channels
            yield make(element, (5, 6), 520, 40, [(3, 1)])
            yield make(element, (6, 5), 40, 520, [(3, 1)])
            yield make(element, (6, 5), 512, 40, [(3, 1)])
            yield make(element, (10, 11), 520, 40, [(3, 2)])
            yield make(element, (11, 10), 40, 520, [(3, 2)])
            yield make(element, (9, 40), 40, 40, [(3, 2)])
            yield make(element, (56, 61), 40, 40, [(3, 2)])  # strips of rows, three outputs high and two
        if conv.startswith("winograd"):
            yield make(element, (5, 5), 288, 288, [(3, 1)])  # nine blocks: a task takes three of them
            yield make(element, (9, 57), 40, 40, [(3, 1)])
            yield make(element, (16, 56), 40, 40, [(3, 1)])  # strips of rows
            yield make(element, (40, 44), 40, 40, [(3, 1)])  # and of the weight gradient
            yield make(element, (28, 29), 40, 40, [(3, 1)])  # tiles of six and five outputs along both axes
            yield make(element, (56, 31), 40, 40, [(3, 1)])  # blocks of strips of either
        for plane in sweep.planes(sizes, STEMS):
            yield make(element, *plane)
        if sizes == "few":
            continue
        # more weights than stay in the second-level cache, and many blocks
        yield make(element, (5, 9), 200, 70, [(3, 1), (3, 2)])
        yield make(element, (3, 7), 1300, 40, [(1, 1), (1, 2)])


def main():
    parser = program.parser(__doc__)
    parser.add_argument("--sizes", choices=("few", "all", "seventeen"), default="few")
    arguments = parser.parse_args()
    swept = list(cases(arguments.sizes, arguments.conv))
    programs = program.build([case.text() for case in swept], arguments, "split")
    judge = Judge()
    for case, compiled in zip(swept, programs):
        images = case.draw_images(np.random.default_rng(0), sweep.BATCH)
        judge.add_with_one_alone(case, case.element, lambda some: case.run(compiled, some), images)
    sys.exit(judge.report() if programs else program.SKIPPED)


if __name__ == "__main__":
    main()
