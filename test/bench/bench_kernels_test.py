#!/usr/bin/env python3
"""Runs each family of bench_kernels for an instant: all are compiled, timed and told of, with the FLOPs that they should have.

bench_kernels_test.py BENCH_KERNELS
"""

import json, re, subprocess, sys, unittest

PROGRAM = sys.argv.pop(1)
BATCH = 2
# FLOPs of an image; the values of an image where memory is the bound.
DIRECT = {
    "3x3s1/512@7": (2 * 9 * 512 * 512 * 7**2, ["forward"]),
    "3x3s2/256to512@14": (2 * 9 * 256 * 512 * 7**2, ["forward", "dx", "dw"]),
    "1x1s1/512to2048@7": (2 * 512 * 2048 * 7**2, ["forward", "dx", "dw"]),
    "1x1s2/256to512@56": (2 * 256 * 512 * 28**2, ["forward", "dx", "dw"]),
    "7x7s2/stem": (2 * 49 * 3 * 64 * 112**2, ["forward", "dw"]),
}
WINOGRAD = {
    "3x3s1/256@14": (2 * 9 * 256 * 256 * 14**2, ["forward", "dx", "dw"]),
    "7x7s2/stem": (2 * 49 * 3 * 64 * 112**2, ["forward"]),
}
LINEAR = {"512to1000": (2 * 512 * 1000, ["forward", "dx", "dw"])}
PLANE = 64 * 56**2
EXPECTED = {f"{kind}/{part}/{shape}": flops
            for kind, family in (("direct", DIRECT), ("winograd", WINOGRAD), ("linear", LINEAR))
            for shape, (flops, parts) in family.items() for part in parts}
MEMORY = {"batch_norm_relu/forward/64@56": 8 * PLANE, "batch_norm_relu/backward/64@56": 16 * PLANE,
          "max_pool/forward/64@112": 4 * 64 * 112**2 + 5 * PLANE, "max_pool/backward/64@112": 4 * 64 * 112**2 + 5 * PLANE}


class BenchKernels(unittest.TestCase):
    def run_it(self, *options):
        return subprocess.run([PROGRAM, *options], capture_output=True, text=True)

    def test_each_family(self):
        names = "|".join(map(re.escape, [*EXPECTED, *MEMORY]))
        done = self.run_it(f"--batch={BATCH}", "--benchmark_min_time=0", f"--benchmark_filter=^({names})/", "--benchmark_format=json")
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = {row["name"].removesuffix("/manual_time"): row for row in json.loads(done.stdout)["benchmarks"]}
        self.assertEqual(sorted(rows), sorted([*EXPECTED, *MEMORY]))
        for name, row in rows.items():
            with self.subTest(name):
                self.assertNotIn("error_occurred", row)
                self.assertEqual((row["iterations"], row["time_unit"]), (1, "ms"))
                self.assertGreater(row["real_time"], 0)
                self.assertGreater(row["of_peak"], 0)
                done = row["GFLOP/s"] * row["real_time"] * 1e6
                if name in EXPECTED:
                    self.assertAlmostEqual(done / (BATCH * EXPECTED[name]), 1, 5)
                    self.assertNotIn("GB/s", row)
                else:
                    self.assertAlmostEqual(row["GB/s"] * row["real_time"] * 1e6 / (BATCH * MEMORY[name]), 1, 5)
                    self.assertGreater(row["of_memory"], 0)

    def test_mistakes(self):
        for option in ("--bacth=2", "--batch=0", "--threads=x", "--mcpu="):
            done = self.run_it(option)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn(f"error: unknown option {option}; expected --batch=N", done.stderr)
        done = self.run_it("--mcpu=z80", "--benchmark_filter=^linear/dw/512")
        self.assertEqual(done.returncode, 1)
        self.assertIn('unknown CPU "z80"', done.stderr)
        self.assertIn("error: linear/dw/512to1000 could not be compiled and loaded", done.stderr)
        self.assertEqual(self.run_it("--benchmark_filter=^nothing$").returncode, 1)


if __name__ == "__main__":
    unittest.main()
