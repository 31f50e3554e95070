import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score, root_mean_squared_error

from chainrule.errors import DataError, ShapeError
from chainrule.metrics import MeanAbsoluteError, MeanSquaredError, R2Score, RootMeanSquaredError
from tests.metrics.streaming import close, quick, streams

PAIRS = [
    (MeanSquaredError, mean_squared_error),
    (MeanAbsoluteError, mean_absolute_error),
    (RootMeanSquaredError, root_mean_squared_error),
    (R2Score, r2_score),
]


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
@quick
@given(stream=streams(), outputs=st.integers(1, 3))
def test_equal_to_scikit_learn(stream, outputs, ours, theirs):
    y = stream.random.normal(5, 2, (stream.n, outputs))
    p = y + stream.random.normal(size=y.shape)
    expected = theirs(y, p, sample_weight=stream.weights)
    close(stream.feed(ours(), y, p), expected)
    if outputs == 1:
        close(stream.feed(ours(), y[:, 0], p), expected)


def test_variance_far_from_zero_keeps_its_digits():
    random = np.random.default_rng(0)
    y = 1e9 + random.normal(size=1000)
    p = y + 0.1 * random.normal(size=1000)
    metric = R2Score()
    for start in range(0, 1000, 7):
        metric.update_state(y[start : start + 7], p[start : start + 7])
    np.testing.assert_allclose(metric.result(), r2_score(y - 1e9, p - 1e9), rtol=1e-12)


def test_merging_survives_a_first_target_far_from_the_rest():
    y = np.append(1e8, np.random.default_rng(0).normal(size=200))
    p = y + 1.0
    metric = R2Score()
    for target, prediction in zip(y, p, strict=True):
        metric.update_state([target], [prediction])
    np.testing.assert_allclose(metric.result(), r2_score(y, p), rtol=1e-12)


@pytest.mark.parametrize("targets", [[0.1, 0.1, 0.1], [3.0]])
def test_r2_of_a_constant_target(targets):
    with pytest.raises(DataError, match=r"needs targets that differ, .* MeanSquaredError"):
        R2Score()(targets, np.zeros(len(targets)))


@pytest.mark.parametrize("ours", [ours for ours, _ in PAIRS])
def test_bad_batches(ours):
    with pytest.raises(DataError, match=r"y_true has nan in row 1 of the batch.*drop such rows"):
        ours().update_state([1.0, np.nan], [1.0, 2.0])
    with pytest.raises(DataError, match=r"y_pred has inf in row 0 of the batch.*did the training diverge"):
        ours().update_state([1.0, 2.0], [np.inf, 2.0])
    with pytest.raises(ShapeError, match=r"same shape, got \(2, 3\) and \(2, 2\); .* unit for each column"):
        ours().update_state(np.ones((2, 3)), np.ones((2, 2)))
    metric = ours()
    metric.update_state([1.0, 2.0], [1.0, 2.0])
    with pytest.raises(ShapeError, match=r"has 2 column\(s\), the batches before it had 1"):
        metric.update_state(np.ones((2, 2)), np.ones((2, 2)))


def test_integer_and_boolean_targets():
    assert MeanSquaredError()(np.array([0, 255], np.uint8), np.array([1, 0], np.uint8)) == (1 + 255**2) / 2
    assert MeanAbsoluteError()([True, False], [False, False]) == 0.5
