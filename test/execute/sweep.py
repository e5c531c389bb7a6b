"""What the sweeps of convolutions go through: planes, channels, windows."""

import itertools

SIZES = (1, 2, 3, 7, 8, 9, 14, 17)
WINDOWS = [(kernel, stride) for stride in (1, 2) for kernel in (1, 3, 7)]
BATCH = 3


def channels(number):
    """Two blocks in, or two blocks out."""
    return (35, 4) if number % 2 else (4, 35)


def planes(sizes, stems=WINDOWS):
    """(size, channels in, out, windows, stems): `few` meets each width with each window, `all` each pair of sizes, `seventeen` each
    pair up to that. `stems`: windows over images of `few`."""
    if sizes == "few":
        for i, width in enumerate(SIZES):
            for stride, shift in ((1, 0), (2, 3)):
                of_stride = ([w for w in windows if w[1] == stride] for windows in (WINDOWS, stems))
                yield (SIZES[(i + shift) % 8], width), *channels(i), *of_stride
    else:
        for size in itertools.product(range(1, 18) if sizes == "seventeen" else SIZES, repeat=2):
            yield size, *channels(sum(size)), WINDOWS, WINDOWS


def images():
    """(channels, size) of images."""
    for i, size in enumerate(itertools.product((5, 8, 9, 17), repeat=2)):
        yield (1, 2, 3, 4)[i % 4], size
