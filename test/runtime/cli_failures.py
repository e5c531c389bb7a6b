"""What a trainer does when something is wrong: one clear line, the right exit code, and what was saved stays whole.

cli_failures.py FOLDER    FOLDER holds the fake_trainer programs
"""

import ctypes, json, math, os, re, resource, signal, subprocess, unittest

from trainer_case import BIN, TrainerCase, read, read_tensors, write, write_pictures, write_png, write_tensors


class Failures(TrainerCase):
    def test_predict_answers_for_the_others(self):
        self.train("--epochs", 1)
        write(self.at("bad.jpg"), "no picture")
        done = self.run_it(
            "predict", "--checkpoint", "run/best.safetensors", "--json", "bad.jpg", "data/red/000.png", code=1
        )
        self.assertEqual([a["image"] for a in json.loads(done.stdout)], ["data/red/000.png"])
        self.assertIn("error: bad.jpg: ", done.stderr)
        done = self.run_it(
            "predict", "--checkpoint", "run/best.safetensors", "--bad-images", "fail", "bad.jpg", "data/red/000.png", code=1
        )
        self.assertEqual(done.stdout, "")

    def test_bad_images_are_named_once_and_counted(self):
        write(self.at("data/red/zzz.jpg"), "no picture")
        write(self.at("data/red/notes.txt"), "no picture")
        done = self.train("--epochs", 3)
        self.assertEqual(done.stderr.count("data/red/zzz.jpg: skipped: "), 1)
        self.assertIn("1 image could not be read and was left out.", done.stdout)
        self.assertIn("notes.txt", done.stdout)
        self.fails("zzz.jpg", "train", "--data", "data", "--weights", "random", "--bad-images", "fail", "--out", "other")
        done = self.run_it("eval", "--data", "data", "--checkpoint", "run/last.safetensors", "--json")
        self.assertEqual(json.loads(done.stdout)["images"], 69)
        self.assertEqual(done.stderr.count("data/red/zzz.jpg: skipped: "), 1)
        self.assertIn("1 image could not be read and was left out.", done.stderr)
        self.fails("zzz.jpg", "eval", "--data", "data", "--checkpoint", "run/last.safetensors", "--bad-images", "fail")

    def test_nothing_but_bad_images(self):
        for name in ("blue", "red", "green"):
            os.makedirs(self.at(f"bad/{name}"))
            for i in range(2):
                write(self.at(f"bad/{name}/{i}.jpg"), "no picture")
        self.fails("none of the 3 images can be read", "train", "--data", "bad", "--weights", "random", "--out", "run")

    def test_a_single_good_image_where_norms_need_two(self):
        for name in ("blue", "red", "green"):
            os.makedirs(self.at(f"bad/{name}"))
            write(self.at(f"bad/{name}/0.png"), "no picture")
        os.replace(self.at("data/red/000.png"), self.at("bad/red/0.png"))
        train = ["train", "--data", "bad", "--val", "data", "--epochs", 1, "--out"]
        expected = "a single training image can be read, and batch norm needs a batch of 2; add images to " + self.at("bad")
        self.fails(expected, *train, "run", program="fake_trainer_pairs")
        self.fails('no training image of class "blue" in', *train, "one", program="fake_trainer_whole")

    def test_mistakes_are_one_clear_line_and_leave_nothing(self):
        train = ["train", "--weights", "random", "--out", "none"]
        write_pictures(self.at("two"), 2, ["blue", "red"])
        self.fails("has 2 classes (blue, red), but the model was compiled for 3", *train, "--data", "two")
        self.fails("missing", *train, "--data", "missing")
        write_pictures(self.at("empty"), 2, ["blue", "red"])
        os.makedirs(self.at("empty/green"))
        self.fails(
            'class "green" in ' + self.at("empty") + " holds no images (.jpg, .jpeg or .png); add some or remove the folder",
            *train,
            "--data",
            "empty",
        )
        self.fails("1,152 of 1,173 parameters are frozen", "train", "--data", "data", "--out", "none")
        self.fails("no-such.pth", *train[:1], "--data", "data", "--out", "none", "--weights", "no-such.pth")
        self.fails("--max-batch=65", *train, "--data", "data", "--batch", 65)
        self.fails("needs a momentum", *train, "--data", "data", "--momentum", 0, "--nesterov", "on")
        self.fails("expected constant, cosine or step", *train, "--data", "data", "--schedule", "step:0,1")
        self.fails("did you mean --data?", *train, "--dta", "data")
        self.fails("option --data is missing", *train)
        self.assertFalse(os.path.exists(self.at("none")))

    def test_loss_that_is_not_finite(self):
        done = self.run_it("train", "--data", "data", "--weights", "random", "--lr", "1e38", "--out", "run", code=1)
        self.assertRegex(
            done.stderr, r"error: the loss is not finite at step \d+ \(epoch \d+\); try a lower --lr than 1e\+38"
        )
        self.assertFalse(any(name.endswith(".partial") for name in os.listdir(self.at("run"))))
        # A schedule that runs away in its second epoch: what the first one gave stays.
        done = self.run_it(
            "train",
            "--data",
            "data",
            "--weights",
            "random",
            "--lr",
            "0.01",
            "--schedule",
            "step:1,1e40",
            "--out",
            "later",
            code=1,
        )
        self.assertIn("the last good checkpoint, of epoch 1, is later/last.safetensors", done.stderr)
        values = read_tensors(self.at("later/last.safetensors"))[0]["fc.weight"][1]
        self.assertTrue(all(math.isfinite(v) for v in values))

    def test_a_disk_that_fills_up_leaves_the_old_checkpoints_whole(self):
        self.train("--epochs", 1)
        names = ["best.safetensors", "last.safetensors", "last.state.safetensors"]
        old = [read(self.at(f"run/{name}")) for name in names]

        def no_large_files():  # smaller than a checkpoint, larger than metrics.csv
            resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))

        self.assertGreater(len(old[0]), 2000)
        self.fails(
            "run/best.safetensors: cannot be written: File too large",
            "train",
            "--data",
            "data",
            "--weights",
            "random",
            "--seed",
            1,
            "--out",
            "run",
            "--force",
            preexec_fn=no_large_files,
        )
        self.assertEqual([read(self.at(f"run/{name}")) for name in names], old)
        self.assertEqual(sorted(os.listdir(self.at("run"))), [*names, "metrics.csv"])

    def test_folders_that_cannot_be_read_or_written(self):
        def without_override():  # root passes every permission check but for these two capabilities
            for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
                ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP

        fails = lambda expected, *words: self.fails(expected, *words, preexec_fn=without_override)
        train = ["train", "--weights", "random", "--epochs", 1, "--data", "data", "--out"]
        self.train("--epochs", 1)
        os.mkdir(self.at("closed"))
        for folder, mode, message in (
            ("data", 0, "cannot read folder " + self.at("data") + ": Permission denied"),
            ("data/green", 0, "cannot read folder " + self.at("data/green") + ": Permission denied"),
        ):
            os.chmod(self.at(folder), mode)
            fails(message, *train, "other")
            fails(message, "eval", "--data", "data", "--checkpoint", "run/last.safetensors")
            os.chmod(self.at(folder), 0o755)
        self.assertFalse(os.path.exists(self.at("other")))
        os.chmod(self.at("closed"), 0o555)
        fails("closed/run: the folder cannot be created (Permission denied)", *train, "closed/run")
        fails("closed/metrics.csv: cannot be opened for writing (Permission denied)", *train, "closed", "--force")
        os.chmod(self.at("run/last.safetensors"), 0)
        fails(
            "run/last.safetensors: cannot be opened: Permission denied",
            "eval",
            "--data",
            "data",
            "--checkpoint",
            "run/last.safetensors",
        )
        os.chmod(self.at("data/red/000.png"), 0)
        done = self.run_it(*train, "again", preexec_fn=without_override)
        self.assertIn("data/red/000.png: skipped: Permission denied", done.stderr)

    def test_more_threads_than_the_system_starts(self):
        self.skip_with_sanitizers("maps more memory than the limit here")

        def little_room():  # for a thousand stacks
            resource.setrlimit(resource.RLIMIT_AS, (10**9, 10**9))

        self.train("--epochs", 1)
        evaluate = ["eval", "--data", "data", "--checkpoint", "run/last.safetensors"]
        for command in (["bench", "--what", "infer", "--seconds", 0], evaluate):
            self.run_it(*command, "--threads", 10, preexec_fn=little_room)
            self.fails("use fewer --threads", *command, "--threads", 1000, preexec_fn=little_room)
        # Enough for the pool, but not for the decoders.
        self.fails("use fewer --threads", *evaluate, "--threads", 80, preexec_fn=little_room)

    def test_interrupt_saves_and_exits_130(self):
        self.write_slow_pictures()
        command = [
            os.path.join(BIN, "fake_trainer"),
            "train",
            "--data",
            "slow",
            "--weights",
            "random",
            "--batch",
            "2",
            "--out",
            "run",
        ]
        process = subprocess.Popen(
            command, cwd=self.folder.name, stdout=subprocess.PIPE, text=True, env=self.environment()
        )
        text = ""
        while not text.startswith("epoch 1/4 ["):  # the first of 27 steps is done
            text = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        text = process.communicate(timeout=60)[0]
        self.assertEqual(process.returncode, 130)
        stopped = re.fullmatch(r"Stopped in epoch 1 after step (\d+); saved run/last.safetensors.", text.splitlines()[-1])
        self.assertTrue(stopped, text)
        self.run_it("eval", "--data", "data", "--checkpoint", "run/last.safetensors")
        # What a run that goes on needs: the position, and the optimizer's state of exactly these steps.
        step = int(stopped[1])
        self.assertIn(step, range(1, 27))
        self.assertEqual(sorted(os.listdir(self.at("run"))), ["last.safetensors", "last.state.safetensors", "metrics.csv"])
        tensors, metadata = read_tensors(self.at("run/last.safetensors"))
        state, where = read_tensors(self.at("run/last.state.safetensors"))
        self.assertEqual(json.loads(metadata["epoch"]), 0)
        self.assertEqual(
            json.loads(where["position"]), {"epoch": 0, "optimizer": "sgd", "seed": 0, "spec_hash": "fa4e", "step": step}
        )
        self.assertEqual(
            {name: shape for name, (shape, _) in state.items()}, {"state1.fc.weight": [3, 6], "state1.fc.bias": [3]}
        )
        self.assertTrue(all(math.isfinite(v) for _, values in [*tensors.values(), *state.values()] for v in values))
        self.assertTrue(any(state["state1.fc.weight"][1]))
        done = self.train("--epochs", 1, "--weights", "run/last.safetensors", out="on")
        self.assertIn("fc is loaded: the weights are of the same classes as the data", done.stdout)

    def test_weights_that_do_not_fit_are_listed(self):
        given = {
            "conv1.weight": ("F32", [6, 3, 8, 7], [0.0] * 1008),
            "fc.weight": ("F32", [3, 6], [0.0] * 18),
            "odd": ("F32", [], [0.0]),
        }
        write_tensors(self.at("weights"), given)
        train = ["train", "--data", "data", "--out", "run", "--weights", "weights"]
        self.fails(
            "weights: does not fit fake; wrong: conv1.weight is [6, 3, 8, 7], expected [6, 3, 8, 8]; not in the model: odd; "
            "give weights of this model",
            *train,
        )
        self.assertFalse(os.path.exists(self.at("run")))
        del given["conv1.weight"]  # a replaced layer may be missing, for training
        write_tensors(self.at("weights"), given)
        self.fails("weights: does not fit fake; missing: conv1.weight; not in the model: odd", *train)
        self.fails(
            "weights: does not fit fake; missing: conv1.weight, fc.bias; not in the model: odd",
            "eval",
            "--data",
            "data",
            "--checkpoint",
            "weights",
        )

    def test_wrong_checkpoints(self):
        self.train("--epochs", 1)
        self.fails(
            "run/best.safetensors",
            "eval",
            "--data",
            "data",
            "--checkpoint",
            "run/best.safetensors",
            program="fake_trainer_whole",
        )
        self.fails("data/red/000.png", "eval", "--data", "data", "--checkpoint", "data/red/000.png")
        write_pictures(self.at("strange"), 2, ["blue", "pink"])
        self.fails("pink", "eval", "--data", "strange", "--checkpoint", "run/best.safetensors")

    def test_metadata_that_makes_no_sense(self):
        self.train("--epochs", 1)
        tensors, metadata = read_tensors(self.at("run/last.safetensors"))
        rows = {name: ("F32", shape, values) for name, (shape, values) in tensors.items()}
        for key, value, expected in (
            ("resize", "1e300", "has a 'resize' that is no integer"),
            ("resize", "4294967297", "its metadata describes no input"),
            ("resize", "0", "its metadata describes no input"),
        ):
            write_tensors(self.at("odd"), rows, dict(metadata, **{key: value}))
            self.fails(expected, "eval", "--data", "data", "--checkpoint", "odd")

    def test_a_class_without_a_readable_image(self):
        write_pictures(self.at("some"), 3)
        for name in os.listdir(self.at("some/green")):
            write(self.at(f"some/green/{name}"), "no picture")
        train = ["train", "--data", "some", "--weights", "random", "--epochs", 2, "--val", "data", "--out", "x"]
        self.fails('no training image of class "green" in', *train)

    def test_class_names_that_are_no_text(self):
        for name, shown in ((b"x\xff", "x\\xff"), (b"two\nlines", "two\\x0alines"), (b"\xed\xa0\x80", "\\xed\\xa0\\x80")):
            os.rename(self.at("data/green"), os.path.join(os.fsencode(self.at("data")), name))
            self.fails(f'class "{shown}" in', "train", "--data", "data", "--weights", "random", "--out", "x")
            os.rename(os.path.join(os.fsencode(self.at("data")), name), self.at("data/green"))
        os.rename(self.at("data/green"), self.at("data/grün €"))
        self.run_it("train", "--data", "data", "--weights", "random", "--epochs", 1, "--out", "x")

    def test_a_schedule_that_raises_the_rate_too_far(self):
        train = ["train", "--data", "data", "--weights", "random", "--epochs", 4, "--out", "x", "--schedule", "step:1,1e30"]
        self.fails("the schedule had raised the learning rate to", *train)

    def test_weights_that_give_no_numbers(self):
        self.train("--epochs", 1)
        tensors, metadata = read_tensors(self.at("run/last.safetensors"))
        tensors["fc.bias"][1][0] = math.nan
        write_tensors(self.at("nan"), {name: ("F32", *rest) for name, rest in tensors.items()}, metadata)
        expected = "nan: holds values that are not finite; in: fc.bias"
        self.fails(expected, "eval", "--data", "data", "--checkpoint", "nan")
        self.fails(expected, "train", "--data", "data", "--weights", "nan", "--out", "never")
        self.assertFalse(os.path.exists(self.at("never")))
        tensors["fc.bias"][1][0] = 0.0  # numbers, but none comes out
        tensors["conv1.weight"][1][:] = [3e38] * len(tensors["conv1.weight"][1])
        write_tensors(self.at("huge"), {name: ("F32", *rest) for name, rest in tensors.items()}, metadata)
        self.fails("huge: the loss over data is not finite", "eval", "--data", "data", "--checkpoint", "huge")

    def test_an_image_that_is_a_line(self):
        self.train("--epochs", 1)
        write_png(self.at("line.png"), 1 << 24, bytes(3 << 24), 1)
        done = self.run_it("predict", "--checkpoint", "run/best.safetensors", "--json", "line.png", "data/red/000.png", code=1)
        self.assertEqual([a["image"] for a in json.loads(done.stdout)], ["data/red/000.png"])
        self.assertRegex(done.stderr, r"error: line.png: \d+x\d+ pixels; at most \d+ are read")

    def test_a_cpu_that_lacks_something(self):
        self.fails("this CPU lacks avx9000", "info", program="fake_trainer_other_cpu")

    def test_full_disk(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run(
                [os.path.join(BIN, "fake_trainer"), "info", "--json"], stdout=full, stderr=subprocess.PIPE, text=True
            )
        self.assertEqual(done.returncode, 1)
        self.assertIn("standard output could not be written", done.stderr)


if __name__ == "__main__":
    unittest.main()
