import numpy as np
import pytest
from hypothesis import given
from sklearn.metrics import average_precision_score, roc_auc_score

from chainrule.errors import ArgumentError, DataError, ShapeError, UnknownNameError
from chainrule.metrics import AUC
from tests.metrics.streaming import close, quick, streams

THEIRS = {"ROC": roc_auc_score, "PR": average_precision_score}


@pytest.mark.parametrize("curve", THEIRS)
@quick
@given(stream=streams())
def test_one_column(stream, curve):
    y, p = stream.binary()
    expected = THEIRS[curve](y, p, sample_weight=stream.weights)
    close(stream.feed(AUC(curve), y, p), expected)
    close(stream.feed(AUC(curve), y[:, None], p[:, None]), expected)
    close(stream.feed(AUC(curve), y, (10 * p).astype(np.uint8)), expected)


@pytest.mark.parametrize("curve", THEIRS)
@quick
@given(stream=streams())
def test_classes_against_the_rest(stream, curve):
    y, p = stream.classes(3)
    one_hot = np.eye(3, dtype=int)[y]
    each = [THEIRS[curve](one_hot[:, c], p[:, c], sample_weight=stream.weights) for c in range(3)]
    close(stream.feed(AUC(curve), y, p), np.mean(each))
    close(stream.feed(AUC(curve), one_hot, p), np.mean(each))
    close(stream.feed(AUC(curve, class_id=2), y, p), each[2])


@quick
@given(streams())
def test_one_vs_rest_as_scikit_learn_calls_it(stream):
    y, p = stream.classes(3, decimals=9)
    p /= p.sum(axis=1, keepdims=True)
    expected = roc_auc_score(y, p, multi_class="ovr", average="macro", sample_weight=stream.weights)
    close(stream.feed(AUC(), y, p), expected)


def test_weights_are_used_and_missing_ones_count_as_one():
    metric = AUC()
    metric.update_state([0, 1], [0.2, 0.4])
    metric.update_state([1, 0], [0.1, 0.3], [2.0, 0.0])
    assert metric.result() == pytest.approx(roc_auc_score([0, 1, 1], [0.2, 0.4, 0.1], sample_weight=[1, 1, 2]))


def test_scores_are_copied():
    metric, scores = AUC(), np.array([0.1, 0.9])
    metric.update_state([0, 1], scores)
    scores[:] = 0.9, 0.1
    assert metric.result() == 1.0


def test_order_alone_matters():
    y, z = [0, 1, 0, 1, 1], np.array([-800.0, 3.0, 4.0, 900.0, 5.0])
    assert AUC()(y, z) == AUC()(y, np.arctan(z))


@pytest.mark.parametrize(("labels", "missing"), [([0, 0], "positive"), ([1, 1], "negative")])
@pytest.mark.parametrize("curve", THEIRS)
def test_one_class_only(labels, missing, curve):
    with pytest.raises(DataError, match=f"got no {missing} ones; evaluate on data with both"):
        AUC(curve)(labels, [0.1, 0.2])


def test_one_of_several_classes_missing():
    with pytest.raises(DataError, match=r"got no positive ones for class 2"):
        AUC()([0, 1], [[0.2, 0.3, 0.5], [0.3, 0.3, 0.4]])


def test_class_of_weight_zero_is_missing():
    with pytest.raises(DataError, match=r"got no negative ones"):
        AUC()([0, 1], [0.1, 0.2], [0.0, 1.0])


def test_arguments_out_of_range():
    with pytest.raises(UnknownNameError, match=r"unknown curve of AUC 'RoC'; did you mean 'ROC'"):
        AUC(curve="RoC")
    with pytest.raises(ArgumentError, match=r"class_id must be 0 or more, got -2"):
        AUC(class_id=-2)


def test_columns_that_do_not_fit():
    with pytest.raises(ShapeError, match=r"class_id is 2, but y_pred has 2 column"):
        AUC(class_id=2).update_state([0], [[0.2, 0.8]])
    metric = AUC()
    metric.update_state([0, 1], [0.1, 0.2])
    with pytest.raises(ShapeError, match=r"has 2 column\(s\), the batches before it had 1"):
        metric.update_state([0], [[0.2, 0.8]])
