#!/usr/bin/env python3
"""Throughput of compiled trainers beside PyTorch's, on the same work in the same run.

  bench.py --build build/release --peers DIR [--models resnet18,resnet50] [--what infer,fc,full] [--threads 1,2]
           [--batch 32] [--seconds 5] [--rounds 3] [--only PEERS] [--python FILE] [--markdown]

DIR holds peers.py, run by --python (one with PyTorch). Each round runs ours, then the peers, between two measurements of
the FMA peak, pinned to one core or two. A row gives the best and the median over all rounds in images/s, ours
relative to the best peer, and the FMA peak of the run in GFLOP/s. The last lines say what two threads gain over one, for
the peak loop and for ours. Absolute figures move with the machine's neighbours, ratios do not.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from pinned import pinned

# workload: rules of the spec, what `bench` times
WORK = {
    "infer": (".freeze_all().replace_fc(20)", "infer"),
    "fc": (".freeze_all().replace_fc(20)", "train"),
    "layer4": ('.freeze_until("layer4").replace_fc(20)', "train"),
    "full": (".replace_fc(20)", "train"),
}
PEERS = "torch,torch-cl,torch+eval,torch-cl+eval"


def compile_trainer(arguments, folder, model, what):
    rules, _ = WORK[what]
    spec, trainer = folder / f"{model}_{what}.rdsl", folder / f"{model}_{what}"
    if not trainer.exists():
        spec.write_text(f"{model}(){rules}\n")
        subprocess.run([arguments.build / "bin" / "resnetc", spec, "-o", trainer], check=True)
    return trainer


def measure_ours(arguments, trainer, what, threads):
    command = [trainer, "bench", "--what", WORK[what][1], "--batch", arguments.batch, "--threads", threads]
    answer = json.loads(pinned(threads, [*command, "--seconds", arguments.seconds, "--json"]))
    return {"resnetc": (answer["images_per_second_best"], answer["images_per_second_median"])}


def measure_peers(arguments, model, what, threads):
    command = [arguments.python, "peers.py", "--what", what, "--model", model, "--batch", arguments.batch, "--threads", threads]
    command += ["--seconds", arguments.seconds, "--only", arguments.only, "--json"]
    rows = json.loads(pinned(threads, command, cwd=arguments.peers, stderr=subprocess.DEVNULL))
    return {row["peer"]: (row["best"], row["median"]) for row in rows}


def measure_peak(arguments, threads):
    """GFLOP/s of `threads` threads at once."""
    lines = pinned(threads if threads > 1 else 1, [arguments.build / "bin" / "peak", 0.5]).splitlines()
    return float(lines[0 if threads == 1 else 1].split()[1])


def measure(arguments, folder, model, what, threads):
    """({who: (best, median) over the rounds}, the FMA peak)."""
    trainer = compile_trainer(arguments, folder, model, what)
    best, medians, peaks = defaultdict(float), defaultdict(list), [measure_peak(arguments, threads)]
    for _ in range(arguments.rounds):
        found = measure_ours(arguments, trainer, what, threads)
        if arguments.peers:
            found |= measure_peers(arguments, model, what, threads)
        for who, (high, median) in found.items():
            best[who] = max(best[who], high)
            medians[who].append(median)
        peaks.append(measure_peak(arguments, threads))
    return {who: (best[who], statistics.median(medians[who])) for who in best}, max(peaks)


def rows(arguments, gains):
    """Yields the table's rows as they are measured; notes ours and the peak for each number of threads in `gains`."""
    with tempfile.TemporaryDirectory() as name:
        for model in arguments.models.split(","):
            for what in arguments.what.split(","):
                for threads in map(int, arguments.threads.split(",")):
                    figures, peak = measure(arguments, Path(name), model, what, threads)
                    gains[model, what][threads] = figures["resnetc"][0], peak
                    others = [best for who, (best, _) in figures.items() if who != "resnetc"]
                    for who, (best, median) in figures.items():
                        ratio = f"{best / max(others):.2f}" if who == "resnetc" and others else ""
                        yield [model, what, str(threads), who, f"{best:.1f}", f"{median:.1f}", ratio, f"{peak:.0f}"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=Path("build/release"))
    parser.add_argument("--peers", type=Path, help="folder of peers.py; without it only ours is measured")
    parser.add_argument("--python", default=sys.executable, help="interpreter for peers.py")
    parser.add_argument("--models", default="resnet18,resnet50")
    parser.add_argument("--what", default="infer,fc,full", help=f"of {','.join(WORK)}")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default=PEERS)
    parser.add_argument("--markdown", action="store_true")
    arguments = parser.parse_args()
    subprocess.run(["cmake", "--build", arguments.build, "--target", "peak"], check=True, stdout=subprocess.DEVNULL)
    header = ["model", "work", "threads", "who", "best", "median", "of best peer", "FMA peak"]
    for row in [header, *([["---"] * len(header)] if arguments.markdown else [])]:
        print_row(row, arguments.markdown)
    gains = defaultdict(dict)
    for row in rows(arguments, gains):
        print_row(row, arguments.markdown)
    for (model, what), found in gains.items():
        if found.keys() >= {1, 2}:
            ours, peak = (found[2][i] / found[1][i] for i in (0, 1))
            print(f"{model} {what}: two threads gain {ours:.2f}, the peak loop {peak:.2f}: {ours / peak:.2f} of it")


def print_row(row, markdown):
    if markdown:
        print("|", " | ".join(row), "|", flush=True)
    else:
        print(f"{row[0]:9} {row[1]:7} {row[2]:8}{row[3]:15}" + "".join(f"{cell:>13}" for cell in row[4:]), flush=True)


if __name__ == "__main__":
    main()
