import math

import numpy as np
import pytest

from chainrule.errors import DataError, DTypeError, ShapeError
from chainrule.metrics import FunctionMetric, Mean


def test_mean_of_values_and_weights():
    mean = Mean()
    mean.update_state([1, 3, 5, 7])
    assert mean.result() == 4.0
    mean.reset_state()
    mean.update_state([1, 3, 5, 7], sample_weight=[1, 1, 0, 0])  # the example in Keras's documentation
    assert mean.result() == 2.0


def test_axes_after_the_first_are_averaged():
    assert Mean()([[1.0, 3.0], [5.0, 7.0]], [3.0, 1.0]) == (3 * 2 + 6) / 4


def test_a_diverged_loss_shows():
    mean = Mean()
    mean.update_state(1.0)
    mean.update_state(math.nan)
    assert math.isnan(mean.result())


def test_mean_of_float32_is_summed_in_float64():
    mean = Mean()
    for _ in range(100):
        mean.update_state(np.full(1000, 0.1, np.float32))
    assert mean.result() == pytest.approx(float(np.float32(0.1)), rel=1e-13)


@pytest.mark.parametrize(
    ("weights", "error", "message"),
    [
        ([1.0], ShapeError, r"one weight an example, shape \(2,\), got \(1,\)"),
        ([1.0, -1.0], DataError, "finite and at least 0, got -1.0"),
        ([1.0, np.nan], DataError, "finite and at least 0, got nan"),
        ([np.inf, 1.0], DataError, "finite and at least 0, got inf"),
        (["a", "b"], DTypeError, "sample_weight must hold numbers"),
    ],
)
def test_bad_weights(weights, error, message):
    with pytest.raises(error, match=message):
        Mean().update_state([1.0, 2.0], weights)


def test_a_function_of_examples_is_weighted():
    metric = FunctionMetric(lambda y, p: np.abs(y - p), name="gap", larger_is_better=False)
    assert metric(np.array([1.0, 2.0]), np.array([2.0, 5.0]), [3.0, 1.0]) == 1.5
    assert metric.name == "gap"
    assert metric.larger_is_better is False
    metric.reset_state()
    assert metric(np.array([1.0]), np.array([2.0])) == 1.0


def test_a_function_of_batches_counts_by_their_size():
    metric = FunctionMetric(lambda y, p: np.mean(np.abs(y - p)))
    metric.update_state(np.zeros(3), np.ones(3))
    metric.update_state(np.zeros(1), np.full(1, 5.0))
    assert metric.result() == 2.0
    assert metric.name == "lambda"
    assert metric.larger_is_better is None


def test_what_a_function_may_not_return():
    y = np.zeros(2)
    with pytest.raises(ShapeError, match=r"returns one number a batch.*shape \(2,\)"):
        FunctionMetric(lambda *_: 1.0).update_state(y, y, [1.0, 2.0])
    with pytest.raises(ShapeError, match=r"returned shape \(3,\) for 2 examples"):
        FunctionMetric(lambda *_: np.ones(3)).update_state(y, y)
    with pytest.raises(DataError, match=r"the function's value has nan in row 1"):
        FunctionMetric(lambda *_: [1.0, np.nan]).update_state(y, y)
    with pytest.raises(DTypeError, match=r"the function's value must hold numbers"):
        FunctionMetric(lambda *_: None).update_state(y, y)
