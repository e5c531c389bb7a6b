"""What the trainer takes from the table of a compiled model.

emitted_trainer.py BUILD    BUILD holds bin/resnetc
"""

import json, math, os, re, subprocess, unittest

from trainer_case import BIN, TrainerCase, read, read_tensors, write

TINY = "resnet(basic, {1, 1, 1, 1}).width(8).replace_fc(3)"


class EmittedTrainer(TrainerCase):
    def compile(self, name, spec):
        write(self.at(f"{name}.rdsl"), spec)
        subprocess.run([os.path.join(BIN, "bin/resnetc"), self.at(f"{name}.rdsl"), "-o", self.at(name)], check=True)
        return self.at(name)

    def test_smallest_batch(self):
        one = ["bench", "--what", "train", "--batch", 1, "--seconds", 0]
        for name, rules in (
            ("last_map_of_1x1", ".input(32, 32)"),
            ("last_stage_trained", '.input(32, 32).freeze_until("layer4.0.bn2")'),
        ):
            program = self.compile(name, TINY + rules)
            self.fails("use --batch 2 or more", *one, program=program)
            self.run_it("bench", "--what", "train", "--batch", 2, "--seconds", 0, program=program)
        for name, rules in (("last_map_of_1x2", ".input(32, 33)"), ("last_stage_frozen", '.input(32, 32).freeze("layer4")')):
            self.run_it(*one, program=self.compile(name, TINY + rules))

    def test_last_batch_of_one_with_a_small_stem(self):
        program = self.compile("small", TINY + ".input(32, 32).stem(stem::small)")
        done = self.run_it(
            "train", "--data", "data", "--epochs", 2, "--batch", 31, "--out", "run", program=program
        )  # 63 images: 31 + 31 + 1
        self.assertNotIn("left out", done.stdout)
        tensors = read_tensors(self.at("run/last.safetensors"))[0]
        self.assertEqual(tensors["layer4.0.bn2.num_batches_tracked"][1], [6])
        self.assertTrue(all(math.isfinite(v) for _, values in tensors.values() for v in values))

    def test_the_cache_is_the_prefixs(self):
        frozen = TINY.replace("replace_fc(3)", "freeze_all().replace_fc(3)") + ".input(32, 32)"
        names = ("last.safetensors", "best.safetensors")

        def run(program, out, *options):
            """The checkpoints, and how many of 63 images came from the cache."""
            done = self.train("--epochs", 2, "--optimizer", "sgd", *options, "--force", out=out, program=program)
            found = re.search(r"(\d+) of 63 training images came from the cache", done.stdout)
            return [read(self.at(f"{out}/{name}")) for name in names], int(found[1]) if found else 0

        program = self.compile("head", frozen)
        for batch, known in ((7, 0), (32, 63)):
            plain, _ = run(program, "without", "--batch", batch, "--no-cache")
            for more in ([], ["--threads", 1]):
                self.assertEqual(run(program, "with", "--batch", batch, *more), (plain, known))
                known = 63
        # Another head finds what the first one has kept; another cut does not.
        for name, rules, known in (("other", ".epochs(3).optimizer(adam(0.01))", 63), ("stage", '.unfreeze("layer4")', 0)):
            program = self.compile(name, frozen + rules)
            plain, _ = run(program, "without", "--no-cache")
            self.assertEqual(run(program, "with"), (plain, known))

    def test_channels_that_no_image_has(self):
        program = self.compile("two", TINY + ".input(32, 32).channels(2)")
        expected = "the model takes 2 channels, but image files give 1 or 3; only step, bench and info work with it"
        self.fails(expected, "train", "--data", "data", program=program)
        for command in (["eval", "--data", "data"], ["predict", "data/red/000.png"]):
            self.fails(expected, *command, "--checkpoint", "none", program=program)
        self.run_it("bench", "--what", "infer", "--seconds", 0, program=program)
        program = self.compile("grey", TINY + ".input(32, 32).channels(1)")
        self.run_it("train", "--data", "data", "--epochs", 1, "--out", "grey-run", program=program)

    def test_every_layer_is_timed(self):
        program = self.compile("wide", "resnet(basic, {1, 1, 1, 1}).replace_fc(3).input(64, 64)")
        bench = ["bench", "--batch", 2, "--seconds", 0, "--layers", "--json"]
        rows = json.loads(self.run_it(*bench, "--what", "train", program=program).stdout)["layers"]
        # 3x3, two a block; from layer2 on the first of stride 2, beside a 1x1. The last layer is too small to be more than the rest.
        convs = {"conv1": (3 * 49, 64, 32)}
        for stage, (c, k, side) in enumerate([(64, 64, 16), (64, 128, 8), (128, 256, 4), (256, 512, 2)], 1):
            convs[f"layer{stage}.0.conv1"] = (9 * c, k, side)
            convs[f"layer{stage}.0.conv2"] = (9 * k, k, side)
            if stage > 1:
                convs[f"layer{stage}.0.downsample.0"] = (c, k, side)
        expected = {(name, work): 2 * 2 * c * k * side**2 for name, (c, k, side) in convs.items() for work in ("forward", "dx", "dw")}
        del expected["conv1", "dx"]
        self.assertEqual({(row["layer"], row["work"]): row["flop"] for row in rows if "layer" in row}, expected)
        others = [row["work"] for row in rows if "layer" not in row]
        self.assertEqual(others[-1], "the rest")
        for work in ("batch norm", "batch norm gradient", "max pool", "max pool gradient", "optimizer"):
            self.assertEqual(others.count(work), 1, others)
        rows = json.loads(self.run_it(*bench, "--what", "infer", program=program).stdout)["layers"]
        self.assertEqual([row["layer"] for row in rows if "layer" in row], list(convs))

    def test_runs_are_called_after_the_spec(self):
        program = self.compile("garden", TINY + ".input(32, 32)")
        self.run_it("train", "--data", "data", "--epochs", 1, program=program)
        self.assertTrue(os.path.exists(self.at("runs/garden-1/best.safetensors")))


if __name__ == "__main__":
    unittest.main()
