#!/usr/bin/env python3
"""A whole model at 224x224 by each algorithm of its convolutions, against its float64 program without Winograd's.

  conv_choice_test.py MODEL fc|all --resnetc FILE --work DIR [--threads N]

The other cases hold that program to PyTorch's float64, on smaller planes. In float32, `auto` and `direct`: logits and loss to
1e-4. In float64, `winograd`: logits, loss and all gradients to 1e-8. One step, on two images.
"""

import argparse
import sys
from pathlib import Path
from types import SimpleNamespace

import judge
from cases import ALL, FC, Case
from run_case import compile_trainer, step

BOUNDS = {"f32": 1e-4, "f64": 1e-8}


def outputs(case, arguments, element_type, conv):
    """What the first step writes: {name: array}, without parameters and buffers."""
    settings = SimpleNamespace(**vars(arguments), element_type=element_type, conv=conv, mcpu=None)
    trainer = compile_trainer(case, settings)
    _, written = step(case, trainer, 0, settings)
    trainer.unlink()
    return {name: array for name, array in written.items() if name in ("logits", "loss") or name.startswith("grad.")}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("trained", choices=["fc", "all"])
    parser.add_argument("--resnetc", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    rules = FC if arguments.trained == "fc" else ALL
    case = Case(f"{arguments.model}-{arguments.trained}-224", arguments.model, **rules, size=(224, 224), batch=2, steps=1)
    reference = outputs(case, arguments, "f64", "direct")
    failed = False
    for element_type, conv in (("f64", "winograd"), ("f32", "auto"), ("f32", "direct")):
        found = outputs(case, arguments, element_type, conv)
        names = [name for name in reference if element_type == "f64" or not name.startswith("grad.")]
        errors = {name: judge.relative_error(found[name], reference[name]) for name in names}
        worst = max(errors, key=errors.get)
        print(f"{case.name} {element_type} {conv}: logits {errors['logits']:.1e}, worst {worst} {errors[worst]:.1e}", flush=True)
        failed |= not errors[worst] <= BOUNDS[element_type]
    sys.exit("relative errors exceed their bounds" if failed else 0)


if __name__ == "__main__":
    main()
