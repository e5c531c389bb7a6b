"""The trainer's commands from end to end, on a hand-written model and generated pictures.

cli_trainer.py FOLDER    FOLDER holds the fake_trainer programs
"""

import json, math, os, pty, random, re, subprocess, unittest, xml.etree.ElementTree

from trainer_case import BIN, CLASSES, TrainerCase, read, read_tensors, write, write_pictures, write_tensors


class Trainer(TrainerCase):
    def test_learns_and_writes_everything(self):
        done = self.train("--epochs", 6)
        self.assertIn("63 images of 3 classes for training, 6 for validation", done.stdout)
        self.assertIn("Augmentation: none, since 98.5 % of the forward work is in frozen layers", done.stdout)
        self.assertEqual(
            sorted(os.listdir(self.at("run"))),
            ["best.safetensors", "last.safetensors", "last.state.safetensors", "metrics.csv"],
        )
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
            files.append(
                [
                    read(self.at(f"t{threads}/{name}"))
                    for name in ("last.safetensors", "last.state.safetensors", "best.safetensors")
                ]
            )
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
            again = json.loads(
                self.run_it(
                    "eval", "--data", "data", "--checkpoint", "run/best.safetensors", "--json", "--batch", batch
                ).stdout
            )
            self.assertEqual(again, report)
        answers = json.loads(
            self.run_it(
                "predict",
                "--checkpoint",
                "run/best.safetensors",
                "--json",
                "--top",
                2,
                "--save-input",
                "seen",
                "data/red/000.png",
                "data/blue/001.png",
            ).stdout
        )
        self.assertEqual([a["image"] for a in answers], ["data/red/000.png", "data/blue/001.png"])
        self.assertEqual(list(answers[0]["top"][0]), ["class", "index", "probability"])
        self.assertEqual(len(answers[0]["top"]), 2)
        self.assertEqual(CLASSES[answers[0]["top"][0]["index"]], answers[0]["top"][0]["class"])
        self.assertEqual(sorted(os.listdir(self.at("seen"))), ["000.png.png", "001.png.png"])
        self.assertIn(" %", self.run_it("predict", "--checkpoint", "run/best.safetensors", "data/red/000.png").stdout)

    def test_eval_sees_images_as_the_checkpoint_says(self):
        self.train("--epochs", 3)
        tensors, metadata = read_tensors(self.at("run/last.safetensors"))
        rows = {name: ("F32", shape, values) for name, (shape, values) in tensors.items()}
        evaluate = ["eval", "--data", "data", "--json", "--checkpoint"]
        reports = [self.run_it(*evaluate, "run/last.safetensors").stdout]
        for change in ({"mean": "[0.1, 0.9, 0.2]"}, {"std": "[0.5, 1.0, 2.0]"}, {"resize": "12"}):
            write_tensors(self.at("changed"), rows, dict(metadata, **change))
            reports.append(self.run_it(*evaluate, "changed").stdout)
        self.assertEqual(len(set(reports)), 4, reports)

    def test_help_among_images(self):
        self.train("--epochs", 1)
        os.rename(self.at("data/red/000.png"), self.at("--help"))
        done = self.run_it("predict", "--checkpoint", "run/best.safetensors", "--json", "--", "--help")
        self.assertEqual([a["image"] for a in json.loads(done.stdout)], ["--help"])

    def test_out_folder(self):
        self.train("--epochs", 1)
        self.fails("--force", "train", "--data", "data", "--weights", "random", "--out", "run")
        self.train("--epochs", 1, "--force")
        self.assertEqual(len(read(self.at("run/metrics.csv")).decode().splitlines()), 2)
        for n in (1, 2):
            self.run_it("train", "--data", "data", "--weights", "random", "--epochs", 1)
            self.assertTrue(os.path.exists(self.at(f"runs/fake-{n}/best.safetensors")))

    def test_plain_state_dict(self):
        self.train("--epochs", 2)
        tensors, _ = read_tensors(self.at("run/last.safetensors"))
        write_tensors(self.at("plain"), {name: ("F32", shape, values) for name, (shape, values) in tensors.items()})
        evaluate = ["eval", "--json", "--checkpoint"]
        ours = self.run_it(*evaluate, "run/last.safetensors", "--data", "data").stdout
        self.assertEqual(self.run_it(*evaluate, "plain", "--data", "data").stdout, ours)
        predict = ["predict", "data/red/000.png", "--json", "--checkpoint"]
        named = json.loads(self.run_it(*predict, "run/last.safetensors").stdout)[0]["top"]
        numbered = json.loads(self.run_it(*predict, "plain").stdout)[0]["top"]
        self.assertEqual([t["index"] for t in named], [t["index"] for t in numbered])
        self.assertEqual([t["class"] for t in numbered], [str(t["index"]) for t in numbered])
        write_pictures(self.at("two"), 2, ["blue", "red"])
        self.run_it(*evaluate, "run/last.safetensors", "--data", "two")  # by name: one may be missing
        expected = "has 2 classes, but the model has 3, and the checkpoint has no class names to tell which; add a folder for each"
        self.fails(expected, *evaluate, "plain", "--data", "two")

    def test_splits_that_are_there(self):
        write_pictures(self.at("split/train"), 3)
        write_pictures(self.at("split/valid"), 2)
        write_pictures(self.at("split/test"), 4)
        train = ["train", "--weights", "random", "--epochs", 1, "--data", "split", "--out"]
        done = self.run_it(*train, "a")
        self.assertIn("split/train: 9 images of 3 classes for training, 6 for validation (split/valid).", done.stdout)
        done = self.run_it(*train, "b", "--val-split", 0.3)
        self.assertIn("split/train: 6 images of 3 classes for training, 3 for validation (held out: 30 % of each class).", done.stdout)
        done = self.run_it(*train, "c", "--val", "data")
        self.assertIn("split/train: 9 images of 3 classes for training, 69 for validation (data).", done.stdout)
        evaluate = ["eval", "--json", "--checkpoint", "a/last.safetensors", "--data"]
        self.assertEqual(json.loads(self.run_it(*evaluate, "split").stdout)["images"], 6)
        self.assertEqual(json.loads(self.run_it(*evaluate, "split/test").stdout)["images"], 12)
        write_pictures(self.at("other"), 1, ["blue", "pink"])
        self.fails("holds unknown class pink; the known ones are blue, green, red", *train, "d", "--val", "other")
        os.rename(self.at("other/pink"), self.at("other/red"))
        self.assertIn("warning: other: has no images of green", self.run_it(*train, "d", "--val", "other").stderr)

    def test_a_last_batch_of_one(self):
        train = ["train", "--data", "data", "--epochs", 2, "--batch", 31, "--out"]  # 63 images: 31 + 31 + 1
        for program, batches, left_out in (("fake_trainer_whole", 6, 0), ("fake_trainer_pairs", 4, 1)):
            done = self.run_it(*train, program, program=program)
            self.assertIn("Augmentation: crop-flip", done.stdout)
            self.assertEqual(done.stdout.count("that image is left out"), left_out)
            tensors = read_tensors(self.at(f"{program}/last.safetensors"))[0]
            self.assertEqual(tensors["bn1.num_batches_tracked"][1], [batches])
            self.assertNotEqual(tensors["bn1.running_mean"][1], [0.0] * 6)

    def test_a_batch_of_one_where_norms_need_two(self):
        for command in (["train", "--data", "data", "--out", "x"], ["bench", "--what", "train"]):
            self.fails("use --batch 2 or more", *command, "--batch", 1, program="fake_trainer_pairs")
        self.run_it("bench", "--what", "infer", "--batch", 1, "--seconds", 0, program="fake_trainer_pairs")
        self.run_it("train", "--data", "data", "--epochs", 1, "--batch", 1, "--out", "x", program="fake_trainer_whole")
        given = dict(self.given("F32", n=1), **{"bn1.running_mean": ("F32", [6], [0.0] * 6)})
        write_tensors(self.at("in"), given)
        self.fails(
            "'images' is [1, 3, 8, 8] in f32, expected [N, 3, 8, 8] in f32 or f64, 2 <= N <= 64",
            "step",
            "--in",
            "in",
            "--out",
            "out",
            program="fake_trainer_pairs",
        )
        self.run_it("step", "--in", "in", "--out", "out", program="fake_trainer_whole")

    def on_a_terminal(self, *words):
        """All that a command writes to a terminal."""
        control, terminal = pty.openpty()
        command = [os.path.join(BIN, "fake_trainer"), *map(str, words)]
        process = subprocess.Popen(
            command, cwd=self.folder.name, stdout=terminal, stderr=terminal, env=self.environment() | {"TERM": "xterm"}
        )
        os.close(terminal)
        text = b""
        try:
            while part := os.read(control, 4096):
                text += part
        except OSError:  # the other end is closed
            pass
        os.close(control)
        self.assertEqual(process.wait(), 0, text)
        return text.decode()

    def test_progress_of_an_evaluation_shows_no_accuracy(self):
        self.write_slow_pictures()
        seen = self.on_a_terminal(
            "train", "--data", "data", "--val", "slow", "--weights", "random", "--epochs", 1, "--batch", 4, "--no-cache", "--out", "run"
        )
        lines = re.split("[\r\n]+", seen)
        shown = [line for line in lines if "validation [" in line]
        self.assertGreater(len(shown), 1, seen)
        for line in shown:
            self.assertRegex(line, r"^epoch 1/1 validation \[=*>? *\] \d+/60  \d+(\.\d)? images/s  \d:\d\d left\x1b\[K$")
        self.assertRegex(lines[-3], r"^(\x1b\[K)?epoch 1/1: loss .*; validation loss \d.*, top-1 ")
        seen = self.on_a_terminal("eval", "--data", "slow", "--checkpoint", "run/last.safetensors", "--batch", 4, "--no-cache")
        for line in re.split("[\r\n]+", seen):
            self.assertRegex(
                line,
                r"^(evaluation \[=*>? *\] \d+/60  \d+(\.\d)? images/s  \d:\d\d left)?(\x1b\[K)*$|60 images: loss \d.*, top-1 ",
            )
        done = self.run_it("eval", "--data", "slow", "--checkpoint", "run/last.safetensors", "--json", "--no-cache")
        self.assertEqual(json.loads(done.stdout)["images"], 60)
        self.assertRegex(done.stderr, r"^(evaluation \[[=>]+ *\] (32|60)/60  \d+(\.\d)? images/s  \d:\d\d left\n)+$")

    def given(self, dtype, n=3, seed=5):
        rng = random.Random(seed)
        normal = lambda count: [rng.gauss(0, 0.5) for _ in range(count)]
        return {
            "images": (dtype, [n, 3, 8, 8], normal(n * 192)),
            "labels": ("I64", [n], [rng.randrange(3) for _ in range(n)]),
            "conv1.weight": (dtype, [6, 3, 8, 8], normal(1152)),
            "fc.weight": (dtype, [3, 6], normal(18)),
            "fc.bias": (dtype, [3], normal(3)),
        }

    def expect_step(self, given, steps, lr, momentum, decay, smoothing):
        values = {name: t[2] for name, t in given.items()}
        n, w, b = len(values["labels"]), list(values["fc.weight"]), list(values["fc.bias"])
        hidden = [
            [
                max(0.0, sum(values["images"][i * 192 + e] * values["conv1.weight"][k * 192 + e] for e in range(192)))
                for k in range(6)
            ]
            for i in range(n)
        ]
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
        for program, dtype, bound in (
            ("fake_trainer_f64", "F64", 1e-12),
            ("fake_trainer_f64", "F32", 1e-6),
            ("fake_trainer", "F64", 1e-5),
        ):
            given = self.given(dtype)
            write_tensors(self.at("in"), given)
            self.run_it(
                "step",
                "--in",
                "in",
                "--out",
                "out",
                "--lr",
                0.1,
                "--momentum",
                0.8,
                "--weight-decay",
                0.01,
                "--label-smoothing",
                0.2,
                "--steps",
                4,
                program=program,
            )
            (logits, gradient), losses, w, b = self.expect_step(given, 4, 0.1, 0.8, 0.01, 0.2)
            out, _ = read_tensors(self.at("out"))
            self.assertEqual(
                sorted(out), ["conv1.weight", "fc.bias", "fc.weight", "grad.fc.bias", "grad.fc.weight", "logits", "loss"]
            )
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
        for name, change, expected in (
            ("labels", None, "has no tensor 'labels'"),
            ("fc.bias", None, "fc.bias"),
            ("labels", ("I64", [3], [0, 3, 1]), "'labels' holds 3 at 1, expected 0 to 2"),
            ("images", ("F32", [1, 3, 8, 7], [0.0] * 168), "'images' is [1, 3, 8, 7]"),
        ):
            given = self.given("F32")
            given.pop(name)
            if change:
                given[name] = change
            write_tensors(self.at("in"), given)
            self.fails(expected, "step", "--in", "in", "--out", "out")
            self.assertFalse(os.path.exists(self.at("out")))

    def test_info_and_bench(self):
        info = json.loads(self.run_it("info", "--json").stdout)
        self.assertEqual(
            list(info),
            [
                "model",
                "input",
                "channels",
                "classes",
                "mean",
                "std",
                "parameters",
                "trainable_parameters",
                "max_batch",
                "mcpu",
                "precision",
                "arena",
            ],
        )
        self.assertEqual(
            (info["input"], info["trainable_parameters"], list(info["arena"])),
            ([8, 8], 21, ["fixed", "per_image", "per_thread"]),
        )
        for what in ("infer", "train", "features", "head"):
            report = json.loads(self.run_it("bench", "--what", what, "--seconds", 0.05, "--batch", 7, "--json").stdout)
            self.assertEqual(
                list(report),
                ["what", "model", "batch", "threads", "images_per_second_best", "images_per_second_median", "peak_rss_mb"],
            )
            self.assertGreaterEqual(report["images_per_second_best"], report["images_per_second_median"])
        self.fails("no features to time", "bench", "--what", "features", program="fake_trainer_whole")

    def test_bench_by_layers(self):
        bench = ["bench", "--seconds", 0, "--batch", 7, "--threads", 2]
        everything = [("conv1", "forward"), ("conv1", "dw"), ("fc", "dw")]
        frozen = {
            "features": everything[:1],
            "infer": [*everything[:1], (None, "copies")],
            "head": [*everything[2:], (None, "copies")],
            "train": [everything[0], everything[2], (None, "copies")],
        }
        for program, what, expected in (
            *(("fake_trainer", what, rows) for what, rows in frozen.items()),
            ("fake_trainer_whole", "train", everything),
            ("fake_trainer_f64", "train", frozen["train"]),
        ):
            report = json.loads(self.run_it(*bench, "--what", what, "--layers", "--json", program=program).stdout)
            self.assertEqual(list(report)[7:], ["fma_peak_gflops", "step_ms_best", "step_ms_median", "layers"])
            rows = report["layers"]
            self.assertEqual([(row.get("layer"), row["work"]) for row in rows], [*expected, (None, "the rest")])
            self.assertAlmostEqual(sum(row["share"] for row in rows), 1)
            for row in rows:
                self.assertLessEqual(row["ms_best"], row["ms_median"])
                self.assertGreaterEqual(row["share"], 0)
                if "layer" not in row:
                    self.assertEqual(list(row), ["work", "ms_best", "ms_median", "share"])
                    continue
                conv, size = row["layer"] == "conv1", 8 if program.endswith("f64") else 4
                self.assertEqual(row["flop"], 7 * 2 * (6 * 192 if conv else 3 * 6))
                self.assertEqual(row["bytes"], size * (7 * (192 + 6) + 6 * 192 if conv else 7 * (6 + 3) + 3 * 6))
                self.assertAlmostEqual(row["gflops"] * row["ms_best"], row["flop"] / 1e6)
                self.assertAlmostEqual(row["of_peak"] * report["fma_peak_gflops"], row["gflops"])
        plain, table = self.run_it(*bench, "--what", "train", "--layers").stdout.split("\n\n")
        self.assertRegex(plain, r"^train of fake, batch 7, 2 threads: [\d.]+ images/s at best")
        lines = table.splitlines()
        self.assertRegex(lines[0], r"^FMA peak \d+ GFLOP/s$")
        self.assertEqual(lines[1].split(), "layer work ms median share GFLOP GFLOP/s of peak".split())
        self.assertRegex(lines[2], r"^conv1 +forward +[\d.]+ +[\d.]+ +[\d.]+ % +0.00 +\d+ +\d\.\d\d$")
        self.assertRegex(lines[5], r"^ +the rest +[\d.]+ +[\d.]+ +[\d.]+ %$")
        self.assertEqual(len(lines), 6)

    def test_roofline(self):
        bench = ["bench", "--what", "train", "--seconds", 0, "--batch", 7, "--threads", 1, "--roofline"]
        report = json.loads(self.run_it(*bench, "whole.svg", "--json", program="fake_trainer_whole").stdout)
        self.assertGreater(report["memory_gb_per_second"], 0)
        self.assertNotIn("layers", report)
        write(self.at("whole.svg"), "an older picture")
        self.run_it(*bench, "whole.svg", program="fake_trainer_whole")
        picture = xml.etree.ElementTree.fromstring(read(self.at("whole.svg")))
        titles = [e.text for e in picture.iter("{http://www.w3.org/2000/svg}title")]
        for row in ("conv1 forward", "conv1 dw", "fc dw"):
            self.assertEqual(len([title for title in titles if title.startswith(f"{row}: ")]), 1, titles)
        self.assertEqual(len(titles), 3)
        text = " ".join(e.text for e in picture.iter("{http://www.w3.org/2000/svg}text"))
        self.assertRegex(text, r"train of fake, batch 7, 1 thread\b.*FMA peak \d+ GFLOP/s.*main memory [\d.]+ GB/s")
        self.fails("cannot be created", *bench, "nowhere/picture.svg")
        self.fails("option --roofline is empty", *bench, "")

    def test_needs_nothing_but_libc(self):
        self.skip_with_sanitizers("needs more")
        libraries = subprocess.run(["ldd", os.path.join(BIN, "fake_trainer")], capture_output=True, text=True).stdout
        names = {line.split()[0].split("/")[-1].split(".")[0] for line in libraries.splitlines()}
        self.assertLessEqual(names, {"linux-vdso", "libm", "libc", "libpthread", "ld-linux-x86-64"})
        self.assertLess(os.path.getsize(os.path.join(BIN, "fake_trainer")), 10_000_000)


if __name__ == "__main__":
    unittest.main()
