"""What holds for every metric."""

import numpy as np
import pytest

from chainrule import metrics
from chainrule.errors import DataError, DTypeError, ShapeError, StateError, UnknownArgumentError

CODES, ONE_HOT = np.array([0, 1, 2, 1]), np.eye(3)[[0, 1, 2, 1]]
SCORES = np.array([[0.6, 0.3, 0.1], [0.2, 0.7, 0.1], [0.5, 0.2, 0.3], [0.1, 0.1, 0.8]])
FLAGS, CHANCES = np.array([0, 1, 1, 0]), np.array([0.2, 0.7, 0.4, 0.6])

CASES = [
    (metrics.BinaryAccuracy, {}, FLAGS, CHANCES),
    (metrics.CategoricalAccuracy, {}, ONE_HOT, SCORES),
    (metrics.SparseCategoricalAccuracy, {}, CODES, SCORES),
    (metrics.TopKCategoricalAccuracy, {"k": 2}, ONE_HOT, SCORES),
    (metrics.SparseTopKCategoricalAccuracy, {"k": 2}, CODES, SCORES),
    (metrics.Precision, {}, FLAGS, CHANCES),
    (metrics.Recall, {"thresholds": 0.3}, CODES, SCORES),
    (metrics.F1Score, {"average": "macro"}, CODES, SCORES),
    (metrics.AUC, {"curve": "PR"}, FLAGS, CHANCES),
    (metrics.LogLoss, {}, FLAGS, CHANCES),
    (metrics.ConfusionMatrix, {"classes": 3}, CODES, SCORES),
    (metrics.MeanSquaredError, {}, FLAGS, CHANCES),
    (metrics.MeanAbsoluteError, {}, FLAGS, CHANCES),
    (metrics.RootMeanSquaredError, {}, FLAGS, CHANCES),
    (metrics.R2Score, {}, FLAGS, CHANCES),
    (metrics.FunctionMetric, {"function": lambda y, p: y == np.round(p)}, FLAGS, CHANCES),
]
every_metric = pytest.mark.parametrize(("make", "arguments", "y", "p"), CASES, ids=[c[0].__name__ for c in CASES])
all_but_functions = pytest.mark.parametrize(
    ("make", "arguments", "y", "p"), CASES[:-1], ids=[c[0].__name__ for c in CASES[:-1]]
)


class ArrayLike:
    """A foreign array, such as a Tensor."""

    def __init__(self, values):
        self.values = values

    def __array__(self, dtype=None, copy=None):
        return np.array(self.values, dtype=dtype)


@every_metric
def test_without_data(make, arguments, y, p):
    metric = make(**arguments)
    with pytest.raises(StateError, match=r"has no data yet .* call update_state before result"):
        metric.result()
    metric.update_state(y, p)
    metric.reset_state()
    with pytest.raises(StateError, match=r"has no data yet"):
        metric.result()


@all_but_functions
def test_examples_of_weight_zero_are_no_data(make, arguments, y, p):
    metric = make(**arguments)
    metric.update_state(y, p, np.zeros(len(y)))
    with pytest.raises(StateError, match=r"only examples of weight 0"):
        metric.result()


@all_but_functions
def test_an_empty_batch_changes_nothing(make, arguments, y, p):
    metric = make(**arguments)
    expected = metric(y, p)
    metric.update_state(y[:0], p[:0], np.ones(0))
    np.testing.assert_array_equal(metric.result(), expected)


@all_but_functions
def test_lists_and_foreign_arrays_do_as_well(make, arguments, y, p):
    expected = make(**arguments)(y, p)
    np.testing.assert_array_equal(make(**arguments)(ArrayLike(y), ArrayLike(p)), expected)
    np.testing.assert_array_equal(make(**arguments)(y.tolist(), p.tolist()), expected)


@all_but_functions
def test_weights_of_one_shape_or_another(make, arguments, y, p):
    weights = np.array([0.5, 2.0, 1.5, 1.0])
    expected = make(**arguments)(y, p, weights)
    np.testing.assert_array_equal(make(**arguments)(y, p, weights[:, None]), expected)
    with pytest.raises(ShapeError, match=r"one weight an example, shape \(4,\), got \(3,\)"):
        make(**arguments).update_state(y, p, weights[:3])


@all_but_functions
def test_nan_predictions(make, arguments, y, p):
    bad = p.copy()
    bad[2] = np.nan
    metric = make(**arguments)
    with pytest.raises(DataError, match=r"y_pred has nan in row 2 of the batch.*diverge"):
        metric.update_state(y, bad)
    np.testing.assert_array_equal(metric(y, p), make(**arguments)(y, p))  # the bad batch left no trace


@all_but_functions
def test_nan_labels(make, arguments, y, p):
    bad = y.astype(float)
    bad[1] = np.nan
    with pytest.raises(DataError, match=r"y_true .*nan"):
        make(**arguments).update_state(bad, p)


@all_but_functions
def test_different_numbers_of_examples(make, arguments, y, p):
    with pytest.raises(ShapeError, match=r"y_true has 3 examples and y_pred has 4"):
        make(**arguments).update_state(y[:3], p)


@all_but_functions
def test_arrays_of_no_use(make, arguments, y, p):
    with pytest.raises(DTypeError, match=r"must hold numbers, got dtype <U\d+; encode text labels"):
        make(**arguments).update_state(y.astype(str), p)
    with pytest.raises(ShapeError, match=r"y_pred is no regular array: its rows differ in length"):
        make(**arguments).update_state(y, [[0.1], [0.2, 0.3], [0.4], [0.5]])
    with pytest.raises(ShapeError, match=r"y_pred must have shape \(n,\) or \(n, k\), got \(\)"):
        make(**arguments).update_state(y, 0.5)


@every_metric
def test_name_and_config(make, arguments, y, p):
    metric = make(**arguments, name="mine")
    assert metric.name == "mine"
    assert metric.get_config() == {**arguments, "name": "mine"}
    np.testing.assert_array_equal(make(**metric.get_config())(y, p), metric(y, p))
    with pytest.raises(UnknownArgumentError, match=f"{make.__name__} has no argument 'nam'; did you mean 'name'"):
        make(**arguments, nam="mine")


def test_direction():
    directions = {make.__name__: make(**arguments).larger_is_better for make, arguments, *_ in CASES}
    assert [name for name, larger in directions.items() if larger is False] == [
        "LogLoss",
        "MeanSquaredError",
        "MeanAbsoluteError",
        "RootMeanSquaredError",
    ]
    assert [name for name, larger in directions.items() if larger is None] == ["ConfusionMatrix", "FunctionMetric"]


@pytest.mark.parametrize("make", [metrics.BinaryAccuracy, metrics.Precision, metrics.AUC])
@pytest.mark.parametrize(
    ("labels", "message"),
    [([0, 2], r"labels 0 and 1, got 2$"), ([-1, 1], r"labels 0 and 1, got -1; map .* with \(y \+ 1\) / 2")],
)
def test_binary_labels_out_of_range(make, labels, message):
    with pytest.raises(DataError, match=message):
        make().update_state(labels, [0.2, 0.9])


@pytest.mark.parametrize("make", [metrics.SparseCategoricalAccuracy, metrics.Precision, metrics.AUC, metrics.LogLoss])
@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 7], "has the label 7, expected 0 to 2$"),
        ([1, 3], "has the label 3, expected 0 to 2; do the labels start at 1"),
        ([-1, 0], "has the label -1, expected"),
        ([0.5, 1], "has the label 0.5, expected"),
    ],
)
def test_class_labels_out_of_range(make, labels, message):
    with pytest.raises(DataError, match=message):
        make().update_state(labels, SCORES[:2])


def test_one_hot_rows_must_mark_one_class():
    with pytest.raises(DataError, match=r"each row adding up to 1, got the sum 0.0 in row 1"):
        metrics.CategoricalAccuracy().update_state([[0.0, 1.0], [0.0, 0.0]], np.ones((2, 2)))


def test_mean_is_named_like_the_others():
    assert metrics.Mean().name == "mean"
    assert metrics.Mean.larger_is_better is False
