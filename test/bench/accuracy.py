#!/usr/bin/env python3
"""Accuracy of a new last layer behind a frozen trunk, trained by resnetc and by PyTorch: top-1 on the same pictures.

  accuracy.py --build build/release --python FILE [--cifar FILE] [--work DIR] [--seeds 0,1,2] [--rates 0.01] [--epochs 10]
              [--batch 32] [--schedule constant|cosine] [--markdown]

Two jobs: the demo's (models/fashion/run.py, which runs first where WORK/fashion lacks its trunk), and CIFAR-10's where --cifar names its
10,000 test pictures (a .tar.gz of test/CLASS/NNNN.jpg): a trunk learns six classes, the head the four others from 60 pictures each,
judged by 500 each. --python has PyTorch, torchvision and safetensors; accuracy_torch.py says what it does there. Both sides
read the same files and the same trunk, without augmentation, and are judged at the last epoch. A seed stands for one thing
here and another there: what compares is the mean. A learning rate that ends at zero (--schedule cosine) takes out of the last epoch what its
last few batches happened to be. Beside it stand the standard deviation over the seeds and the difference's standard error.

Checked on the way: PyTorch finds the accuracy that resnetc finds for resnetc's heads, and in their checkpoints the trunk to the bit; the logits
of 200 pictures agree; and from one head on, with all pictures in one batch, both sides arrive at the same head.
"""

import argparse
import json
import math
import os
import random
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
FASHION = HERE.parent.parent / "models" / "fashion"
CIFAR_HEAD = "automobile deer dog ship".split()
CIFAR = "resnet18().input(32, 32).resize(32)"
CIFAR_TRUNK = ".replace_fc(6).optimizer(sgd(0.02).momentum(0.9).weight_decay(5e-4)).schedule(cosine().warmup(1)).epochs(8)"


def run(*command, **options):
    """What a command prints. Its progress is shown only when it fails."""
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
    if done.returncode:
        sys.exit(f"{done.stdout}{done.stderr}error: {command[0]} exits with {done.returncode}")
    return done.stdout


class Job:
    """A trunk, pictures, and a trainer for the head."""

    def __init__(self, arguments, name, folder, pictures, spec):
        self.arguments, self.name, self.folder = arguments, name, folder
        self.few, self.others, self.trunk = pictures / "few", pictures / "others", folder / "trunk-run" / "best.safetensors"
        self.trainer = folder / "accuracy" / "trainer"
        self.trainer.parent.mkdir(exist_ok=True)
        run(arguments.build / "bin" / "resnetc", spec, "-o", self.trainer)

    def train(self, out, weights, rate, batch, seed):
        """The checkpoint of the last epoch."""
        command = [self.trainer, "train", "--data", self.few, "--val", self.others, "--augment", "none", "--weights", weights]
        command += ["--epochs", self.arguments.epochs, "--batch", batch, "--lr", rate, "--seed", seed]
        command += ["--schedule", self.arguments.schedule]
        run(*command, "--cache-dir", self.folder / "accuracy" / "cache", "--out", out, "--force")
        return out / "last.safetensors"

    def evaluate(self, checkpoint):
        command = [self.trainer, "eval", "--data", self.others, "--checkpoint", checkpoint, "--json"]
        return json.loads(run(*command, "--cache-dir", self.folder / "accuracy" / "cache"))["top1"]

    def predict(self, checkpoint, pictures):
        """Logarithms of the probabilities, in the order of the classes: the logits but for a constant."""
        answers = json.loads(run(self.trainer, "predict", "--checkpoint", checkpoint, "--top", 4, "--json", *pictures))
        by_class = ({entry["index"]: entry["probability"] for entry in answer["top"]} for answer in answers)
        return [[math.log(found[i]) for i in range(len(found))] for found in by_class]

    def compare(self):
        """Trains all heads: {rate: (ours, theirs)}, a top-1 a seed each, and what was checked."""
        heads, ours = {}, {}
        for rate in self.arguments.rates:
            for seed in self.arguments.seeds:
                out = self.folder / "accuracy" / f"lr-{rate}-seed-{seed}"
                heads[rate, seed] = self.train(out, self.trunk, rate, self.arguments.batch, seed)
                ours[rate, seed] = self.evaluate(heads[rate, seed])
        first, everything = next(iter(heads.values())), len(list(self.few.glob("*/*.jpg")))
        onward = self.train(self.folder / "accuracy" / "onward", first, self.arguments.rates[0], everything, 0)
        pictures = random.Random(0).sample(sorted(self.others.glob("*/*.jpg")), 200)
        command = [self.arguments.python, HERE / "accuracy_torch.py", "--trunk", self.trunk, "--few", self.few, "--others", self.others]
        command += ["--epochs", self.arguments.epochs, "--batch", self.arguments.batch, "--schedule", self.arguments.schedule]
        command += ["--rates", ",".join(self.arguments.rates), "--seeds", ",".join(map(str, self.arguments.seeds))]
        found = json.loads(run(*command, "--judge", *heads.values(), "--same", first, onward, "--logits", *pictures))
        of_rate = lambda rate: [ours[rate, seed] for seed in self.arguments.seeds]
        checks = {
            "judged": max(abs(a - b) for a, b in zip(ours.values(), found["judged"])),
            "logits": distance(self.predict(first, pictures), found["logits"]),
            "same": found["same"],
        }
        return {rate: (of_rate(rate), found["top1"][rate]) for rate in self.arguments.rates}, checks


def distance(ours, theirs):
    """|ours - theirs| / |theirs| over all pictures; each picture's values count from their mean."""
    centred = lambda row: [value - statistics.fmean(row) for value in row]
    ours, theirs = ([value for row in rows for value in centred(row)] for rows in (ours, theirs))
    return math.dist(ours, theirs) / math.hypot(*theirs)


def fashion_job(arguments, work):
    folder = work / "fashion"
    if not (folder / "trunk-run" / "best.safetensors").exists():
        run(FASHION / "run.py", "--build", arguments.build.absolute(), "--out", folder, env=os.environ | {"XDG_CACHE_HOME": str(work / "demo-cache")})
    return Job(arguments, "demo", folder, folder / "data", FASHION / "transfer.rdsl")


def split_cifar(archive, folder):
    """folder/trunk, few and others: six classes whole, of the others the first 60 and the next 500 pictures."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        with tarfile.open(archive) as file:
            file.extractall(name)
        for source in Path(name, "test").iterdir():
            pictures = sorted(source.iterdir())
            parts = {"few": pictures[:60], "others": pictures[60:560]} if source.name in CIFAR_HEAD else {"trunk": pictures}
            for part, of_part in parts.items():
                target = folder / part / source.name
                target.mkdir(parents=True)
                for picture in of_part:
                    shutil.move(picture, target)


def cifar_job(arguments, work):
    folder = work / "cifar"
    if not (folder / "trunk-run" / "best.safetensors").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        split_cifar(arguments.cifar, folder)
        (folder / "trunk.rdsl").write_text(f"{CIFAR}{CIFAR_TRUNK}\n")
        run(arguments.build / "bin" / "resnetc", folder / "trunk.rdsl", "-o", folder / "trunk-trainer")
        run(folder / "trunk-trainer", "train", "--data", folder / "trunk", "--out", folder / "trunk-run", "--force")
    (folder / "head.rdsl").write_text(f"{CIFAR}.freeze_all().replace_fc(4)\n")
    return Job(arguments, "CIFAR-10", folder, folder, folder / "head.rdsl")


def rows(name, rate, ours, theirs):
    percent = lambda values: " ".join(f"{100 * value:.1f}" for value in values)
    spread = lambda values: statistics.stdev(values) if len(values) > 1 else math.nan
    for who, values in (("resnetc", ours), ("PyTorch", theirs)):
        row = [name, rate, who, percent(values), f"{100 * statistics.fmean(values):.2f}", f"{100 * spread(values):.2f}"]
        if who == "resnetc":
            error = math.hypot(spread(ours), spread(theirs)) / math.sqrt(len(ours))
            row.append(f"{100 * (statistics.fmean(ours) - statistics.fmean(theirs)):+.2f} ± {100 * error:.2f}")
        yield row + [""] * (7 - len(row))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=Path("build/release"))
    parser.add_argument("--python", default=sys.executable, help="interpreter with PyTorch, torchvision and safetensors")
    parser.add_argument("--cifar", type=Path, help="CIFAR-10's test pictures; without them the demo's alone")
    parser.add_argument("--work", type=Path, help="where pictures, trunks and heads go, or are from last time; default: a temporary folder")
    parser.add_argument("--seeds", default="0,1,2", type=lambda text: [int(word) for word in text.split(",")])
    parser.add_argument("--rates", default="0.01", type=lambda text: text.split(","))
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--schedule", choices=("constant", "cosine"), default="constant")
    parser.add_argument("--markdown", action="store_true")
    arguments = parser.parse_args()
    print_row = lambda cells: print("| " + " | ".join(cells) + " |" if arguments.markdown else "  ".join(f"{c:8}" for c in cells), flush=True)
    with tempfile.TemporaryDirectory() as name:
        work = (arguments.work or Path(name)).absolute()
        jobs = [fashion_job(arguments, work)] + ([cifar_job(arguments, work)] if arguments.cifar else [])
        header = ["pictures", "rate", "who", "top-1 a seed, %", "mean", "sd", "difference of the means"]
        for row in [header, *([["---"] * len(header)] if arguments.markdown else [])]:
            print_row(row)
        notes = []
        for job in jobs:
            found, checks = job.compare()
            for rate, (ours, theirs) in found.items():
                for row in rows(job.name, rate, ours, theirs):
                    print_row(row)
            same = checks["same"]
            notes += [
                f"{job.name}: resnetc's heads judged by PyTorch: top-1 apart by {100 * checks['judged']:.2f} points at most, logits by {checks['logits']:.1e}",
                f"{job.name}: on from one head, all pictures in a batch: {100 * same['ours']:.2f} and {100 * same['theirs']:.2f}, apart by {same['error']:.1e}",
            ]
        print(*notes, sep="\n")


if __name__ == "__main__":
    main()
