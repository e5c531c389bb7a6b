#!/usr/bin/env python3
"""A whole fine-tuning job, photos to checkpoint, beside the same in PyTorch: seconds from start to exit.

  finetune.py --build build/release --peers DIR --python FILE [--train fc,layer4] [--precision f32] [--threads 1,2] [--rounds 3]
              [--epochs 10] [--plain-epochs 10] [--images 100] [--photos DIR] [--markdown]

DIR holds finetune_torch.py, run by --python (one with PyTorch and scikit-image). The photos are 500x400 JPEGs, crops with
jitter of the 20 pictures that come with scikit-image, one picture a class: --images of each to train on, a tenth of that to
validate by. Both sides start from the same trunk, one file of random weights, without augmentation. In turn, pinned to
one core or two: PyTorch plain and, for fc, with its hand-written cache; ours with an empty cache, and for fc again with
another learning rate, and a sweep of six. Ours validates every epoch, PyTorch once at the end. With --plain-epochs below
--epochs, plain PyTorch runs so many and one, and the rest is reckoned from their difference (marked with ~); 0 leaves it out.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from pinned import pinned

# what is trained: rules of the spec, patterns for finetune_torch.py
WORK = {
    "fc": (".freeze_all().replace_fc(20)", "fc.*"),
    "layer4": ('.freeze_until("layer4").replace_fc(20)', "layer4.*,fc.*"),
}
PICTURES = (
    "astronaut.png brick.png camera.png cell.png chelsea.png clock_motion.png coffee.png coins.png color.png grass.png gravel.png "
    "horse.png hubble_deep_field.jpg ihc.png moon.png motorcycle_left.png page.png retina.jpg rocket.jpg text.png"
).split()

MAKE_PHOTOS = """
import os, random, sys
import skimage.data
from PIL import Image, ImageEnhance
folder, pictures, images = sys.argv[1], sys.argv[2].split(), int(sys.argv[3])
source = os.path.dirname(skimage.data.__file__)
for name in pictures:
    rng = random.Random(name)
    picture = Image.open(os.path.join(source, name)).convert("RGB")
    if min(picture.width / 500, picture.height / 400) < 1.25:  # room to crop
        scale = 1.25 / min(picture.width / 500, picture.height / 400)
        picture = picture.resize((round(picture.width * scale), round(picture.height * scale)), Image.BICUBIC)
    for part, count in (("train", images), ("val", images // 10)):
        os.makedirs(f"{folder}/{part}/{name.split('.')[0]}")
        for i in range(count):
            scale = rng.uniform(0.8, 1)
            width, height = min(picture.width, round(500 / scale)), min(picture.height, round(400 / scale))
            x, y = rng.randint(0, picture.width - width), rng.randint(0, picture.height - height)
            crop = picture.crop((x, y, x + width, y + height)).resize((500, 400), Image.BICUBIC)
            crop = ImageEnhance.Brightness(crop).enhance(rng.uniform(0.7, 1.3))
            crop = ImageEnhance.Color(crop).enhance(rng.uniform(0.7, 1.3))
            crop.save(f"{folder}/{part}/{name.split('.')[0]}/{i:03}.jpg", quality=rng.randint(85, 95))
"""
MAKE_TRUNK = """
import sys, torch, torchvision
torch.manual_seed(0)
model = torchvision.models.resnet18(weights=None)
with torch.no_grad():  # running statistics as after some training, so that activations stay in range
    model.train()
    for _ in range(20):
        model(torch.randn(16, 3, 224, 224))
torch.save(model.state_dict(), sys.argv[1])
"""


def seconds(threads, command, **options):
    start = time.monotonic()
    pinned(threads, command, stderr=subprocess.STDOUT, **options)
    return time.monotonic() - start


class Job:
    def __init__(self, arguments, folder, what):
        self.arguments, self.folder, self.what = arguments, folder, what
        rules, self.patterns = WORK[what]
        self.trainer = folder / f"trainer_{what}"
        spec = folder / f"{what}.rdsl"
        spec.write_text(f"resnet18(){rules}\n")
        subprocess.run([arguments.build / "bin" / "resnetc", spec, "-o", self.trainer, f"--precision={arguments.precision}"], check=True)

    def torch(self, threads, epochs, *more):
        command = [self.arguments.python, "finetune_torch.py", "--data", self.arguments.photos / "train"]
        command += ["--val", self.arguments.photos / "val", "--weights", self.folder / "trunk.pth", "--train", self.patterns]
        command += ["--threads", threads, "--epochs", epochs, *more]
        return seconds(threads, command, cwd=self.arguments.peers)

    def plain(self, threads):
        few, epochs = self.arguments.plain_epochs, self.arguments.epochs
        taken = self.torch(threads, few)
        if few >= epochs:
            return taken
        return taken + (epochs - few) * (taken - self.torch(threads, 1)) / (few - 1)

    def ours(self, threads, *more):
        command = [self.trainer, "train", "--data", self.arguments.photos, "--weights", self.folder / "trunk.pth"]
        command += ["--epochs", self.arguments.epochs, "--threads", threads, "--cache-dir", self.folder / "cache", "--force"]
        return seconds(threads, [*command, "--out", self.folder / "run", *more])

    def round(self, threads):
        """Yields (who, seconds)."""
        shutil.rmtree(self.folder / "cache", ignore_errors=True)
        yield "resnetc", self.ours(threads)
        if self.what == "fc":
            yield "resnetc, second run", self.ours(threads, "--lr", "0.03")
            yield "resnetc, sweep of 6", self.ours(threads, "--sweep", "lr=0.1,0.03,0.01", "--sweep", "weight-decay=0,1e-4")
        if self.arguments.peers and self.what == "fc":
            yield "PyTorch, own cache", self.torch(threads, self.arguments.epochs, "--cache")
        if self.arguments.peers and self.arguments.plain_epochs > 0:
            yield "PyTorch", self.plain(threads)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=Path("build/release"))
    parser.add_argument("--peers", type=Path, help="folder of finetune_torch.py; without it only ours is measured")
    parser.add_argument("--python", default=sys.executable, help="interpreter with PyTorch and scikit-image")
    parser.add_argument("--train", default="fc,layer4", help="what is trained")
    parser.add_argument("--precision", default="f32", help="of the frozen prefix, ours")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--plain-epochs", type=int, default=10)
    parser.add_argument("--images", type=int, default=100, help="training images of each class")
    parser.add_argument("--photos", type=Path, help="where the photos are, or go to; default: a temporary folder")
    parser.add_argument("--markdown", action="store_true")
    arguments = parser.parse_args()
    print_row = lambda cells: print("| " + " | ".join(cells) + " |" if arguments.markdown else "  ".join(f"{c:20}" for c in cells), flush=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        arguments.photos = (arguments.photos or folder / "photos").absolute()
        if not arguments.photos.exists():
            subprocess.run([arguments.python, "-c", MAKE_PHOTOS, arguments.photos, " ".join(PICTURES), str(arguments.images)], check=True)
        subprocess.run([arguments.python, "-c", MAKE_TRUNK, folder / "trunk.pth"], check=True)
        header = ["trained", "threads", "who", "best s", "median s", "x ours"]
        for row in [header, *([["---"] * len(header)] if arguments.markdown else [])]:
            print_row(row)
        for what in arguments.train.split(","):
            job = Job(arguments, folder, what)
            for threads in map(int, arguments.threads.split(",")):
                taken = defaultdict(list)
                for _ in range(arguments.rounds):
                    for who, time_taken in job.round(threads):
                        taken[who].append(time_taken)
                for who, times in taken.items():
                    guess = "~" if who == "PyTorch" and arguments.plain_epochs < arguments.epochs else ""
                    ratio = min(times) / min(taken["resnetc"])
                    figures = [f"{guess}{min(times):.1f}", f"{guess}{statistics.median(times):.1f}", f"{ratio:.2f}"]
                    print_row([what, str(threads), who, *figures])


if __name__ == "__main__":
    main()
