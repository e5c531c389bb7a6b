"""Small networks, each around one operation or block, for the tests of gradients."""

from fnmatch import fnmatchcase

from dialect import Module

CLASSES = 5


class Net:
    """A module with @forward as the frontend makes it. `trained`: globs over the names of weights and biases."""

    def __init__(self, size=(7, 5), channels=3, trained=("*",)):
        self.module = Module("f64")
        self.trained = trained
        self.forward = self.module.function("forward")
        self.images = self.forward.argument((channels, *size))

    def parameter(self, name, role, shape):
        flags = ["trained"] if any(fnmatchcase(name, glob) for glob in self.trained) else []
        return self.forward.read(self.module.parameter(name, role, shape, *flags))

    def buffer(self, name, role, shape):
        return self.forward.read(self.module.parameter(name, role, shape))

    def conv(self, name, x, k, kernel=3, stride=1):
        weight = self.parameter(f"{name}.weight", "conv_weight", (k, x.shape[0], kernel, kernel))
        return self.forward.conv2d(x, weight, stride, kernel // 2)

    def norm(self, name, x, policy="running", eps=1e-5):
        shape = x.shape[:1]
        tensors = [self.parameter(f"{name}.{field}", f"bn_{field}", shape) for field in ("weight", "bias")]
        tensors += [self.buffer(f"{name}.running_{field}", f"bn_{field}", shape) for field in ("mean", "var")]
        self.module.parameter(f"{name}.num_batches_tracked", "bn_count", ())
        return self.forward.batch_norm(x, *tensors, module=name, policy=policy, eps=eps)

    def relu(self, x):
        return self.forward.relu(x)

    def linear(self, name, x, k):
        weight = self.parameter(f"{name}.weight", "linear_weight", (k, x.shape[0]))
        return self.forward.linear(x, weight, self.parameter(f"{name}.bias", "linear_bias", (k,)))

    def finish(self, x):
        """Logits from activations whose gradient is not the same everywhere: those of a ReLU."""
        return self.classify(self.forward.global_avg_pool(x))

    def classify(self, features):
        self.forward.results = [self.linear("fc", features, CLASSES)]
        return self

    def text(self):
        return self.module.text()


def convolution(kernel):
    net = Net()
    x = net.conv("conv1", net.images, 4, 1)
    x = net.relu(net.conv("conv2", x, 5, kernel))
    return net.finish(net.relu(net.conv("conv3", x, 40, kernel, 2)))


def stem(kernel, stride):
    net = Net((9, 11))
    return net.finish(net.relu(net.conv("conv1", net.images, 5, kernel, stride)))


def pool(kernel, stride, padding):
    net = Net((9, 8))
    x = net.forward.max_pool(net.conv("conv1", net.images, 4), kernel, stride, padding)
    return net.finish(net.relu(x))


def norm(trained, policy="running"):
    net = Net(trained=trained)
    return net.finish(net.relu(net.norm("bn1", net.conv("conv1", net.images, 4), policy)))


def shared():
    """A value with three readers."""
    net = Net()
    x = net.conv("conv1", net.images, 4)
    x = net.forward.add(net.forward.add(net.conv("conv2", x, 4), x), net.relu(x))
    return net.finish(net.relu(x))


def head(rate):
    net = Net()
    x = net.forward.global_avg_pool(net.relu(net.conv("conv1", net.images, 40)))
    if rate:
        x = net.forward.dropout(x, rate, 3)
    return net.classify(net.relu(net.linear("hidden", x, 37)))


def residual(net, name, x, convs, stride):
    """A block: `convs` are (channels, kernel, stride)."""
    y = x
    for i, (k, kernel, s) in enumerate(convs, 1):
        y = net.norm(f"{name}.bn{i}", net.conv(f"{name}.conv{i}", y, k, kernel, s))
        y = net.relu(y) if i < len(convs) else y
    if stride > 1 or x.shape[0] != y.shape[0]:
        x = net.norm(f"{name}.downsample.1", net.conv(f"{name}.downsample.0", x, y.shape[0], 1, stride))
    return net.relu(net.forward.add(y, x))


def basic(trained=("*",), planes=4, stride=1):
    net = Net(trained=trained)
    x = net.relu(net.conv("conv1", net.images, 4))
    return net.finish(residual(net, "block", x, [(planes, 3, stride), (planes, 3, 1)], stride))


def bottleneck(trained=("*",), planes=2, stride=1):
    net = Net(trained=trained)
    x = net.relu(net.conv("conv1", net.images, 8))
    convs = [(planes, 1, 1), (planes, 3, stride), (4 * planes, 1, 1)]
    return net.finish(residual(net, "block", x, convs, stride))


def full_stem():
    net = Net((19, 17))
    x = net.relu(net.norm("bn1", net.conv("conv1", net.images, 4, 7, 2)))
    return net.finish(net.forward.max_pool(x, 3, 2, 1))


NETS = {
    **{f"conv2d {k}x{k}": (convolution, k) for k in (1, 3, 7)},
    **{f"stem {k}x{k}, stride {s}": (stem, k, s) for k, s in ((3, 1), (7, 2))},
    "max_pool 3x3, stride 2": (pool, 3, 2, 1),
    "max_pool 3x3, stride 1": (pool, 3, 1, 1),
    "max_pool 2x2, stride 2": (pool, 2, 2, 0),
    "relu and add": (shared,),
    "batch_norm, trained": (norm, ("*",)),
    "batch_norm, weight alone": (norm, ("bn1.weight", "fc.weight")),
    "batch_norm, bias alone": (norm, ("bn1.bias",)),
    "batch_norm, bias and what is before": (norm, ("conv1.*", "bn1.bias")),
    "batch_norm, frozen between trained": (norm, ("conv1.*", "fc.*")),
    "batch_norm, frozen on batch statistics": (norm, ("conv1.*", "fc.*"), "batch"),
    "batch_norm, frozen on batch statistics, nothing trained before": (norm, ("fc.*",), "batch"),
    "linear": (head, 0),
    "dropout": (head, 0.4),
    "basic block": (basic,),
    "basic block with downsample": (basic, ("*",), 5, 2),
    "basic block, frozen": (basic, ("conv1.*", "fc.*")),
    "basic block, frozen prefix": (basic, ("block.conv2.*", "block.bn2.*", "fc.*")),
    "bottleneck": (bottleneck,),
    "bottleneck with downsample": (bottleneck, ("*",), 3, 2),
    "bottleneck, biases alone": (bottleneck, ("*.bias",)),
    "stem with pool": (full_stem,),
}


def make(name):
    build, *arguments = NETS[name]
    return build(*arguments)
