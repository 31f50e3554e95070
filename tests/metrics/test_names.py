import numpy as np
import pytest

from chainrule import metrics
from chainrule.errors import ArgumentError, UnknownNameError
from chainrule.metrics import resolve
from chainrule.metrics.names import NAMES


@pytest.mark.parametrize(
    ("loss", "units", "sparse", "expected"),
    [
        (None, 1, False, metrics.BinaryAccuracy),
        ("mse", 1, False, metrics.BinaryAccuracy),
        ("categorical_crossentropy", 3, False, metrics.CategoricalAccuracy),
        ("sparse_categorical_crossentropy", 3, True, metrics.SparseCategoricalAccuracy),
        ("binary_crossentropy", 3, False, metrics.BinaryAccuracy),
        ("BinaryCrossentropy", 3, False, metrics.BinaryAccuracy),
    ],
)
@pytest.mark.parametrize("name", ["accuracy", "acc"])
def test_accuracy_follows_the_outputs(name, loss, units, sparse, expected):
    metric = resolve(name, loss=loss, output_units=units, sparse=sparse)
    assert type(metric) is expected
    assert metric.name == name


def test_margins_of_a_hinge_loss_are_cut_at_zero():
    for name, attribute in [("accuracy", "threshold"), ("precision", "threshold"), ("f1", "threshold")]:
        for loss, cut in [("hinge", 0.0), ("SquaredHinge", 0.0), ("mse", 0.5)]:
            metric = resolve(name, loss=loss, output_units=1, sparse=False)
            assert getattr(metric, attribute) == cut


def test_top_k_follows_the_labels():
    for sparse, expected in [(True, metrics.SparseTopKCategoricalAccuracy), (False, metrics.TopKCategoricalAccuracy)]:
        assert type(resolve("top_k_accuracy", loss=None, output_units=9, sparse=sparse)) is expected


@pytest.mark.parametrize("name", sorted(NAMES))
@pytest.mark.parametrize("units", [1, 2, 6])
def test_every_name_gives_a_metric_of_that_name(name, units):
    metric = resolve(name, loss=None, output_units=units, sparse=units > 1)
    assert isinstance(metric, metrics.Metric)
    assert metric.name == name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mse", metrics.MeanSquaredError),
        ("mae", metrics.MeanAbsoluteError),
        ("rmse", metrics.RootMeanSquaredError),
        ("r2", metrics.R2Score),
        ("auc", metrics.AUC),
        ("roc_auc", metrics.AUC),
        ("pr_auc", metrics.AUC),
        ("f1", metrics.F1Score),
        ("log_loss", metrics.LogLoss),
        ("binary_crossentropy", metrics.LogLoss),
        ("confusion_matrix", metrics.ConfusionMatrix),
        ("MeanSquaredError", metrics.MeanSquaredError),
        ("top_k_categorical_accuracy", metrics.TopKCategoricalAccuracy),
    ],
)
def test_names(name, expected):
    assert type(resolve(name, loss=None, output_units=6, sparse=True)) is expected


def test_every_class_has_its_two_names():
    for name in set(metrics.__all__) - {"Metric", "Mean", "FunctionMetric", "resolve"}:
        assert name in NAMES
        assert type(resolve(name, loss=None, output_units=6, sparse=True)).__name__ == name


@pytest.mark.parametrize("name", ["precision", "recall", "f1", "auc", "pr_auc"])
def test_two_outputs_ask_for_class_one_and_equal_one_output(name):
    y, p = np.array([0, 1, 1, 0, 1]), np.array([0.3, 0.8, 0.4, 0.7, 0.9])
    two = resolve(name, loss="sparse_categorical_crossentropy", output_units=2, sparse=True)
    one = resolve(name, loss="binary_crossentropy", output_units=1, sparse=False)
    assert two(y, np.column_stack([1 - p, p])) == pytest.approx(one(y, p))


@pytest.mark.parametrize("name", ["precision", "recall", "f1", "auc", "pr_auc"])
def test_several_classes_give_one_number_for_the_history(name):
    metric = resolve(name, loss=None, output_units=3, sparse=True)
    assert isinstance(metric([0, 1, 2], [[0.5, 0.3, 0.2], [0.6, 0.3, 0.1], [0.1, 0.2, 0.7]]), float)


def test_several_yes_no_outputs():
    y, p = np.array([[1, 1], [0, 1], [1, 0]]), np.array([[0.9, 0.6], [0.2, 0.7], [0.4, 0.1]])
    recall = resolve("recall", loss="binary_crossentropy", output_units=2, sparse=False)
    assert recall(y, p) == 0.75  # mean of 1/2 and 2/2


def test_confusion_matrix_of_one_output_has_two_classes():
    assert resolve("confusion_matrix", loss=None, output_units=1, sparse=False).classes == 2


def test_instances_stay_what_they_are():
    metric = metrics.AUC(curve="PR")
    assert resolve(metric, loss=None, output_units=1, sparse=False) is metric


def test_classes_are_made_into_instances():
    metric = resolve(metrics.ConfusionMatrix, loss=None, output_units=4, sparse=True)
    assert (metric.classes, metric.name) == (4, "confusion_matrix")


def test_functions_are_averaged():
    def gap(y_true, y_pred):
        return abs(y_true - y_pred)

    metric = resolve(gap, loss=None, output_units=1, sparse=False)
    assert (metric(np.array([1.0, 2.0]), np.array([2.0, 4.0])), metric.name) == (1.5, "gap")


def test_unknown_names_and_things():
    with pytest.raises(UnknownNameError, match=r"unknown metric 'presicion'; did you mean 'precision'"):
        resolve("presicion", loss=None, output_units=1, sparse=False)
    with pytest.raises(ArgumentError, match=r"must be a name, a Metric or a function .* got 3$"):
        resolve(3, loss=None, output_units=1, sparse=False)
    with pytest.raises(ArgumentError, match=r"must compare y_true with y_pred, got Mean\(\), which averages"):
        resolve(metrics.Mean(), loss=None, output_units=1, sparse=False)
    with pytest.raises(ArgumentError, match=r"got <class 'int'>; make an instance of the class first"):
        resolve(int, loss=None, output_units=1, sparse=False)
