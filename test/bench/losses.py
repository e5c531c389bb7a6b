#!/usr/bin/env python3
"""Losses of 200 training steps of ResNet18 beside PyTorch's: the same images, labels, order and initial weights.

  losses.py --build build/release --python FILE --pictures DIR [--conv auto] [--steps 200] [--batch 32] [--size 48]
            [--seeds 0,1,2] [--threads 1]

--pictures is a folder of folders, a class each, with steps*batch pictures or more; --python has PyTorch, torchvision and safetensors,
losses_torch.py says what it does there. Each step takes a batch that was not seen before, by `TRAINER step` with the weights that the
one before it wrote; optimizer state does not go on from one call to the next, so these steps have no momentum.

  fc    the last layer alone, behind a trunk that the first of the runs below left: no loss may be more than 1e-4 off
  one   the same in one call, on one batch again and again, with a momentum of 0.9: so here
  all   everything trained, for each seed: the mean of the last quarter of the losses, averaged over the seeds, must lie within
        PyTorch's over the seeds. What rounding alone does to such a run is seen in PyTorch's other memory format

Exit code 1 where one does not hold. Takes some ten minutes on a core; TMPDIR=/dev/shm spares the disk. Prints a table in Markdown,
progress on standard error.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "execute" / "whole_model"))
import safetensors_file

LIMIT = 1e-4
FC_RATE, ALL_RATE = 0.01, 0.05  # learning rates


def tell(text, end="\n"):
    print(text, end=end, file=sys.stderr, flush=True)


def run(*command):
    subprocess.run([str(word) for word in command], check=True)


class Ours:
    def __init__(self, arguments, work, order):
        self.arguments, self.work = arguments, work
        self.images, self.labels = np.load(work / "images.npy", mmap_mode="r"), np.load(work / "labels.npy")
        self.order = {int(seed): np.array(indices) for seed, indices in order.items()}

    def trainer(self, rules):
        spec, trainer = self.work / "spec.rdsl", self.work / "trainer"
        size, classes = self.arguments.size, int(self.labels.max()) + 1
        spec.write_text(f"resnet18().input({size}, {size}){rules}.replace_fc({classes})\n")
        run(self.arguments.build / "bin" / "resnetc", spec, "-o", trainer, f"--conv={self.arguments.conv}")
        return trainer

    def step(self, trainer, state, indices, steps, rate, momentum):
        """(losses, the state behind them)."""
        read, written = self.work / "in.safetensors", self.work / "out.safetensors"
        safetensors_file.write(read, {"images": self.images[indices], "labels": self.labels[indices], **state})
        settings = ["--steps", steps, "--lr", rate, "--momentum", momentum, "--threads", self.arguments.threads]
        run(trainer, "step", "--in", read, "--out", written, *settings)
        outputs = safetensors_file.read(written)
        return outputs["loss"].tolist(), {name: outputs[name] for name in state}

    def follow(self, trainer, start, seed, rate):
        """The losses of one step for each batch of the seed's order."""
        state, losses = safetensors_file.read(self.work / start), []
        batches = self.order[seed].reshape(-1, self.arguments.batch)
        for i, indices in enumerate(batches):
            loss, state = self.step(trainer, state, indices, 1, rate, 0)
            losses += loss
            if (i + 1) % 20 == 0:
                tell(f"{start}: step {i + 1} of {len(batches)}, loss {loss[0]:.4f}")
        return losses

    def repeat(self, trainer, start, seed):
        """The losses of steps on the seed's first batch."""
        state = safetensors_file.read(self.work / start)
        return self.step(trainer, state, self.order[seed][: self.arguments.batch], self.arguments.steps, FC_RATE, 0.9)[0]


def print_row(*cells):
    print("|" + "|".join(f" {cell} " if cell else " " for cell in cells) + "|", flush=True)


def compare_losses(name, ours, theirs):
    """Prints a row; whether all losses are near enough."""
    off = max(abs(a - b) for a, b in zip(ours, theirs, strict=True))
    ends = (f"{losses[0]:.4f} to {losses[-1]:.4f}" for losses in (ours, theirs))
    print_row(name, *ends, "", f"{off:.1e} at most", f"{LIMIT:.0e}")
    return off <= LIMIT


def compare_ends(ours, theirs, other):
    """Prints a row a seed; whether the mean of the ends of our curves is within the spread of `theirs`. `other`: PyTorch's again,
    apart from `theirs` by rounding alone."""
    end = lambda losses: statistics.fmean(losses[-max(1, len(losses) // 4) :])
    of = lambda curves: [end(losses) for losses in curves.values()]
    for seed, a, b, c in zip(ours, of(ours), of(theirs), of(other)):
        print_row(f"all, seed {seed}: mean of the last quarter", f"{a:.4f}", f"{b:.4f}", f"{c:.4f}", f"{abs(a - b):.4f}", "")
    mean, low, high = statistics.fmean(of(ours)), min(of(theirs)), max(of(theirs))
    spread = f"{low:.4f} to {high:.4f}"
    print_row("all: its mean over the seeds, their spread", f"{mean:.4f}", spread, f"{min(of(other)):.4f} to {max(of(other)):.4f}", "", spread)
    return low <= mean <= high


def compare(arguments, work):
    tell("PyTorch trains")
    command = [arguments.python, HERE / "losses_torch.py", "--pictures", arguments.pictures, "--work", work]
    for name in ("size", "batch", "steps"):
        command += [f"--{name}", getattr(arguments, name)]
    command += ["--fc-rate", FC_RATE, "--all-rate", ALL_RATE]
    command += ["--seeds", ",".join(map(str, arguments.seeds))]
    theirs = json.loads(subprocess.run([str(word) for word in command], check=True, stdout=subprocess.PIPE, text=True).stdout)
    ours, first = Ours(arguments, work, theirs["order"]), arguments.seeds[0]
    print_row("trained", "resnetc", "PyTorch", "PyTorch, channels_last", "apart", "allowed")
    print_row(*["---"] * 6)
    trainer = ours.trainer(".freeze_all()")
    near = compare_losses("fc", ours.follow(trainer, "fc.safetensors", first, FC_RATE), theirs["fc"])
    near &= compare_losses("one: fc on one batch", ours.repeat(trainer, "fc.safetensors", first), theirs["one"])
    trainer = ours.trainer("")
    found = {seed: ours.follow(trainer, f"all-{seed}.safetensors", seed, ALL_RATE) for seed in arguments.seeds}
    return near & compare_ends(found, theirs["all"], theirs["all_channels_last"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=Path("build/release"))
    parser.add_argument("--python", default=sys.executable, help="interpreter with PyTorch, torchvision and safetensors")
    parser.add_argument("--pictures", type=Path, required=True, help="folder of folders, a class each")
    parser.add_argument("--conv", default="auto")
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--size", type=int, default=48)
    parser.add_argument("--seeds", default="0,1,2", type=lambda text: [int(word) for word in text.split(",")])
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        return 0 if compare(arguments, Path(name)) else 1


if __name__ == "__main__":
    sys.exit(main())
