"""The whole models that are held against PyTorch: a spec each, and what PyTorch has to do to be the same model."""

from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True)
class Case:
    name: str
    model: object = "resnet18"  # torchvision's name, or (kind, blocks a layer)
    rules: str = ""  # of the spec
    trained: tuple = ("*",)  # globs over parameter names: what the rules leave trained
    moving: tuple = ()  # globs over parameter names: frozen batch norms that use and move the batch's statistics
    size: tuple = (64, 64)  # height, width
    channels: int = 3
    width: int = 64  # base planes
    small_stem: bool = False
    head: int = 0  # hidden features of a `seq` head; 0: a linear layer
    classes: int = 10
    batch: int = 4
    steps: int = 3
    optimizer: str = "sgd"
    lr: float = 0.01
    momentum: float = 0.9  # sgd
    nesterov: bool = False
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    float32_seeds: tuple = ()  # seeds that are compared in float32 too
    tie_margin: float = 0.0  # no input of a trained ReLU may be nearer to 0, in units of its layer's root mean square
    fast: bool = False  # in float64 part of the short suite
    fast_float32: bool = False  # the same in float32

    def spec(self):
        """The text of the .rdsl file."""
        if isinstance(self.model, str):
            text = f"{self.model}()"
        else:
            kind, blocks = self.model
            text = f"resnet({kind}, {{{', '.join(map(str, blocks))}}})"
        text += f".input({self.size[0]}, {self.size[1]})"
        text += f".channels({self.channels})" if self.channels != 3 else ""
        text += f".width({self.width})" if self.width != 64 else ""
        text += ".stem(stem::small)" if self.small_stem else ""
        return text + self.rules

    @property
    def seeds(self):
        """The seeds that have references; the first is compared in float64."""
        return self.float32_seeds or (0,)

    def trains(self, name):
        return any(fnmatchcase(name, glob) for glob in self.trained)

    def uses_batch_statistics(self, module):
        """Whether the batch norm `module` normalises by the batch in training, and moves its running statistics."""
        weight = f"{module}.weight"
        return self.trains(weight) or any(fnmatchcase(weight, glob) for glob in self.moving)


FC = dict(rules=".freeze_all().replace_fc(10)", trained=("fc.*",))
LAYER4 = dict(rules='.freeze_until("layer4").replace_fc(10)', trained=("layer4.*", "fc.*"))
ALL = dict(rules=".replace_fc(10)")
SEQ = dict(rules='.freeze_all().replace("fc", seq(dropout(0.2), linear(48), relu(), linear(10)))', trained=("fc.*",), head=48)
GAP = dict(
    rules='.replace_fc(10).freeze("layer2.*", "layer3.0")',
    trained=("conv1.*", "bn1.*", "layer1.*", "layer3.1.*", "layer4.*", "fc.*"),
)
GAP50 = dict(GAP, trained=("conv1.*", "bn1.*", "layer1.*", "layer3.[1-5].*", "layer4.*", "fc.*"))
MOVING_GAP = dict(
    rules='.replace_fc(10).freeze("layer1.*").freeze("layer3.*", bn::batch)',
    trained=("conv1.*", "bn1.*", "layer2.*", "layer4.*", "fc.*"),
    moving=("layer3.*",),
)
MOVING = dict(rules=".freeze_all(bn::batch).replace_fc(10)", trained=("fc.*",), moving=("*",))

SMOOTH = dict(label_smoothing=0.1)
NESTEROV = dict(nesterov=True, weight_decay=1e-3)
ADAM = dict(optimizer="adam", lr=1e-3, weight_decay=1e-2)
ADAMW = dict(optimizer="adamw", lr=1e-3, weight_decay=5e-2)
AT33 = dict(size=(33, 33))
AT97X65 = dict(size=(97, 65), batch=3)
SMALL28 = dict(size=(28, 28), small_stem=True)
TINY = dict(model=("basic", (1, 1, 1, 1)), width=10, size=(33, 33), fast=True)

# In float32 one ReLU that flips at a near-tie moves every gradient behind it by 1e-3 and more. Where few ReLUs are trained, seeds
# without near-ties hold the code to bounds of 1e-5; where millions are, each seed has some, and so has PyTorch.
FIRST_THREE = (0, 1, 2)

CASES = [
    # the short suite
    Case("resnet18-fc-64", **FC, float32_seeds=FIRST_THREE, fast=True, fast_float32=True),
    Case("resnet18-fc-moving-33", **MOVING, **AT33, **ADAM, fast=True),
    Case("resnet18-seq-64", **SEQ, **ADAM, **SMOOTH, float32_seeds=FIRST_THREE, fast=True),
    Case("resnet18-layer4-97x65", **LAYER4, **AT97X65, **ADAMW, float32_seeds=(0, 2, 4), tie_margin=1e-5, fast=True),
    Case("resnet18-all-33", **ALL, **AT33, **NESTEROV, float32_seeds=FIRST_THREE, fast=True, fast_float32=True),
    Case("resnet18-gap-33", **GAP, **AT33, **SMOOTH, weight_decay=1e-3, fast=True),
    Case("resnet18-all-small-28", **ALL, **SMALL28, batch=2, momentum=0.0, fast=True),
    Case("resnet50-fc-64", "resnet50", **FC, **ADAMW, batch=2, float32_seeds=FIRST_THREE, fast=True),
    Case("resnet50-layer4-33", "resnet50", **LAYER4, **AT33, **NESTEROV, fast=True),
    Case("tiny-all", rules=".replace_fc(10)", channels=1, **TINY, **ADAM),
    Case("tiny-moving-gap", **MOVING_GAP, **TINY, **NESTEROV),
    Case("tiny-biases", rules='.freeze_all().unfreeze("*.bias")', trained=("*.bias",), classes=1000, batch=2, **TINY),
    Case(
        "tiny-norms",
        rules='.freeze_all().unfreeze("layer*.bn1.weight", "layer*.downsample.1.weight")',
        trained=("layer*.bn1.weight", "layer*.downsample.1.weight"),
        classes=1000,
        batch=2,
        **TINY,
        **SMOOTH,
    ),
    # the long one
    Case("resnet18-all-64", **ALL, **ADAM, float32_seeds=FIRST_THREE),
    Case("resnet18-all-97x65", **ALL, **AT97X65),
    Case("resnet18-moving-gap-64", **MOVING_GAP, **SMOOTH, float32_seeds=FIRST_THREE),
    Case("resnet18-fc-small-28", **FC, **SMALL28, float32_seeds=FIRST_THREE),
    Case("resnet50-all-64", "resnet50", **ALL, float32_seeds=FIRST_THREE),
    Case("resnet50-all-33", "resnet50", **ALL, **AT33, **ADAMW, **SMOOTH),
    Case("resnet50-all-small-28", "resnet50", **ALL, **SMALL28, batch=2, weight_decay=1e-3),
    Case("resnet50-layer4-97x65", "resnet50", **LAYER4, **AT97X65, **ADAM, float32_seeds=(21, 35, 61), tie_margin=1e-5),
    Case("resnet50-seq-64", "resnet50", **SEQ, **SMOOTH, float32_seeds=FIRST_THREE),
    Case("resnet50-gap-33", "resnet50", **GAP50, **AT33, **NESTEROV),
    Case("resnet50-moving-gap-64", "resnet50", **MOVING_GAP, **ADAM),
    Case("resnet50-fc-moving-97x65", "resnet50", **MOVING, **AT97X65),
]
BY_NAME = {case.name: case for case in CASES}
assert len(BY_NAME) == len(CASES)
