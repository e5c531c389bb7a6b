#!/usr/bin/env python3
"""Features of a frozen prefix in bf16 or int8 against those in float32, of whole models.

  narrow_features_test.py --tools DIR --work DIR --resnetc FILE --precision TYPE [--mcpu NAME]

Features of unrelated images resemble one another, so that a cosine says little; the centred one, of what is left without
the mean over the images, tells whether an image is still told from the others. The error must also be there: equal features
would mean that nothing was computed in the precision.
"""

import sys
from pathlib import Path

import numpy as np

import calibration
import program
from bits_test import ROLE_COUNT, ROLE_VARIANCE, compile_spec, infer

SPECS = {
    "resnet18": "resnet18().input(64, 64).freeze_all().replace_fc(10)",
    "bottleneck": "resnet(bottleneck, {1, 2, 1, 1}).input(64, 48).freeze_all().replace_fc(10)",
    "five channels": "resnet(basic, {1, 1, 1, 1}).channels(5).input(40, 32).freeze_all().replace_fc(10)",
    "small stem": 'resnet(basic, {1, 1, 1, 1}).input(32, 32).stem(stem::small).freeze_until("layer4").replace_fc(10)',
}
ROLE_WEIGHT = 1  # RESNETC_BN_WEIGHT
IMAGES = 48
LEAST = {"bf16": 0.999, "int8": 0.98}


def draw_images(model):
    """Waves of few colours: of noise all features are nearly the same."""
    random = np.random.default_rng(1)
    rows, columns = (np.arange(n).reshape(shape) for n, shape in ((model.height, (-1, 1, 1)), (model.width, (1, -1, 1))))
    images = random.uniform(-2, 2, (IMAGES, 1, 1, model.channels))
    for _ in range(3):
        vertical, horizontal = random.uniform(-0.7, 0.7, (2, IMAGES, 1, 1, 1))
        height = random.uniform(-1, 1, (IMAGES, 1, 1, model.channels))
        images = images + height * np.sin(vertical * rows + horizontal * columns)
    return images


def fill_for_features(compiled):
    """Convolutions that keep their input's size, and batch norms that do nothing: what is in an image reaches its features."""
    random = np.random.default_rng(0)
    for name, tensor in compiled.tensors.items():
        shape = tensor.shape[: tensor.rank]
        if tensor.rank == 4:
            compiled.write(name, random.normal(0, np.sqrt(2 / tensor.fan_in), shape))
        elif tensor.role != ROLE_COUNT:
            compiled.write(name, np.full(shape, float(tensor.role in (ROLE_WEIGHT, ROLE_VARIANCE))))


def features(spec, precision, arguments):
    arguments.precision = precision
    compiled = compile_spec(spec, arguments)
    if not program.machine_runs(compiled.features()):
        return None
    images = draw_images(compiled.model).astype(compiled.dtype)
    fill_for_features(compiled)
    calibration.prepare(compiled, fill_for_features, images[::3])
    compiled.call("refresh", 1)
    return infer(compiled, images)[0].astype(np.float64)


def centred_cosines(a, b):
    mean = b.mean(axis=0)
    a, b = a - mean, b - mean
    return (a * b).sum(axis=1) / np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1))


def main():
    parser = program.parser(__doc__)
    parser.add_argument("--resnetc", type=Path, required=True)
    parser.add_argument("--precision", choices=LEAST, required=True)
    arguments = parser.parse_args()
    precision = arguments.precision
    arguments.work.mkdir(parents=True, exist_ok=True)
    program.load_pool(arguments.tools)
    failed = ran = False
    for name, spec in SPECS.items():
        narrow, plain = (features(spec, type_, arguments) for type_ in (precision, "f32"))
        if narrow is None:
            print(f"{name}: compiled for {arguments.mcpu}, which this CPU does not run")
            continue
        ran = True
        cosines = centred_cosines(narrow, plain)
        print(f"{name}: centred cosine at least {cosines.min():.6f}, mean {cosines.mean():.6f}")
        failed |= not cosines.min() >= LEAST[precision] or np.array_equal(narrow, plain)
    sys.exit(1 if failed else 0 if ran else program.SKIPPED)


if __name__ == "__main__":
    main()
