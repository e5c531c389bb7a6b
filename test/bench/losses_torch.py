#!/usr/bin/env python3
"""The part of losses.py that PyTorch does: pictures, weights and its own losses. Prints JSON.

  losses_torch.py --pictures DIR --work DIR --size N --batch N --steps N --fc-rate X --all-rate X --seeds N,...

DIR is a folder of folders. A seed chooses steps*batch of its pictures in an order, and a ResNet18's initial weights. Into
--work go images.npy and labels.npy (all pictures that any seed uses), all-SEED.safetensors (initial weights) and
fc.safetensors: what the first seed's run ends with, behind it a last layer that is new. Prints {order: {seed: [index]},
all: {seed: [loss]}, all_channels_last: {seed: [loss]}, fc: [loss], one: [loss]}: everything trained, in both memory
formats; the last layer alone, with the first seed's pictures; the same on the first batch alone, with a momentum of 0.9.
"""

import argparse
import json
from pathlib import Path

import numpy
import torch
import torchvision
from safetensors.torch import save_file
from torchvision import transforms

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def read(pictures, size, count):
    """(images, labels) of `count` pictures, chosen evenly from all."""
    steps = [transforms.Resize((size, size)), transforms.ToTensor(), transforms.Normalize(MEAN, STD)]
    folder = torchvision.datasets.ImageFolder(pictures, transforms.Compose(steps))
    assert len(folder) >= count, f"{pictures} holds {len(folder)} pictures, {count} are needed"
    chosen = [folder[i * len(folder) // count] for i in range(count)]
    return torch.stack([image for image, _ in chosen]), torch.tensor([label for _, label in chosen]), len(folder.classes)


def new_model(seed, classes):
    torch.manual_seed(seed)
    return torchvision.models.resnet18(num_classes=classes)


def save(model, path):
    save_file({name: tensor.contiguous() for name, tensor in model.state_dict().items()}, path)


def train(model, batches, rate, momentum):
    """The losses of one step a batch. What needs no gradient is frozen, batch norms too."""
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.train(module.weight.requires_grad)
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=rate, momentum=momentum)
    losses = []
    for images, labels in batches:
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, kind in dict(pictures=Path, work=Path, size=int, batch=int, steps=int).items():
        parser.add_argument(f"--{name}", type=kind, required=True)
    parser.add_argument("--fc-rate", type=float, required=True)
    parser.add_argument("--all-rate", type=float, required=True)
    parser.add_argument("--seeds", required=True, type=lambda text: [int(word) for word in text.split(",")])
    arguments = parser.parse_args()
    images, labels, classes = read(arguments.pictures, arguments.size, arguments.steps * arguments.batch)
    numpy.save(arguments.work / "images.npy", images.numpy())
    numpy.save(arguments.work / "labels.npy", labels.numpy())
    answer = {"order": {}, "all": {}, "all_channels_last": {}}
    of = lambda order: ((images[part], labels[part]) for part in order.split(arguments.batch))
    for seed in arguments.seeds:
        model = new_model(seed, classes)
        save(model, arguments.work / f"all-{seed}.safetensors")
        order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
        answer["order"][seed] = order.tolist()
        answer["all"][seed] = train(model.train(), of(order), arguments.all_rate, 0)
        if seed == arguments.seeds[0]:
            trunk = model.state_dict()
        other = new_model(seed, classes).to(memory_format=torch.channels_last)
        answer["all_channels_last"][seed] = train(other.train(), of(order), arguments.all_rate, 0)
    model = new_model(len(arguments.seeds), classes)
    start = {name: tensor if name.startswith("fc.") else trunk[name].clone() for name, tensor in model.state_dict().items()}
    start = {name: tensor.clone() for name, tensor in start.items()}
    for name, parameter in model.named_parameters():
        parameter.requires_grad = name.startswith("fc.")
    order = torch.tensor(answer["order"][arguments.seeds[0]])
    for name, batches, momentum in (("fc", of(order), 0), ("one", [next(of(order))] * arguments.steps, 0.9)):
        model.load_state_dict(start)
        save(model, arguments.work / "fc.safetensors")
        answer[name] = train(model, batches, arguments.fc_rate, momentum)
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
