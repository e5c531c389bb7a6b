"""Images a second of one program on one piece of work: ours, a peer, and the FMA peak. For bench.py."""

import json
import re
import subprocess
import tempfile
from dataclasses import dataclass

from pinned import pinned

# workload: rules of the spec, what `bench` times
WORK = {
    "infer": (".freeze_all().replace_fc(20)", "infer"),
    "fc": (".freeze_all().replace_fc(20)", "train"),
    "layer4": ('.freeze_until("layer4").replace_fc(20)', "train"),
    "full": (".replace_fc(20)", "train"),
    "features": (".freeze_all().replace_fc(20)", "features"),
}
# What can be the best of the float32 peers. Where everything is trained, frozen batch norms in eval mode (+eval) are none.
INFER = ["openvino", "onnxruntime", "torch-cl", "torch-compile", "jax"]
STEP = ["torch-cl", "torch-cl+eval", "torch-compile", "torch-compile+eval"]
FULL = ["torch-cl", "torch-compile", "jax"]
# Those of low precision, by that of ours.
LOW = {"bf16": ["openvino+bf16"], "int8": ["openvino+int8", "openvino+bf16"]}


@dataclass(frozen=True)
class Row:
    """WORK[+PRECISION][:bBATCH][:tTHREADS]; batch 32, but 16 where a whole ResNet50 is trained, one thread, float32."""

    text: str

    @property
    def work(self):
        return self.text.split(":")[0].split("+")[0]

    @property
    def precision(self):
        """Of the frozen prefix, ours."""
        return (self.text.split(":")[0].split("+") + ["f32"])[1]

    def _number(self, letter):
        found = [part[1:] for part in self.text.split(":")[1:] if part[0] == letter]
        return int(found[0]) if found else None

    def batch(self, model):
        return self._number("b") or (16 if self.work == "full" and model == "resnet50" else 32)

    @property
    def threads(self):
        return self._number("t") or 1

    @property
    def peers(self):
        if self.precision != "f32":
            return LOW[self.precision]
        if self.work not in ("infer", "features"):
            return FULL if self.work == "full" else STEP
        return INFER + (["ncnn", "mnn"] if self._number("b") == 1 else [])

    @staticmethod
    def parse(text):
        if not re.fullmatch(f"({'|'.join(WORK)}|features\\+({'|'.join(LOW)}))(:[bt][1-9][0-9]*)*", text):
            raise ValueError(f"row '{text}', expected WORK[:bBATCH][:tTHREADS], WORK of {', '.join(WORK)}; features+PRECISION, PRECISION of {', '.join(LOW)}")
        return Row(text)


class Failure(Exception):
    """A peer that cannot do the work."""


VERSIONS = """
import importlib.metadata, json, sys
found = {}
for name in sys.argv[1:]:
    try:
        found[name] = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        pass
print(json.dumps(found))
"""


def package(peer):
    """The Python package that a peer is."""
    return peer.split("+")[0].split("-")[0]


def versions(python, peers):
    """{package: version} of those that are installed."""
    names = sorted({package(peer) for peer in peers})
    return json.loads(subprocess.run([python, "-c", VERSIONS, *names], check=True, stdout=subprocess.PIPE, text=True).stdout)


def compile_trainer(build, folder, model, work, precision="f32"):
    spec, trainer = folder / f"{model}_{work}.rdsl", folder / f"{model}_{work}_{precision}"
    if not trainer.exists():
        spec.write_text(f"{model}(){WORK[work][0]}\n")
        subprocess.run([build / "bin" / "resnetc", spec, "-o", trainer, f"--precision={precision}"], check=True)
    return trainer


def measure_ours(trainer, row, batch, seconds):
    """(best, median)."""
    command = [trainer, "bench", "--what", WORK[row.work][1], "--batch", batch, "--threads", row.threads]
    answer = json.loads(pinned(row.threads, [*command, "--seconds", seconds, "--json"]))
    return answer["images_per_second_best"], answer["images_per_second_median"]


def measure_peer(python, folder, peer, model, row, batch, seconds, timeout):
    """(best, median). A process of its own, so that no peer's threads or memory stand in another's way; may raise Failure."""
    work = "infer" if row.work == "features" else row.work
    command = [python, "peers.py", "--what", work, "--model", model, "--batch", batch, "--threads", row.threads]
    command += ["--seconds", seconds, "--only", peer, "--json"]
    with tempfile.TemporaryFile("w+") as log:
        rows, reason = [], "gives no figure"
        try:
            text = pinned(row.threads, command, cwd=folder, stderr=log, timeout=timeout)
            rows = json.loads(text.splitlines()[-1])  # some peers print lines of their own before
        except subprocess.TimeoutExpired:
            raise Failure(f"takes longer than {timeout:.0f} s")
        except (subprocess.CalledProcessError, IndexError, ValueError) as error:
            reason = str(error)
        if rows:
            return rows[0]["best"], rows[0]["median"]
        log.seek(0)
        lines = log.read().splitlines()
    told = [line.removeprefix(f"# {peer} {work}: ") for line in lines if line.startswith(f"# {peer} {work}: ")]
    raise Failure((told or lines[-1:] or [reason])[0])


def measure_peak(build, threads):
    """GFLOP/s of `threads` threads at once, one or two."""
    lines = pinned(threads, [build / "bin" / "peak", 0.5]).splitlines()
    return float(lines[min(threads, 2) - 1].split()[1])
