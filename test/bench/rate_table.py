"""What bench.py measured: kept in a file, and printed as the table of docs/performance.md."""

import datetime
import json
import os
import statistics
from pathlib import Path

NAMES = {
    "openvino": "OpenVINO",
    "onnxruntime": "ONNX Runtime",
    "torch": "PyTorch",
    "torch-cl": "PyTorch, channels_last",
    "torch-compile": "torch.compile",
    "jax": "JAX",
    "mnn": "MNN",
}
WORK = {"infer": "inference", "fc": "fc step without cache", "layer4": "layer4 and fc step without cache", "full": "full step", "features": "frozen layers"}


def machine():
    """The CPU's name and the day."""
    fields = {}
    for line in Path("/proc/cpuinfo").read_text().split("\n\n")[0].splitlines():
        name, _, value = line.partition(":")
        fields[name.strip()] = value.strip()
    cpu = f"{fields.get('model name', 'unknown CPU')} (family {fields.get('cpu family')} model {fields.get('model')})"
    return {"cpu": cpu, "date": datetime.date.today().isoformat()}


def load(path):
    """{(model, row): record} of this CPU; the last line of a row counts."""
    if not path or not path.exists():
        return {}
    records = [json.loads(line) for line in path.read_text().splitlines()]
    return {(r["model"], r["row"]): r for r in records if r["cpu"] == machine()["cpu"]}


def save(path, record):
    if path:
        with path.open("a") as file:
            file.write(json.dumps(record) + "\n")
            file.flush()
            os.fsync(file.fileno())


def summary(rates):
    """[best, median] of the rounds' (best, median)."""
    return [max(best for best, _ in rates), statistics.median(median for _, median in rates)]


def ratio(figures):
    """(ours over the best peer, that peer); (None, None) where there is none."""
    peers = {who: best for who, (best, _) in figures.items() if who != "resnetc"}
    if not peers:
        return None, None
    best = max(peers, key=peers.get)
    return figures["resnetc"][0] / peers[best], best


def name_of(who):
    base, *rest = who.split("+")
    return ", ".join([NAMES.get(base, base), *("eval()" if word == "eval" else word for word in rest)])


def title(row, records):
    """What a row does. A batch that is not the one of all models stands in brackets behind its model."""
    batches = [record["batch"] for record in records.values()]
    usual = max(set(batches), key=batches.count)
    others = [f"{model}: {record['batch']}" for model, record in records.items() if record["batch"] != usual]
    cores = {1: "one core", 2: "two cores"}.get(row.threads, f"{row.threads} cores")
    low = "" if row.precision == "f32" else f" in {row.precision}"
    return f"{WORK[row.work]}{low}, batch {usual}{f' ({chr(44).join(others)})' if others else ''}, {cores}"


def lines_of(row, models, records):
    """The lines of a row, ours first, the peers from the fastest down, and the peak."""
    here = {model: records[model, row.text] for model in models if (model, row.text) in records}
    rates = lambda who: [here[model]["figures"][who][0] for model in here if who in here[model]["figures"]]
    everyone = {who: None for record in here.values() for who in record["figures"] if who != "resnetc"}
    for who in ["resnetc", *sorted(everyone, key=lambda who: -max(rates(who)))]:
        cells = []
        for model in models:
            figures = here[model]["figures"] if model in here else {}
            gained, best = ratio(figures) if figures else (None, None)
            cells.append(" / ".join(f"{rate:.1f}" for rate in figures[who]) if who in figures else "")
            cells.append(f"{gained:.2f}" if gained and who == "resnetc" else "best" if who == best else "")
        yield [title(row, here) if who == "resnetc" else "", name_of(who), *cells]
    cells = []
    for model in models:
        peaks = here[model]["peaks"] if model in here else []
        cells += [" / ".join(f"{max(column):.0f}" for column in zip(*peaks)), ""]
    yield ["", "FMA peak before / after, GFLOP/s", *cells]


def gains(models, rows, records):
    """What two threads gain over one, ours and the peak loop, where both were measured with the same work and batch."""
    for one in rows:
        for two in rows:
            for model in models:
                pair = [records.get((model, row.text)) for row in (one, two)]
                if (one.threads, two.threads) != (1, 2) or (one.work, one.precision) != (two.work, two.precision) or None in pair or pair[0]["batch"] != pair[1]["batch"]:
                    continue
                first, second = ((r["figures"]["resnetc"][0], max(max(peaks) for peaks in r["peaks"])) for r in pair)
                ours, peak = second[0] / first[0], second[1] / first[1]
                yield f"- {model}, {WORK[one.work]}: two threads gain {ours:.2f}, the peak loop {peak:.2f}: {ours / peak:.2f} of it"


def table(records, models, rows):
    """Markdown: a head, the table, and what a second core gains."""
    shown = [records[model, row.text] for row in rows for model in models if (model, row.text) in records]
    dates = sorted({record["date"] for record in shown})
    head = f"{shown[0]['cpu']}, {' to '.join(dict.fromkeys((dates[0], dates[-1])))}. "
    head += "224x224, float32 unless said otherwise, random images in memory; images/s, best / median, and ours over the best peer."
    peers = {f"{name} {version}": None for record in shown for name, version in record["versions"].items()}
    head += f" Peers: {', '.join(peers)}." if peers else ""
    body = [["work", "", *(cell for model in models for cell in (model.replace("resnet", "ResNet"), ""))], ["---"] * (2 + 2 * len(models))]
    body += [line for row in rows for line in lines_of(row, models, records)]
    text = [head, "", *("|" + "|".join(f" {cell} " if cell else " " for cell in line) + "|" for line in body)]
    more = list(gains(models, rows, records))
    return "\n".join(text + ([""] + more if more else []))
