"""Which precision a trainer computes its frozen layers in, and what --check-precision says of it.

cli_precision.py BUILD    BUILD holds bin/resnetc
"""

import json, os, re, subprocess, unittest

from trainer_case import BIN, TrainerCase, read, read_tensors, write

SPEC = "resnet(basic, {1, 1, 1, 1}).width(16).input(32, 32).freeze_all().replace_fc(3)"
BF16_CPU, INT8_CPU = "cooperlake", "cascadelake"  # the oldest


class CompiledCase(TrainerCase):
    def need(self, feature, what):
        if feature not in read("/proc/cpuinfo").decode():
            self.skipTest(f"this CPU has no AVX-512 {what}")

    def compile(self, name, *options):
        write(self.at("spec.rdsl"), SPEC)
        command = [os.path.join(BIN, "bin/resnetc"), self.at("spec.rdsl"), "-o", self.at(name), *options]
        subprocess.run(command, check=True)
        return self.at(name)


class Bf16(CompiledCase):
    def setUp(self):
        super().setUp()
        self.need("avx512_bf16", "BF16")
        self.bf16 = self.compile("bf16", "--precision=bf16", f"--mcpu={BF16_CPU}")

    def evaluate(self, *options, program=None, checkpoint="run/best.safetensors"):
        """The loss, and what was said beside it."""
        done = self.run_it("eval", "--data", "data", "--checkpoint", checkpoint, "--json", *options, program=program or self.bf16)
        return json.loads(done.stdout)["loss"], done.stderr

    def test_eval_and_predict_compute_as_the_checkpoint_was_trained(self):
        self.train("--epochs", 2, program=self.bf16)
        self.assertEqual(json.loads(read_tensors(self.at("run/best.safetensors"))[1]["precision"]), "bf16")
        own, said = self.evaluate()
        self.assertEqual(said.count("warning"), 0, said)
        plain, _ = self.evaluate("--precision", "f32")
        self.assertEqual(own, self.evaluate("--precision", "bf16")[0])
        self.assertNotEqual(own, plain)
        self.assertAlmostEqual(own, plain, delta=0.02 * plain)
        # The cache does not mix them up.
        self.assertEqual(own, self.evaluate("--no-cache")[0])
        self.assertEqual(plain, self.evaluate("--precision", "f32", "--no-cache")[0])
        image = ["data/red/000.png", "--json"]
        ask = lambda *options: self.run_it("predict", "--checkpoint", "run/best.safetensors", *options, *image, program=self.bf16)
        self.assertEqual(ask().stdout, ask("--precision", "bf16").stdout)
        self.assertNotEqual(ask().stdout, ask("--precision", "f32").stdout)

    def test_a_trainer_in_float32(self):
        plain = self.compile("plain", f"--mcpu={BF16_CPU}")
        self.train("--epochs", 1, program=plain, out="plain_run")
        self.train("--epochs", 1, program=self.bf16)
        # Each way round: what was trained behind float32 is computed in it, and what this trainer has not is said.
        loss, said = self.evaluate(program=plain, checkpoint="plain_run/best.safetensors")
        self.assertEqual(loss, self.evaluate(checkpoint="plain_run/best.safetensors")[0])
        self.assertNotIn("was trained behind", said)
        _, said = self.evaluate(program=plain)
        self.assertIn("was trained behind frozen layers in bf16, and this trainer computes them in f32", said)
        checkpoint = ["eval", "--data", "data", "--checkpoint", "run/best.safetensors"]
        self.fails("option --precision: got 'bf16', but this trainer computes in f32", *checkpoint, "--precision", "bf16", program=plain)
        self.fails("got 'int4', but this trainer computes in bf16 and f32", *checkpoint, "--precision", "int4", program=self.bf16)
        train = ["train", "--data", "data", "--weights", "random", "--check-precision"]
        self.fails("this trainer computes all in f32; compile one with --precision=bf16", *train, program=plain)
        both = "--check-precision and --sweep exclude each other"
        self.fails(both, *train, "--sweep", "lr=0.1,0.2", program=self.bf16)

    def test_check_precision(self):
        plain = self.compile("plain", f"--mcpu={BF16_CPU}")
        options = ["--epochs", 3, "--seed", 5, "--val", "data"]
        said = self.train(*options, "--check-precision", program=self.bf16).stdout
        shown = re.search(r"Top-1 on the validation images: ([\d.]+) % behind frozen layers in bf16 \(epoch (\d)\), ([\d.]+) % behind f32", said)
        self.assertTrue(shown, said)
        found = re.search(
            r"Features of 69 of them: centred cosine ([\d.]+) on average, ([\d.]+) at least. The head trained behind bf16 names "
            r"the same class behind f32 for ([\d.]+) %",
            said,
        )
        self.assertTrue(found, said)
        mean, least, same = map(float, found.groups())
        self.assertTrue(0.999 < least < mean < 1 and same >= 98, said)
        # The two runs are those of a trainer of either precision.
        self.train(*options, program=self.bf16, out="alone")
        self.train(*options, program=plain, out="plain_run")
        same_head = lambda a, b: self.assertEqual(*(read_tensors(self.at(f"{out}/last.safetensors"))[0]["fc.weight"] for out in (a, b)))
        same_head("run", "alone")
        same_head("run/f32", "plain_run")


class Int8(CompiledCase):
    """What a hand-written trainer cannot show: cli_int8.py has the rest."""

    def setUp(self):
        super().setUp()
        self.need("avx512_vnni", "VNNI")
        self.int8 = self.compile("int8", "--precision=int8", f"--mcpu={INT8_CPU}")

    def test_calibrated_by_its_f32_program(self):
        options = ["--epochs", 3, "--seed", 5, "--val", "data"]
        said = self.train(*options, "--check-precision", program=self.int8).stdout
        self.assertIn("Calibrated int8 on 69 images.", said)
        found = re.search(r"Features of 69 of them: centred cosine ([\d.]+) on average, ([\d.]+) at least.*behind f32 for ([\d.]+) %", said)
        self.assertTrue(found, said)
        mean, least, same = map(float, found.groups())
        self.assertTrue(0.98 < mean < 1 and 0.9 < least < 1 and same >= 98, said)
        # Each activation has a scale, which fits it: the largest normalised pixel is about two.
        metadata = read_tensors(self.at("run/best.safetensors"))[1]
        scales = json.loads(metadata["scales"])
        self.assertGreater(len(scales), 4, scales)
        self.assertTrue(1.5 < 127 * scales["images"] < 3, scales)
        plain = self.compile("plain", f"--mcpu={INT8_CPU}")
        self.train(*options, program=plain, out="plain_run")
        heads = [read_tensors(self.at(f"{out}/last.safetensors"))[0]["fc.weight"] for out in ("run/f32", "plain_run")]
        self.assertEqual(*heads)

    def test_the_same_bits_for_any_number_of_threads(self):
        for threads in (1, 3):
            self.train("--epochs", 2, "--no-cache", "--threads", threads, program=self.int8, out=f"threads{threads}")
        self.assertEqual(*(read(self.at(f"threads{threads}/last.safetensors")) for threads in (1, 3)))
        again = self.train("--epochs", 2, program=self.int8, out="cached").stdout
        self.assertIn("Calibrated int8", again)
        self.assertEqual(read(self.at("cached/last.safetensors")), read(self.at("threads1/last.safetensors")))


if __name__ == "__main__":
    unittest.main()
