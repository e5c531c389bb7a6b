#!/usr/bin/env python3
"""The part of accuracy.py that PyTorch does: a new last layer behind a frozen trunk. Prints JSON.

  accuracy_torch.py --trunk FILE --few DIR --others DIR --epochs N --batch N --rates X,... --seeds N,...
                    [--schedule constant|cosine] [--judge CHECKPOINT ...] [--same START END] [--logits PICTURE ...]

--trunk is a checkpoint of resnetc, whose metadata say how pictures are resized and normalised; the layer is trained on --few and
judged on --others. The trunk is in eval mode, so a picture goes through it once. --judge: resnetc's heads, judged here. --same: trains on
from START as END was trained, with all pictures in one batch. --logits: what the first judged head makes of some pictures.
"""

import argparse
import json
import math

import torch
import torchvision
from safetensors import safe_open
from torchvision import transforms


def read(path):
    """(metadata, state_dict) of a checkpoint."""
    with safe_open(path, "pt") as file:
        return file.metadata(), {name: file.get_tensor(name) for name in file.keys()}


def is_head(name):
    return name.startswith("fc.")


class Work:
    def __init__(self, arguments):
        metadata, self.trunk = read(arguments.trunk)
        resize, size, mean, std = (json.loads(metadata[key]) for key in ("resize", "input", "mean", "std"))
        steps = [transforms.Resize(resize), transforms.CenterCrop(size), transforms.ToTensor(), transforms.Normalize(mean, std)]
        self.transform = transforms.Compose(steps)
        self.model = torchvision.models.resnet18(num_classes=len(self.trunk["fc.bias"]))
        self.model.load_state_dict(self.trunk)  # strict=True, the last layer of its own too
        self.inputs, self.model.fc = self.model.fc.in_features, torch.nn.Identity()
        self.model.eval()
        self.classes, self.few = self.features(arguments.few)
        assert self.features(arguments.others)[0] == self.classes
        self.others = self.features(arguments.others)[1]
        self.epochs, self.momentum, self.schedule = arguments.epochs, 0.9, arguments.schedule

    @torch.inference_mode()
    def features(self, folder):
        """(classes, (features, labels)) of a folder of folders."""
        pictures = torchvision.datasets.ImageFolder(folder, self.transform)
        batches = [(self.model(images), labels) for images, labels in torch.utils.data.DataLoader(pictures, 64)]
        return pictures.classes, tuple(torch.cat(parts).clone() for parts in zip(*batches))

    def fit(self, head, rate, batch):
        optimizer = torch.optim.SGD(head.parameters(), lr=rate, momentum=self.momentum)
        loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(*self.few), batch, shuffle=True)
        steps = self.epochs * len(loader)
        factor = lambda step: (1 + math.cos(math.pi * step / steps)) / 2 if self.schedule == "cosine" else 1
        rates = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
        for _ in range(self.epochs):
            for features, labels in loader:
                optimizer.zero_grad()
                torch.nn.functional.cross_entropy(head(features), labels).backward()
                optimizer.step()
                rates.step()
        return head

    def new_head(self, seed):
        torch.manual_seed(seed)
        return torch.nn.Linear(self.inputs, len(self.classes))

    def head_of(self, path):
        """resnetc's last layer, once its trunk is seen to be the frozen one to the bit."""
        metadata, state = read(path)
        assert json.loads(metadata["classes"]) == self.classes
        assert state.keys() == self.trunk.keys()
        for name in filter(lambda name: not is_head(name), state):
            assert torch.equal(state[name], self.trunk[name]), f"{path}: {name} has changed"
        head = self.new_head(0)
        head.load_state_dict({name.removeprefix("fc."): state[name] for name in filter(is_head, state)})
        return head

    @torch.inference_mode()
    def top1(self, head):
        features, labels = self.others
        return (head(features).argmax(1) == labels).double().mean().item()

    def same(self, start, end, rate):
        before, ours, theirs = self.head_of(start), self.head_of(end), self.fit(self.head_of(start), rate, len(self.few[1]))
        start, end, other = (torch.nn.utils.parameters_to_vector(head.parameters()).detach() for head in (before, ours, theirs))
        return {"ours": self.top1(ours), "theirs": self.top1(theirs), "error": ((end - other).norm() / (other - start).norm()).item()}

    @torch.inference_mode()
    def logits(self, head, pictures):
        images = torch.stack([self.transform(torchvision.datasets.folder.default_loader(picture)) for picture in pictures])
        return head(self.model(images)).tolist()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--trunk", "--few", "--others"):
        parser.add_argument(name, required=True)
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--rates", required=True, type=lambda text: text.split(","))
    parser.add_argument("--seeds", required=True, type=lambda text: [int(word) for word in text.split(",")])
    parser.add_argument("--schedule", choices=("constant", "cosine"), default="constant")
    parser.add_argument("--judge", nargs="*", default=[])
    parser.add_argument("--same", nargs=2)
    parser.add_argument("--logits", nargs="*", default=[])
    arguments = parser.parse_args()
    work = Work(arguments)
    fit = lambda rate, seed: work.fit(work.new_head(seed), float(rate), arguments.batch)
    answer = {"top1": {rate: [work.top1(fit(rate, seed)) for seed in arguments.seeds] for rate in arguments.rates}}
    answer["judged"] = [work.top1(work.head_of(path)) for path in arguments.judge]
    if arguments.same:
        answer["same"] = work.same(*arguments.same, float(arguments.rates[0]))
    if arguments.logits:
        answer["logits"] = work.logits(work.head_of(arguments.judge[0]), arguments.logits)
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
