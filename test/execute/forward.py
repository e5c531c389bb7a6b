"""Follows @forward of a module in float64: in training (before any gradient) and in inference."""

import numpy as np

import naive


class Run:
    """Values of all operations for given images and tensors {name: array}.

    `margin` is how near the run comes to a point without a gradient: the least distance of a ReLU's input from zero and of
    the two highest values of a pooling window from each other.
    """

    def __init__(self, module, images, tensors, training, dropout=None):
        self.module, self.tensors, self.training, self.dropout = module, tensors, training, dropout
        self.margin, self.moved = np.inf, {}  # {running statistic: its new value}
        (function,) = module.functions
        self.values = {function.arguments[0]: np.asarray(images, np.float64)}
        for operation in function.operations:
            results = getattr(self, "_" + operation.name)(operation, *(self.values[v] for v in operation.operands))
            self.values[operation.results[0]] = results
        self.logits = self.values[function.results[0]]

    def _read(self, op):
        return np.asarray(self.tensors[op.attributes["source"]], np.float64)

    def _conv2d(self, op, x, weight):
        return naive.conv2d(x, weight, op.attributes["stride"], op.attributes["padding"])

    def _batch_norm(self, op, x, weight, bias, mean, var):
        name = op.attributes["module"]
        by_batch = "trained" in self.module.parameters[f"{name}.weight"].flags or op.attributes["policy"] == "batch"
        if self.training and by_batch:
            m = x[:, 0].size
            running = {"running_mean": mean, "running_var": var}
            mean, var = naive.statistics(x)
            for field, fresh in (("running_mean", mean), ("running_var", var * m / (m - 1))):
                self.moved[f"{name}.{field}"] = 0.9 * running[field] + 0.1 * fresh
        return naive.batch_norm(x, weight, bias, mean, var, op.attributes["eps"])

    def _relu(self, op, x):
        self.margin = min(self.margin, np.abs(x).min())
        return np.maximum(x, 0)

    def _add(self, op, a, b):
        return a + b

    def _max_pool(self, op, x):
        window = [op.attributes[name] for name in ("kernel", "stride", "padding")]
        self.margin = min(self.margin, naive.max_pool_margin(x, *window))
        return naive.max_pool(x, *window)[0]

    def _global_avg_pool(self, op, x):
        return x.mean(axis=(2, 3))

    def _linear(self, op, x, weight, bias):
        return x @ weight.T + bias

    def _dropout(self, op, x):
        if not self.training or self.dropout is None:
            return x
        return naive.dropout(x, op.attributes["rate"], op.attributes["site"], **self.dropout)
