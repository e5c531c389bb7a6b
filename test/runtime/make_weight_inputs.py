#!/usr/bin/env python3
"""Writes inputs/state/: small weights files as PyTorch 2.14 saves them, and beside each what is in it.

  python make_weight_inputs.py inputs/state

NAME.pth (zip), NAME.old.pth (the stream of PyTorch before 1.6) and NAME.safetensors, written by safetensors' own
library. Files without a .safetensors must be refused. Values come from a formula, so that runs differ in keys alone.
"""
import pathlib
import sys
from collections import OrderedDict

import torch
from safetensors.torch import save_file

out = pathlib.Path(sys.argv[1])
out.mkdir(parents=True, exist_ok=True)


class Block(torch.nn.Module):
    """Named like a torchvision ResNet's beginning."""

    def __init__(self):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(3, 6, 3, bias=False)
        self.bn1 = torch.nn.BatchNorm2d(6)
        self.fc = torch.nn.Linear(6, 2)

    def forward(self, x):
        return self.fc(self.bn1(self.conv1(x)).mean((2, 3)))


def fill(tensor, start):
    with torch.no_grad():
        tensor.copy_((torch.arange(tensor.numel()) * 0.25 + start).reshape(tensor.shape))
    return tensor


def model():
    block = Block()
    for i, tensor in enumerate(block.state_dict().values()):
        fill(tensor, i)
    return block


def save(name, value, tensors=None):
    torch.save(value, out / f"{name}.pth")
    torch.save(value, out / f"{name}.old.pth", _use_new_zipfile_serialization=False)
    if tensors is not None:
        plain = {key: tensor.detach().clone().contiguous() for key, tensor in tensors.items()}
        save_file(plain, out / f"{name}.safetensors", metadata={"format": "pt", "from": name})


state = model().state_dict()
save("plain", state, state)

# As torchvision's first files: an OrderedDict of Parameters and buffers, without num_batches_tracked.
parameters = OrderedDict((key, torch.nn.Parameter(tensor) if tensor.is_floating_point() and "running" not in key else tensor)
                         for key, tensor in state.items() if "num_batches" not in key)
save("parameters", parameters, parameters)

# One storage under several tensors: from the middle, transposed, every second element, expanded, empty.
base = fill(torch.empty(24), 1)
views = {"whole": base, "middle": base[5:11], "transposed": base.reshape(4, 6).t(), "second": base[::2],
         "cube": base.reshape(2, 3, 4).permute(2, 0, 1), "expanded": base[3:4].expand(5), "empty": base[24:], "scalar": base[7]}
save("views", views, views)

types = {str(t).split(".")[1]: fill(torch.empty(5, dtype=t), 0) for t in
         (torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool)}
save("types", types, types)

# A checkpoint of a training script, from DataParallel.
optimizer = torch.optim.Adam(model().parameters(), lr=0.125)
save("nested", {"epoch": 3, "best": 0.5, "arch": "resnet18", "state_dict": OrderedDict((f"module.{key}", tensor) for key, tensor in state.items()),
                "optimizer": optimizer.state_dict(), "none": None, "flags": [True, False], "large": 1 << 40, "negative": -70000}, state)

# To be refused.
torch.save(model(), out / "whole_model.pth")
save("no_tensors", {"epoch": 3})
torch.jit.save(torch.jit.script(model()), out / "script.pth")


class Call:
    """What a hostile pickle does."""

    def __reduce__(self):
        return (__import__("os").system, ("echo called",))


save("call", {"weight": torch.zeros(2), "call": Call()})

for path in out.iterdir():
    path.chmod(0o644)
