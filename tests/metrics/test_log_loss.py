import numpy as np
import pytest
from hypothesis import given
from sklearn.metrics import log_loss

from chainrule.errors import DataError, ShapeError
from chainrule.metrics import LogLoss
from tests.metrics.streaming import FLOAT32, FLOAT64, close, quick, streams


@quick
@given(streams())
def test_one_column(stream):
    y, p = stream.binary()  # 0 and 1 occur among the probabilities: they are clipped
    for dtype, tolerance in ((np.float64, FLOAT64), (np.float32, FLOAT32)):
        expected = log_loss(y, p.astype(dtype), sample_weight=stream.weights)
        close(stream.feed(LogLoss(), y, p.astype(dtype)), expected, tolerance)
        close(stream.feed(LogLoss(), y[:, None], p.astype(dtype)[:, None]), expected, tolerance)


@quick
@given(streams())
def test_columns_of_classes(stream):
    y, p = stream.classes(3, decimals=12)
    p[0] = 0.0, 0.0, 1.0  # the true class 0 got probability 0
    p /= p.sum(axis=1, keepdims=True)
    for dtype, tolerance in ((np.float64, FLOAT64), (np.float32, FLOAT32)):
        expected = log_loss(y, p.astype(dtype), sample_weight=stream.weights)
        close(stream.feed(LogLoss(), y, p.astype(dtype)), expected, tolerance)
        close(stream.feed(LogLoss(), np.eye(3)[y], p.astype(dtype)), expected, tolerance)


def test_soft_labels():
    # by hand: -(0.25 ln 0.5 + 0.75 ln 0.5) = ln 2, in both shapes
    assert LogLoss()([0.25], [0.5]) == pytest.approx(np.log(2))
    assert LogLoss()([[0.25, 0.75]], [[0.5, 0.5]]) == pytest.approx(np.log(2))


def test_whole_numbers_are_probabilities_too():
    assert LogLoss()([0, 1], [0, 1]) == pytest.approx(0.0, abs=1e-15)


@pytest.mark.parametrize(
    ("y_true", "y_pred", "message"),
    [
        ([0, 1], [0.2, 3.5], r"y_pred must lie in \[0, 1\], got 3.5; are these logits\?"),
        ([0, 1], [0.2, -1.0], r"y_pred must lie in \[0, 1\], got -1; are these logits\?"),
        ([0, 2], [0.2, 0.5], r"y_true must lie in \[0, 1\], got 2$"),
        ([0.0, np.nan], [0.2, 0.5], r"y_true must lie in \[0, 1\], got nan"),
        ([0], [[-1.0, 2.0]], r"y_pred must lie in \[0, 1\], got -1"),
        ([0], [[0.5, 0.9]], r"add up to 1 in each row, got the sum 1.4 in row 0; .* softmax"),
        ([0], [[np.nan, 0.9]], "y_pred has nan in row 0"),
        ([[2.0, -1.0]], [[0.5, 0.5]], r"y_true must lie in \[0, 1\], got -1"),
        ([2], [[0.5, 0.5]], "y_true has the label 2, expected 0 to 1; do the labels start at 1"),
    ],
)
def test_values_out_of_range(y_true, y_pred, message):
    with pytest.raises(DataError, match=message):
        LogLoss().update_state(y_true, y_pred)


def test_lengths_differ():
    with pytest.raises(ShapeError, match=r"y_true has 3 examples and y_pred has 1"):
        LogLoss().update_state([0, 1, 1], [[0.5, 0.5]])
