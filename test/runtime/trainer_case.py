"""What the tests of whole trainers share: generated pictures, safetensors files, and a folder to run in.

The first argument of a test is the folder that holds the trainers.
"""

import json, os, random, struct, subprocess, sys, tempfile, unittest, zlib

BIN = os.path.abspath(sys.argv.pop(1))
CLASSES = ["blue", "green", "red"]
COLOURS = {"red": (200, 60, 60), "green": (60, 200, 60), "blue": (60, 60, 200)}


def write_png(path, size, pixels, height=None):
    """`size` pixels a row; as many rows, or `height`."""
    height = size if height is None else height
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + bytes(pixels[y * size * 3 : (y + 1) * size * 3]) for y in range(height))
    with open(path, "wb") as f:
        f.write(
            b"\x89PNG\r\n\x1a\n"
            + chunk(b"IHDR", struct.pack(">2I5B", size, height, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows))
            + chunk(b"IEND", b"")
        )


def write_pictures(folder, each, classes=CLASSES, seed=0):
    rng = random.Random(seed)
    for name in classes:
        os.makedirs(os.path.join(folder, name))
        for i in range(each):
            noise = [rng.randint(-50, 50) for _ in range(12 * 12 * 3)]
            pixels = [max(0, min(255, COLOURS.get(name, (128, 128, 128))[j % 3] + n)) for j, n in enumerate(noise)]
            write_png(os.path.join(folder, name, f"{i:03}.png"), 12, pixels)


def read(path):
    with open(path, "rb") as f:
        return f.read()


def write(path, text):
    with open(path, "w") as f:
        f.write(text)


FORMATS = {"F32": "f", "F64": "d", "I64": "q"}


def read_tensors(path):
    with open(path, "rb") as f:
        data = f.read()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + size])
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, t in header.items():
        raw = data[8 + size + t["data_offsets"][0] : 8 + size + t["data_offsets"][1]]
        kind = FORMATS[t["dtype"]]
        tensors[name] = (t["shape"], list(struct.unpack(f"<{len(raw) // struct.calcsize(kind)}{kind}", raw)))
    return tensors, metadata


def write_tensors(path, tensors, metadata=None):
    header, body = ({"__metadata__": metadata} if metadata else {}), b""
    for name, (dtype, shape, values) in tensors.items():
        raw = struct.pack(f"<{len(values)}{FORMATS[dtype]}", *values)
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(body), len(body) + len(raw)]}
        body += raw
    text = json.dumps(header).encode()
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + body)


class TrainerCase(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.at = lambda name: os.path.join(self.folder.name, name)
        write_pictures(self.at("data"), 23)

    def tearDown(self):
        self.folder.cleanup()

    def skip_with_sanitizers(self, why):
        with open(os.path.join(BIN, "fake_trainer"), "rb") as f:
            if b"Sanitizer" in f.read():
                self.skipTest(f"a sanitizer {why}")

    def write_slow_pictures(self):
        """Pictures that take some tenths of a second together: long enough to watch an epoch."""
        for name in CLASSES:
            os.makedirs(self.at(f"slow/{name}"))
            write_png(self.at(f"slow/{name}/0.png"), 2500, bytes(3 * 2500 * 2500))
            for i in range(1, 20):
                os.link(self.at(f"slow/{name}/0.png"), self.at(f"slow/{name}/{i}.png"))

    def environment(self):
        """The user's cache folder is left alone."""
        return os.environ | {"XDG_CACHE_HOME": self.at("cache")}

    def run_it(self, *words, program="fake_trainer", code=0, **kw):
        kw.setdefault("env", self.environment())
        done = subprocess.run(
            [os.path.join(BIN, program), *map(str, words)],
            cwd=self.folder.name,
            capture_output=True,
            text=True,
            timeout=120,
            **kw,
        )
        self.assertEqual(done.returncode, code, f"{words}\n{done.stdout}{done.stderr}")
        return done

    def train(self, *words, out="run", **kw):
        base = ["train", "--data", "data", "--out", out, "--lr", "0.05"]
        if "--weights" not in words:
            base += ["--weights", "random"]
        return self.run_it(*base, *words, **kw)

    def fails(self, expected, *words, **kw):
        done = self.run_it(*words, code=1, **kw)
        lines = [line for line in done.stderr.splitlines() if not line.startswith("warning: ")]
        self.assertEqual(len(lines), 1, done.stderr)
        self.assertTrue(lines[0].startswith("error: "), done.stderr)
        self.assertIn(expected, lines[0])
        return done
