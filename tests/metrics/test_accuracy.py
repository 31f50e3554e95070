import numpy as np
import pytest
from hypothesis import given
from sklearn.metrics import accuracy_score, top_k_accuracy_score

from chainrule.errors import ArgumentError, ShapeError
from chainrule.metrics import (
    BinaryAccuracy,
    CategoricalAccuracy,
    SparseCategoricalAccuracy,
    SparseTopKCategoricalAccuracy,
    TopKCategoricalAccuracy,
)
from tests.metrics.streaming import close, quick, streams


@quick
@given(streams())
def test_binary(stream):
    y, p = stream.binary()
    expected = accuracy_score(y, p > 0.3, sample_weight=stream.weights)
    close(stream.feed(BinaryAccuracy(threshold=0.3), y, p), expected)
    close(stream.feed(BinaryAccuracy(threshold=0.3), y[:, None], p), expected)
    close(stream.feed(BinaryAccuracy(threshold=0.3), y.astype(bool), p[:, None].astype(np.float32)), expected)


@quick
@given(streams())
def test_categorical(stream):
    y, p = stream.classes(3)
    expected = accuracy_score(y, p.argmax(axis=1), sample_weight=stream.weights)
    close(stream.feed(CategoricalAccuracy(), np.eye(3)[y], p), expected)
    close(stream.feed(SparseCategoricalAccuracy(), y, p), expected)
    close(stream.feed(SparseCategoricalAccuracy(), y[:, None].astype(np.float32), np.log(p + 1)), expected)


@quick
@given(streams(smallest=6))
def test_top_k(stream):
    y, p = stream.classes(6)
    for k in (1, 2, 5):
        expected = top_k_accuracy_score(y, p, k=k, labels=range(6), sample_weight=stream.weights)
        close(stream.feed(TopKCategoricalAccuracy(k), np.eye(6)[y], p), expected)
        close(stream.feed(SparseTopKCategoricalAccuracy(k), y, p), expected)


def test_top_k_default_is_five():
    assert TopKCategoricalAccuracy().k == SparseTopKCategoricalAccuracy().k == 5


def test_several_yes_no_outputs_count_together():
    metric = BinaryAccuracy()
    assert metric([[1, 0], [1, 1]], [[0.9, 0.1], [0.2, 0.8]]) == 0.75


def test_a_prediction_at_the_threshold_is_no():
    assert BinaryAccuracy()([0, 1], [0.5, 0.5]) == 0.5


def test_soft_labels_mean_their_largest_class():
    assert CategoricalAccuracy()([[0.1, 0.9], [0.8, 0.2]], [[0.4, 0.6], [0.3, 0.7]]) == 0.5


@pytest.mark.parametrize("make", [TopKCategoricalAccuracy, SparseTopKCategoricalAccuracy])
def test_k_must_be_positive(make):
    with pytest.raises(ArgumentError, match=r"k must be at least 1, got 0"):
        make(k=0)


def test_k_that_takes_every_class_is_refused():
    with pytest.raises(ArgumentError, match=r"k is 5, but there are 3 classes, .* give a k below 3"):
        SparseTopKCategoricalAccuracy()([0], [[0.2, 0.3, 0.5]])


@pytest.mark.parametrize(
    ("metric", "y_true", "y_pred", "message"),
    [
        (CategoricalAccuracy(), [0, 1], [[1.0, 0], [0, 1]], r"one-hot of shape \(n, 2\), got \(2,\);.*'Sparse'"),
        (CategoricalAccuracy(), np.eye(2), np.ones((2, 3)), r"one-hot of shape \(n, 3\), got \(2, 2\)$"),
        (SparseCategoricalAccuracy(), np.eye(2), np.eye(2), r"class numbers of shape \(n,\).*without 'Sparse'"),
        (SparseCategoricalAccuracy(), [0, 1], [0.2, 0.9], r"column a class.*got \(2,\);.*BinaryAccuracy"),
        (BinaryAccuracy(), [0, 1], np.ones((2, 3)), r"same shape, got \(2, 1\) and \(2, 3\); .*categorical"),
        (CategoricalAccuracy(), np.eye(2), np.ones((3, 2)), "y_true has 2 examples and y_pred has 3"),
        (SparseCategoricalAccuracy(), [0], np.ones((3, 2)), "y_true has 1 examples and y_pred has 3"),
    ],
)
def test_shapes_that_do_not_fit(metric, y_true, y_pred, message):
    with pytest.raises(ShapeError, match=message):
        metric.update_state(y_true, y_pred)
