#!/usr/bin/env python3
"""@apply against PyTorch's formulas (torch.optim.SGD, Adam, AdamW), over several steps and rows of different settings.

  optimizers_test.py --tools DIR --work DIR [--mcpu NAME]
"""

import ctypes
import sys

import numpy as np

import abi
import program
from dialect import Module
from sampled import BOUNDS, Judge, Outcome

SHAPES = {"a": (33, 5), "b": (600, 70), "c": (3, 300), "left_alone": (40, 40), "d": (7, 7)}  # b spans several chunks
ROWS = {"a": (0.1, 0.9, 0.0), "b": (0.03, 0.0, 0.02), "c": (0.5, 0.5, 0.3), "d": (0.2, 0.9, 0.01)}  # rate, momentum, decay
STEPS = 3
RULES = {
    "sgd": (abi.SGD, False),
    "sgd, nesterov": (abi.SGD, True),
    "adam": (abi.ADAM, False),
    "adamw": (abi.ADAMW, False),
}
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


def module(element):
    m = Module(element)
    for name, shape in SHAPES.items():
        m.parameter(name, "linear_weight", shape, "trained")
    f = m.function("features")
    f.results.append(f.relu(f.argument((3, 2, 2))))
    return m.text()


def sgd(p, g, state, settings, nesterov, step):
    rate, momentum, decay = settings
    g = g + decay * p
    state[0] = momentum * state[0] + g
    return p - rate * (g + momentum * state[0] if nesterov else state[0])


def adam(p, g, state, settings, decoupled, step):
    rate, _, decay = settings
    if decoupled:
        p = p * (1 - rate * decay)
    else:
        g = g + decay * p
    state[0] = BETA1 * state[0] + (1 - BETA1) * g
    state[1] = BETA2 * state[1] + (1 - BETA2) * g * g
    root = np.sqrt(state[1]) / np.sqrt(1 - BETA2 ** (step + 1))
    return p - rate / (1 - BETA1 ** (step + 1)) * state[0] / (root + EPSILON)


def run(compiled, optimizer, nesterov):
    """Outcomes of all parameters and states after STEPS steps."""
    random = np.random.default_rng(0)
    draw = lambda shape: random.uniform(-1, 1, shape).astype(compiled.dtype).astype(np.float64)
    values = {name: draw(shape) for name, shape in SHAPES.items()}
    states = {name: [np.zeros(shape), np.zeros(shape)] for name, shape in SHAPES.items()}
    for name, value in values.items():
        compiled.write(name, value)
    for buffer in ("state1", "state2"):
        compiled.buffers[buffer].array[:] = 0
    rows = (abi.Row * len(ROWS))()
    for row, (name, settings) in zip(rows, ROWS.items()):
        tensor = compiled.tensors[name]
        row.offset, row.count = tensor.offset, tensor.blocked_count
        row.lr, row.momentum, row.weight_decay = settings
    for step in range(STEPS):
        gradients = {name: draw(shape) for name, shape in SHAPES.items()}
        for name, gradient in gradients.items():
            compiled.write(name, gradient, "gradients")
        call = dict(rows=ctypes.addressof(rows), row_count=len(rows), optimizer=optimizer, nesterov=int(nesterov), step=step)
        compiled.call("apply", 1, **call)
        for name, settings in ROWS.items():
            rule, flag = (sgd, nesterov) if optimizer == abi.SGD else (adam, optimizer == abi.ADAMW)
            values[name] = rule(values[name], gradients[name], states[name], settings, flag, step)
    for name in SHAPES:
        yield Outcome(name, compiled.read(name), values[name])
        for i in range(1 if optimizer == abi.SGD else 2):
            yield Outcome(f"state {i + 1} of {name}", compiled.read(name, f"state{i + 1}"), states[name][i])


def main():
    arguments = program.parser(__doc__).parse_args()
    programs = program.build([module(element) for element in BOUNDS], arguments, "split")
    judge = Judge()
    for element, compiled in zip(BOUNDS, programs):
        for name, rule in RULES.items():
            judge.add(f"{name} {element}", element, lambda: run(compiled, *rule))
    sys.exit(judge.report() if programs else program.SKIPPED)


if __name__ == "__main__":
    main()
