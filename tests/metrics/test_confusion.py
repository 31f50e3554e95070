import numpy as np
import pytest
from hypothesis import given
from sklearn.metrics import confusion_matrix

from chainrule.errors import ArgumentError, DataError, ShapeError
from chainrule.metrics import ConfusionMatrix
from tests.metrics.streaming import close, quick, streams


@quick
@given(streams())
def test_several_classes(stream):
    y, p = stream.classes(4)
    predicted = p.argmax(axis=1)
    expected = confusion_matrix(y, predicted, labels=range(4), sample_weight=stream.weights)
    close(stream.feed(ConfusionMatrix(4), y, p), expected)
    close(stream.feed(ConfusionMatrix(4), np.eye(4)[y], p), expected)
    close(stream.feed(ConfusionMatrix(4), y[:, None], predicted), expected)


@quick
@given(streams())
def test_two_classes(stream):
    y, p = stream.binary()
    expected = confusion_matrix(y, p > 0.5, sample_weight=stream.weights)
    close(stream.feed(ConfusionMatrix(2), y, p), expected)
    close(stream.feed(ConfusionMatrix(2), y, p[:, None]), expected)
    close(stream.feed(ConfusionMatrix(2), y, np.column_stack([1 - p, p])), expected)


def test_the_result_is_a_copy():
    metric = ConfusionMatrix(2)
    metric([0, 1], [0.1, 0.9])[:] = 7
    assert metric.result().tolist() == [[1, 0], [0, 1]]


def test_fewer_than_two_classes():
    with pytest.raises(ArgumentError, match=r"classes must be at least 2, got 1"):
        ConfusionMatrix(1)


def test_columns_that_are_not_the_classes():
    with pytest.raises(ShapeError, match=r"must have 3 columns.*got shape \(1, 4\);.*classes=4"):
        ConfusionMatrix(3).update_state([0], np.ones((1, 4)))


def test_labels_outside_the_classes():
    with pytest.raises(DataError, match=r"y_true has the label 3, expected 0 to 2"):
        ConfusionMatrix(3).update_state([3, 0], [0, 1])
    with pytest.raises(DataError, match=r"y_pred has the label 0.4, expected 0 to 2"):
        ConfusionMatrix(3).update_state([2, 0], [0.4, 1])
