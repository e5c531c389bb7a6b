"""Calibration of a trainer in int8: on which images, how often, and what becomes of the scales.

The first argument is the folder that holds the trainers.
"""

import json, re, struct, unittest

from trainer_case import COLOURS, TrainerCase, read, read_tensors, write, write_pictures, write_png, write_tensors

INT8 = "fake_trainer_int8"
BEST = "run/best.safetensors"
FIRST, KEPT = "Calibrated int8 on", "was calibrated in an earlier run"


class Int8(TrainerCase):
    def trained(self, *options, out="run", **kw):
        return self.train("--force", "--epochs", 2, *options, out=out, program=INT8, **kw).stdout

    def scales(self, out="run"):
        metadata = read_tensors(self.at(f"{out}/best.safetensors"))[1]
        self.assertEqual(json.loads(metadata["precision"]), "int8")
        return json.loads(metadata["scales"])

    def evaluate(self, *options, checkpoint=BEST, program=INT8, **kw):
        """The loss, and what was said beside it."""
        done = self.run_it("eval", "--data", "data", "--checkpoint", checkpoint, "--json", *options, program=program, **kw)
        return json.loads(done.stdout)["loss"], done.stderr

    def copy(self, name, metadata):
        """A checkpoint like the best one, but for its metadata."""
        tensors = read_tensors(self.at(BEST))[0]
        write_tensors(self.at(name), {key: ("F32", shape, values) for key, (shape, values) in tensors.items()}, metadata)
        return name

    def test_once_for_the_same_weights_and_images(self):
        said = self.trained()
        self.assertIn("Calibrated int8 on 69 images.", said)
        scales = self.scales()
        self.assertEqual(set(scales), {"images", "conv1"})
        as_float32 = lambda value: struct.unpack("f", struct.pack("f", value))[0]
        for scale in scales.values():
            self.assertEqual(as_float32(scale), scale)
        # Normalised pixels lie in [-2, 2], and none of these is far out.
        self.assertTrue(1.4 < 127 * scales["images"] <= 2.05, scales)
        first = read(self.at(BEST))
        again = self.trained()
        self.assertIn("int8 was calibrated in an earlier run.", again)
        self.assertNotIn(FIRST, again)
        self.assertEqual(read(self.at(BEST)), first)
        for options in (["--no-cache"], ["--no-cache", "--threads", 5], ["--cache-verify"]):
            said = self.trained(*options)
            self.assertIn(KEPT if options == ["--cache-verify"] else FIRST, said)
            self.assertEqual(read(self.at(BEST)), first, options)
        # Other weights, another way to read images.
        self.assertIn(FIRST, self.trained("--seed", 1))
        self.assertIn(FIRST, self.trained("--exif", "ignore"))

    def test_of_many_images_the_first_by_path(self):
        write_pictures(self.at("many"), 60)
        options = ["--data", "many", "--weights", "random", "--force", "--epochs", 1, "--out", "run"]
        train = lambda *more: self.run_it("train", *options, *more, program=INT8).stdout
        self.assertIn("Calibrated int8 on 128 images.", train())
        first = self.scales()
        # All of two classes and 8 of the third: what comes behind changes nothing, and the others' records are found.
        write_png(self.at("many/red/050.png"), 12, bytes([255] * 12 * 12 * 3))
        said = train()
        self.assertIn(KEPT, said)
        self.assertRegex(said, r"\n1\d\d of 162 training images came from the cache")
        self.assertEqual(self.scales(), first)
        write_png(self.at("many/red/007.png"), 12, bytes([255] * 12 * 12 * 3))
        self.assertIn(FIRST, train())
        self.assertNotEqual(self.scales(), first)

    def test_images_held_out_are_among_them(self):
        self.run_it("train", "--data", "data", "--weights", "random", "--epochs", 1, "--out", "start", program=INT8)
        weights = ["--weights", "start/best.safetensors"]
        self.assertIn(KEPT, self.trained(*weights))
        scales = self.scales()
        said = self.trained(*weights, "--seed", 3)  # others are held out
        self.assertIn(KEPT, said)
        self.assertRegex(said, r"\n63 of 63 training images came from the cache")
        self.assertEqual(self.scales(), scales)

    def test_unreadable_images(self):
        for name in ("blue/aaa.png", "red/bbb.png"):
            write(self.at(f"data/{name}"), "no picture")
        done = self.train("--epochs", 1, program=INT8)
        self.assertIn("Calibrated int8 on 69 images.", done.stdout)
        self.assertEqual(done.stderr.count("blue/aaa.png: skipped"), 1, done.stderr)
        self.assertIn("2 images could not be read", done.stdout)
        fail = ["train", "--data", "data", "--weights", "random", "--no-cache", "--bad-images", "fail"]
        self.fails("cannot read image", *fail, program=INT8)

    def test_a_sweep_and_check_precision(self):
        self.run_it("train", "--data", "data", "--weights", "random", "--epochs", 1, "--sweep", "lr=0.1,0.01", "--out", "sweep", program=INT8)
        self.assertEqual(self.scales("sweep/lr=0.1"), self.scales("sweep/lr=0.01"))
        write(self.at("data/blue/aaa.png"), "no picture")
        done = self.train("--epochs", 2, "--val", "data", "--check-precision", program=INT8)
        self.assertIn("\nf32 epoch 2/2: loss", done.stdout)
        # Told once, as is what cannot be read.
        self.assertEqual(done.stdout.count("1,173 parameters"), 1)
        self.assertEqual(done.stderr.count("blue/aaa.png: skipped"), 1, done.stderr)
        found = re.search(r"Features of 69 of them: centred cosine ([\d.]+) on average.*behind f32 for ([\d.]+) %", done.stdout)
        self.assertTrue(found and 0.999 < float(found[1]) < 1 and float(found[2]) > 98, done.stdout)
        self.assertNotIn("scales", read_tensors(self.at("run/f32/best.safetensors"))[1])

    def test_eval_takes_the_checkpoints_scales(self):
        self.trained()
        own, said = self.evaluate()
        self.assertNotIn("warning", said)
        metadata = read_tensors(self.at(BEST))[1]
        coarse = {name: 30 * scale for name, scale in json.loads(metadata["scales"]).items()}
        other = self.copy("coarse.safetensors", metadata | {"scales": json.dumps(coarse)})
        loss, said = self.evaluate(checkpoint=other)
        self.assertNotEqual(loss, own)
        self.assertNotIn("came from the cache", said)
        self.assertEqual(loss, self.evaluate("--no-cache", checkpoint=other)[0])
        self.assertEqual(self.evaluate()[0], own)
        plain, _ = self.evaluate("--precision", "f32")
        self.assertNotEqual(plain, own)
        self.assertEqual(plain, self.evaluate(program="fake_trainer")[0])
        _, said = self.evaluate(program="fake_trainer")
        self.assertIn("was trained behind frozen layers in int8, and this trainer computes them in f32", said)
        image = ["predict", "--json", "--checkpoint", BEST, "data/red/000.png"]
        self.assertNotEqual(self.run_it(*image, program=INT8).stdout, self.run_it(*image, "--precision", "f32", program=INT8).stdout)

    def test_weights_without_scales(self):
        self.trained()
        plain, _ = self.evaluate("--precision", "f32")
        bare = self.copy("plain.safetensors", None)
        loss, said = self.evaluate(checkpoint=bare)
        self.assertEqual(loss, plain)
        self.assertIn("holds no scales of the activations that int8 rounds, as checkpoints of train do, so all is computed in f32", said)
        ask = lambda name, *more: ["eval", "--data", "data", "--checkpoint", name, *more]
        remedy = "; give --precision f32, or train again with this trainer, which calibrates int8"
        self.fails("holds no scales of the activations that int8 rounds" + remedy, *ask(bare, "--precision", "int8"), program=INT8)
        metadata = read_tensors(self.at(BEST))[1]
        named = self.copy("named.safetensors", metadata | {"scales": '{"images": 0.1, "conv7": 0.1}'})
        self.fails("lacks the scale of what conv1 gives" + remedy, *ask(named), program=INT8)
        self.run_it(*ask(named, "--precision", "f32"), program=INT8)
        # One behind bf16, which this trainer has not: it has no scales for int8 either.
        foreign = self.copy("bf16.safetensors", {k: v for k, v in metadata.items() if k != "scales"} | {"precision": '"bf16"'})
        loss, said = self.evaluate(checkpoint=foreign)
        self.assertEqual(loss, plain)
        self.assertIn("was trained behind frozen layers in bf16, and this trainer computes them in f32", said)

    def test_training_on_calibrates_anew(self):
        self.trained()
        first = self.scales()
        write_pictures(self.at("dark"), 5, classes=["blue", "green", "red"], seed=1)
        for name in COLOURS:
            write_png(self.at(f"dark/{name}/000.png"), 12, bytes(12 * 12 * 3))
        self.run_it("train", "--data", "dark", "--weights", BEST, "--epochs", 1, "--out", "next", program=INT8)
        self.assertNotEqual(self.scales("next"), first)

    def test_step_and_bench(self):
        self.trained()
        tensors, _ = read_tensors(self.at(BEST))
        tensors = {name: ("F32", shape, values) for name, (shape, values) in tensors.items()}
        tensors["images"] = ("F32", [2, 3, 8, 8], [0.01 * i for i in range(2 * 3 * 64)])
        tensors["labels"] = ("I64", [2], [0, 1])
        write_tensors(self.at("in.safetensors"), tensors)
        self.run_it("step", "--in", "in.safetensors", "--out", "out.safetensors", program=INT8)
        scales = json.loads(read_tensors(self.at("out.safetensors"))[1]["scales"])
        self.assertTrue(3.6 < 127 * scales["images"] < 4, scales)
        for what in ("infer", "train", "features", "head"):
            self.run_it("bench", "--what", what, "--seconds", 0, "--json", program=INT8)

    def test_what_is_told(self):
        self.trained()
        told = self.run_it("cache", "list", program=INT8).stdout
        self.assertRegex(told, r"(?m)^[0-9a-f]{8}  +69 .* x86-64 +int8 +fake\(\)$")
        self.assertRegex(told, r"(?m)^[0-9a-f]{8}  +- .* x86-64 +int8, scales +fake\(\)$")
        listed = json.loads(self.run_it("cache", "list", "--json", program=INT8).stdout)["caches"]
        self.assertEqual(sorted((each["holds"], each["precision"]) for each in listed), [("records", "int8"), ("scales", "int8")])
        precision = lambda program: json.loads(self.run_it("info", "--json", program=program).stdout)["precision"]
        self.assertEqual([precision(program) for program in (INT8, "fake_trainer", "fake_trainer_f64")], ["int8", "f32", "f64"])
        check = ["train", "--data", "data", "--weights", "random", "--check-precision"]
        self.fails("computes all in f32; compile one with --precision=bf16 or --precision=int8", *check)
        self.fails("computes all in f32; nothing is frozen before the first trained layer of its spec", *check, program="fake_trainer_whole")


if __name__ == "__main__":
    unittest.main()
