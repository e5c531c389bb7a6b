#!/usr/bin/env python3
"""Compiles a case's spec, runs `step` on it and holds the result against PyTorch's.

  run_case.py CASE --resnetc FILE --element-type f32|f64 --work DIR [--mcpu NAME] [--conv KIND] [--threads N]

float64: logits, loss and gradients to 1e-8, parameters and buffers to 1e-7. float32, over several seeds: logits and first
loss to 1e-4; each gradient and parameter at most three times as far off as PyTorch's own float32, or 5e-6.
"""

import argparse
import subprocess
import sys
from pathlib import Path

import numpy as np

import formula
import judge
import safetensors_file
from cases import BY_NAME

REFERENCES = Path(__file__).parent / "references"


def compile_trainer(case, arguments):
    spec = arguments.work / f"{case.name}.rdsl"
    spec.write_text(case.spec() + "\n")
    trainer = arguments.work / f"{case.name}-{arguments.element_type}"
    options = [f"--element-type={arguments.element_type}"]
    if arguments.mcpu:
        options.append(f"--mcpu={arguments.mcpu}")
    if arguments.conv:
        options.append(f"--conv={arguments.conv}")
    subprocess.run([arguments.resnetc, spec, "-o", trainer, *options], check=True)
    return trainer


def step(case, trainer, seed, arguments):
    """(what the trainer read, what it wrote)."""
    inputs = formula.tensors(case, seed)
    read, written = (arguments.work / f"{trainer.name}-{seed}.{kind}.safetensors" for kind in ("in", "out"))
    safetensors_file.write(read, inputs)
    command = [trainer, "step", "--in", read, "--out", written, "--steps", case.steps]
    command += ["--optimizer", case.optimizer, "--lr", case.lr, "--weight-decay", case.weight_decay]
    command += ["--label-smoothing", case.label_smoothing, "--threads", arguments.threads]
    if case.optimizer == "sgd":
        command += ["--momentum", case.momentum] + (["--nesterov"] if case.nesterov else [])
    subprocess.run([str(word) for word in command], check=True)
    outputs = safetensors_file.read(written)
    read.unlink()
    written.unlink()
    return inputs, outputs


def measure(case, trainer, seed, arguments):
    """(reference, {tensor: relative error}), or ends the program where names, shapes or frozen tensors are wrong."""
    inputs, outputs = step(case, trainer, seed, arguments)
    dtype = np.float32 if arguments.element_type == "f32" else np.float64
    complaints = judge.check_form(case, inputs, outputs, dtype)
    if complaints:
        more = f"\n... and {len(complaints) - 20} more" if len(complaints) > 20 else ""
        sys.exit(f"{case.name}: " + f"\n{case.name}: ".join(complaints[:20]) + more)
    reference = safetensors_file.read(REFERENCES / f"{case.name}-{seed}.safetensors")
    return reference, judge.errors(case, reference, outputs)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("case", choices=BY_NAME)
    parser.add_argument("--resnetc", type=Path, required=True)
    parser.add_argument("--element-type", choices=["f32", "f64"], required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--mcpu")
    parser.add_argument("--conv")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    case = BY_NAME[arguments.case]
    arguments.work.mkdir(parents=True, exist_ok=True)
    trainer = compile_trainer(case, arguments)
    if arguments.element_type == "f64":
        reference, found = measure(case, trainer, case.seeds[0], arguments)
        bounds = judge.float64_bounds(case)
    else:
        runs = [measure(case, trainer, seed, arguments) for seed in case.float32_seeds]
        found = judge.worst(found for _, found in runs)
        bounds = judge.float32_bounds(case, [reference for reference, _ in runs])
    trainer.unlink()
    report = judge.report(found, bounds)
    print(f"{case.name} {arguments.element_type}\n{report}")
    sys.exit("relative errors exceed their bounds" if judge.exceeds(found, bounds) else 0)


if __name__ == "__main__":
    main()
