"""Modules for tests of single operations: @features alone, which takes all operands out of the images.

Operands are channels of the images, selected by 1x1 convolutions. That is exact: each value is one value and zeros, summed.
What the operations give is a record, or the gradient of a parameter.
"""

from dataclasses import dataclass

import numpy as np

from dialect import Module

BOUNDS = {"f32": 1e-5, "f64": 1e-12}  # of the largest error over the largest value


@dataclass
class Outcome:
    what: str
    ours: np.ndarray
    expected: np.ndarray

    def error(self):
        """Largest error over largest value."""
        return np.abs(self.ours - self.expected).max() / max(np.abs(self.expected).max(), 1e-30)


class Operands(dict):
    """{value of the module: array}, and the fields of the call."""

    def __init__(self, images, fields):
        self.images, self.fields = images, fields


class Sampled:
    def __init__(self, title, element, channels, size):
        self.title, self.element = title, element
        self.module = Module(element)
        self.features = self.module.function("features")
        self.images = self.features.argument((channels, *size))
        self._taken = {}  # {value: (channels, stride)}
        self._read = {}  # {value: parameter's name}
        self._results, self._gradients, self._states, self._fields = [], [], [], []  # (what or name, reference)

    def __str__(self):
        return f"{self.title} {self.element}"

    def take(self, channels, stride=1):
        """Activations of these channels of the images, at every `stride`th row and column."""
        name = f"select{len(self._taken)}.weight"
        weight = self.module.parameter(name, "conv_weight", (len(channels), self.images.shape[0], 1, 1))
        value = self.features.conv2d(self.images, self.features.read(weight), stride, 0)
        self._taken[value] = (list(channels), stride)
        return value

    def parameter(self, name, role, shape, *flags):
        value = self.features.read(self.module.parameter(name, role, shape, *flags))
        self._read[value] = name
        return value

    def result(self, what, value, reference):
        """`value` is compared with reference(operands)."""
        self.features.results.append(value)
        self._results.append((what, reference))

    def gradient(self, weight, value, reference):
        """`value` is accumulated as the gradient of `weight`, a trained parameter, and compared."""
        self.features.accumulate(self._read[weight], value)
        self._gradients.append((self._read[weight], reference))

    def state(self, name, reference):
        """The parameter is compared after the call."""
        self._states.append((name, reference))

    def field(self, name, reference):
        """The buffer that the call names so is compared."""
        self._fields.append((name, reference))

    def text(self):
        return self.module.text()

    def draw_images(self, random, batch):
        return self._draw(random, (batch, *self.images.shape))

    def _draw(self, random, shape):
        return random.uniform(-1, 1, shape).astype({"f32": np.float32, "f64": np.float64}[self.element]).astype(np.float64)

    def run(self, compiled, images, **fields):
        """Calls @features on [N,C,H,W] and gives all outcomes, results first."""
        operands = Operands(images, fields)
        for value, (channels, stride) in self._taken.items():
            operands[value] = images[:, channels, ::stride, ::stride]
        random = np.random.default_rng(1)
        tensors = {}
        for p in self.module.parameters.values():
            tensors[p.name] = np.abs(self._draw(random, p.shape)) if p.role == "bn_var" else self._draw(random, p.shape)
        for number, (channels, _) in enumerate(self._taken.values()):
            tensors[f"select{number}.weight"] = np.eye(images.shape[1])[channels]
        for name, values in tensors.items():
            compiled.write(name, values)
        operands.update((value, tensors[name]) for value, name in self._read.items())
        compiled.buffers["gradients"].array[:] = 0
        if compiled.variant.prepare:
            compiled.call("prepare", 1)
        records = compiled.run_features(images, [value.shape for value in self.features.results], **fields)
        ours = [*records, *(compiled.read(name, "gradients") for name, _ in self._gradients)]
        ours += [compiled.read(name) for name, _ in self._states]
        ours += [fields[name].array for name, _ in self._fields]
        compared = [*self._results, *((f"gradient of {name}", r) for name, r in self._gradients)]
        compared += [*self._states, *self._fields]
        return [Outcome(what, mine, reference(operands)) for (what, reference), mine in zip(compared, ours)]


class Judge:
    """Collects outcomes and says at the end which were too far off."""

    def __init__(self):
        self.count, self.worst, self.failed = 0, dict.fromkeys(BOUNDS, 0.0), []

    def add(self, case, element, run, bound=None):
        """Judges the outcomes that run() gives, and gives them back. `bound` is the element type's where none is given."""
        try:
            outcomes = list(run())
        except AssertionError as error:  # of Program
            self.failed.append(f"{case}: {error}")
            return []
        for outcome in outcomes:
            error = outcome.error()
            self.count += 1
            if not error <= (bound or BOUNDS[element]):
                self.failed.append(f"{case}: {outcome.what}: relative error {error:.1e}")
            else:
                self.worst[element] = max(self.worst[element], error)
        return outcomes

    def add_with_one_alone(self, case, element, run, images, bound=None):
        """Judges run(images), and run() of the second image alone, which gives all but gradients to the same bits."""
        together = self.add(case, element, lambda: run(images), bound)
        alone = self.add(f"{case}, one image", element, lambda: run(images[1:2]), bound)
        for one, all_ in zip(alone, together):
            if not one.what.startswith("gradient") and not np.array_equal(one.ours, all_.ours[1:2]):
                self.failed.append(f"{case}: {one.what}: an image alone has other bits than in a batch")

    def report(self):
        """Prints; the exit code."""
        worst = ", ".join(f"{element} {error:.1e} of {BOUNDS[element]:.0e}" for element, error in self.worst.items())
        print(f"{self.count} results; worst relative errors: {worst}")
        for line in self.failed[:20]:
            print(line)
        if self.failed:
            print(f"{len(self.failed)} results exceed their bounds")
        return 1 if self.failed or not self.count else 0
