#!/usr/bin/env python3
"""Makes references/ with PyTorch: the training steps of each case, in float64, and how far PyTorch's own float32 is from them.

  make_references.py [CASE...]        all cases by default; needs torch and torchvision
"""

import math
import sys
from pathlib import Path

import numpy as np
import torch
from torchvision.models import resnet

import formula
import judge
import safetensors_file
from cases import BY_NAME, CASES

FOLDER = Path(__file__).parent / "references"


def build(case):
    """torchvision's model with the case's stem, width and head."""
    kind, counts = formula.BLOCKS.get(case.model) or case.model
    block = resnet.BasicBlock if kind == "basic" else resnet.Bottleneck
    model = resnet.ResNet(block, list(counts))
    width = model.inplanes = case.width
    if case.small_stem:
        model.conv1, model.maxpool = torch.nn.Conv2d(case.channels, width, 3, 1, 1, bias=False), torch.nn.Identity()
    else:
        model.conv1 = torch.nn.Conv2d(case.channels, width, 7, 2, 3, bias=False)
    model.bn1 = torch.nn.BatchNorm2d(width)
    for i, count in enumerate(counts):
        setattr(model, f"layer{i + 1}", model._make_layer(block, width << i, count, stride=1 if i == 0 else 2))
    linear = torch.nn.Linear
    if case.head:
        layers = torch.nn.Dropout(0.0), linear(model.inplanes, case.head), torch.nn.ReLU(), linear(case.head, case.classes)
        model.fc = torch.nn.Sequential(*layers)
    else:
        model.fc = linear(model.inplanes, case.classes)
    return model


def prepare(case, inputs, dtype):
    """The model with the case's weights, frozen as the case says, and its optimizer."""
    model = build(case)
    state = {name: torch.from_numpy(inputs[name].copy()) for name in formula.shapes(case)}
    model.load_state_dict(state, strict=True)
    model.to(dtype).train()
    for name, parameter in model.named_parameters():
        parameter.requires_grad = case.trains(name)
    for name, module in model.named_modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.train(case.uses_batch_statistics(name))
    trained = [p for p in model.parameters() if p.requires_grad]
    if case.optimizer == "sgd":
        settings = dict(momentum=case.momentum, nesterov=case.nesterov)
    else:
        settings = {}
    optimizer = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[case.optimizer]
    return model, optimizer(trained, lr=case.lr, weight_decay=case.weight_decay, **settings)


def run(case, inputs, dtype, memory_format=torch.contiguous_format):
    """What `step` would write, {name: array}."""
    model, optimizer = prepare(case, inputs, dtype)
    model.to(memory_format=memory_format)
    images = torch.from_numpy(inputs["images"]).to(dtype).to(memory_format=memory_format)
    labels = torch.from_numpy(inputs["labels"])
    outputs, losses = {}, []
    for step in range(case.steps):
        optimizer.zero_grad()
        logits = model(images)
        loss = torch.nn.functional.cross_entropy(logits, labels, label_smoothing=case.label_smoothing)
        loss.backward()
        losses.append(loss.item())
        if step == 0:
            outputs["logits"] = logits.detach().numpy().copy()
            gradients = {f"grad.{n}": p.grad for n, p in model.named_parameters() if p.requires_grad}
            outputs.update({name: gradient.contiguous().numpy().copy() for name, gradient in gradients.items()})
        optimizer.step()
    outputs["loss"] = np.array(losses)
    outputs.update({name: tensor.contiguous().numpy() for name, tensor in model.state_dict().items()})
    return outputs


def float32_errors(case, inputs, exact):
    """Relative errors of gradients and state in PyTorch's float32, the larger one of its two memory formats."""
    trained, changed, _ = judge.sorted_names(case, formula.shapes(case))
    names = [f"grad.{name}" for name in trained], changed
    worst = [np.zeros(len(group), np.float32) for group in names]
    for memory_format in (torch.contiguous_format, torch.channels_last):
        outputs = run(case, inputs, torch.float32, memory_format)
        for errors, group in zip(worst, names):
            found = [judge.relative_error(outputs[name], exact[name]) for name in group]
            np.maximum(errors, np.array(found, np.float32), out=errors)
    return {"gradients_float32_error": worst[0], "state_float32_error": worst[1]}


def tie_margin(case, inputs):
    """The least |input| of a ReLU in a trained module, in units of the root mean square of its layer, in the first step."""
    model, _ = prepare(case, inputs, torch.float64)
    margins = [math.inf]
    for name, module in model.named_modules():
        if isinstance(module, torch.nn.ReLU) and case.trains(f"{name}.weight"):
            module.register_forward_pre_hook(lambda _, v: margins.append((v[0].abs().min() / v[0].square().mean().sqrt()).item()))
    model(torch.from_numpy(inputs["images"]).to(torch.float64))
    return min(margins)


def make(case, seed):
    inputs = formula.tensors(case, seed)
    exact = run(case, inputs, torch.float64)
    complaints = judge.check_form(case, inputs, exact, np.float64)
    assert not complaints, complaints
    arrays = judge.make_reference(case, exact)
    note = ""
    if case.float32_seeds:
        margin = tie_margin(case, inputs)
        assert margin >= case.tie_margin, f"{case.name}, seed {seed}: a ReLU's input is {margin:.1e} from 0"
        arrays |= float32_errors(case, inputs, exact)
        gradients, state = arrays["gradients_float32_error"], arrays["state_float32_error"]
        note = f", float32 errors {gradients.max():.1e} {state.max():.1e}"
    path = FOLDER / f"{case.name}-{seed}.safetensors"
    safetensors_file.write(path, arrays)
    print(f"{path.name}: {path.stat().st_size} bytes, loss {exact['loss']}{note}", flush=True)


def main():
    torch.set_num_threads(1)
    FOLDER.mkdir(exist_ok=True)
    for case in [BY_NAME[name] for name in sys.argv[1:]] or CASES:
        for seed in case.seeds:
            make(case, seed)


if __name__ == "__main__":
    main()
