"""Plots of training and answers: the numbers that are drawn, labels, and what is refused."""

import numpy as np
import pytest
from matplotlib.colors import to_hex
from sklearn.metrics import average_precision_score, confusion_matrix, precision_recall_curve, roc_auc_score, roc_curve

from chainrule import Sequential, analysis
from chainrule.analysis.drawing.figures import SERIES
from chainrule.analysis.plots.calibration import calibrate
from chainrule.errors import ArgumentError, DataError, ShapeError, StateError
from chainrule.layers import Dense, Input
from chainrule.training.history import History
from chainrule.training.run_folder import RunFolder

random = np.random.default_rng(0)
CODES = random.integers(0, 2, 200)
SCORES = np.clip(0.3 * CODES + random.uniform(0, 0.7, 200), 0, 1).round(2)


def legend(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_curves_of_a_run_folder(tmp_path):
    folder = RunFolder.create(tmp_path / "run", {}, {})
    log = folder.log()
    log.on_train_begin()
    for epoch, (loss, held_out) in enumerate([(0.9, 0.8), (0.5, float("nan")), (0.4, 0.7), (0.3, 0.75)]):
        log.on_epoch_end(epoch, {"loss": loss, "accuracy": 0.5, "val_loss": held_out, "matrix": np.eye(2)})
    log.on_train_end()
    for given in (folder, folder.path, str(folder.path)):
        loss, accuracy = analysis.plot_curves(given).axes
        training, validation, best = loss.lines
        assert training.get_xydata().tolist() == [[1, 0.9], [2, 0.5], [3, 0.4], [4, 0.3]]
        np.testing.assert_array_equal(validation.get_ydata(), [0.8, np.nan, 0.7, 0.75])
        assert best.get_xdata()[0] == 3 and legend(loss) == ["training", "validation", "best epoch 3"]
        assert accuracy.get_ylabel() == "accuracy" and training.get_linestyle() != validation.get_linestyle()


def test_curves_of_histories():
    figure = analysis.plot_curves({f"m{i}": [1.0, 2.0] for i in range(4)})
    assert len(figure.axes) == 4 and legend(figure.axes[0]) == ["training"]  # no loss: no best epoch
    only = analysis.plot_curves({"val_loss": [None, 2.0, 1.0]}).axes[0]
    assert legend(only) == ["validation", "best epoch 3"] and only.get_ylabel() == "loss"
    assert len(analysis.plot_curves({"loss": [None, float("nan")]}).axes[0].lines) == 1
    with pytest.raises(StateError, match="no epoch has ended"):
        analysis.plot_curves(History({}))
    with pytest.raises(ArgumentError, match="loss has 1 epochs, expected 2"):
        analysis.plot_curves({"loss": [1.0], "mae": [1.0, 2.0]})
    with pytest.raises(ArgumentError, match="expects a History, a run folder or a dict of lists, got int"):
        analysis.plot_curves(3)


def test_confusion_counts_and_shares():
    true, pred = random.integers(0, 3, 90), random.integers(0, 3, 90)
    figure = analysis.plot_confusion(true, pred, classes=["a", "b", "$"])
    matrix = confusion_matrix(true, pred)
    axes = figure.axes[0]
    assert [int(text.get_text()) for text in axes.texts] == matrix.reshape(-1).tolist()
    np.testing.assert_allclose(axes.images[0].get_array(), matrix / matrix.sum(axis=1, keepdims=True))
    assert axes.get_title() == f"{np.trace(matrix) / 90:.1%} of 90 rows right"
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b", r"\$"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted", "true")


def test_confusion_of_labels_scores_and_weights():
    (axes, _) = analysis.plot_confusion(["x", "y"], [[0.2, 0.8], [0.1, 0.9]], classes=["x", "y"]).axes
    assert [text.get_text() for text in axes.texts] == ["0", "1", "0", "1"]
    (axes, _) = analysis.plot_confusion([0, 1], [0, 1], sample_weight=[0.5, 2]).axes
    assert [text.get_text() for text in axes.texts] == ["0.5", "0", "0", "2"]
    many = np.arange(30)
    assert not analysis.plot_confusion(many, many).axes[0].texts  # too small for numbers


def test_roc_and_precision_recall_are_those_of_scikit_learn():
    roc, precision_recall = analysis.plot_roc(CODES, SCORES).axes
    x, y = roc.lines[0].get_data()
    expected = roc_curve(CODES, SCORES, drop_intermediate=False)
    np.testing.assert_allclose([x, y], expected[:2])
    assert legend(roc) == [f"area {roc_auc_score(CODES, SCORES):.3f}", "chance"]
    precision, recall, _ = precision_recall_curve(CODES, SCORES)
    x, y = precision_recall.lines[0].get_data()
    last = (
        np.searchsorted(-recall, -1.0, side="right") - 1
    )  # scikit-learn's first points beyond full recall are ours too
    assert last >= 0
    np.testing.assert_allclose(x[1:][::-1][-len(recall) + 1 :], recall[:-1])
    np.testing.assert_allclose(y[1:][::-1][-len(recall) + 1 :], precision[:-1])
    assert legend(precision_recall)[0] == f"average precision {average_precision_score(CODES, SCORES):.3f}"


def test_each_of_several_classes_against_the_others():
    codes = random.integers(0, 3, 90)
    scores = random.dirichlet([1, 1, 1], 90)
    roc, precision_recall = analysis.plot_roc(codes, scores, ["a", "b", "c"]).axes
    areas = [roc_auc_score(codes == c, scores[:, c]) for c in range(3)]
    assert legend(roc)[:3] == [f"{name}: area {area:.3f}" for name, area in zip("abc", areas, strict=True)]
    colours = [to_hex(line.get_color()) for line in roc.lines[:3]]
    assert colours == list(SERIES[:3]) and len({line.get_linestyle() for line in roc.lines[:3]}) == 3
    assert len(precision_recall.lines) == 3


def test_of_many_classes_the_hardest_and_of_absent_ones_none():
    codes = np.arange(80) % 8
    scores = np.eye(10)[codes] * 0.5 + random.dirichlet(np.ones(10), 80)
    roc, _ = analysis.plot_roc(codes, scores).axes
    assert len(roc.lines) == 7 and roc.get_title() == "ROC, the 6 hardest of 8 classes"


def test_calibration_groups():
    right, said = random.uniform(size=400) < 0.7, random.uniform(0.4, 1, 400)
    found = calibrate(right, said, bins=8)
    assert found.rows.tolist() == [50] * 8 and (np.diff(found.predicted) > 0).all()
    order = np.argsort(said)
    np.testing.assert_allclose(found.observed, right[order].reshape(8, 50).mean(axis=1))
    assert found.error == pytest.approx(np.abs(found.observed - found.predicted).mean())
    assert (found.low <= found.observed).all() and (found.observed <= found.high).all()
    assert calibrate(right, np.full(400, 0.7), bins=8).rows.tolist() == [400]


def test_calibration_figures():
    curve, histogram = analysis.plot_calibration(CODES, SCORES, ["no", "yes"]).axes
    assert histogram.get_xlabel() == "predicted probability of yes" and histogram.patches
    curve, histogram = analysis.plot_calibration([0, 1, 2], np.eye(3)).axes
    assert histogram.get_xlabel() == "predicted probability of the answer"
    assert curve.get_title() == "calibration error 0.000"
    with pytest.raises(DataError, match="are they logits"):
        analysis.plot_calibration([0, 1], [-3.0, 3.0])


def test_residuals():
    true = random.normal(size=50)
    pred = true + 0.5
    scatter, histogram = analysis.plot_residuals(true, pred, "price in $").axes
    np.testing.assert_allclose(scatter.collections[0].get_offsets(), np.stack([true, pred], axis=1))
    assert histogram.get_title().startswith("mean 0.500") and scatter.get_xlabel() == r"true price in \$"
    assert sum(patch.get_height() for patch in histogram.patches) == 50
    assert "R2" not in analysis.plot_residuals([1.0, 1.0], [1.0, 2.0]).axes[0].get_title()
    assert len(analysis.plot_residuals(np.ones((700, 1)), np.ones(700)).axes) == 2


def test_weights_and_gradients_of_each_layer():
    model = Sequential([Input((2,)), Dense(3), Dense(1)], seed=0)
    model.compile("sgd", "mse")
    before = model.get_weights()
    X, y = random.normal(size=(10, 2)), random.normal(size=10)
    figure = analysis.plot_weights(model, X, y)
    weights, gradients = figure.axes[:4], figure.axes[4:]
    assert [axes.get_title() for axes in weights] == [
        "dense_1/kernel",
        "dense_1/bias",
        "dense_2/kernel",
        "dense_2/bias",
    ]
    assert [sum(patch.get_height() for patch in axes.patches) for axes in weights] == [6, 3, 3, 1]
    found = analysis.trace(model, X, y).weights["dense_1/kernel"].gradients
    bars = gradients[0].patches
    assert bars[0].get_x() == pytest.approx(found.min()) and bars[-1].get_x() + bars[-1].get_width() == pytest.approx(
        found.max()
    )
    assert all((now == then).all() for now, then in zip(model.get_weights(), before, strict=True))


def test_weights_that_cannot_be_plotted():
    model = Sequential([Input((2,)), Dense(1)], seed=0)
    with pytest.raises(ArgumentError, match="gradients need X and y"):
        analysis.plot_weights(model, [[1.0, 2.0]])
    with pytest.raises(StateError, match="before compile"):
        analysis.plot_weights(model, [[1.0, 2.0]], [1.0])
    with pytest.raises(StateError, match="not built yet"):
        analysis.plot_weights(Sequential([Dense(1)], seed=0))
    model.layers[0].trainable = False
    model.arrange()
    with pytest.raises(StateError, match="no trained weights"):
        analysis.plot_weights(model)


@pytest.mark.parametrize("plot", [analysis.plot_confusion, analysis.plot_roc, analysis.plot_calibration])
def test_classes_that_do_not_fit(plot):
    with pytest.raises(ShapeError, match="same number of rows"):
        plot([0, 1], [0, 1, 1])
    with pytest.raises(DataError, match="no rows"):
        plot([], [])
    with pytest.raises((DataError, ArgumentError), match="none of the classes"):
        plot([0, 7], [0, 1], classes=["a", "b"])


def test_one_class_alone():
    with pytest.raises(DataError, match="rows of at least two classes"):
        analysis.plot_roc([1, 1], [0.2, 0.8])
    with pytest.raises(DataError, match="two classes at least, got a"):
        analysis.plot_confusion(["a", "a"], ["a", "a"])


def test_numbers_that_do_not_fit():
    with pytest.raises(ShapeError):
        analysis.plot_residuals([1.0, 2.0], [1.0])
    with pytest.raises(DataError, match="no rows"):
        analysis.plot_residuals([], [])
    with pytest.raises(DataError, match="nan"):
        analysis.plot_residuals([1.0], [float("nan")])
