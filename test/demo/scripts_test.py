#!/usr/bin/env python3
"""The fashion demo's data script and its sheet of predictions."""

import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[2] / "models" / "fashion"))
import make_data
import sheet


def pixels(seed, garment):
    return np.asarray(make_data.picture(garment, np.random.default_rng(seed)))


class MakeDataTest(unittest.TestCase):
    def setUp(self):
        images, labels = make_data.read_idx("t10k")
        self.garments = images[labels == 8]

    def test_source(self):
        images, labels = make_data.read_idx("train")
        self.assertEqual((images.shape, np.bincount(labels).tolist()), ((60000, 28, 28), [6000] * 10))

    def test_picture(self):
        picture = pixels(0, self.garments[0])
        self.assertEqual((picture.shape, picture.dtype), ((96, 96, 3), np.uint8))
        self.assertTrue((picture == pixels(0, self.garments[0])).all())
        self.assertFalse((picture == pixels(1, self.garments[0])).all())
        self.assertFalse((picture == pixels(0, self.garments[1])).all())

    def test_garment_keeps_inside_and_its_size(self):
        """What a garment changes lies in a square of 40 to 80 pixels."""
        empty, solid, sizes = np.zeros((28, 28), np.uint8), np.full((28, 28), 255, np.uint8), []
        for seed in range(40):
            changed = (pixels(seed, empty) != pixels(seed, solid)).any(axis=2)
            rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
            sizes += [rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1]
        self.assertTrue(38 <= min(sizes) and max(sizes) <= 80)
        self.assertGreater(max(sizes) - min(sizes), 20)

    def test_both_orientations(self):
        """Half of the pictures show the garment as it is, half its mirror image."""
        left = np.zeros((28, 28), np.uint8)
        left[:, :10] = 255
        empty, sides = np.zeros_like(left), []
        for seed in range(40):
            changed = (pixels(seed, empty) != pixels(seed, left)).any(axis=(0, 2))
            mirrored = (pixels(seed, empty) != pixels(seed, left[:, ::-1])).any(axis=(0, 2))
            sides.append(np.flatnonzero(changed).mean() < np.flatnonzero(mirrored).mean())
        self.assertTrue(8 <= sum(sides) <= 32)

    def test_files(self):
        with tempfile.TemporaryDirectory() as name:
            folders = [Path(name, which) for which in "ab"]
            for folder in folders:  # in parts of two, and in one
                for part in make_data.parts([(folder, self.garments[:3], (0, 1, 8))], size=2 if folder == folders[0] else 9):
                    make_data.write_part(part)
            files = [sorted(folder.iterdir()) for folder in folders]
            self.assertEqual([file.name for file in files[0]], ["0000.jpg", "0001.jpg", "0002.jpg"])
            self.assertEqual([f.read_bytes() for f in files[0]], [f.read_bytes() for f in files[1]])
            with Image.open(files[0][0]) as image:
                self.assertEqual((image.format, image.size, image.mode), ("JPEG", (96, 96), "RGB"))


class SheetTest(unittest.TestCase):
    def test_sheet(self):
        with tempfile.TemporaryDirectory() as name:
            for kind in ("Bag", "Shirt"):
                folder = Path(name, kind)
                folder.mkdir()
                for i in range(6):
                    Image.new("RGB", (96, 96), "grey").save(folder / f"{i}.jpg")
            pictures = sheet.some_of(Path(name), each=5)
            self.assertEqual([str(p.relative_to(name)) for p in pictures[4:6]], ["Bag/4.jpg", "Shirt/0.jpg"])
            right = {"class": "Bag", "index": 0, "probability": 0.75}
            out = Path(name, "sheet.png")
            sheet.write(out, [{"image": str(p), "top": [right]} for p in pictures])
            with Image.open(out) as image:
                self.assertEqual(image.size, (sheet.LABEL + 5 * 102 + 6, sheet.HEAD + 2 * 128 + 6))
                colours = {colour for _, colour in image.getcolors(1 << 20)}
                self.assertTrue({sheet.RIGHT, sheet.WRONG} <= colours)


if __name__ == "__main__":
    unittest.main()
