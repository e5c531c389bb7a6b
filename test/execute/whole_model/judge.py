"""Holds what `step` wrote against a stored reference.

A reference keeps of each tensor its norm and seven products with pseudo-random vectors w_j of independent entries of mean
0 and variance 1. For an error e, E[(w_j . e)^2] = |e|^2, so sqrt(mean_j (w_j . a - w_j . b)^2) estimates |a - b|:
off by more than a factor of 2 either way in about 3 cases of 100, too low by 10 in fewer than one of a million (chi square,
7 degrees of freedom). Bounds are judged by that estimate over |b|.
"""

import math

import numpy as np

import formula

PRODUCTS = 7
CHUNK = 1 << 16
FLOAT32_FLOOR = 5e-6  # relative error of a gradient or parameter that is always allowed in float32


def fingerprint(name, array):
    """float64 [1 + PRODUCTS]: norm, products."""
    flat = np.asarray(array, np.float64).reshape(-1)
    hashes = formula.hashes(f"fingerprint/{name}", flat.size)
    result = np.zeros(1 + PRODUCTS)
    for begin in range(0, flat.size, CHUNK):
        part = flat[begin : begin + CHUNK]
        random_bytes = hashes[begin : begin + CHUNK].view(np.uint8).reshape(-1, 8)[:, :PRODUCTS]
        vectors = (random_bytes.astype(np.float64) - 127.5) / math.sqrt((256**2 - 1) / 12)
        result[0] += part @ part
        result[1:] += part @ vectors
    result[0] = math.sqrt(result[0])
    return result


def difference(ours, reference):
    """Relative error of a tensor from two fingerprints; infinite where it is not a number."""
    error = math.sqrt(np.mean((ours[1:] - reference[1:]) ** 2))
    if not math.isfinite(error):
        return math.inf
    return error / reference[0] if reference[0] > 0 else (math.inf if error > 0 else 0.0)


def relative_error(ours, reference):
    """The same from the tensors themselves."""
    error = np.linalg.norm(np.asarray(ours, np.float64) - reference)
    return float(error / np.linalg.norm(reference)) if math.isfinite(error) else math.inf


def sorted_names(case, shapes):
    """(trained parameters, what a step changes, counters that it raises) among the names of the state_dict."""
    trained, changed, counted = [], [], []
    for name in shapes:
        module, _, field = name.rpartition(".")
        if field in ("running_mean", "running_var", "num_batches_tracked"):
            if case.uses_batch_statistics(module):
                (counted if field == "num_batches_tracked" else changed).append(name)
        elif case.trains(name):
            trained.append(name)
            changed.append(name)
    return trained, changed, counted


def check_form(case, inputs, outputs, dtype):
    """Messages about tensors that are missing, unasked for, of another shape or type, or changed though frozen."""
    shapes = formula.shapes(case)
    trained, changed, counted = sorted_names(case, shapes)
    wanted = {"logits": (case.batch, case.classes), "loss": (case.steps,), **shapes}
    wanted.update({f"grad.{name}": shapes[name] for name in trained})
    found = []
    for name in outputs.keys() - wanted.keys():
        found.append(f"{name}: written, but not asked for")
    for name, shape in wanted.items():
        type_ = np.dtype(np.int64 if name.endswith("num_batches_tracked") else dtype)
        if name not in outputs:
            found.append(f"{name}: missing")
        elif outputs[name].shape != tuple(shape) or outputs[name].dtype != type_:
            found.append(f"{name}: {outputs[name].dtype} {outputs[name].shape}, expected {type_} {tuple(shape)}")
        elif name in counted and outputs[name] != inputs[name] + case.steps:
            found.append(f"{name}: {outputs[name]}, expected {inputs[name] + case.steps}")
        elif name in shapes and name not in changed + counted and not np.array_equal(outputs[name], inputs[name]):
            found.append(f"{name}: is frozen, but changed")
    return found


def make_reference(case, outputs):
    """The arrays that are stored for what a run wrote in float64."""
    trained, changed, _ = sorted_names(case, formula.shapes(case))
    return {
        "logits": outputs["logits"],
        "loss": outputs["loss"],
        "gradients": np.array([fingerprint(name, outputs[f"grad.{name}"]) for name in trained]),
        "state": np.array([fingerprint(name, outputs[name]) for name in changed]),
    }


def errors(case, reference, outputs):
    """{tensor: relative error}; `loss` is all of them, `first loss` the first."""
    trained, changed, _ = sorted_names(case, formula.shapes(case))
    result = {
        "logits": relative_error(outputs["logits"], reference["logits"]),
        "first loss": relative_error(outputs["loss"][:1], reference["loss"][:1]),
        "loss": relative_error(outputs["loss"], reference["loss"]),
    }
    for name, row in zip(trained, reference["gradients"], strict=True):
        result[f"grad.{name}"] = difference(fingerprint(name, outputs[f"grad.{name}"]), row)
    for name, row in zip(changed, reference["state"], strict=True):
        result[name] = difference(fingerprint(name, outputs[name]), row)
    return result


def worst(runs):
    """The largest error of each tensor over several runs."""
    result = {}
    for found in runs:
        for name, error in found.items():
            result[name] = max(error, result.get(name, 0.0))
    return result


def float64_bounds(case):
    """{tensor: the largest relative error allowed}."""
    trained, changed, _ = sorted_names(case, formula.shapes(case))
    tight = ["logits", "first loss", "loss", *(f"grad.{name}" for name in trained)]
    return dict.fromkeys(tight, 1e-8) | dict.fromkeys(changed, 1e-7)


def float32_bounds(case, references):
    """The same in float32, from PyTorch's own errors over the same seeds."""
    trained, changed, _ = sorted_names(case, formula.shapes(case))
    bounds = {"logits": 1e-4, "first loss": 1e-4}
    for names, key in ((trained, "gradients_float32_error"), (changed, "state_float32_error")):
        pytorch = np.max([reference[key] for reference in references], axis=0)
        prefix = "grad." if key.startswith("gradients") else ""
        for name, error in zip(names, pytorch, strict=True):
            bounds[prefix + name] = max(3 * float(error), FLOAT32_FLOOR)
    return bounds


def exceeds(found, bounds):
    """Names of the tensors whose error is above its bound, worst first."""
    over = [name for name, bound in bounds.items() if not found[name] <= bound]
    return sorted(over, key=lambda name: -found[name] / bounds[name])


def report(found, bounds):
    """What a person reads: the worst tensor of each kind, and all that exceed their bounds (20 at most)."""
    kinds = {"output": [], "gradient": [], "state": []}
    for name in bounds:
        kind = "output" if name in ("logits", "loss", "first loss") else "gradient" if name.startswith("grad.") else "state"
        kinds[kind].append(name)
    lines = []
    for kind, names in kinds.items():
        if names:
            name = max(names, key=lambda name: found[name] / bounds[name])
            lines.append(f"  worst {kind}: {name} {found[name]:.1e}, allowed {bounds[name]:.1e}")
    for name in exceeds(found, bounds)[:20]:
        lines.append(f"  EXCEEDED: {name} {found[name]:.1e}, allowed {bounds[name]:.1e}")
    return "\n".join(lines)
