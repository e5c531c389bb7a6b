"""The trainer's commands from end to end, on a hand-written model and generated pictures.

  cli_trainer.py FOLDER    FOLDER holds the fake_trainer programs
"""
import json, math, os, random, signal, struct, subprocess, sys, tempfile, time, unittest, zlib

BIN = os.path.abspath(sys.argv.pop(1))
CLASSES = ["blue", "green", "red"]
COLOURS = {"red": (200, 60, 60), "green": (60, 200, 60), "blue": (60, 60, 200)}


def write_png(path, size, pixels):
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + bytes(pixels[y * size * 3:(y + 1) * size * 3]) for y in range(size))
    with open(path, "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">2I5B", size, size, 8, 2, 0, 0, 0)) +
                chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


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
    header = json.loads(data[8:8 + size])
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, t in header.items():
        raw = data[8 + size + t["data_offsets"][0]:8 + size + t["data_offsets"][1]]
        kind = FORMATS[t["dtype"]]
        tensors[name] = (t["shape"], list(struct.unpack(f"<{len(raw) // struct.calcsize(kind)}{kind}", raw)))
    return tensors, metadata


def write_tensors(path, tensors):
    header, body = {}, b""
    for name, (dtype, shape, values) in tensors.items():
        raw = struct.pack(f"<{len(values)}{FORMATS[dtype]}", *values)
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(body), len(body) + len(raw)]}
        body += raw
    text = json.dumps(header).encode()
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + body)


class Trainer(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.at = lambda name: os.path.join(self.folder.name, name)
        write_pictures(self.at("data"), 23)

    def tearDown(self):
        self.folder.cleanup()

    def run_it(self, *words, program="fake_trainer", code=0):
        done = subprocess.run([os.path.join(BIN, program), *map(str, words)], cwd=self.folder.name, capture_output=True, text=True, timeout=120)
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

    def test_learns_and_writes_everything(self):
        done = self.train("--epochs", 6)
        self.assertIn("63 images of 3 classes for training, 6 for validation", done.stdout)
        self.assertIn("Augmentation: none, since 98.5 % of the forward work is in frozen layers", done.stdout)
        self.assertEqual(sorted(os.listdir(self.at("run"))), ["best.safetensors", "last.safetensors", "last.state.safetensors", "metrics.csv"])
        rows = read(self.at("run/metrics.csv")).decode().splitlines()
        self.assertEqual(rows[0], "epoch,step,lr,train_loss,train_top1,val_loss,val_top1,val_top5,images_per_second,seconds")
        self.assertEqual([int(r.split(",")[0]) for r in rows[1:]], [1, 2, 3, 4, 5, 6])
        self.assertEqual(int(rows[-1].split(",")[1]), 12)
        self.assertLess(float(rows[-1].split(",")[3]), float(rows[1].split(",")[3]))
        self.assertGreater(float(rows[-1].split(",")[6]), 0.8)
        tensors, metadata = read_tensors(self.at("run/best.safetensors"))
        self.assertEqual(list(tensors), ["conv1.weight", "fc.weight", "fc.bias"])
        self.assertEqual(json.loads(metadata["classes"]), CLASSES)
        self.assertEqual(json.loads(metadata["spec_hash"]), "fa4e")

    def test_same_bits_for_any_number_of_threads(self):
        files = []
        for threads in (1, 2, 3):
            self.train("--epochs", 2, "--augment", "crop-flip", "--threads", threads, out=f"t{threads}")
            files.append([read(self.at(f"t{threads}/{name}")) for name in ("last.safetensors", "last.state.safetensors", "best.safetensors")])
        self.assertEqual(files[0], files[1])
        self.assertEqual(files[0], files[2])
        self.train("--epochs", 2, "--seed", 1, out="other")
        self.assertNotEqual(files[0][0], read(self.at("other/last.safetensors")))

    def test_frozen_weights_stay(self):
        self.train("--epochs", 1)
        self.train("--epochs", 1, "--weights", "run/last.safetensors", out="again")
        before, after = read_tensors(self.at("run/last.safetensors"))[0], read_tensors(self.at("again/last.safetensors"))[0]
        self.assertEqual(before["conv1.weight"], after["conv1.weight"])
        self.assertNotEqual(before["fc.weight"], after["fc.weight"])

    def test_eval_and_predict(self):
        self.train("--epochs", 6)
        report = json.loads(self.run_it("eval", "--data", "data", "--checkpoint", "run/best.safetensors", "--json").stdout)
        self.assertEqual(list(report), ["images", "loss", "top1", "top5"])
        self.assertEqual((report["images"], report["top5"]), (69, 1.0))
        self.assertGreater(report["top1"], 0.8)
        for batch in (1, 2, 7, 31):  # an image's result is its own
            again = json.loads(self.run_it("eval", "--data", "data", "--checkpoint", "run/best.safetensors", "--json", "--batch", batch).stdout)
            self.assertEqual(again, report)
        answers = json.loads(self.run_it("predict", "--checkpoint", "run/best.safetensors", "--json", "--top", 2, "--save-input", "seen",
                                         "data/red/000.png", "data/blue/001.png").stdout)
        self.assertEqual([a["image"] for a in answers], ["data/red/000.png", "data/blue/001.png"])
        self.assertEqual(list(answers[0]["top"][0]), ["class", "index", "probability"])
        self.assertEqual(len(answers[0]["top"]), 2)
        self.assertEqual(CLASSES[answers[0]["top"][0]["index"]], answers[0]["top"][0]["class"])
        self.assertEqual(sorted(os.listdir(self.at("seen"))), ["000.png.png", "001.png.png"])
        self.assertIn(" %", self.run_it("predict", "--checkpoint", "run/best.safetensors", "data/red/000.png").stdout)

    def test_predict_answers_for_the_others(self):
        self.train("--epochs", 1)
        write(self.at("bad.jpg"), "no picture")
        done = self.run_it("predict", "--checkpoint", "run/best.safetensors", "--json", "bad.jpg", "data/red/000.png", code=1)
        self.assertEqual([a["image"] for a in json.loads(done.stdout)], ["data/red/000.png"])
        self.assertIn("error: bad.jpg: ", done.stderr)
        done = self.run_it("predict", "--checkpoint", "run/best.safetensors", "--bad-images", "fail", "bad.jpg", "data/red/000.png", code=1)
        self.assertEqual(done.stdout, "")

    def test_bad_images_are_named_once_and_counted(self):
        write(self.at("data/red/zzz.jpg"), "no picture")
        write(self.at("data/red/notes.txt"), "no picture")
        done = self.train("--epochs", 3)
        self.assertEqual(done.stderr.count("data/red/zzz.jpg: skipped: "), 1)
        self.assertIn("1 image could not be read and was left out.", done.stdout)
        self.assertIn("notes.txt", done.stdout)
        self.fails("zzz.jpg", "train", "--data", "data", "--weights", "random", "--bad-images", "fail", "--out", "other")

    def test_mistakes_are_one_clear_line_and_leave_nothing(self):
        train = ["train", "--weights", "random", "--out", "none"]
        write_pictures(self.at("two"), 2, ["blue", "red"])
        self.fails("has 2 classes (blue, red), but the model was compiled for 3", *train, "--data", "two")
        self.fails("missing", *train, "--data", "missing")
        self.fails("1,152 of 1,173 parameters are frozen", "train", "--data", "data", "--out", "none")
        self.fails("no-such.pth", *train[:1], "--data", "data", "--out", "none", "--weights", "no-such.pth")
        self.fails("--max-batch=65", *train, "--data", "data", "--batch", 65)
        self.fails("needs a momentum", *train, "--data", "data", "--momentum", 0, "--nesterov", "on")
        self.fails("expected constant, cosine or step", *train, "--data", "data", "--schedule", "step:0,1")
        self.fails("did you mean --data?", *train, "--dta", "data")
        self.fails("option --data is missing", *train)
        self.assertFalse(os.path.exists(self.at("none")))

    def test_out_folder(self):
        self.train("--epochs", 1)
        self.fails("--force", "train", "--data", "data", "--weights", "random", "--out", "run")
        self.train("--epochs", 1, "--force")
        self.assertEqual(len(read(self.at("run/metrics.csv")).decode().splitlines()), 2)
        for n in (1, 2):
            self.run_it("train", "--data", "data", "--weights", "random", "--epochs", 1)
            self.assertTrue(os.path.exists(self.at(f"runs/fake-{n}/best.safetensors")))

    def test_loss_that_is_not_finite(self):
        done = self.run_it("train", "--data", "data", "--weights", "random", "--lr", "1e38", "--out", "run", code=1)
        self.assertRegex(done.stderr, r"error: the loss is not finite at step \d+ \(epoch \d+\); try a lower --lr than 1e\+38")
        self.assertFalse(any(name.endswith(".partial") for name in os.listdir(self.at("run"))))
        # A schedule that runs away in its second epoch: what the first one gave stays.
        done = self.run_it("train", "--data", "data", "--weights", "random", "--lr", "0.01", "--schedule", "step:1,1e40", "--out", "later", code=1)
        self.assertIn("the last good checkpoint, of epoch 1, is later/last.safetensors", done.stderr)
        values = read_tensors(self.at("later/last.safetensors"))[0]["fc.weight"][1]
        self.assertTrue(all(math.isfinite(v) for v in values))

    def test_interrupt_saves_and_exits_130(self):
        command = [os.path.join(BIN, "fake_trainer"), "train", "--data", "data", "--weights", "random", "--epochs", "1000000", "--out", "run"]
        process = subprocess.Popen(command, cwd=self.folder.name, stdout=subprocess.PIPE, text=True)
        for _ in range(600):
            if os.path.exists(self.at("run/last.safetensors")):
                break
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        text = process.communicate(timeout=60)[0]
        self.assertEqual(process.returncode, 130)
        self.assertIn("saved run/last.safetensors", text.splitlines()[-1])
        self.run_it("eval", "--data", "data", "--checkpoint", "run/last.safetensors")

    def test_wrong_checkpoints(self):
        self.train("--epochs", 1)
        self.fails("run/best.safetensors", "eval", "--data", "data", "--checkpoint", "run/best.safetensors", program="fake_trainer_whole")
        self.fails("data/red/000.png", "eval", "--data", "data", "--checkpoint", "data/red/000.png")
        write_pictures(self.at("strange"), 2, ["blue", "pink"])
        self.fails("pink", "eval", "--data", "strange", "--checkpoint", "run/best.safetensors")

    def test_whole_model_leaves_out_a_last_batch_of_one(self):
        done = self.run_it("train", "--data", "data", "--epochs", 2, "--batch", 31, "--out", "run", program="fake_trainer_whole")
        self.assertIn("Augmentation: crop-flip", done.stdout)  # 63 images: 31 + 31 + 1
        self.assertEqual(done.stdout.count("that image is left out"), 1)
        tensors = read_tensors(self.at("run/last.safetensors"))[0]
        self.assertEqual(tensors["bn1.num_batches_tracked"][1], [4])
        self.assertNotEqual(tensors["bn1.running_mean"][1], [0.0] * 6)
        self.fails("at least two values a channel", "train", "--data", "data", "--batch", 1, "--out", "x", program="fake_trainer_whole")

    def given(self, dtype, n=3, seed=5):
        rng = random.Random(seed)
        normal = lambda count: [rng.gauss(0, 0.5) for _ in range(count)]
        return {"images": (dtype, [n, 3, 8, 8], normal(n * 192)), "labels": ("I64", [n], [rng.randrange(3) for _ in range(n)]),
                "conv1.weight": (dtype, [6, 3, 8, 8], normal(1152)), "fc.weight": (dtype, [3, 6], normal(18)), "fc.bias": (dtype, [3], normal(3))}

    def expect_step(self, given, steps, lr, momentum, decay, smoothing):
        values = {name: t[2] for name, t in given.items()}
        n, w, b = len(values["labels"]), list(values["fc.weight"]), list(values["fc.bias"])
        hidden = [[max(0.0, sum(values["images"][i * 192 + e] * values["conv1.weight"][k * 192 + e] for e in range(192))) for k in range(6)] for i in range(n)]
        buffer, losses, first = [0.0] * 21, [], None
        for step in range(steps):
            gradient, loss, all_logits = [0.0] * 21, 0.0, []
            for i in range(n):
                logits = [b[k] + sum(w[k * 6 + c] * hidden[i][c] for c in range(6)) for k in range(3)]
                all_logits += logits
                total = math.log(sum(math.exp(v) for v in logits))
                for k in range(3):
                    target = (1 - smoothing) * (k == values["labels"][i]) + smoothing / 3
                    loss -= target * (logits[k] - total) / n
                    d = (math.exp(logits[k] - total) - target) / n
                    gradient[18 + k] += d
                    for c in range(6):
                        gradient[k * 6 + c] += d * hidden[i][c]
            losses.append(loss)
            first = first or (all_logits, gradient)
            p = w + b
            g = [gradient[i] + decay * p[i] for i in range(21)]
            buffer = g if step == 0 else [momentum * m + v for m, v in zip(buffer, g)]
            p = [v - lr * m for v, m in zip(p, buffer)]
            w, b = p[:18], p[18:]
        return first, losses, w, b

    def close(self, got, expected, bound):
        error = math.sqrt(sum((a - b) ** 2 for a, b in zip(got, expected)) / sum(b * b for b in expected))
        self.assertEqual(len(got), len(expected))
        self.assertLess(error, bound)

    def test_step(self):
        for program, dtype, bound in (("fake_trainer_f64", "F64", 1e-12), ("fake_trainer_f64", "F32", 1e-6), ("fake_trainer", "F64", 1e-5)):
            given = self.given(dtype)
            write_tensors(self.at("in"), given)
            self.run_it("step", "--in", "in", "--out", "out", "--lr", 0.1, "--momentum", 0.8, "--weight-decay", 0.01, "--label-smoothing", 0.2, "--steps", 4,
                        program=program)
            (logits, gradient), losses, w, b = self.expect_step(given, 4, 0.1, 0.8, 0.01, 0.2)
            out, _ = read_tensors(self.at("out"))
            self.assertEqual(sorted(out), ["conv1.weight", "fc.bias", "fc.weight", "grad.fc.bias", "grad.fc.weight", "logits", "loss"])
            self.assertEqual(out["logits"][0], [3, 3])
            self.assertEqual(out["loss"][0], [4])
            self.close(out["logits"][1], logits, bound)
            self.close(out["loss"][1], losses, bound)
            self.close(out["grad.fc.weight"][1], gradient[:18], bound)
            self.close(out["grad.fc.bias"][1], gradient[18:], bound)
            self.close(out["fc.weight"][1], w, bound)
            self.close(out["fc.bias"][1], b, bound)
            self.close(out["conv1.weight"][1], given["conv1.weight"][2], 1e-7)

    def test_step_names_what_does_not_fit(self):
        for name, change, expected in (("labels", None, "has no tensor 'labels'"), ("fc.bias", None, "fc.bias"),
                                       ("labels", ("I64", [3], [0, 3, 1]), "'labels' holds 3 at 1, expected 0 to 2"),
                                       ("images", ("F32", [1, 3, 8, 7], [0.0] * 168), "'images' is [1, 3, 8, 7]")):
            given = self.given("F32")
            given.pop(name)
            if change:
                given[name] = change
            write_tensors(self.at("in"), given)
            self.fails(expected, "step", "--in", "in", "--out", "out")
            self.assertFalse(os.path.exists(self.at("out")))

    def test_info_and_bench(self):
        info = json.loads(self.run_it("info", "--json").stdout)
        self.assertEqual(list(info), ["model", "input", "channels", "classes", "mean", "std", "parameters", "trainable_parameters", "max_batch", "mcpu",
                                      "precision", "arena"])
        self.assertEqual((info["input"], info["trainable_parameters"], list(info["arena"])), ([8, 8], 21, ["fixed", "per_image", "per_thread"]))
        for what in ("infer", "train", "features", "head"):
            report = json.loads(self.run_it("bench", "--what", what, "--seconds", 0.05, "--batch", 7, "--json").stdout)
            self.assertEqual(list(report), ["what", "model", "batch", "threads", "images_per_second_best", "images_per_second_median", "peak_rss_mb"])
            self.assertGreaterEqual(report["images_per_second_best"], report["images_per_second_median"])
        self.fails("no features to time", "bench", "--what", "features", program="fake_trainer_whole")

    def test_a_cpu_that_lacks_something(self):
        self.fails("this CPU lacks avx9000", "info", program="fake_trainer_other_cpu")

    def test_full_disk(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([os.path.join(BIN, "fake_trainer"), "info", "--json"], stdout=full, stderr=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("standard output could not be written", done.stderr)

    def test_needs_nothing_but_libc(self):
        libraries = subprocess.run(["ldd", os.path.join(BIN, "fake_trainer")], capture_output=True, text=True).stdout
        names = {line.split()[0].split("/")[-1].split(".")[0] for line in libraries.splitlines()}
        self.assertLessEqual(names, {"linux-vdso", "libm", "libc", "libpthread", "ld-linux-x86-64"})
        self.assertLess(os.path.getsize(os.path.join(BIN, "fake_trainer")), 10_000_000)


if __name__ == "__main__":
    unittest.main()
