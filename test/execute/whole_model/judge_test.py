#!/usr/bin/env python3
"""Breaks a run in every way that the judge has to see, and checks that it does."""

import unittest

import numpy as np

import formula
import judge
from cases import Case

CASE = Case("judge", ("basic", (1, 1, 1, 1)), width=8, trained=("layer4.*", "fc.*"), moving=("layer3.*",), classes=5)
GRADIENT, STATE, FROZEN = "grad.layer4.0.conv1.weight", "layer4.0.bn1.running_var", "layer1.0.conv1.weight"
MOVED, COUNTER = "layer3.0.bn1.running_mean", "layer4.0.bn1.num_batches_tracked"


def made_up_run(inputs):
    """Tensors of the right names and shapes."""
    shapes = formula.shapes(CASE)
    trained, changed, counted = judge.sorted_names(CASE, shapes)
    outputs = {name: inputs[name].astype(np.float64) for name in shapes}
    for name in changed:
        outputs[name] = outputs[name] + formula.uniform(f"step/{name}", shapes[name], -0.01, 0.01)
    for name in shapes:
        if name.endswith("num_batches_tracked"):
            outputs[name] = inputs[name] + (CASE.steps if name in counted else 0)
    for name in trained:
        outputs[f"grad.{name}"] = formula.uniform(f"grad/{name}", shapes[name], -1, 1).astype(np.float64)
    outputs["logits"] = formula.uniform("logits", (CASE.batch, CASE.classes), -1, 1).astype(np.float64)
    outputs["loss"] = np.linspace(2, 1, CASE.steps)
    return outputs


class JudgeTest(unittest.TestCase):
    def setUp(self):
        self.inputs = formula.tensors(CASE, 0)
        self.outputs = made_up_run(self.inputs)
        self.reference = {name: array.copy() for name, array in judge.make_reference(CASE, self.outputs).items()}

    def exceeded(self):
        return judge.exceeds(judge.errors(CASE, self.reference, self.outputs), judge.float64_bounds(CASE))

    def form(self):
        return judge.check_form(CASE, self.inputs, self.outputs, np.float64)

    def test_same_run_passes(self):
        self.assertEqual((self.form(), self.exceeded()), ([], []))

    def test_rounding_passes(self):
        for name, array in self.outputs.items():
            if array.dtype == np.float64 and name in judge.float64_bounds(CASE):
                array *= 1 + 1e-10
        self.assertEqual(self.exceeded(), [])

    def test_scaled_gradient(self):
        self.outputs[GRADIENT] *= 1 + 1e-7
        self.assertEqual(self.exceeded(), [GRADIENT])

    def test_one_element_of_a_gradient(self):
        self.outputs[GRADIENT].reshape(-1)[17] += 1e-5
        self.assertEqual(self.exceeded(), [GRADIENT])

    def test_two_elements_swapped(self):
        flat = self.outputs[GRADIENT].reshape(-1)
        flat[[3, 4]] = flat[[4, 3]]
        self.assertEqual(self.exceeded(), [GRADIENT])

    def test_transposed_kernel(self):
        self.outputs[GRADIENT] = np.ascontiguousarray(self.outputs[GRADIENT].swapaxes(2, 3))
        self.assertEqual(self.exceeded(), [GRADIENT])

    def test_gradients_exchanged(self):
        names = "grad.layer4.0.bn1.weight", "grad.layer4.0.bn2.weight"
        self.outputs[names[0]], self.outputs[names[1]] = self.outputs[names[1]], self.outputs[names[0]]
        self.assertEqual(sorted(self.exceeded()), sorted(names))

    def test_not_a_number(self):
        self.outputs[GRADIENT].reshape(-1)[5] = np.nan
        self.assertEqual(self.exceeded(), [GRADIENT])

    def test_state(self):
        for name in (STATE, MOVED):
            self.outputs[name] *= 1 + 1e-6
        self.assertEqual(sorted(self.exceeded()), sorted([STATE, MOVED]))

    def test_logits_and_loss(self):
        self.outputs["logits"][0, 0] += 1e-6
        self.outputs["loss"][-1] += 1e-6
        self.assertEqual(sorted(self.exceeded()), ["logits", "loss"])

    def test_frozen_parameter_in_its_last_bit(self):
        flat = self.outputs[FROZEN].reshape(-1)
        flat[0] = np.nextafter(flat[0], 2)
        self.assertEqual(self.form(), [f"{FROZEN}: is frozen, but changed"])

    def test_counter(self):
        self.outputs[COUNTER] = self.outputs[COUNTER] + 1
        self.assertEqual(self.form(), [f"{COUNTER}: 11, expected 10"])

    def test_missing_and_unasked(self):
        del self.outputs[GRADIENT]
        self.outputs[f"grad.{FROZEN}"] = self.outputs[FROZEN]
        self.assertEqual(sorted(self.form()), sorted([f"{GRADIENT}: missing", f"grad.{FROZEN}: written, but not asked for"]))

    def test_shape_and_type(self):
        self.outputs["loss"] = self.outputs["loss"].astype(np.float32)
        self.outputs["logits"] = self.outputs["logits"].T
        self.assertEqual(len(self.form()), 2)

    def test_estimate_is_near_the_error(self):
        exact = self.outputs[GRADIENT]
        for seed in range(20):
            wrong = exact + formula.uniform(f"error/{seed}", exact.shape, -1e-6, 1e-6)
            estimate = judge.difference(judge.fingerprint(GRADIENT, wrong), judge.fingerprint(GRADIENT, exact))
            self.assertTrue(0.3 < estimate / judge.relative_error(wrong, exact) < 2)

    def test_float32_bounds(self):
        trained, changed, _ = judge.sorted_names(CASE, formula.shapes(CASE))
        runs = []
        for error in (1e-3, 1e-7):
            runs.append({key: np.full(len(names), error) for key, names in
                         (("gradients_float32_error", trained), ("state_float32_error", changed))})
        self.assertAlmostEqual(judge.float32_bounds(CASE, runs)[GRADIENT], 3e-3)
        self.assertEqual(judge.float32_bounds(CASE, runs[1:])[STATE], judge.FLOAT32_FLOOR)
        found = judge.worst([{GRADIENT: 1e-3}, {GRADIENT: 4e-3}])
        self.assertEqual(judge.exceeds(found, {GRADIENT: 3e-3}), [GRADIENT])


class FormulaTest(unittest.TestCase):
    def test_values_are_fixed(self):
        self.assertEqual(formula.hashes("resnetc", 2).tolist(), [0x2AE86CF025559FA5, 0x2A32DA1A0DAA0245])
        self.assertEqual(formula.uniform("resnetc", (2,), -1, 1).tolist(), [-0.664781928062439, -0.6703231334686279])

    def test_shapes_count_as_torchvision(self):
        for name, classes, parameters in (("resnet18", 1000, 11689512), ("resnet50", 1000, 25557032)):
            shapes = formula.shapes(Case("count", name, classes=classes))
            buffers = ("running_mean", "running_var", "num_batches_tracked")
            self.assertEqual(sum(int(np.prod(s)) for n, s in shapes.items() if not n.endswith(buffers)), parameters)


if __name__ == "__main__":
    unittest.main()
