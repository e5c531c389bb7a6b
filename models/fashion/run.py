#!/usr/bin/python3
"""The demo: pictures, two compiled trainers, a trunk, and what it is worth.

  models/fashion/run.py [--build build/release] [--out runs/fashion]

Trains a ResNet18 on six kinds of garments, then only its last layer on 60 pictures each of four other kinds: once behind
the trained trunk, once behind a random one. The last two lines say how many of 2,000 new pictures each gets right, at the
better of two learning rates and at its best epoch, both judged by these same pictures. OUT/predictions.png shows some of them.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import sheet

HERE = Path(__file__).parent
RATES = ["0.01", "0.1"]


def run(*command):
    """Shows the command, as a person would type it, and runs it."""
    words = [str(word) for word in command]
    print("$", " ".join(words), flush=True)
    process = subprocess.Popen(words)
    try:
        code = process.wait()
    except KeyboardInterrupt:  # it got the same signal: let it save
        process.wait()
        sys.exit(130)
    if code != 0:
        sys.exit(code if code > 0 else 1)


def answer(*command):
    """What a command prints as JSON."""
    return json.loads(subprocess.run([str(word) for word in command], check=True, stdout=subprocess.PIPE).stdout)


def make_pictures(data):
    """Once: a marker file says that they are complete."""
    complete = data / "complete"
    if not complete.exists():
        run(HERE / "make_data.py", data)
        complete.touch()


def train_heads(trainer, data, out, weights):
    """[(top-1, learning rate, checkpoint)] of a new last layer behind the given trunk, at each rate."""
    results = []
    for rate in RATES:
        folder = out / f"lr-{rate}"
        run(trainer, "train", "--data", data / "few", "--val", data / "others", "--weights", weights, "--lr", rate,
            "--augment", "none", "--out", folder, "--force")
        checkpoint = folder / "best.safetensors"
        accuracy = answer(trainer, "eval", "--data", data / "others", "--checkpoint", checkpoint, "--json")["top1"]
        results.append((accuracy, rate, checkpoint))
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=Path("build/release"))
    parser.add_argument("--out", type=Path, default=Path("runs/fashion"))
    arguments = parser.parse_args()
    out, data = arguments.out, arguments.out / "data"
    resnetc = arguments.build / "bin" / "resnetc"
    if not resnetc.exists():
        sys.exit(f"error: {resnetc} is missing; build it, from the clone's root, or name the build folder with --build")
    make_pictures(data)
    trainers = {}
    for name in ("trunk", "transfer"):
        trainers[name] = out / name
        run(resnetc, HERE / f"{name}.rdsl", "-o", trainers[name])
    run(trainers["trunk"], "train", "--data", data / "trunk", "--augment", "none", "--out", out / "trunk-run", "--force")
    best = {}
    for name, weights in (("pretrained", out / "trunk-run" / "best.safetensors"), ("random", "random")):
        best[name] = max(train_heads(trainers["transfer"], data, out / name, weights))
    pictures = sheet.some_of(data / "others", each=8)
    predictions = answer(trainers["transfer"], "predict", "--checkpoint", best["pretrained"][2], "--json", *pictures)
    sheet.write(out / "predictions.png", predictions)
    print(f"pictures with their predicted classes: {out / 'predictions.png'}")
    for name, (accuracy, rate, _) in best.items():
        print(f"{name} top1 {accuracy:.3f} lr {rate}")


if __name__ == "__main__":
    main()
