"""Prints the tests for CMake: a line each of case, element type and, outside the short suite, `slow`."""

from cases import CASES

for case in CASES:
    print(case.name, "f64", "" if case.fast else "slow")
    if case.float32_seeds:
        print(case.name, "f32", "" if case.fast_float32 else "slow")
