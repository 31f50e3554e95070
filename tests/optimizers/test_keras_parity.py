"""Trajectories and schedules equal Keras 3's. Golden values: keras_golden.json, written by keras_golden.py."""

import json
from pathlib import Path

import numpy as np
import pytest

from chainrule import optimizers
from chainrule.autodiff.variable import Variable
from chainrule.optimizers import Segment, schedules

GOLDEN = json.loads(Path(__file__).with_name("keras_golden.json").read_text())
SEGMENTS = (Segment(0, 6, (2, 3), "kernel"), Segment(6, 3, (3,), "bias"))
# The weights are about 1. Keras computes Adam's bias corrections in float32, where 1 - 0.999^t has only five
# right digits, ours are rounded once: cases with a large rate have a smaller beta_2.
TOLERANCE = {"float32": 1e-6, "float64": 1e-12}

cases = pytest.mark.parametrize(
    "case", GOLDEN["optimizers"], ids=lambda case: "-".join([case["name"], *case["arguments"]])
)
dtypes = pytest.mark.parametrize("dtype", TOLERANCE)


def make(case):
    arguments = dict(case["arguments"])
    if isinstance(arguments.get("learning_rate"), dict):
        [(name, its_arguments)] = arguments["learning_rate"].items()
        arguments["learning_rate"] = getattr(schedules, name)(**its_arguments)
    return getattr(optimizers, case["name"])(**arguments)


def final(kept):
    return kept.get("final", kept["12"])


def joined(variables):
    return np.concatenate([variable.numpy().ravel() for variable in variables])


@cases
@dtypes
def test_vector_follows_keras(case, dtype):
    optimizer = make(case)
    weights = np.array(GOLDEN["initial"], dtype)
    gradients = np.array(GOLDEN["gradients"], dtype)
    state = optimizer.init_state(9, dtype)
    table = optimizer.scalar_table(0, len(gradients), dtype)
    for step, gradient in enumerate(gradients):
        optimizer.step(weights, gradient, state, table.row(step), SEGMENTS)
        if expected := case[dtype].get(str(step + 1)):
            np.testing.assert_allclose(weights, expected, rtol=0, atol=TOLERANCE[dtype])
    optimizer.finalize(weights, state)
    np.testing.assert_allclose(weights, final(case[dtype]), rtol=0, atol=TOLERANCE[dtype])
    assert weights.dtype == dtype
    np.testing.assert_array_equal(gradients, np.array(GOLDEN["gradients"], dtype))


@cases
@dtypes
def test_apply_gradients_follows_keras(case, dtype):
    optimizer = make(case)
    kernel, bias = np.split(np.array(GOLDEN["initial"], dtype), [6])
    variables = [Variable(kernel.reshape(2, 3), name="kernel"), Variable(bias, name="bias")]
    for step, gradient in enumerate(np.array(GOLDEN["gradients"], dtype), start=1):
        pairs = zip([gradient[:6].reshape(2, 3), gradient[6:]], variables, strict=True)
        assert optimizer.apply_gradients(pairs) == step
        if expected := case[dtype].get(str(step)):
            np.testing.assert_allclose(joined(variables), expected, rtol=0, atol=TOLERANCE[dtype])
    optimizer.finalize_variable_values(variables)
    np.testing.assert_allclose(joined(variables), final(case[dtype]), rtol=0, atol=TOLERANCE[dtype])


@pytest.mark.parametrize("case", GOLDEN["schedules"], ids=lambda case: "-".join([case["name"], *case["arguments"]]))
def test_schedule_is_keras(case):
    schedule = getattr(schedules, case["name"])(**case["arguments"])
    steps = np.arange(len(case["rates"]))
    # keras.ops.cos gives float32 for a float64: 1 + cos is right to 2^-24, whatever is left of it near the end.
    cosine, restarts = case["name"].startswith("CosineDecay"), case["name"] == "CosineDecayRestarts"
    tolerance, near_the_end = 3e-7 if cosine else 1e-13, 0.1 * 2**-24 if restarts else 1e-17
    np.testing.assert_allclose(schedule(steps), case["rates"], rtol=tolerance, atol=near_the_end)
    assert schedule(steps).dtype == np.float64
    assert float(schedule(3)) == schedule(steps)[3]
