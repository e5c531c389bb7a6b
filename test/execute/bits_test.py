#!/usr/bin/env python3
"""An image's features and logits have the same bits in any batch and for any number of threads, in a compiled model.

  bits_test.py --tools DIR --work DIR --resnetc FILE [--mcpu NAME] [--precision TYPE]

Of an int8 prefix, the counts that its scales come from are the same, too.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import ctypes
import numpy as np

import calibration
import program

SPECS = {
    "resnet18": "resnet18().input(64, 64).freeze_all().replace_fc(10)",
    "bottleneck": 'resnet(bottleneck, {1, 2, 1, 1}).width(20).input(33, 41).freeze_until("layer4").replace_fc(10)',
    "wide": 'resnet(basic, {1, 1, 1, 1}).width(128).input(112, 112).freeze_until("layer4").replace_fc(10)',
    "nothing frozen": "resnet(basic, {1, 1, 1, 1}).width(10).channels(1).input(28, 28).stem(stem::small).replace_fc(10)",
}
BATCHES = (1, 2, 7, 31, 32)
THREADS = (1, 2, 3, 5)
ROLE_VARIANCE = 4  # RESNETC_BN_VAR
ROLE_COUNT = 5


def compile_spec(spec, arguments):
    with tempfile.TemporaryDirectory(dir=arguments.work) as folder:
        source, made, library = (Path(folder, name) for name in ("model.rdsl", "model.o", "model.so"))
        source.write_text(spec + "\n")
        command = [arguments.resnetc, source, "--emit=obj", "-o", made, f"--mcpu={arguments.mcpu}"]
        command.append(f"--precision={getattr(arguments, 'precision', 'f32')}")
        subprocess.run(command, check=True)
        program.link([made], library)
        return program.Program(ctypes.CDLL(library), "resnetc_variants")


def fill(compiled):
    random = np.random.default_rng(0)
    for name, tensor in compiled.tensors.items():
        shape = tensor.shape[: tensor.rank]
        if tensor.role == ROLE_VARIANCE:
            compiled.write(name, random.uniform(0.5, 1.5, shape))
        elif tensor.role != ROLE_COUNT:
            bound = np.sqrt(3 / max(tensor.fan_in, 1)) if tensor.rank > 1 else 0.5
            compiled.write(name, random.uniform(-bound, bound, shape))


def infer(compiled, images, **pool):
    """(records, logits) of all images, as many a call as the model takes."""
    model = compiled.model
    records, logits = [], []
    for first in range(0, len(images), model.feature_batch):
        part = program.Buffer.of(images[first : first + model.feature_batch])
        batch = len(images[first : first + model.feature_batch])
        if compiled.variant.features:
            given, part = part, program.Buffer(batch * model.record_size, compiled.dtype)
            compiled.call("features", batch, images=given, records=part, **pool)
        out = program.Buffer(batch * model.classes, compiled.dtype)
        compiled.call("logits", batch, records=part, logits=out, **pool)
        records.append(part.array.reshape(batch, -1).copy())
        logits.append(out.array.reshape(batch, -1).copy())
    return np.concatenate(records), np.concatenate(logits)


def same_counts(compiled, images, pools):
    """Whether images are counted alike one by one and together, by one thread and by three."""
    rows = compiled.variant.scale_count
    if not rows:
        return True
    plain = compiled.plain()
    fill(plain)
    plain.call("prepare", 1)
    pool = pools.make_pool(3)
    together = calibration.count(plain, rows, images, pool=pool, threads=3)
    pools.free_pool(pool)
    alone = sum(calibration.count(plain, rows, images[i : i + 1]) for i in range(len(images)))
    same = np.array_equal(together, alone) and together.sum(axis=1).all()
    if not same:
        print("images are counted otherwise in a batch than alone")
    return same


def main():
    parser = program.parser(__doc__)
    parser.add_argument("--resnetc", type=Path, required=True)
    parser.add_argument("--precision", default="f32", help="as resnetc's; below f32, of the specs with a frozen prefix")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    pools = program.load_pool(arguments.tools)
    failed = ran = 0
    for name, spec in SPECS.items():
        if name == "nothing frozen" and arguments.precision != "f32":
            continue
        compiled = compile_spec(spec, arguments)
        if not program.machine_runs(compiled.features()):
            print(f"{name}: compiled for {arguments.mcpu}, which this CPU does not run")
            continue
        ran += 1
        model = compiled.model
        shape = (max(BATCHES), model.height, model.width, model.channels)
        images = np.random.default_rng(1).uniform(-1, 1, shape).astype(compiled.dtype)
        fill(compiled)
        calibration.prepare(compiled, fill, images)
        compiled.call("refresh", 1)
        reference = infer(compiled, images)
        if not all(np.isfinite(values).all() and values.std() > 1e-3 for values in reference):
            sys.exit(f"{name}: the model computes nothing that could differ")
        failed += not same_counts(compiled, images, pools)
        for threads in THREADS:
            pool = pools.make_pool(threads)
            for batch in BATCHES:
                for start in {0, len(images) - batch}:
                    found = infer(compiled, images[start : start + batch], pool=pool, threads=threads)
                    for what, ours, theirs in zip(("features", "logits"), found, reference):
                        differ = int((ours != theirs[start : start + batch]).any(axis=1).sum())
                        if differ:
                            failed += 1
                            print(f"{name}, batch {batch}, {threads} threads: {what} of {differ} images have other bits")
            pools.free_pool(pool)
    sys.exit(1 if failed else 0 if ran else program.SKIPPED)


if __name__ == "__main__":
    main()
