"""Writes modules of the `resnet` dialect as text.

A Function keeps its operations as a list too, so that what it computes can be followed without the compiler (forward.py).
Shapes of activations leave out the batch.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Value:
    name: str  # in the text, without %
    shape: tuple  # [C,H,W] or [C] of an activation, the whole shape of a parameter
    batched: bool = True
    type: str = ""  # element type, where it is not the module's


@dataclass(frozen=True)
class Operation:
    name: str  # "conv2d"
    operands: tuple
    results: tuple
    attributes: dict


@dataclass(frozen=True)
class Parameter:
    name: str
    role: str  # "conv_weight"
    shape: tuple
    flags: tuple = ()  # of "trained", "moves"


def window(size, kernel, stride, padding):
    """Outputs of a window along a dimension."""
    return (size + 2 * padding - kernel) // stride + 1


class Module:
    def __init__(self, element):
        self.element = element  # "f32" or "f64"
        self.parameters = {}
        self.functions = []

    def parameter(self, name, role, shape, *flags):
        self.parameters[name] = Parameter(name, role, tuple(shape), flags)
        return name

    def function(self, name):
        self.functions.append(Function(self, name))
        return self.functions[-1]

    def type_of(self, value):
        sizes = ["?"] * value.batched + [str(size) for size in value.shape]
        return f"tensor<{'x'.join([*sizes, value.type or self.element])}>"

    def text(self):
        lines = []
        for p in self.parameters.values():
            flags = f" {{{', '.join(p.flags)}}}" if p.flags else ""
            shape = "x".join(map(str, p.shape))
            type_ = "tensor<i64>" if p.role == "bn_count" else f"tensor<{shape}x{self.element}>"
            lines.append(f'resnet.parameter @{p.name} "{p.role}"{flags} : {type_}')
        return "\n".join(lines + [function.text() for function in self.functions]) + "\n"


@dataclass
class Function:
    module: Module
    name: str
    arguments: list = field(default_factory=list)
    operations: list = field(default_factory=list)
    results: list = field(default_factory=list)
    lines: list = field(default_factory=list)
    count: int = 0

    def argument(self, shape, type_=""):
        self.arguments.append(self._fresh(shape, type_=type_))
        return self.arguments[-1]

    def text(self):
        arguments = ", ".join(f"%{v.name}: {self._types(v)}" for v in self.arguments)
        end = f"  return {_names(self.results)} : {self._types(*self.results)}" if self.results else "  return"
        arrow = f" -> ({self._types(*self.results)})" if self.results else ""
        return "\n".join([f"func.func @{self.name}({arguments}){arrow} {{", *self.lines, end, "}"])

    def _fresh(self, shape, batched=True, type_=""):
        self.count += 1
        return Value(f"v{self.count}", tuple(shape), batched, type_)

    def _types(self, *values):
        return ", ".join(map(self.module.type_of, values))

    def _add(self, name, operands, results, text, attributes):
        """Appends `results = resnet.name text`, and gives the results (one as itself)."""
        self.operations.append(Operation(name, tuple(operands), tuple(results), attributes))
        left = f"{_names(results)} = " if results else ""
        self.lines.append(f"  {left}resnet.{name} {text}")
        return results[0] if len(results) == 1 else tuple(results)

    def _row(self, name, operands, results, types, **attributes):
        """The usual form: names of the operands, attributes, types."""
        text = f"{_names(operands)}{_attributes(attributes)} : {types}"
        return self._add(name, operands, results, text, attributes)

    def _alike(self, name, operands, **attributes):
        """An op whose operands and result have one type."""
        return self._row(name, operands, [self._fresh(operands[0].shape)], self._types(operands[0]), **attributes)

    def _functional(self, name, operands, result, **attributes):
        types = f"({self._types(*operands)}) -> {self._types(result)}"
        return self._row(name, operands, [result], types, **attributes)

    # parameters

    def read(self, name):
        value = self._fresh(self.module.parameters[name].shape, batched=False)
        return self._add("read", [], [value], f"@{name} : {self._types(value)}", dict(source=name))

    def accumulate(self, name, gradient):
        text = f"@{name}, %{gradient.name} : {self._types(gradient)}"
        self._add("accumulate_gradient", [gradient], [], text, dict(parameter=name))

    # forward

    def conv2d(self, x, weight, stride, padding, scale=None, shift=None, residual=None, relu=False):
        h, w = (window(size, weight.shape[2], stride, padding) for size in x.shape[1:])
        y = self._fresh((weight.shape[0], h, w))
        fused = {"scale": scale, "shift": shift, "residual": residual}
        operands = [x, weight, *(value for value in fused.values() if value)]
        epilogue = "".join(f" {word}(%{value.name})" for word, value in fused.items() if value)
        attributes = dict(stride=stride, padding=padding) | (dict(relu=True) if relu else {})
        types = f"({self._types(*operands)}) -> {self._types(y)}"
        text = f"{_names([x, weight])}{epilogue}{_attributes(attributes)} : {types}"
        return self._add("conv2d", operands, [y], text, attributes)

    def batch_norm(self, x, weight, bias, mean, var, module, policy="running", eps=1e-5):
        operands = [x, weight, bias, mean, var]
        types = self._types(x, weight)
        return self._row("batch_norm", operands, [self._fresh(x.shape)], types, eps=eps, policy=policy, module=module)

    def batch_norm_batch(self, x, weight, bias, residual=None, relu=False, eps=1e-5):
        results = [self._fresh(x.shape), self._fresh(x.shape[:1], False), self._fresh(x.shape[:1], False)]
        attributes = dict(eps=eps) | (dict(relu=True) if relu else {})
        epilogue = f" residual(%{residual.name} : {self._types(residual)})" if residual else ""
        text = f"{_names([x, weight, bias])}{epilogue}{_attributes(attributes)} : {self._types(x, weight)}"
        return self._add("batch_norm_batch", [x, weight, bias], results, text, attributes)

    def normalize(self, x, weight, bias, mean, var, residual=None, relu=False, eps=1e-5):
        operands, attributes = [x, weight, bias, mean, var], dict(eps=eps) | (dict(relu=True) if relu else {})
        epilogue = f" residual(%{residual.name} : {self._types(residual)})" if residual else ""
        text = f"{_names(operands)}{epilogue}{_attributes(attributes)} : {self._types(x, weight)}"
        return self._add("normalize", operands, [self._fresh(x.shape)], text, attributes)

    def update_statistics(self, running_mean, running_var, mean, var, x, momentum=0.1):
        text = f"@{running_mean}, @{running_var}, %{mean.name}, %{var.name} of %{x.name}"
        text += f"{_attributes(dict(momentum=momentum))} : {self._types(mean, x)}"
        self._add("update_statistics", [mean, var, x], [], text, {})

    def fold_batch_norm(self, weight, bias, mean, var, eps=1e-5):
        results = [self._fresh(weight.shape, False), self._fresh(weight.shape, False)]
        return self._row("fold_batch_norm", [weight, bias, mean, var], results, self._types(weight), eps=eps)

    def scale_shift(self, x, scale, shift=None):
        more = f" shift(%{shift.name} : {self._types(shift)})" if shift else ""
        text = f"{_names([x, scale])}{more} : {self._types(x, scale)}"
        return self._add("scale_shift", [x, scale], [self._fresh(x.shape)], text, {})

    def relu(self, x):
        return self._alike("relu", [x])

    def add(self, a, b):
        return self._alike("add", [a, b])

    def max_pool(self, x, kernel, stride, padding, winner=False):
        shape = (x.shape[0], *(window(size, kernel, stride, padding) for size in x.shape[1:]))
        results = [self._fresh(shape)] + ([self._fresh(shape, type_="i8")] if winner else [])
        types = f"{self._types(x)} -> {self._types(*results)}"
        return self._row("max_pool", [x], results, types, kernel=kernel, stride=stride, padding=padding)

    def global_avg_pool(self, x):
        y = self._fresh(x.shape[:1])
        return self._row("global_avg_pool", [x], [y], f"{self._types(x)} -> {self._types(y)}")

    def linear(self, x, weight, bias):
        return self._functional("linear", [x, weight, bias], self._fresh(weight.shape[:1]))

    def dropout(self, x, rate, site):
        return self._alike("dropout", [x], rate=float(rate), site=site)

    def softmax_cross_entropy(self, logits, labels):
        results = [self._fresh(logits.shape)]
        return self._row("softmax_cross_entropy", [logits, labels], results, self._types(logits, labels))

    # backward; `like` has the shape of the result

    def conv2d_dx(self, dy, weight, stride, padding, like):
        return self._functional("conv2d_dx", [dy, weight], self._fresh(like.shape), stride=stride, padding=padding)

    def conv2d_dw(self, x, dy, stride, padding, like):
        dw = self._fresh(like.shape, batched=False)
        return self._functional("conv2d_dw", [x, dy], dw, stride=stride, padding=padding)

    def relu_grad(self, dy, y):
        return self._alike("relu_grad", [dy, y])

    def batch_norm_sums(self, x, dy, mean, var, eps=1e-5):
        results = [self._fresh(mean.shape, False), self._fresh(mean.shape, False)]
        return self._row("batch_norm_sums", [x, dy, mean, var], results, self._types(x, mean), eps=eps)

    def batch_norm_dx(self, x, dy, weight, mean, var, dweight, dbias, eps=1e-5):
        operands = [x, dy, weight, mean, var, dweight, dbias]
        return self._row("batch_norm_dx", operands, [self._fresh(x.shape)], self._types(x, mean), eps=eps)

    def channel_sum(self, dy):
        total = self._fresh(dy.shape[:1], False)
        return self._row("channel_sum", [dy], [total], f"{self._types(dy)} -> {self._types(total)}")

    def max_pool_grad(self, dy, winner, kernel, stride, padding, like):
        dx = self._fresh(like.shape)
        types = f"{self._types(dy, winner)} -> {self._types(dx)}"
        return self._row("max_pool_grad", [dy, winner], [dx], types, kernel=kernel, stride=stride, padding=padding)

    def global_avg_pool_grad(self, dy, like):
        dx = self._fresh(like.shape)
        return self._row("global_avg_pool_grad", [dy], [dx], f"{self._types(dy)} -> {self._types(dx)}")

    def linear_dx(self, dy, weight):
        return self._functional("linear_dx", [dy, weight], self._fresh(weight.shape[1:]))

    def linear_dw(self, x, dy, like):
        return self._functional("linear_dw", [x, dy], self._fresh(like.shape, batched=False))


def _names(values):
    return ", ".join(f"%{value.name}" for value in values)


def _attributes(attributes):
    """" {stride = 1, relu}", as the dialect writes attributes."""
    words = []
    for name, value in attributes.items():
        if value is True:
            words.append(name)
        elif isinstance(value, float):
            words.append(f"{name} = {value:.17e} : f64")
        else:
            words.append(f'{name} = "{value}"' if isinstance(value, str) else f"{name} = {value}")
    return f" {{{', '.join(words)}}}" if words else ""
