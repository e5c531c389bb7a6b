#!/usr/bin/env python3
"""Convolutions in int8 at every size against plain loops over integers.

  int8_sweep_test.py --tools DIR --work DIR [--mcpu NAME] [--tiles-of NAME] [--jobs N] [--sizes few|all]

What is compared are the whole ways of a value: scales folded by @prepare, weights and images as they are quantised, sums in integers, epilogues, activations
as they are stored. All of it is exact but for the float32 arithmetic of scales and epilogues, which the reference does in the same order, a
multiplication and an addition in one rounding: what differs at all is wrong, but for a last place where float64 rounds twice. So are the
counts of values by @calibrate.
"""

import sys

import numpy as np

import calibration
import naive
import program
import sweep
from dialect import Module
from sampled import Judge, Outcome

LAST_PLACE = 1.2e-7  # of the largest error over the largest value
F = np.float32


def fma(a, b, c):
    """a*b + c in float32, rounded once."""
    return (np.asarray(a, np.float64) * np.asarray(b, np.float64) + np.asarray(c, np.float64)).astype(F)


def bytes_of(values):
    """What is stored in int8."""
    return np.clip(np.rint(values), 0, 255).astype(np.int64)


def quantized_weight(weight):
    """(integers, the scale of each output channel)"""
    largest = np.abs(weight).reshape(len(weight), -1).max(axis=1)
    scale = np.where(largest == 0, F(1), (largest / F(127)).astype(F)).astype(F)
    return np.rint((weight / scale.reshape(-1, 1, 1, 1)).astype(F)).astype(np.int64), scale


class Stored:
    """An activation of the reference: integers (of images with 128 added) and their scale, or float32."""

    def __init__(self, values, scale=None, signed=False):
        self.values, self.scale, self.signed = values, scale, signed


class Case:
    """@features on images of a few channels; values of the module have a reference each, a function of the operands."""

    def __init__(self, title, channels, size, shrink=1):
        self.title, self.shrink = title, shrink  # shrink: by what the images' scale is smaller than it should be
        self.module = Module("f32")
        self.module.function("prepare")
        self.features = self.module.function("features")
        self.images = self.features.argument((channels, *size))
        self.results, self.shapes = [], []
        self.references = {self.images: lambda o: o["images"]}
        self.layers = {}  # names, by their results

    def __str__(self):
        return self.title

    def text(self):
        return self.module.text()

    def parameter(self, name, role, shape):
        return self.features.read(self.module.parameter(name, role, shape))

    def conv(self, name, x, k, kernel, stride, norm=True, relu=True, residual=None, stored="int8"):
        """A convolution; `stored` says how its result is: int8, bf16 or f32."""
        f = self.features
        weight = self.parameter(f"{name}.weight", "conv_weight", (k, x.shape[0], kernel, kernel))
        scale, shift = (self.parameter(f"{name}.{what}", role, (k,)) for what, role in (("s", "bn_weight"), ("t", "bn_bias"))) if norm else (None, None)
        y = f.conv2d(x, weight, stride, kernel // 2, scale, shift, residual, relu)

        def reference(o):
            source = self.read(x, o)
            q, ws = quantized_weight(o[f"{name}.weight"])
            pad = 128 if source.signed else 0
            sums = sum(
                np.einsum("nchw,kc->nkhw", part, q[:, :, r, s])
                for r, s, part in naive.taps(source.values, kernel, stride, kernel // 2, pad)
            )
            out = o[("scale", name)] if stored == "int8" else F(1)
            factor = (ws * source.scale).astype(F)
            factor = ((factor * o[f"{name}.s"] if norm else factor) / out).astype(F)
            offset = (o[f"{name}.t"] / out).astype(F) if norm else np.zeros(k, F)
            if source.signed:
                offset = offset - factor * (F(128) * q.reshape(k, -1).sum(axis=1).astype(F))
            v = fma(sums, naive.by_channel(factor), naive.by_channel(offset))
            if residual is not None:
                r = self.value(residual, o)
                v = fma(r.values, F(r.scale or 1) / F(out), v)
            if stored == "int8":
                return Stored(bytes_of(v), out)
            v = np.maximum(v, F(0)) if relu else v
            return Stored(naive.bf16(v) if stored == "bf16" else v)

        self.references[y], self.layers[y] = reference, name
        return y

    def pool(self, x, kernel, stride):
        y = self.features.max_pool(x, kernel, stride, kernel // 2)

        def reference(o):
            source = self.value(x, o)
            return Stored(naive.max_pool(source.values.astype(np.float64), kernel, stride, kernel // 2)[0].astype(np.int64), source.scale)

        self.references[y] = reference
        return y

    def read(self, x, o):
        """What a convolution reads: in int8 even what is stored in float32."""
        stored = self.value(x, o)
        if stored.scale is not None:
            return stored
        scale = o[("scale", self.layers[x])]
        return Stored(bytes_of((stored.values * (F(1) / scale)).astype(F)), scale)

    def value(self, v, o):
        key = ("value", v)
        if key not in o:
            o[key] = self.references[v](o)
        return o[key]

    def result(self, name, value):
        self.features.results.append(value)
        self.results.append(name)

    def fill(self, compiled):
        """Draws the parameters, and gives them."""
        random = np.random.default_rng(1)
        operands = {}
        for p in self.module.parameters.values():
            operands[p.name] = random.uniform(-1, 1, p.shape).astype(F)
            if p.role == "bn_weight":
                operands[p.name] = np.abs(operands[p.name]) + F(0.25)
            compiled.write(p.name, operands[p.name])
        return operands

    def run(self, compiled, images):
        operands, random = self.fill(compiled), np.random.default_rng(2)
        names = compiled.scales()
        # Some of the images' values, and some sums, lie beyond what int8 holds.
        scales = np.array([0.9 / 127 / self.shrink if name == "images" else random.uniform(1, 4) / 255 for name in names], F)
        operands.update(((("scale", name), scale) for name, scale in zip(names, scales)))
        raised = fma(images, F(1) / scales[0], 128)
        operands["images"] = Stored(bytes_of(raised), scales[0], signed=True)
        compiled.call("prepare", 1, scales=scales)
        values = self.features.results
        ours = compiled.run_features(images, [value.shape for value in values])
        return [
            Outcome(name, mine, self.value(value, operands).values) for name, mine, value in zip(self.results, ours, values)
        ]


def wrong_counts(case, compiled, images):
    """Of which scales, the images' and that of a record, @calibrate's histogram is not that of the values."""
    plain, names = compiled.plain(), compiled.scales()
    case.fill(plain)
    plain.call("prepare", 1)
    values = plain.run_features(images, [value.shape for value in case.features.results])
    known = dict(zip(case.results, values)) | {"images": images}
    counts = calibration.count(plain, len(names), np.moveaxis(images, 1, -1))
    return [name for name, row in zip(names, counts) if name in known and not np.array_equal(row, calibration.histogram(known[name]))]


def single(size, c, k, windows, stems):
    """Convolutions of [c, *size] to k channels, and of images."""
    case = Case(f"{size[0]}x{size[1]}, {c} to {k} channels", 3, size)
    if windows:
        x = case.conv("select", case.images, c, 1, 1)
    for kernel, stride in windows:
        name = f"conv{kernel}x{kernel}s{stride}"
        case.result(name, case.conv(name, x, k, kernel, stride, norm=False, relu=False, stored="f32"))
    for kernel, stride in stems:
        name = f"stem{kernel}x{kernel}s{stride}"
        case.result(name, case.conv(name, case.images, k, kernel, stride, norm=kernel == 3, relu=False, stored="f32"))
    return case


def images_of(channels, size, shrink=1):
    """Stems of images of one to four channels."""
    case = Case(f"{size[0]}x{size[1]} of {channels} channels", channels, size, shrink)
    for kernel, stride in sweep.WINDOWS:
        name = f"stem{kernel}x{kernel}s{stride}"
        case.result(name, case.conv(name, case.images, 40, kernel, stride, norm=False, relu=False, stored="f32"))
    return case


def chain(size):
    """Bottlenecks behind a stem and a max pool: activations in int8 that are read as input and residual, a residual in bf16, and one
    that is a record too."""
    case = Case(f"{size[0]}x{size[1]}, bottlenecks", 3, size)
    x = case.pool(case.conv("stem", case.images, 40, 3, 1), 3, 2)
    y = case.conv("b", case.conv("a", x, 33, 1, 1), 34, 3, 1)
    x = case.conv("c", y, 40, 1, 1, residual=x)
    down = case.conv("down", x, 70, 1, 2, relu=False, stored="bf16")
    y = case.conv("e", case.conv("d", x, 33, 1, 1), 34, 3, 2)
    x = case.conv("f", y, 70, 1, 1, residual=down, stored="f32")
    case.result("f", x)
    case.result("behind it", case.conv("g", x, 40, 3, 1, stored="f32"))
    return case


def cases(sizes):
    for plane in sweep.planes(sizes):
        yield single(*plane)
    for channels, size in sweep.images():
        yield images_of(channels, size)
    yield images_of(3, (9, 7), 1e12)  # more than 32 bits hold
    # more weights than stay in the second-level cache, and many blocks
    yield single((5, 9), 800, 70, [(3, 1), (3, 2)], [])
    yield single((3, 7), 5200, 40, [(1, 1), (1, 2)], [])
    yield single((60, 57), 70, 66, [(1, 1), (1, 2)], [])
    for size in ((7, 9), (12, 17), (16, 5)):
        yield chain(size)


def main():
    parser = program.parser(__doc__)
    parser.add_argument("--sizes", choices=("few", "all"), default="few")
    arguments = parser.parse_args()
    arguments.precision = "int8"
    swept = list(cases(arguments.sizes))
    programs = program.build([case.text() for case in swept], arguments, "split")
    judge = Judge()
    for case, compiled in zip(swept, programs):
        images = np.random.default_rng(0).uniform(-1, 1, (sweep.BATCH, *case.images.shape)).astype(F)
        judge.add_with_one_alone(case, "f32", lambda some: case.run(compiled, some), images, LAST_PLACE)
        if "f" in case.results:
            judge.failed += [f"{case}: wrong counts of {name}" for name in wrong_counts(case, compiled, images)]
    sys.exit(judge.report() if programs else program.SKIPPED)


if __name__ == "__main__":
    main()
