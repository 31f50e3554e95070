"""Losses give Keras 3's values, reductions and gradients. Golden values: keras_golden.json, by keras_golden.py."""

import json
from pathlib import Path

import numpy as np
import pytest

from chainrule import GradientTape, Tensor, losses

GOLDEN = json.loads(Path(__file__).with_name("keras_golden.json").read_text())
# Losses up to 16 and their gradients (up to 1e7 where a probability is clipped at 1e-7), relative.
TOLERANCE = {"float32": 3e-6, "float64": 1e-13}
cases = pytest.mark.parametrize(
    "case",
    GOLDEN["cases"],
    ids=lambda case: "-".join([case["name"], *(f"{k}={v}" for k, v in case["arguments"].items() if v)]),
)
both_types = pytest.mark.parametrize("dtype", TOLERANCE)


def make(case, **more):
    return getattr(losses, case["name"])(**case["arguments"], **more)


def near_0_or_1(case):
    """Whether log(1 - f) is taken of an f that float32 rounds by 1% of 1 - f."""
    return case["name"] == "BinaryCrossentropy" and not case["arguments"].get("from_logits")


@cases
@both_types
def test_reductions_and_weights(case, dtype):
    f = np.array(case["f"], dtype)
    tolerance = 0.02 if dtype == "float32" and near_0_or_1(case) else TOLERANCE[dtype]
    for key, expected in case["results"].items():
        reduction, _, weighted = key.partition(", ")
        weight = np.array(GOLDEN["weights"]) if weighted else None
        value = make(case, reduction=reduction)(case["y"], f, sample_weight=weight)
        assert value.dtype == dtype
        assert value.shape == np.shape(expected)
        np.testing.assert_allclose(value.numpy(), expected, rtol=tolerance, atol=TOLERANCE[dtype], err_msg=key)


@cases
def test_gradient(case):
    f = Tensor(np.array(case["f"]))
    with GradientTape() as tape:
        tape.watch(f)
        value = make(case)(case["y"], f)
    gradient = tape.gradient(value, f).numpy()
    np.testing.assert_allclose(gradient, case["gradient"], rtol=1e-12, atol=1e-14)


def test_defaults_are_kerass():
    for cls in losses.CLASSES.values():
        assert cls().reduction == "sum_over_batch_size"
    assert (losses.Huber().delta, losses.Quantile().quantile) == (1.0, 0.5)
    loss = losses.CategoricalCrossentropy()
    assert (loss.from_logits, loss.label_smoothing) == (False, 0.0)
