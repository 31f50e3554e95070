import numpy as np
import pytest
from hypothesis import given
from sklearn.metrics import f1_score, precision_score, recall_score

from chainrule.errors import ArgumentError, DataError, ShapeError
from chainrule.metrics import F1Score, Precision, Recall
from tests.metrics.streaming import close, quick, streams

PAIRS = [(Precision, precision_score), (Recall, recall_score), (F1Score, f1_score)]


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
@quick
@given(stream=streams())
def test_one_column(stream, ours, theirs):
    y, p = stream.binary()
    for threshold in (None, 0.8):
        expected = theirs(y, p > (threshold or 0.5), sample_weight=stream.weights, zero_division=0)
        metric = ours(**{("threshold" if ours is F1Score else "thresholds"): threshold})
        close(stream.feed(metric, y, p), expected)
        close(stream.feed(metric, y[:, None].astype(float), p[:, None]), expected)


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
@quick
@given(stream=streams())
def test_columns_of_classes(stream, ours, theirs):
    y, p = stream.classes(4)
    options = {"labels": range(4), "sample_weight": stream.weights, "zero_division": 0}
    each = theirs(y, p.argmax(axis=1), average=None, **options)
    close(stream.feed(ours(class_id=2), y, p), each[2])
    metric = F1Score("macro") if ours is F1Score else ours()
    close(stream.feed(metric, y, p), each.mean())
    close(stream.feed(metric, np.eye(4)[y], p), each.mean())


@quick
@given(streams())
def test_averages_of_f1(stream):
    y, p = stream.classes(4)
    for average in (None, "micro", "macro", "weighted"):
        expected = f1_score(
            y, p.argmax(axis=1), labels=range(4), average=average, sample_weight=stream.weights, zero_division=0
        )
        close(stream.feed(F1Score(average), y, p), expected)


@quick
@given(streams())
def test_several_flags_a_row(stream):
    y = stream.random.integers(0, 2, (stream.n, 3))
    p = stream.random.integers(0, 11, (stream.n, 3)) / 10
    expected = f1_score(y, p > 0.4, average=None, sample_weight=stream.weights, zero_division=0)
    close(stream.feed(F1Score(threshold=0.4), y, p), expected)


def test_two_softmax_columns_with_class_id_equal_one_sigmoid_column():
    y, p = np.array([0, 1, 1, 0, 1]), np.array([0.3, 0.8, 0.4, 0.7, 0.9])
    both = np.column_stack([1 - p, p])
    for metric in (Precision, Recall, F1Score):
        assert metric(class_id=1)(y, both) == metric()(y, p)


def test_nothing_predicted_positive_is_zero():
    assert Precision()([1, 0], [0.1, 0.2]) == Recall()([1, 0], [0.1, 0.2]) == F1Score()([1, 0], [0.1, 0.2]) == 0.0
    assert F1Score("weighted", threshold=0.9)([[0, 0]], [[0.1, 0.2]]) == 0.0


@pytest.mark.parametrize("make", [Precision, Recall, F1Score])
def test_class_id_outside_the_columns(make):
    with pytest.raises(ArgumentError, match=r"class_id must be 0 or more, got -1"):
        make(class_id=-1)
    with pytest.raises(ShapeError, match=r"class_id is 3, but y_pred has 3 column"):
        make(class_id=3).update_state([0], [[0.2, 0.3, 0.5]])
    with pytest.raises(ShapeError, match=r"class_id is 1, but y_pred has 1 column.*leave class_id out"):
        make(class_id=1).update_state([0], [0.2])


def test_arguments_out_of_range():
    with pytest.raises(ArgumentError, match=r"average must be None, 'micro', .* got 'binary'; .* class_id"):
        F1Score(average="binary")
    with pytest.raises(ArgumentError, match=r"must be one number, got \[0.2, 0.5\]; .* each threshold"):
        Precision(thresholds=[0.2, 0.5])


def test_several_flags_a_row_need_a_threshold():
    with pytest.raises(DataError, match=r"each row adding up to 1, got the sum 2 in row 1"):
        Precision().update_state([[1, 0, 0], [1, 1, 0]], np.ones((2, 3)))


def test_soft_labels_are_refused():
    with pytest.raises(DataError, match=r"labels 0 and 1, got 0.9"):
        Precision().update_state([[0.9, 0.1]], [[0.6, 0.4]])


def test_labels_of_another_width():
    with pytest.raises(ShapeError, match=r"one-hot of shape \(n, 3\), got \(1, 2\)"):
        Recall(thresholds=0.5).update_state([[1, 0]], np.ones((1, 3)))


def test_a_batch_of_another_width():
    metric = Recall()
    metric.update_state([0, 1], [[0.3, 0.7], [0.4, 0.6]])
    with pytest.raises(ShapeError, match=r"has 3 column\(s\), the batches before it had 2; call reset_state"):
        metric.update_state([0], np.ones((1, 3)))
    metric.reset_state()
    assert metric([0], [[0.5, 0.3, 0.2]]) == pytest.approx(1 / 3)
