#!/usr/bin/env python3
"""Gradients of every operation and block against finite differences, in float64, and that a wrong one is found.

  gradients_test.py --tools DIR --work DIR --resnet-opt FILE [--mcpu NAME] [--conv KIND]

The networks of nets.py are compiled; what they compute forward is held against plain loops (forward.py), and each gradient
against central differences of the compiled loss. Then single operations of what Differentiate made are changed in the text
(mutants.py), and the same check must report each.
"""

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import mutants
import naive
import nets
import program
from forward import Run

EPS, ATOL, RTOL = 1e-6, 1e-5, 1e-3
MARGIN = 1e-4  # least distance from ReLU and pooling ties
FORWARD = 1e-10  # relative error
BATCH = 3
ELEMENTS = 48  # of a tensor that are moved at most


@dataclass
class Sample:
    images: np.ndarray
    labels: np.ndarray
    tensors: dict  # {name: array}
    step: dict  # what the call says: dropout's counter, smoothing, divisor


def draw_tensor(random, parameter):
    if parameter.role == "bn_var":
        return random.uniform(0.5, 1.5, parameter.shape)
    if parameter.role == "bn_weight":
        return random.uniform(0.5, 1.0, parameter.shape)
    fan_in = max(1, int(np.prod(parameter.shape[1:])))
    return random.uniform(-1, 1, parameter.shape) * (np.sqrt(3 / fan_in) if len(parameter.shape) > 1 else 0.3)


def draw(net):
    """The first sample that keeps away from ties."""
    for seed in range(1000):
        random = np.random.default_rng(seed)
        tensors = {p.name: draw_tensor(random, p) for p in net.module.parameters.values() if p.role != "bn_count"}
        images = random.uniform(-1, 1, (BATCH, *net.images.shape))
        labels = random.integers(0, nets.CLASSES, BATCH)
        counter = dict(seed=(5 << 40) + 77, step=seed, sample_ids=np.array([3, 1 << 35, 0]))
        sample = Sample(images, labels, tensors, dict(counter, label_smoothing=0.1, loss_divisor=2.5))
        if reference(net, sample).margin > MARGIN:
            return sample
    raise AssertionError("no sample keeps away from ties")


def reference(net, sample, training=True):
    counter = {name: sample.step[name] for name in ("seed", "step", "sample_ids")}
    return Run(net.module, sample.images, sample.tensors, training, counter)


class Compiled:
    """A compiled net with a sample in its buffers."""

    def __init__(self, compiled, net, sample):
        self.program, self.net, self.sample = compiled, net, sample
        self.loss, self.hits = program.Buffer(1, np.float64), program.Buffer(1, np.int64)
        self.logits = program.Buffer(BATCH * nets.CLASSES, np.float64)
        for name, values in sample.tensors.items():
            compiled.write(name, values)
        compiled.call("prepare", 1)
        self.records = program.Buffer.of(np.moveaxis(sample.images, 1, -1))
        if compiled.variant.features:
            images, self.records = self.records, program.Buffer(BATCH * compiled.model.record_size, np.float64)
            compiled.call("features", BATCH, images=images, records=self.records)

    def step(self):
        """Gradients and loss."""
        step = dict(self.sample.step, labels=self.sample.labels, dropout=1)
        buffers = dict(records=self.records, loss=self.loss, hits=self.hits, logits=self.logits)
        self.program.call("gradients", BATCH, **step, **buffers)
        return self.loss.array[0] / self.sample.step["loss_divisor"]

    def infer(self):
        self.program.call("refresh", 1)
        self.program.call("logits", BATCH, records=self.records, logits=self.logits)
        return self.logits.array.reshape(BATCH, -1).copy()


def check_forward(compiled):
    """Complaints about logits, loss, hits and moved statistics of the step that was just made, and inference before it."""
    sample, expected = compiled.sample, reference(compiled.net, compiled.sample)
    smoothing = sample.step["label_smoothing"]
    loss, hits, _ = naive.softmax_cross_entropy(expected.logits, sample.labels, smoothing, 1)
    pairs = {
        "logits in inference": (compiled.infer(), reference(compiled.net, sample, training=False).logits),
        "loss": (compiled.step() * sample.step["loss_divisor"], loss),
        "hits": (compiled.hits.array[0], hits),
        "logits": (compiled.logits.array.reshape(BATCH, -1), expected.logits),
    }
    for name in sample.tensors:
        if name.split(".")[-1].startswith("running_"):
            pairs[name] = (compiled.program.read(name), expected.moved.get(name, sample.tensors[name]))
    for what, (ours, theirs) in pairs.items():
        if not np.abs(ours - theirs).max() <= FORWARD * max(1e-3, np.abs(theirs).max()):
            yield f"{what}: {np.abs(ours - theirs).max():.1e} off"


def check_gradients(compiled):
    """Complaints about gradients that are not the loss's differences."""
    trained = [p.name for p in compiled.net.module.parameters.values() if "trained" in p.flags]
    compiled.program.buffers["gradients"].array[:] = np.nan  # they are set, not added to
    compiled.step()
    gradients = {name: compiled.program.read(name, "gradients") for name in trained}
    for name in trained:
        values = compiled.sample.tensors[name].copy()
        moved = np.random.default_rng(0).permutation(values.size)[:ELEMENTS]
        differences = np.empty(len(moved))
        for i, at in enumerate(moved):
            losses = []
            for eps in (EPS, -EPS):
                shifted = values.copy()
                shifted.reshape(-1)[at] += eps
                compiled.program.write(name, shifted)
                losses.append(compiled.step())
            differences[i] = (losses[0] - losses[1]) / (2 * EPS)
        compiled.program.write(name, values)
        ours = gradients[name].reshape(-1)[moved]
        wrong = ~(np.abs(ours - differences) <= ATOL + RTOL * np.abs(differences))
        if wrong.any():
            at = np.argmax(np.where(np.isfinite(ours), np.abs(ours - differences), np.inf))
            worst = f"{ours[at]:.6f}, by differences {differences[at]:.6f}"
            yield f"gradient of {name}: {worst}; {wrong.sum()} of {len(moved)} wrong"


def unseen_operations(texts):
    """Operations of the dialect that no text holds, but those that passes behind Differentiate make."""
    definitions = (Path(__file__).parents[2] / "compiler/IR/ResnetOps.td").read_text()
    operations = set(re.findall(r'Resnet_Op<"(\w+)"', definitions)) - {
        *("fold_scales", "histogram", "quantize", "quantize_weight", "scale", "scale_ratio"),  # of int8
        *("normalize", "round", "slot", "transform_filter", "write"),
    }
    return sorted(operations.difference(*(re.findall(r"resnet\.(\w+)", text) for text in texts)))


def differentiate(texts, arguments):
    """Modules as they are after Differentiate."""
    command = [arguments.resnet_opt, "-", "--split-input-file", "--resnet-freeze", "--resnet-differentiate"]
    done = subprocess.run(command, input="// -----\n".join(texts), capture_output=True, text=True, check=True)
    return done.stdout.split("// -----\n")


def main():
    parser = program.parser(__doc__)
    parser.add_argument("--resnet-opt", type=Path, required=True)
    arguments = parser.parse_args()
    made = {name: nets.make(name) for name in nets.NETS}
    samples = {name: draw(net) for name, net in made.items()}
    failed = []
    for (name, net), compiled in zip(made.items(), program.build([net.text() for net in made.values()], arguments)):
        filled = Compiled(compiled, net, samples[name])
        failed += [f"{name}: {complaint}" for complaint in [*check_forward(filled), *check_gradients(filled)]]

    texts = dict(zip(made, differentiate([net.text() for net in made.values()], arguments)))
    failed += [f"{operation}: is in no net" for operation in unseen_operations(texts.values())]
    changed = [(m, m.apply(texts[m.net])) for m in mutants.MUTANTS]
    for (mutant, _), compiled in zip(changed, program.build([text for _, text in changed], arguments, "gradients")):
        filled = Compiled(compiled, made[mutant.net], samples[mutant.net])
        failed += [f"{mutant}: changed the forward program: {complaint}" for complaint in check_forward(filled)]
        if not next(check_gradients(filled), None):
            failed.append(f"{mutant}: went unnoticed")
    print(f"{len(made)} nets, {len(changed)} mutants")
    print("\n".join(failed))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
