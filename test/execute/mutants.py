"""Mistakes, each made in one operation of a @gradients that Differentiate wrote."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    net: str  # of nets.py
    what: str
    pattern: str  # a regular expression that is found in @gradients; the last place is changed
    replacement: str

    def __str__(self):
        return f"{self.net}: {self.what}"

    def apply(self, text):
        at = text.index("func.func @gradients")
        found = list(re.finditer(self.pattern, text[at:], re.MULTILINE | re.DOTALL))
        if not found:
            raise ValueError(f"{self}: nothing to change")
        last = found[-1]
        return text[: at + last.start()] + last.expand(self.replacement) + text[at + last.end() :]


def doubled(net, op):
    """The activations' gradient that `op` gives is doubled."""
    pattern = rf"^ *(%\w+) = (resnet\.{op} [^\n]*?(tensor<\?x\S+>)(, tensor<\??\w+>)?)$"
    return Mutant(net, f"{op} is doubled", pattern, r"%once = \2\n\1 = resnet.add %once, %once : \3")


def fed_double(net, op, pattern):
    """`op`, which gives a parameter's gradient, takes twice the gradient it should; pattern: ...(operand)...(its type)."""
    return Mutant(
        net,
        f"{op} takes the double",
        rf"^ *([^\n]* = resnet\.{op} )" + pattern,
        r"%double = resnet.add \3, \3 : \5\n\1\2%double\4\5",
    )


def with_eps(net, op):
    return Mutant(net, f"eps of {op}", rf"(resnet\.{op} [^\n]*eps = )1\.0+e-05", r"\g<1>0.5")


MUTANTS = [
    *(
        doubled(net, op)
        for net, op in {
            "conv2d 3x3": "conv2d_dx",
            "relu and add": "relu_grad",
            "max_pool 3x3, stride 2": "max_pool_grad",
            "max_pool 2x2, stride 2": "global_avg_pool_grad",
            "batch_norm, trained": "batch_norm_dx",
            "batch_norm, frozen between trained": "scale_shift",
            "linear": "linear_dx",
            "dropout": "dropout",
            "bottleneck": "softmax_cross_entropy",
        }.items()
    ),
    fed_double("stem 3x3, stride 1", "conv2d_dw", r"(%\w+, )(%\w+)([^\n]*, )(tensor<\S+>)(?=\) ->)"),
    fed_double("linear", "linear_dw", r"(%\w+, )(%\w+)([^\n]*, )(tensor<\S+>)(?=\) ->)"),
    fed_double("batch_norm, bias alone", "channel_sum", r"()(%\w+)( : )(tensor<\S+>)"),
    with_eps("batch_norm, weight alone", "batch_norm_sums"),
    with_eps("batch_norm, frozen on batch statistics", "batch_norm_dx"),
    Mutant("basic block", "relu_grad looks at the gradient", r"relu_grad (%\w+), %\w+", r"relu_grad \1, \1"),
    Mutant("dropout", "another mask on the way back", r"site = 3", "site = 4"),
    Mutant("basic block", "the shortcut's gradient is lost", r"resnet\.add (%\w+), %\w+", r"resnet.add \1, \1"),
    Mutant("basic block", "another weight", r"(conv2d_dx %\w+, )(%\w+)(.*conv2d_dx %\w+, )%\w+", r"\1\2\3\2"),
    Mutant(
        "linear",
        "the features before the ReLU",
        r"(%\w+)( = resnet\.relu )(%\w+)( : tensor<\?x37xf64>.*linear_dw )\1,",
        r"\1\2\3\4\3,",
    ),
    Mutant(
        "batch_norm, trained",
        "weight and bias get each other's",
        r"(gradient @bn1\.\w+, )(%\w+)(.*gradient @bn1\.\w+, )(%\w+)",
        r"\1\4\3\2",
    ),
]
