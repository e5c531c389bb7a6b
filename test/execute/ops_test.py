#!/usr/bin/env python3
"""Every operation but convolutions alone (conv_sweep_test.py) against plain loops, at odd sizes and batches.

  ops_test.py --tools DIR --work DIR [--mcpu NAME]
"""

import sys

import numpy as np

import naive
import program
from sampled import BOUNDS, Judge, Sampled

BATCHES = (1, 2, 3, 5, 7, 17)
SIZES = ((3, 1), (5, 7), (9, 8))
CHANNELS = 35
IMAGES = 40  # channels of the images; the first half holds few different values, so that there are ties
TIED = np.arange(CHANNELS) % (IMAGES // 2)
EPS = 1e-3
NORM = ("weight", "bias", "mean", "var")
STEP = dict(label_smoothing=0.2, loss_divisor=3.5, seed=(9 << 33) + 5, step=7)


def draw_images(case, random, batch):
    images = case.draw_images(random, batch)
    images[:, : IMAGES // 2] = np.round(images[:, : IMAGES // 2] * 2) / 2
    return images


def elementwise(case, x, z):
    f = case.features
    scale, shift = (case.parameter(name, "bn_weight", (CHANNELS,)) for name in ("scale", "shift"))
    affine = lambda o: o[x] * naive.by_channel(o[scale]) + naive.by_channel(o[shift])
    y = f.relu(x)
    case.result("relu", y, lambda o: np.maximum(o[x], 0))
    case.result("relu_grad", f.relu_grad(z, y), lambda o: np.where(o[x] > 0, o[z], 0))
    case.result("add", f.add(x, z), lambda o: o[x] + o[z])
    case.result("scale_shift", f.scale_shift(x, scale, shift), affine)
    case.result("scale_shift without shift", f.scale_shift(x, scale), lambda o: o[x] * naive.by_channel(o[scale]))
    bias = case.parameter("sum", "bn_bias", (CHANNELS,), "trained")
    case.gradient(bias, f.channel_sum(x), lambda o: o[x].sum(axis=(0, 2, 3)))
    for relu in (False, True):  # fused epilogues
        weight = case.parameter(f"conv{relu}", "conv_weight", (CHANNELS, CHANNELS, 3, 3))
        y = f.conv2d(x, weight, 1, 1, scale, shift, z if relu else None, relu)

        def fused(o, weight=weight, relu=relu):
            v = naive.conv2d(o[x], o[weight], 1, 1) * naive.by_channel(o[scale]) + naive.by_channel(o[shift])
            return np.maximum(v + o[z], 0) if relu else v

        case.result(f"conv2d with epilogue{', residual and relu' if relu else ''}", y, fused)


def pools(case, size):
    f, x = case.features, case.take(TIED)
    for window in ((3, 2, 1), (3, 1, 1), (2, 2, 0)):
        if min(size) + 2 * window[2] < window[0]:
            continue
        name = f"max_pool {window}"
        case.result(name, f.max_pool(x, *window), lambda o, w=window: naive.max_pool(o[x], *w)[0])
        y, winner = f.max_pool(x, *window, winner=True)
        dx = f.max_pool_grad(y, winner, *window, like=x)

        def gradient(o, w=window):
            y, winner = naive.max_pool(o[x], *w)
            return naive.max_pool_grad(y, winner, o[x].shape, *w)

        case.result(f"{name} gradient", dx, gradient)
    mean = f.global_avg_pool(x)
    plane = np.ones((1, 1, *size)) / (size[0] * size[1])
    case.result("global_avg_pool", mean, lambda o: o[x].mean(axis=(2, 3)))
    dx = f.global_avg_pool_grad(mean, like=x)
    case.result("global_avg_pool gradient", dx, lambda o: o[x].mean(axis=(2, 3))[:, :, None, None] * plane)


def norms(case, x, dy):
    f = case.features
    weight, bias = (case.parameter(name, f"bn_{name}", (CHANNELS,), "trained") for name in ("weight", "bias"))
    running = [case.parameter(f"running_{name}", f"bn_{name}", (CHANNELS,), "moves") for name in ("mean", "var")]
    y, mean, var = f.batch_norm_batch(x, weight, bias, eps=EPS)
    normal = lambda o: naive.batch_norm(o[x], o[weight], o[bias], *naive.statistics(o[x]), EPS)
    case.result("batch_norm_batch", y, normal)
    again = f.normalize(x, weight, bias, mean, var, relu=True, eps=EPS)
    case.result("normalize and relu", again, lambda o: np.maximum(normal(o), 0))
    joined = f.normalize(x, weight, bias, mean, var, residual=dy, relu=True, eps=EPS)
    case.result("normalize, residual and relu", joined, lambda o: np.maximum(normal(o) + o[dy], 0))
    fused, *_ = f.batch_norm_batch(x, weight, bias, residual=dy, relu=True, eps=EPS)
    case.result("batch_norm_batch, residual and relu", fused, lambda o: np.maximum(normal(o) + o[dy], 0))
    f.update_statistics("running_mean", "running_var", mean, var, x, momentum=0.3)

    def moved(o, which):
        m = o[x][:, 0].size
        fresh = naive.statistics(o[x])[which] * (m / (m - 1) if which else 1)
        return 0.7 * o[running[which]] + 0.3 * fresh

    case.state("running_mean", lambda o: moved(o, 0))
    case.state("running_var", lambda o: moved(o, 1))
    sums = lambda o: naive.batch_norm_sums(o[x], o[dy], *naive.statistics(o[x]), EPS)
    dweight, dbias = f.batch_norm_sums(x, dy, mean, var, eps=EPS)
    case.gradient(weight, dweight, lambda o: sums(o)[0])
    case.gradient(bias, dbias, lambda o: sums(o)[1])
    dx = f.batch_norm_dx(x, dy, weight, mean, var, dweight, dbias, eps=EPS)
    case.result(
        "batch_norm_dx",
        dx,
        lambda o: naive.batch_norm_dx(o[x], o[dy], o[weight], *naive.statistics(o[x]), *sums(o), EPS),
    )
    folded = [case.parameter(f"folded_{name}", f"bn_{name}", (CHANNELS,)) for name in NORM]
    y = f.scale_shift(x, *f.fold_batch_norm(*folded, eps=EPS))
    case.result("fold_batch_norm", y, lambda o: naive.batch_norm(o[x], *(o[v] for v in folded), EPS))


def at_size(element, size):
    case = Sampled(f"{size[0]}x{size[1]}", element, IMAGES, size)
    x, z = case.take(np.arange(5, 5 + CHANNELS)), case.take(np.arange(CHANNELS)[::-1])
    elementwise(case, x, z)
    pools(case, size)
    if size[0] * size[1] > 8:  # a variance of few values hangs on the last bit
        norms(case, x, z)
    return case


def vectors(element, c, k):
    """Linear layers of c to k features, dropout of c, the loss of k classes."""
    case = Sampled(f"{c} to {k} features", element, IMAGES, (1, 1))
    f = case.features
    flat = lambda array: array[:, :, 0, 0]
    tall, wide = case.take(np.arange(c) % IMAGES), case.take(np.arange(k)[::-1] % IMAGES)
    x, dy = f.global_avg_pool(tall), f.global_avg_pool(wide)
    weight = case.parameter("weight", "linear_weight", (k, c), "trained")
    bias = case.parameter("bias", "linear_bias", (k,), "trained")
    case.result("linear", f.linear(x, weight, bias), lambda o: flat(o[tall]) @ o[weight].T + o[bias])
    case.result("linear_dx", f.linear_dx(dy, weight), lambda o: flat(o[wide]) @ o[weight])
    case.gradient(weight, f.linear_dw(x, dy, like=weight), lambda o: flat(o[wide]).T @ flat(o[tall]))
    case.gradient(bias, f.channel_sum(dy), lambda o: flat(o[wide]).sum(axis=0))
    for rate, site in ((0.2, 0), (0.5, 3)):

        def dropped(o, rate=rate, site=site):
            counter = {name: o.fields[name] for name in ("seed", "step", "sample_ids")}
            return naive.dropout(flat(o[tall]), rate, site, **counter) if o.fields["dropout"] else flat(o[tall])

        case.result(f"dropout {rate}", f.dropout(x, rate, site), dropped)

    def loss(o):
        return naive.softmax_cross_entropy(flat(o[wide]), o.fields["labels"], STEP["label_smoothing"], STEP["loss_divisor"])

    labels = f.argument((), "i64")
    case.result("softmax_cross_entropy", f.softmax_cross_entropy(dy, labels), lambda o: loss(o)[2])
    case.field("loss", lambda o: loss(o)[0])
    case.field("hits", lambda o: loss(o)[1])
    case.field("logits", lambda o: flat(o[wide]).reshape(-1))
    case.classes = k
    return case


def step_fields(case, random, batch, dtype):
    """What the call of a training step holds."""
    return dict(
        STEP,
        labels=random.integers(0, case.classes, batch),
        sample_ids=random.integers(0, 2**40, batch),
        dropout=int(batch != 3),
        loss=program.Buffer(1, np.float64),
        hits=program.Buffer(1, np.int64),
        logits=program.Buffer(batch * case.classes, dtype),
    )


def main():
    arguments = program.parser(__doc__).parse_args()
    # the second has enough pairs of blocks for loops in parallel
    sizes = [(vectors, 35, 5), (vectors, 300, 230), *((at_size, size) for size in SIZES)]
    cases = [make(element, *size) for element in BOUNDS for make, *size in sizes]
    programs = program.build([case.text() for case in cases], arguments, "split")
    judge = Judge()
    for case, compiled in zip(cases, programs):
        for batch in BATCHES:
            random = np.random.default_rng(batch)
            fields = step_fields(case, random, batch, compiled.dtype) if hasattr(case, "classes") else {}
            images = draw_images(case, random, batch)
            judge.add(f"{case}, batch {batch}", case.element, lambda: case.run(compiled, images, **fields))
    sys.exit(judge.report() if programs else program.SKIPPED)


if __name__ == "__main__":
    main()
