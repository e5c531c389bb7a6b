"""What is kept of images between runs: the same bits with it, without it, and after whatever may happen to its files.

The first argument is the folder that holds the trainers.
"""

import glob, json, os, random, re, resource, shutil, signal, subprocess, time, unittest

from trainer_case import BIN, CLASSES, TrainerCase, read, read_tensors, write_pictures, write_png

RESULTS = ("last.safetensors", "last.state.safetensors", "best.safetensors")


class Cache(TrainerCase):
    def results(self, out, names=RESULTS):
        """All that training gives, but for its times."""
        rows = [row.split(",")[:8] for row in read(self.at(f"{out}/metrics.csv")).decode().splitlines()]
        return [read(self.at(f"{out}/{name}")) for name in names], rows

    def trained(self, *options, out="run", **kw):
        """The results of a run, and what it said."""
        done = self.train("--force", *options, out=out, **kw)
        return self.results(out), done.stdout

    def without_cache(self, *options):
        """What a run of these options must come to."""
        return self.trained("--no-cache", *options, out="without")[0]

    def record_files(self):
        return sorted(glob.glob(self.at("cache/resnetc/*/*.records")))

    def came_from_cache(self, text):
        found = re.search(r"^([\d,]+) of [\d,]+ training images came from the cache", text, re.M)
        return int(found[1].replace(",", "")) if found else 0

    def test_same_bits_with_and_without(self):
        write_pictures(self.at("val"), 3, seed=1)
        for folder, name in (("data", "aaa"), ("data", "zzz"), ("val", "mmm")):  # unreadable ones move the others up
            with open(self.at(f"{folder}/red/{name}.png"), "wb") as file:
                file.write(b"no picture")
        for batch in (7, 31):  # of 69 images: a last batch of 6, of 7
            options = ["--epochs", 3, "--val", "val", "--batch", batch]
            plain, said = self.trained(*options, "--no-cache")
            self.assertNotIn("is kept", said)
            first, said = self.trained(*options)
            self.assertIn("what they make of it (24 bytes) is kept in " + self.at("cache/resnetc"), said)
            self.assertIn("3 images could not be read", said)
            second, said = self.trained(*options)
            self.assertEqual(self.came_from_cache(said), 69, said)
            self.assertIn("3 images could not be read", said)
            self.assertEqual(first, plain)
            self.assertEqual(second, plain)
            threads, said = self.trained(*options, "--threads", 5)
            self.assertEqual(threads, plain)

    def test_eval_and_other_settings_use_what_training_kept(self):
        self.trained("--epochs", 1, "--val", "data")
        one = self.run_it("eval", "--data", "data", "--checkpoint", "run/last.safetensors", "--json")
        self.assertIn("69 of 69 images came from the cache", one.stderr)
        two = self.run_it("eval", "--data", "data", "--checkpoint", "run/last.safetensors", "--json", "--no-cache")
        self.assertEqual(one.stdout, two.stdout)
        _, said = self.trained("--epochs", 2, "--val", "data", "--momentum", 0.5, "--batch", 5)
        self.assertEqual(self.came_from_cache(said), 69)

    def test_other_images_weights_or_orientation_are_other_records(self):
        options = ["--epochs", 1, "--val", "data"]
        self.trained(*options)
        for more in (["--seed", 1], ["--exif", "ignore"]):  # random frozen weights hang on the seed
            result, said = self.trained(*options, *more)
            self.assertEqual(self.came_from_cache(said), 0)
            self.assertEqual(result, self.without_cache(*options, *more))
        self.assertEqual(len(self.record_files()), 3)

    def test_one_changed_photo(self):
        options = ["--epochs", 2, "--val", "data"]
        self.trained(*options)
        path = self.at("data/red/007.png")
        times = os.stat(path)
        write_png(path, 12, bytes(range(144)) * 3)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))  # as it was
        result, said = self.trained(*options)
        self.assertEqual(self.came_from_cache(said), 68)
        self.assertEqual(result, self.without_cache(*options))
        os.rename(path, self.at("data/red/new.png"))  # what it holds counts
        result, said = self.trained(*options)
        self.assertEqual(self.came_from_cache(said), 69)
        self.assertEqual(result, self.without_cache(*options))

    def test_verify_reads_the_files_again(self):
        options = ["--epochs", 1, "--val", "data"]
        self.trained(*options)
        result, said = self.trained(*options, "--cache-verify")
        self.assertEqual(self.came_from_cache(said), 69)
        self.assertEqual(result, self.without_cache(*options))

    def test_damaged_files(self):
        options = ["--epochs", 2, "--val", "data"]
        plain = self.without_cache(*options)
        self.trained(*options)
        (path,) = self.record_files()
        whole, rng = read(path), random.Random(0)
        for attempt in range(40):
            damaged = bytearray(whole)
            if attempt % 2:
                damaged = damaged[: rng.randrange(len(whole))]
            for _ in range(rng.randrange(1, 4) if damaged else 0):
                damaged[rng.randrange(len(damaged))] ^= 1 << rng.randrange(8)
            for extra in self.record_files():
                os.unlink(extra)
            with open(path, "wb") as file:
                file.write(damaged)
            result, said = self.trained(*options)
            self.assertEqual(result, plain, attempt)
            if attempt < 2:
                self.assertLess(self.came_from_cache(said), 69)

    def test_killed_at_any_moment(self):
        for name in CLASSES:
            os.makedirs(self.at(f"big/{name}"))
            for i in range(12):
                write_png(self.at(f"big/{name}/{i}.png"), 600, os.urandom(600) * 3 * 600)
        options = ["--data", "big", "--val", "data", "--batch", "2", "--epochs", "2", "--lr", "0.05", "--weights", "random"]
        plain = self.run_it("train", *options, "--no-cache", "--out", "without") and self.results("without")
        met = 0
        rng, command = random.Random(1), [os.path.join(BIN, "fake_trainer"), "train", *options, "--out", "killed", "--force"]
        for _ in range(50):
            fresh = rng.random() < 0.5
            if fresh:  # so that there is something to write
                shutil.rmtree(self.at("cache"), ignore_errors=True)
            process = subprocess.Popen(command, cwd=self.folder.name, stdout=subprocess.DEVNULL, env=self.environment())
            while fresh and process.poll() is None and not self.record_files():
                time.sleep(0.001)
            time.sleep(rng.uniform(0, 0.03 if fresh else 0.15))
            process.send_signal(signal.SIGKILL)
            process.wait()
            met += fresh and process.returncode < 0 and bool(self.record_files())
        self.assertGreater(met, 5)
        said = self.run_it("train", *options, "--out", "after").stdout
        self.assertEqual(self.results("after"), plain)
        self.run_it("train", *options, "--out", "again")
        self.assertEqual(self.results("again"), plain)
        self.assertIn(" 0 damaged", self.run_it("cache", "verify").stdout + said)

    def test_two_at_once(self):
        options = ["--data", "data", "--val", "data", "--epochs", "3", "--batch", "2", "--lr", "0.05", "--weights", "random"]
        self.run_it("train", *options, "--no-cache", "--out", "without")
        plain = self.results("without")
        for attempt in range(5):
            shutil.rmtree(self.at("cache"), ignore_errors=True)
            commands = [[os.path.join(BIN, "fake_trainer"), "train", *options, "--force", "--out", f"run{i}"] for i in range(3)]
            processes = [
                subprocess.Popen(command, cwd=self.folder.name, stdout=subprocess.DEVNULL, env=self.environment())
                for command in commands
            ]
            self.assertEqual([process.wait() for process in processes], [0, 0, 0])
            for i in range(3):
                self.assertEqual(self.results(f"run{i}"), plain)
            self.assertIn(" 0 damaged", self.run_it("cache", "verify").stdout)

    def test_a_full_disk_ends_the_caching_and_not_the_training(self):
        options = ["--val", "data", "--augment", "crop-flip", "--cache-views", 64, "--epochs", 12]
        plain = self.without_cache(*options)
        limit = 20000  # bytes a file: more than a checkpoint takes, less than 800 records

        def full():
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        done = self.train("--force", *options, preexec_fn=full)
        self.assertEqual(done.stderr.count("warning: "), 1, done.stderr)
        self.assertRegex(done.stderr, r"warning: .*cannot be written \(File too large\); --cache-dir names another folder; training goes on")
        self.assertEqual(self.results("run"), plain)
        self.assertGreater(self.came_from_cache(self.trained(*options)[1]), 30)
        self.assertEqual(self.results("run"), plain)
        self.assertIn(" 0 damaged", self.run_it("cache", "verify").stdout)

    def test_no_folder_to_write_to(self):
        plain = self.without_cache("--epochs", 2)
        for folder in ("/proc/nowhere", self.at("data/red/000.png")):
            done = self.train("--force", "--epochs", 2, "--cache-dir", folder)
            self.assertRegex(done.stderr, r"^warning: .*cannot be created \(.*\); --cache-dir names another folder; training goes on, and nothing more is kept on disk\n$")
            self.assertEqual(self.results("run"), plain)
        nowhere = {k: v for k, v in os.environ.items() if k not in ("HOME", "XDG_CACHE_HOME")}
        done = self.train("--force", "--epochs", 2, env=nowhere)
        self.assertIn("is kept in memory", done.stdout)
        self.assertEqual(self.results("run"), plain)

    def test_the_limit(self):
        options = ["--val", "data", "--epochs", 2]
        plain = self.without_cache(*options)
        done = self.train("--force", *options, "--cache-size", "1K")
        self.assertRegex(done.stderr, r"^warning: .*the cache is full \(1.0 KB\); a larger --cache-size keeps more; training")
        self.assertEqual(self.results("run"), plain)
        shutil.rmtree(self.at("cache"), ignore_errors=True)
        self.trained(*options)
        (oldest,) = self.record_files()
        self.trained(*options, "--seed", 1)
        used = self.record_files()
        self.assertEqual(len(used), 2)
        os.utime(oldest, (1, 1))  # used longest ago
        result, said = self.trained(*options, "--seed", 2, "--cache-size", 2 * os.path.getsize(oldest))
        self.assertNotIn(oldest, self.record_files())
        self.assertEqual(len(self.record_files()), 2)
        self.assertFalse(os.path.exists(os.path.dirname(oldest)))
        self.assertEqual(result, self.without_cache(*options, "--seed", 2))
        self.fails("expected a size such as", "train", "--data", "data", "--cache-size", "ten")

    def test_bfloat16(self):
        options = ["--val", "data", "--epochs", 2, "--cache-dtype", "bf16"]
        cold, said = self.trained(*options)
        self.assertIn("(12 bytes, in bfloat16)", said)
        warm, said = self.trained(*options)
        self.assertEqual(self.came_from_cache(said), 69)
        self.assertEqual(cold, warm)
        self.assertNotEqual(cold, self.without_cache(*options[:-2]))
        double = self.trained(*options, program="fake_trainer_f64")[0]
        self.assertEqual(double, self.trained(*options, program="fake_trainer_f64")[0])

    def test_views(self):
        options = ["--val", "data", "--epochs", 6, "--augment", "crop-flip"]
        _, said = self.trained(*options)
        self.assertIn("Each epoch shows the frozen layers new crops, so what they make of them is not kept: 95.", said)
        self.assertEqual(self.came_from_cache(said), 0)
        options += ["--cache-views", 2]
        plain = self.without_cache(*options)
        first, said = self.trained(*options)
        self.assertIn("see each of the 2 views of an image once", said)
        second, said = self.trained(*options)
        self.assertEqual(self.came_from_cache(said), 69)
        self.assertEqual([first, second], [plain, plain])
        self.assertNotEqual(plain, self.without_cache(*options[:-2]))
        self.assertNotEqual(plain, self.without_cache(*options, "--seed", 1))
        done = self.train("--force", "--cache-views", 2)
        self.assertIn("--cache-views changes nothing without augmentation", done.stderr)

    def test_the_command(self):
        self.assertIn("0 records, 0 bytes", self.run_it("cache", "list").stdout)
        self.trained("--epochs", 1, "--val", "data")
        told = self.run_it("cache", "list").stdout
        self.assertRegex(told, r"(?m)^[0-9a-f]{8} +69 +3\.4 KB  \d{4}-\d\d-\d\d \d\d:\d\d  x86-64 +f32 +fake\(\)$")
        (cache,) = json.loads(self.run_it("cache", "list", "--json").stdout)["caches"]
        self.assertEqual((cache["records"], cache["spec"], cache["mcpu"]), (69, "fake()", "x86-64"))
        self.assertIn("69 records whole, 0 damaged", self.run_it("cache", "verify").stdout)
        (path,) = self.record_files()
        damaged = bytearray(read(path))
        damaged[-1] ^= 1
        with open(path, "wb") as file:
            file.write(damaged)
        done = self.run_it("cache", "verify", code=1)
        self.assertIn("68 records whole, 1 damaged", done.stdout)
        self.assertIn(f"warning: {path}: 1 record damaged", done.stderr)
        with open(self.at("cache/resnetc/mine.txt"), "w") as file:
            file.write("not of the cache")
        self.assertIn("deleted", self.run_it("cache", "clear").stdout)
        self.assertEqual(os.listdir(self.at("cache/resnetc")), ["mine.txt"])
        self.assertIn("0 records", self.run_it("cache", "list", "--cache-dir", self.at("cache/resnetc")).stdout)
        self.fails("list, verify or clear", "cache")
        self.fails("got 'wipe'", "cache", "wipe")
        self.fails("exclude each other", "train", "--data", "data", "--no-cache", "--cache-dir", "x")

    def test_short_epochs_are_not_saved_each(self):
        command = [os.path.join(BIN, "fake_trainer"), "train", "--data", "data", "--val", "data", "--weights", "random"]
        command += ["--epochs", "1000000", "--out", "run", "--lr", "1e-5"]
        start = time.monotonic()
        process = subprocess.Popen(command, cwd=self.folder.name, stdout=subprocess.DEVNULL, env=self.environment())
        rows = lambda: len(read(self.at("run/metrics.csv")).splitlines()) - 1 if os.path.exists(self.at("run/metrics.csv")) else 0
        for _ in range(500):
            if rows() > 20:
                break
            time.sleep(0.01)
        self.assertGreater(rows(), 20)
        if time.monotonic() - start < 8:
            self.assertEqual(os.listdir(self.at("run")), ["metrics.csv"])
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=60), 130)
        table = [[float(cell) for cell in row.split(b",")] for row in read(self.at("run/metrics.csv")).splitlines()[1:]]
        best = max(table, key=lambda row: (row[6], -row[5], -row[0]))
        tensors, metadata = read_tensors(self.at("run/best.safetensors"))
        self.assertEqual(json.loads(metadata["epoch"]), best[0])
        self.assertEqual(json.loads(read_tensors(self.at("run/last.safetensors"))[1]["epoch"]), len(table))
        done = self.run_it("eval", "--data", "data", "--checkpoint", "run/best.safetensors", "--json")
        self.assertAlmostEqual(json.loads(done.stdout)["loss"], best[5], places=5)

    def test_sweep(self):
        options = ["--val", "data", "--epochs", 3]
        base = ["train", "--data", "data", "--weights", "random", *options]
        done = self.run_it(*base, "--sweep", "lr=0.3,0.01", "--sweep", "weight-decay=0,1e-2", "--out", "sweep")
        names = [f"lr={lr},weight-decay={decay}" for lr in ("0.3", "0.01") for decay in ("0", "1e-2")]
        self.assertIn("4 runs; the frozen layers see each image once for all of them.", done.stdout)
        self.assertEqual(sorted(names + ["sweep.csv", "sweep.svg"]), sorted(os.listdir(self.at("sweep"))))
        table = {}
        for name in names:
            settings = [word for part in name.split(",") for word in ("--" + part.split("=")[0], part.split("=")[1])]
            self.run_it(*base, *settings, "--no-cache", "--force", "--out", "alone")
            self.assertEqual(self.results(f"sweep/{name}"), self.results("alone"), name)
            rows = [row.split(",") for row in read(self.at("alone/metrics.csv")).decode().splitlines()[1:]]
            table[name] = max(rows, key=lambda row: (float(row[6]), -float(row[5]), -int(row[0])))
        ranked = sorted(table, key=lambda name: (-float(table[name][6]), float(table[name][5])))
        shown = [line.split()[0] for line in done.stdout.splitlines() if re.match(r"lr=\S+ +\d ", line)]
        self.assertEqual(shown, ranked)
        self.assertIn(f"Best: {ranked[0]}. It was chosen by the validation images", done.stdout)
        rows = read(self.at("sweep/sweep.csv")).decode().splitlines()
        self.assertEqual([row.split('"')[1] for row in rows[1:]], ranked)
        picture = read(self.at("sweep/sweep.svg")).decode()
        for name in names:
            self.assertIn(f">{name}</text>", picture)
        self.assertNotIn("nan", picture)

    def test_sweep_of_what_does_not_stay_finite(self):
        base = ["train", "--data", "data", "--val", "data", "--weights", "random", "--epochs", 3]
        done = self.run_it(*base, "--sweep", "lr=1e38,0.05", "--out", "sweep")
        self.assertRegex(done.stdout, r"(?m)^1/2 lr=1e38 the .* not finite at step ")
        self.assertRegex(done.stdout, r"(?m)^lr=1e38 +- +- +not finite")
        self.assertIn("Best: lr=0.05.", done.stdout)
        done = self.run_it(*base, "--sweep", "lr=1e38,2e38", "--out", "wild", code=1)
        self.assertIn("No run stayed finite; try lower learning rates.", done.stdout)

    def test_an_interrupted_sweep(self):
        command = [os.path.join(BIN, "fake_trainer"), "train", "--data", "data", "--val", "data", "--weights", "random"]
        command += ["--epochs", "2000", "--sweep", "lr=0.01,0.02,0.03,0.04,0.05,0.06,0.07,0.08", "--out", "sweep"]
        process = subprocess.Popen(command, cwd=self.folder.name, stdout=subprocess.PIPE, text=True, env=self.environment())
        text = ""
        while not text.startswith("1/8 lr=0.01 best epoch"):
            text = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        text = process.communicate(timeout=60)[0]
        self.assertEqual(process.returncode, 130, text)
        self.assertIn("\nBest: lr=0.0", text)
        self.assertRegex(text, r"(?m)^\d runs? (was|were) not started")
        self.assertTrue(os.path.exists(self.at("sweep/sweep.svg")))
        self.assertTrue(os.path.exists(self.at("sweep/lr=0.01/best.safetensors")))

    def test_a_sweep_is_checked_before_it_starts(self):
        base = ["train", "--data", "data", "--val", "data", "--weights", "random", "--epochs", 1, "--out", "sweep"]
        self.fails("--batch: got 999", *base, "--sweep", "batch=32,999")
        self.assertFalse(os.path.exists(self.at("sweep")))
        done = self.run_it(*base, "--sweep", "seed=0,1")
        self.assertIn("2 runs; the frozen layers see each image once for all of the same seed.", done.stdout)

    def test_sweep_without_a_prefix_trains_again(self):
        base = ["train", "--data", "data", "--val", "data", "--weights", "random", "--epochs", 1, "--augment", "none"]
        done = self.run_it(*base, "--sweep", "lr=0.01,0.02", "--out", "sweep", program="fake_trainer_whole")
        self.assertIn("2 runs; nothing is frozen before the first trained layer, so each trains from the images: 2 times", done.stdout)

    def test_sweep_mistakes(self):
        base = ["train", "--data", "data", "--weights", "random"]
        self.fails("with a NAME of lr, momentum", *base, "--sweep", "data=a,b")
        self.fails("expected lr=VALUE,VALUE... without empty and repeated values", *base, "--sweep", "lr=0.1,0.1")
        self.fails("expected lr=VALUE,VALUE... without empty", *base, "--sweep", "lr")
        self.fails("options --lr and --sweep lr=... exclude each other", *base, "--lr", "1", "--sweep", "lr=0.1")
        self.fails("option --sweep: lr is given twice", *base, "--sweep", "lr=0.1", "--sweep", "lr=0.2")
        self.fails("option --lr: got 'x', expected a number", *base, "--sweep", "lr=0.1,x")
        self.assertFalse(os.path.exists(self.at("runs")))


if __name__ == "__main__":
    unittest.main()
