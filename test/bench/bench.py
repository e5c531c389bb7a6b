#!/usr/bin/env python3
"""Throughput of compiled trainers beside other systems, on the same work in the same run. Prints a table in Markdown.

  bench.py --build build/release --peers DIR --python FILE [--models resnet18,resnet34,resnet50] [--rows ROW,...]
           [--only PEER,...] [--seconds 3] [--rounds 2] [--results FILE]

DIR holds peers.py, run by --python (one that has them installed); without it only ours is measured. A ROW is
WORK[:bBATCH][:tTHREADS], WORK one of infer, fc, layer4, full: `infer:b1`, `full:t2`; or features+bf16 or features+int8, the
frozen layers alone, beside OpenVINO in low precision. The batch is 32, but 16 where a whole ResNet50 is trained. By default
a row takes the float32 peers that can do its work; one that fails or is missing is named once and left out. Each round
runs ours, then the peers, a process each, pinned to one core or two, the FMA peak before it and after it. A row gives the
best and the median over all rounds in images/s, and ours relative to the best peer.

With --results what is measured is kept in FILE, a line a row and model; what FILE holds of this CPU is not measured again, so that
a run that was ended goes on; give a new build a new FILE. Progress goes to standard error.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import rate_table
from rates import Failure, Row, compile_trainer, measure_ours, measure_peak, measure_peer, package, versions

ROWS = "infer,infer:b1,fc,layer4,full,full:t2,infer:t2"
GUESS = 14  # seconds that a measurement takes beside --seconds, until some were made


class Progress:
    """What is being done, on standard error, and when it will be over."""

    def __init__(self, measurements, seconds):
        self.left, self.guess = measurements, GUESS + seconds
        self.start, self.done = time.monotonic(), 0
        self.tell(f"{measurements} measurements, about {self.minutes()} min")

    def minutes(self):
        each = (time.monotonic() - self.start) / self.done if self.done >= 5 else self.guess
        return max(1, round(self.left * each / 60))

    def begin(self, text):
        self.tell(f"{text} ... ", end="")

    def end(self, text):
        self.done += 1
        self.left -= 1
        self.tell(f"{text}; about {self.minutes()} min left" if self.left else text)

    @staticmethod
    def tell(text, end="\n"):
        print(text, file=sys.stderr, end=end, flush=True)


class Bench:
    def __init__(self, arguments, folder, cells):
        self.arguments, self.folder = arguments, folder
        wanted = {peer: None for _, row in cells for peer in self.wanted(row)}
        self.versions, self.named = versions(arguments.python, wanted), set()  # installed packages; failures that were told
        for peer in wanted:
            if package(peer) not in self.versions:
                Progress.tell(f"{peer} is left out: {package(peer)} is not installed for {arguments.python}")
        self.progress = Progress(sum(arguments.rounds * (1 + len(self.peers(row))) for _, row in cells), arguments.seconds)

    def wanted(self, row):
        return (self.arguments.only or row.peers) if self.arguments.peers else []

    def peers(self, row):
        return [peer for peer in self.wanted(row) if package(peer) in self.versions]

    def measure_one(self, who, trainer, model, row):
        """(best, median), or None for a peer that cannot do it."""
        arguments, batch = self.arguments, row.batch(model)
        try:
            if who == "resnetc":
                rate = measure_ours(trainer, row, batch, arguments.seconds)
            else:
                rate = measure_peer(arguments.python, arguments.peers, who, model, row, batch, arguments.seconds, arguments.timeout)
        except Failure as failure:
            self.progress.end("left out" if (who, str(failure)) in self.named else f"left out: {failure}")
            self.named.add((who, str(failure)))
            return None
        self.progress.end(f"{rate[0]:.1f} images/s")
        return rate

    def measure(self, model, row):
        """The record of a row and model: {..., figures: {who: [best, median]}, peaks: [[before, after] a round]}."""
        arguments = self.arguments
        trainer = compile_trainer(arguments.build, self.folder, model, row.work, row.precision)
        found, peaks, failed = {}, [], set()
        for turn in range(arguments.rounds):
            before = measure_peak(arguments.build, row.threads)
            for who in [who for who in ["resnetc", *self.peers(row)] if who not in failed]:
                self.progress.begin(f"{model} {row.text}, round {turn + 1}: {who}")
                rate = self.measure_one(who, trainer, model, row)
                if rate:
                    found.setdefault(who, []).append(rate)
                else:
                    failed.add(who)
                    self.progress.left -= arguments.rounds - turn - 1
            peaks.append([before, measure_peak(arguments.build, row.threads)])
        figures = {who: rate_table.summary(rates) for who, rates in found.items()}
        record = dict(rate_table.machine(), versions=self.versions, model=model, row=row.text, batch=row.batch(model))
        record |= dict(threads=row.threads, figures=figures, peaks=peaks)
        ratio, best = rate_table.ratio(figures)
        self.progress.tell(f"{model} {row.text}: {ratio:.2f} of {best}" if best else f"{model} {row.text}: measured")
        return record


def rows(text):
    try:
        return [Row.parse(word) for word in text.split(",")]
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error))


def parse():
    names = lambda text: text.split(",")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=Path("build/release"))
    parser.add_argument("--peers", type=Path, help="folder of peers.py; without it only ours is measured")
    parser.add_argument("--python", default=sys.executable, help="interpreter for peers.py")
    parser.add_argument("--models", type=names, default=names("resnet18,resnet34,resnet50"))
    parser.add_argument("--rows", type=rows, default=ROWS)
    parser.add_argument("--only", type=names, help="peers of all rows, instead of each row's own")
    parser.add_argument("--seconds", type=float, default=3, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--timeout", type=float, default=900, help="seconds after which a peer is left out")
    parser.add_argument("--results", type=Path, help="file that keeps what is measured")
    return parser.parse_args()


def main():
    arguments = parse()
    records = rate_table.load(arguments.results)
    cells = [(model, row) for row in arguments.rows for model in arguments.models]
    missing = [(model, row) for model, row in cells if (model, row.text) not in records]
    with tempfile.TemporaryDirectory() as name:
        if missing:
            subprocess.run(["cmake", "--build", arguments.build, "--target", "peak"], check=True, stdout=subprocess.DEVNULL)
            bench = Bench(arguments, Path(name), missing)
        for model, row in missing:
            records[model, row.text] = bench.measure(model, row)
            rate_table.save(arguments.results, records[model, row.text])
    print(rate_table.table(records, arguments.models, arguments.rows))


if __name__ == "__main__":
    main()
