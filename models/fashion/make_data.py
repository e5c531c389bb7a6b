#!/usr/bin/python3
"""Makes small colour photographs, of a kind, from Debian's dataset-fashion-mnist.

  make_data.py OUT [--seed N]

Each one is a JPEG of 96x96: a garment of 40 to 80 pixels at a random place, flipped or not, in a random tint, on a noisy
gradient between two random colours. Written are

  OUT/trunk/CLASS/  3,000 images each of six classes, to train a trunk on
  OUT/few/CLASS/    60 images each of the four others, to learn them from
  OUT/others/CLASS/ 500 images each of these four, from the set's test files, to see how well that went

The same seed gives the same pictures.
"""

import argparse
import gzip
import multiprocessing
import signal
import sys
from pathlib import Path

import numpy as np
from PIL import Image

SOURCE = Path("/usr/share/datasets/fashion-mnist")
CLASSES = ["T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]
TRUNK, HEAD = range(0, 6), range(6, 10)
# folder, files, classes, images a class
SETS = [("trunk", "train", TRUNK, 3000), ("few", "train", HEAD, 60), ("others", "t10k", HEAD, 500)]
SIDE = 96


def read_idx(files):
    """(images uint8 [N,28,28], labels uint8 [N]) of the set's "train" or "t10k" files."""

    def content(kind, rank):
        path = SOURCE / f"{files}-{kind}-idx{rank}-ubyte.gz"
        if not path.exists():
            raise SystemExit(f"{path} is missing; install dataset-fashion-mnist")
        return np.frombuffer(gzip.decompress(path.read_bytes()), np.uint8, offset=4 + 4 * rank)

    labels = content("labels", 1)
    return content("images", 3).reshape(len(labels), 28, 28), labels


def background(random):
    """float [SIDE,SIDE,3]: a gradient in a random direction between two colours, with noise."""
    angle = random.uniform(0, 2 * np.pi)
    y, x = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    position = (np.cos(angle) * x + np.sin(angle) * y) / (2 * np.sqrt(2)) + 0.5
    first, second = random.uniform(0, 255, (2, 3))
    gradient = first + position[:, :, None] * (second - first)
    return gradient + random.normal(0, random.uniform(5, 25), (SIDE, SIDE, 3))


def picture(garment, random):
    """A PIL image of the garment, uint8 [28,28]."""
    size = int(random.integers(40, 81))
    shape = Image.fromarray(garment if random.random() < 0.5 else garment[:, ::-1])
    shape = np.asarray(shape.resize((size, size), Image.BILINEAR), float)[:, :, None]
    left, top = random.integers(0, SIDE - size + 1, 2)
    tint = random.uniform(0.3, 1, 3)
    opacity = np.minimum(shape / 48, 1)
    image = background(random)
    region = image[top : top + size, left : left + size]
    region[:] = opacity * shape * tint + (1 - opacity) * region
    return Image.fromarray(np.clip(image, 0, 255).astype(np.uint8))


def parts(jobs, size=250):
    """(folder, number of the first picture, garments, seed) of some pictures at a time."""
    for folder, garments, seed in jobs:
        folder.mkdir(parents=True, exist_ok=True)
        for first in range(0, len(garments), size):
            yield folder, first, garments[first : first + size], seed


def write_part(part):
    folder, first, garments, seed = part
    for i, garment in enumerate(garments, first):
        picture(garment, np.random.default_rng([*seed, i])).save(folder / f"{i:04}.jpg", quality=90)
    return len(garments)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    jobs = []
    for number, (name, files, classes, count) in enumerate(SETS):
        images, labels = read_idx(files)
        for label in classes:
            garments = images[labels == label][:count]
            jobs.append((arguments.out / name / CLASSES[label], garments, (arguments.seed, number, label)))
    total = sum(len(garments) for _, garments, _ in jobs)
    show = "\r{} of {} pictures" if sys.stdout.isatty() else ""
    done = 0
    with multiprocessing.Pool(initializer=signal.signal, initargs=(signal.SIGINT, signal.SIG_IGN)) as pool:
        for count in pool.imap_unordered(write_part, parts(jobs)):
            done += count
            print(show.format(done, total), end="", flush=True)
    print("\r" if show else "", f"{total} pictures in {arguments.out}", sep="")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
