#!/usr/bin/env python3
"""What low precision of a frozen trunk changes: features, one head's answers, and the accuracy of heads trained behind it.

  precision.py --build build/release --spec SPEC --data DIR --val DIR --trunk FILE [--precision bf16] [--seeds 0,1,2]
               [--epochs 10] [--lr X] [--threads 1] [--work DIR] [--json FILE]

Trains a head for each seed behind the trunk in either precision (`train --check-precision`: the same pictures, the same seed), and
prints a table in Markdown; --json writes the same for precision_chart.py. SPEC is the text of one with the trunk frozen. Choose a
rate at which training settles: at a high one the accuracy swings by points from epoch to epoch, and any rounding sends it elsewhere. Accuracies are those of the best epoch on DIR of --val.
"""

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

NUMBER = r"([\d.]+)"
SAID = re.compile(
    rf"Top-1 on the validation images: {NUMBER} % .*?, {NUMBER} % behind f32.*?"
    rf"Features of (\d+) of them: centred cosine {NUMBER} on average, {NUMBER} at least.*?behind f32 for {NUMBER} %",
    re.DOTALL,
)


def run(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{done.stdout}{done.stderr}error: {command[0]} exits with {done.returncode}")
    return done.stdout


def check(arguments, trainer, seed):
    """(top-1 in low precision, in f32, images, mean and least cosine, agreement), accuracies in %."""
    said = run(
        *(trainer, "train", "--data", arguments.data, "--val", arguments.val, "--weights", arguments.trunk),
        *("--augment", "none", "--epochs", arguments.epochs, "--seed", seed, "--threads", arguments.threads),
        *(("--lr", arguments.lr) if arguments.lr else ()),
        *("--out", arguments.work / f"seed{seed}", "--force", "--cache-dir", arguments.work / "cache", "--check-precision"),
    )
    found = SAID.search(said)
    if not found:
        sys.exit(f"{said}error: the trainer says nothing of the precision")
    return [float(text) for text in found.groups()]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("build", "data", "val", "trunk"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--spec", required=True)
    parser.add_argument("--precision", default="bf16")
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--lr", type=float)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--work", type=Path)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        arguments.work = arguments.work or Path(folder)
        arguments.work.mkdir(parents=True, exist_ok=True)
        spec, trainer = arguments.work / "spec.rdsl", arguments.work / "trainer"
        spec.write_text(arguments.spec + "\n")
        run(arguments.build / "bin" / "resnetc", spec, f"--precision={arguments.precision}", "-o", trainer)
        print(f"| seed | {arguments.precision}, top-1 | f32, top-1 | difference | centred cosine, mean | least | one head agrees on |")
        print("| --- | --- | --- | --- | --- | --- | --- |")
        differences, rows = [], []
        for seed in arguments.seeds.split(","):
            low, plain, images, mean, least, same = check(arguments, trainer, seed)
            differences.append(low - plain)
            rows.append({"seed": seed, "top1": low, "f32": plain, "mean": mean, "least": least, "same": same, "images": images})
            print(f"| {seed} | {low:.1f} | {plain:.1f} | {low - plain:+.1f} | {mean:.5f} | {least:.5f} | {same:.1f} % of {images:.0f} |")
    if arguments.json:
        arguments.json.write_text(json.dumps({"precision": arguments.precision, "seeds": rows}, indent=1) + "\n")
    print(f"\nmean difference {statistics.mean(differences):+.2f} points")


if __name__ == "__main__":
    main()
