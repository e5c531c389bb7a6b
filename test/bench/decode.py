#!/usr/bin/env python3
"""Images/s from JPEG files to normalised float32, ours beside Pillow with torchvision, in the same run.

  decode.py --build build/release [--python FILE] [--sizes 500x400,4000x3000] [--count 24] [--seconds 2] [--rounds 5]
            [--markdown]

The photos are crops of scikit-image's bundled pictures (no downloads), resized and saved by Pillow: quality 90, 4:2:0. Both
sides decode, resize the shorter side to 256, crop 224x224 from the centre and normalise, on one core, turn by turn.
A row gives the best and the median pass over all photos; the ratio is ours to theirs. --python is an interpreter with
Pillow, torchvision and scikit-image, by default the one that runs this script.
"""

import argparse
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from pinned import pinned

PICTURES = ("astronaut.png", "coffee.png", "chelsea.png", "rocket.jpg", "motorcycle_left.png", "hubble_deep_field.jpg",
            "ihc.png", "retina.jpg")  # fmt: skip
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def make_photos(folder, width, height, count):
    """Run by --python: random crops of the bundled pictures, with the brightness varied."""
    import skimage
    from PIL import Image, ImageEnhance

    draw = random.Random(1)
    for i in range(count):
        path = Path(skimage.__file__).parent / "data" / PICTURES[i % len(PICTURES)]
        picture = Image.open(path).convert("RGB")
        w = min(picture.width, picture.height * width / height) * draw.uniform(0.6, 1)
        h = w * height / width
        left, top = draw.uniform(0, picture.width - w), draw.uniform(0, picture.height - h)
        photo = picture.resize((width, height), Image.Resampling.BICUBIC, box=(left, top, left + w, top + h))
        ImageEnhance.Brightness(photo).enhance(draw.uniform(0.8, 1.2)).save(folder / f"{i}.jpg", quality=90)


def measure_peer(folder, seconds):
    """Run by --python: prints the best and the median pass of Pillow and torchvision, as bench_decode does."""
    import torch
    from PIL import Image
    from torchvision import transforms

    torch.set_num_threads(1)
    view = transforms.Compose(
        [transforms.Resize(256), transforms.CenterCrop(224), transforms.ToTensor(), transforms.Normalize(MEAN, STD)]
    )
    files = sorted(folder.iterdir())
    rates, begin = [], time.perf_counter()
    while not rates or time.perf_counter() - begin < seconds:
        start = time.perf_counter()
        for file in files:
            view(Image.open(file).convert("RGB"))
        rates.append(len(files) / (time.perf_counter() - start))
    print(max(rates), statistics.median(rates))


def measure(arguments, folder):
    """{who: (best, median)} over the rounds, each of which runs both."""
    commands = {
        "resnetc": [arguments.build / "bin" / "bench_decode", folder, arguments.seconds],
        "Pillow": [arguments.python, __file__, "--peer", folder, "--seconds", arguments.seconds],
    }
    found = {who: [] for who in commands}
    for _ in range(arguments.rounds):
        for who, command in commands.items():
            found[who].append(tuple(map(float, pinned(1, command).split())))
    return {who: (max(b for b, _ in pairs), statistics.median(m for _, m in pairs)) for who, pairs in found.items()}


def print_row(row, markdown):
    if markdown:
        print("|", " | ".join(row), "|", flush=True)
    else:
        print("".join(f"{cell:>12}" for cell in row), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=Path("build/release"))
    parser.add_argument("--python", default=sys.executable, help="interpreter with Pillow, torchvision, scikit-image")
    parser.add_argument("--sizes", default="500x400")
    parser.add_argument("--count", type=int, default=24, help="photos of each size")
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("--make", type=Path, help=argparse.SUPPRESS)  # the two halves that --python runs
    parser.add_argument("--peer", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.make:
        return make_photos(arguments.make, *map(int, arguments.sizes.split("x")), arguments.count)
    if arguments.peer:
        return measure_peer(arguments.peer, arguments.seconds)
    build = ["cmake", "--build", arguments.build, "--target", "bench_decode"]
    subprocess.run(build, check=True, stdout=subprocess.DEVNULL)
    header = ["size", "who", "best", "median", "ratio best", "ratio median"]
    for row in [header, *([["---"] * len(header)] if arguments.markdown else [])]:
        print_row(row, arguments.markdown)
    for size in arguments.sizes.split(","):
        with tempfile.TemporaryDirectory() as folder:
            make = [arguments.python, __file__, "--make", folder, "--sizes", size, "--count", str(arguments.count)]
            subprocess.run(make, check=True)
            figures = measure(arguments, Path(folder))
        for who, pair in figures.items():
            ratios = [f"{ours / theirs:.2f}" for ours, theirs in zip(pair, figures["Pillow"])]
            print_row([size, who, *(f"{rate:.1f}" for rate in pair), *(ratios if who == "resnetc" else ["", ""])],
                      arguments.markdown)


if __name__ == "__main__":
    main()
