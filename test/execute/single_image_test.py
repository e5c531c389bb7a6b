#!/usr/bin/env python3
"""What a compiled model computes of one image by the functions for that is what a batch's give, rounded otherwise.

  single_image_test.py --tools DIR --work DIR --resnetc FILE [--mcpu NAME]
"""

import sys
from pathlib import Path

import numpy as np

import program
from bits_test import compile_spec, fill

# A frozen and a trained wide convolution of few tiles.
SPEC = 'resnet(basic, {1, 1, 1, 1}).width(128).input(112, 112).freeze_until("layer4").replace_fc(10)'
BOUND = 1e-5  # relative, L2


def run(compiled, suffix, images):
    """(records, logits) of one image by the functions of this ending."""
    model = compiled.model
    records = program.Buffer(model.record_size, compiled.dtype)
    compiled.call("features" + suffix, 1, images=program.Buffer.of(images), records=records)
    logits = program.Buffer(model.classes, compiled.dtype)
    compiled.call("logits" + suffix, 1, records=records, logits=logits)
    return records.array.copy(), logits.array.copy()


def main():
    parser = program.parser(__doc__)
    parser.add_argument("--resnetc", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    program.load_pool(arguments.tools)
    compiled = compile_spec(SPEC, arguments)
    model = compiled.model
    if not (compiled.variant.features_single and compiled.variant.logits_single):
        sys.exit("the model has no functions for one image")
    fill(compiled)
    compiled.call("prepare", 1)
    compiled.call("refresh", 1)
    shape = (1, model.height, model.width, model.channels)
    images = np.random.default_rng(1).uniform(-1, 1, shape).astype(compiled.dtype)
    failed = 0
    for what, single, batch in zip(("features", "logits"), run(compiled, "_single", images), run(compiled, "", images)):
        error = np.linalg.norm(single - batch) / np.linalg.norm(batch)
        print(f"{what}: {error:.1e}")
        # The same bits would mean that both are one algorithm, and nothing was tested.
        failed += not 0 < error < BOUND
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
